//! RC4 on a state of 32-bit words, for the length of a run or of the set-up: 1 KiB of stack, which is wiped.
//!
//! Sixteen steps form a block that begins with `i` at a multiple of 16. Each value of `i` is then an offset in an
//! instruction, and needs no register and no addition. Their output stays in words until the block is complete, because
//! vector instructions pack the low bytes of words in fewer steps than shifts do.

use core::hint::black_box;

use super::Rc4;

type Words = [u32; 256];

/// The shortest run for which copying the state to words pays: 160 bytes on Zen 3, and about 500 on Zen 4.
pub(super) const WORTH_IT: usize = 512;

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

/// Not inlined, because its loop needs all registers.
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
    // In this order, because the address of the first store is known last, and later steps wait for it.
    state[at] = x;
    state[i] = y;
    state[x.wrapping_add(y) as u8 as usize]
}

/// Written out, because the compiler does not unroll a loop of sixteen, and a loop of four takes a third longer.
macro_rules! sixteen_times {
    (|$n:ident| $body:block) => {
        sixteen_times!($n $body [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15])
    };
    ($n:ident $body:block [$($value:literal)*]) => {
        $({
            let $n: usize = $value;
            $body
        })*
    };
}

/// As [`bytes::set_up`](super::bytes::set_up); `discard` is a multiple of sixteen.
#[inline(always)]
pub(super) fn set_up<const LANES: usize, const LEN: usize>(
    keys: [&[u8; LEN]; LANES],
    discard: usize,
) -> [Rc4; LANES] {
    let zero = black_box(0);
    let mut repeated = keys.map(repeat);
    // Not in one struct with the states: the compiler then keeps them in memory instead of registers.
    let mut states: [Words; LANES] = [core::array::from_fn(|n| n as u32); LANES];
    let mut pasts = [Past::default(); LANES];
    for block in 0..16 {
        sixteen_times!(|n| {
            let i = 16 * block + n;
            for ((state, past), key) in states.iter_mut().zip(&mut pasts).zip(&repeated) {
                swap(state, past, n, i, key[i], zero);
            }
        });
    }
    pasts = [Past::default(); LANES];
    for block in 0..discard / 16 {
        sixteen_times!(|n| {
            let i = 16 * block + n + 1;
            for (state, past) in states.iter_mut().zip(&mut pasts) {
                swap(state, past, n, i, 0, zero);
            }
        });
    }
    repeated.as_flattened_mut().fill(0);
    black_box(&repeated);
    core::array::from_fn(|lane| {
        let mut cipher = Rc4 {
            state: [0; 256],
            next: (discard + 1) as u8,
            j: pasts[lane][LAG - 1] as u8,
        };
        narrow(&mut states[lane], &mut cipher.state);
        cipher
    })
}

/// The key repeated to 256 bytes, so that the schedule need not look for its end.
fn repeat<const LEN: usize>(key: &[u8; LEN]) -> [u8; 256] {
    let mut repeated = [0; 256];
    let (whole, rest) = repeated.as_chunks_mut::<LEN>();
    whole.fill(*key);
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte = *key;
    }
    repeated
}

/// A step begins only after the step this many before it has ended.
const LAG: usize = 4;

/// `j` of the last steps, as a ring buffer.
type Past = [u32; LAG];

/// Mixes a byte of the key into `j` and swaps; `turn` counts the steps. Why `i` is made to depend on an older `j`:
/// [`bytes::Lane::swap`](super::bytes::Lane::swap).
#[inline(always)]
fn swap(state: &mut Words, past: &mut Past, turn: usize, i: usize, key: u8, zero: u32) {
    let i = (i | (past[turn % LAG] & zero) as usize) as u8 as usize;
    let x = state[i];
    let last = past[(turn + LAG - 1) % LAG];
    let j = last.wrapping_add(x).wrapping_add(key.into());
    past[turn % LAG] = j;
    let j = j as u8 as usize;
    let y = state[j];
    state[j] = x;
    state[i] = y;
}

/// Copies the state back to bytes, and wipes the words.
#[inline(always)]
fn narrow(words: &mut Words, bytes: &mut [u8; 256]) {
    for (byte, word) in bytes.iter_mut().zip(words.iter()) {
        *byte = *word as u8;
    }
    // Word by word, as `zeroize` does it, takes several times as long.
    words.fill(0);
    black_box(words);
}
