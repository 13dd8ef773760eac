//! RC4 on a state of bytes, as it is stored: for short messages, and for everything on processors that prefer bytes.
//!
//! `j` stays in a register wider than a byte, so that no addition waits for a truncation. Keystream is collected in words
//! of 64 bits before it is XORed into the data.

use core::hint::black_box;

use super::Rc4;

/// XORs the next keystream into `data`.
pub(super) fn apply(cipher: &mut Rc4, data: &mut [u8]) {
    let mut walk = Walk::resume(cipher);
    let (words, rest) = data.as_chunks_mut::<8>();
    let (pairs, word) = words.as_chunks_mut::<2>();
    for [a, b] in pairs {
        let (low, high) = walk.two_words();
        *a = xor(*a, low);
        *b = xor(*b, high);
    }
    for a in word {
        *a = xor(*a, walk.word());
    }
    for byte in rest {
        *byte ^= walk.byte();
    }
    (cipher.next, cipher.j) = walk.pause();
}

/// The key schedules, each followed by `discard` steps (a multiple of eight) without output.
///
/// Each step waits for the one before it. Independent states take turns, so that one computes while another waits.
#[inline(always)]
pub(super) fn set_up<const LANES: usize, const LEN: usize>(
    keys: [&[u8; LEN]; LANES],
    discard: usize,
) -> [Rc4; LANES] {
    let zero = black_box(0);
    let mut lanes: [Lane; LANES] = core::array::from_fn(|_| Lane::new());
    for start in (0..256).step_by(LEN) {
        for n in 0..LEN.min(256 - start) {
            for (lane, key) in lanes.iter_mut().zip(keys) {
                lane.swap((start + n) as u8, key[n], zero);
            }
        }
    }
    for lane in &mut lanes {
        lane.past = [0; 3];
    }
    // Eight steps a round: a loop around single steps takes a third longer.
    for round in 0..discard / 8 {
        for n in 0..8 {
            for lane in &mut lanes {
                lane.swap((8 * round + n + 1) as u8, 0, zero);
            }
        }
    }
    lanes.map(|lane| lane.finish(discard))
}

/// A state that is being set up.
pub(super) struct Lane {
    state: [u8; 256],
    /// `j` of the last steps, the latest first; only the low bytes count.
    past: [u32; 3],
}

impl Lane {
    #[inline(always)]
    fn new() -> Self {
        Self {
            state: core::array::from_fn(|n| n as u8),
            past: [0; 3],
        }
    }

    /// Mixes a byte of the key into `j` and swaps.
    ///
    /// A processor that knows `i` loads `state[i]` long before earlier steps have stored to `state[j]`, and starts over
    /// if one of them changed it. `zero` is 0, which the compiler does not know. It makes `i` depend on an older `j`, so
    /// that the processor loads less early.
    #[inline(always)]
    pub(super) fn swap(&mut self, i: u8, key: u8, zero: u32) {
        let [last, second, third] = self.past;
        let i = (u32::from(i) | (third & zero)) as u8 as usize;
        let x = self.state[i];
        let j = last.wrapping_add(x.into()).wrapping_add(key.into());
        self.past = [j, last, second];
        let j = j as u8 as usize;
        self.state[i] = self.state[j];
        self.state[j] = x;
    }

    #[inline(always)]
    fn finish(self, steps: usize) -> Rc4 {
        Rc4 {
            state: self.state,
            next: (steps + 1) as u8,
            j: self.past[0] as u8,
        }
    }
}

fn xor(bytes: [u8; 8], word: u64) -> [u8; 8] {
    (u64::from_le_bytes(bytes) ^ word).to_le_bytes()
}

/// A run of steps with both indices in registers.
struct Walk<'a> {
    state: &'a mut [u8; 256],
    next: u8,
    /// Only the low byte counts.
    j: u32,
}

impl<'a> Walk<'a> {
    #[inline(always)]
    fn resume(cipher: &'a mut Rc4) -> Self {
        Self {
            next: cipher.next,
            j: cipher.j.into(),
            state: &mut cipher.state,
        }
    }

    #[inline(always)]
    fn pause(self) -> (u8, u8) {
        (self.next, self.j as u8)
    }

    /// The step at `offset` from the current one.
    #[inline(always)]
    fn step(&mut self, offset: u8) -> u8 {
        let i = self.next.wrapping_add(offset) as usize;
        let x = self.state[i];
        self.j = self.j.wrapping_add(x.into());
        let j = self.j as u8 as usize;
        let y = self.state[j];
        self.state[i] = y;
        self.state[j] = x;
        self.state[x.wrapping_add(y) as usize]
    }

    /// Eight steps from `offset` on, the first byte lowest. Written out, because a loop compiles to slower code.
    #[inline(always)]
    fn steps(&mut self, offset: u8) -> u64 {
        let mut word = u64::from(self.step(offset));
        word |= u64::from(self.step(offset + 1)) << 8;
        word |= u64::from(self.step(offset + 2)) << 16;
        word |= u64::from(self.step(offset + 3)) << 24;
        word |= u64::from(self.step(offset + 4)) << 32;
        word |= u64::from(self.step(offset + 5)) << 40;
        word |= u64::from(self.step(offset + 6)) << 48;
        word |= u64::from(self.step(offset + 7)) << 56;
        word
    }

    #[inline(always)]
    fn byte(&mut self) -> u8 {
        let byte = self.step(0);
        self.next = self.next.wrapping_add(1);
        byte
    }

    #[inline(always)]
    fn word(&mut self) -> u64 {
        let word = self.steps(0);
        self.next = self.next.wrapping_add(8);
        word
    }

    #[inline(always)]
    fn two_words(&mut self) -> (u64, u64) {
        let words = (self.steps(0), self.steps(8));
        self.next = self.next.wrapping_add(16);
        words
    }
}
