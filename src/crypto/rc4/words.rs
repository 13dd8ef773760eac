//! A state of words of 32 bits, for as long as a run or the set-up takes: 1 KiB of stack, wiped.
//!
//! Sixteen steps go together where `i` begins at a multiple of 16: each of its sixteen values is then an offset in an
//! instruction, and needs no register and no addition. Their output stays in words until all of it is there, because
//! vector instructions put the low bytes of words together in fewer steps than shifts do.

use std::hint::black_box;

use super::Rc4;

type Words = [u32; 256];

/// What can be done at least for the widening to be worth it. On Zen 3 that is so from 160 bytes on, on Zen 4 from 256 to
/// 1000, as the neighbours let it.
pub(super) const WORTH_IT: usize = 256;

/// XORs the next keystream into `data`.
pub(super) fn apply(cipher: &mut Rc4, data: &mut [u8]) {
    let mut state: Words = cipher.state.map(u32::from);
    let (mut next, mut j) = (cipher.next, cipher.j.into());
    let to_boundary = usize::from(next.wrapping_neg() % 16).min(data.len());
    let (head, rest) = data.split_at_mut(to_boundary);
    let (blocks, tail) = rest.as_chunks_mut::<16>();
    apply_bytes(&mut state, &mut next, &mut j, head);
    apply_blocks(&mut state, &mut next, &mut j, blocks);
    apply_bytes(&mut state, &mut next, &mut j, tail);
    (cipher.next, cipher.j) = (next, j as u8);
    narrow(&mut state, &mut cipher.state);
}

fn apply_bytes(state: &mut Words, next: &mut u8, j: &mut u32, bytes: &mut [u8]) {
    for byte in bytes {
        *byte ^= step(state, (*next).into(), j) as u8;
        *next = next.wrapping_add(1);
    }
}

/// On its own, as its loop needs all registers.
#[inline(never)]
fn apply_blocks(state: &mut Words, next: &mut u8, j: &mut u32, blocks: &mut [[u8; 16]]) {
    let (mut start, mut sum) = (*next, *j);
    for block in blocks {
        let mut keystream = [0; 16];
        for (n, word) in keystream.iter_mut().enumerate() {
            *word = step(state, usize::from(start & 0xF0) | n, &mut sum);
        }
        start = start.wrapping_add(16);
        for (byte, word) in block.iter_mut().zip(keystream) {
            *byte ^= word as u8;
        }
    }
    (*next, *j) = (start, sum);
}

/// A step at `i`; only the low byte of `j` counts.
#[inline(always)]
fn step(state: &mut Words, i: usize, j: &mut u32) -> u32 {
    let x = state[i];
    *j = j.wrapping_add(x);
    let at = *j as u8 as usize;
    let y = state[at];
    // In this order: the next steps wait for the store whose place took long to know.
    state[at] = x;
    state[i] = y;
    state[x.wrapping_add(y) as u8 as usize]
}

/// As [`bytes::set_up`](super::bytes::set_up); `discard` is a multiple of four.
#[inline(always)]
pub(super) fn set_up<const LANES: usize, const LEN: usize>(
    keys: [&[u8; LEN]; LANES],
    discard: usize,
) -> [Rc4; LANES] {
    let zero = black_box(0);
    // Repeated, so that a key's end does not interrupt.
    let mut repeated = keys.map(|key| std::array::from_fn::<_, 256, _>(|n| key[n % LEN]));
    let mut lanes: [Lane; LANES] = std::array::from_fn(|_| Lane::new());
    for start in (0..256).step_by(LAG) {
        for n in 0..LAG {
            for (lane, key) in lanes.iter_mut().zip(&repeated) {
                lane.swap(start + n, n, key[start + n], zero);
            }
        }
    }
    for lane in &mut lanes {
        lane.past = [0; LAG];
    }
    for start in (1..=discard).step_by(LAG) {
        for n in 0..LAG {
            for lane in &mut lanes {
                lane.swap(start + n, n, 0, zero);
            }
        }
    }
    repeated.as_flattened_mut().fill(0);
    black_box(&repeated);
    lanes.map(|lane| lane.finish(discard))
}

/// How many steps before must have come to their end for one to begin.
const LAG: usize = 4;

/// A state that is being set up.
struct Lane {
    state: Words,
    /// `j` of the last steps, each in the place of the one [`LAG`] steps before it.
    past: [u32; LAG],
}

impl Lane {
    #[inline(always)]
    fn new() -> Self {
        Self {
            state: std::array::from_fn(|n| n as u32),
            past: [0; LAG],
        }
    }

    /// Mixes a byte of the key into `j` and swaps. Why `i` is made to depend on an older `j`:
    /// [`bytes::Lane::swap`](super::bytes::Lane::swap).
    #[inline(always)]
    fn swap(&mut self, i: usize, turn: usize, key: u8, zero: u32) {
        let i = (i | (self.past[turn] & zero) as usize) as u8 as usize;
        let x = self.state[i];
        let last = self.past[(turn + LAG - 1) % LAG];
        let j = last.wrapping_add(x).wrapping_add(key.into());
        self.past[turn] = j;
        let j = j as u8 as usize;
        let y = self.state[j];
        self.state[j] = x;
        self.state[i] = y;
    }

    #[inline(always)]
    fn finish(mut self, steps: usize) -> Rc4 {
        let mut cipher = Rc4 {
            state: [0; 256],
            next: (steps + 1) as u8,
            j: self.past[LAG - 1] as u8,
        };
        narrow(&mut self.state, &mut cipher.state);
        cipher
    }
}

/// Moves the state back to where it rests, and wipes it here.
#[inline(always)]
fn narrow(words: &mut Words, bytes: &mut [u8; 256]) {
    for (byte, word) in bytes.iter_mut().zip(words.iter()) {
        *byte = *word as u8;
    }
    // Word by word, as `zeroize` does it, takes several times as long.
    words.fill(0);
    black_box(words);
}
