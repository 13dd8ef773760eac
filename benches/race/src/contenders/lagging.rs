//! Steps in their order, wherever `next` is, with keystream shifted together in words; `i` is made to depend on the `j` of
//! four steps before.

use std::hint::black_box;

use super::word::Word;

pub struct Lagging<W> {
    state: [W; 256],
    next: u8,
    /// `j` of the last steps, the latest first.
    past: [u32; 4],
}

impl<W: Word> Lagging<W> {
    pub fn new(key: &[u8; 20]) -> Self {
        let [(state, j)] = super::set_up::set_up([key]);
        Self {
            state,
            next: 1,
            past: [j; 4],
        }
    }

    pub fn apply(&mut self, data: &mut [u8]) {
        let zero = black_box(0);
        let (state, mut next, mut past) = (&mut self.state, self.next, self.past);
        let (blocks, rest) = data.as_chunks_mut::<16>();
        for block in blocks {
            let (mut low, mut high) = (0u64, 0u64);
            macro_rules! steps {
                ($word:ident $($n:literal)*) => { $(
                    $word |= u64::from(step(state, next.wrapping_add($n), &mut past, zero)) << (8 * ($n % 8));
                )* };
            }
            steps!(low 0 1 2 3 4 5 6 7);
            steps!(high 8 9 10 11 12 13 14 15);
            next = next.wrapping_add(16);
            let word = u128::from(high) << 64 | u128::from(low);
            *block = (u128::from_le_bytes(*block) ^ word).to_le_bytes();
        }
        for byte in rest {
            *byte ^= step(state, next, &mut past, zero) as u8;
            next = next.wrapping_add(1);
        }
        (self.next, self.past) = (next, past);
    }
}

#[inline(always)]
fn step<W: Word>(state: &mut [W; 256], i: u8, past: &mut [u32; 4], zero: u32) -> u32 {
    let [last, second, third, fourth] = *past;
    let i = (u32::from(i) | (fourth & zero)) as u8 as usize;
    let x = state[i].wide();
    let j = last.wrapping_add(x);
    *past = [j, last, second, third];
    let at = j as u8 as usize;
    let y = state[at].wide();
    state[at] = W::low(x);
    state[i] = W::low(y);
    state[x.wrapping_add(y) as u8 as usize].wide()
}
