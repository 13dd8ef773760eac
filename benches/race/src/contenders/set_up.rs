//! The set-up of the library over words, for a state of any word.

use std::array;
use std::hint::black_box;

use super::word::Word;

const LAG: usize = 4;

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

/// The states behind the bytes that are discarded, and the low byte of each is `j`.
#[inline(always)]
pub fn set_up<W: Word, const LANES: usize>(keys: [&[u8; 20]; LANES]) -> [([W; 256], u32); LANES] {
    let zero = black_box(0);
    let repeated = keys.map(repeat);
    let mut states: [[W; 256]; LANES] = [array::from_fn(|n| W::low(n as u32)); LANES];
    let mut pasts = [[0; LAG]; LANES];
    for block in 0..16 {
        sixteen_times!(|n| {
            let i = 16 * block + n;
            for ((state, past), key) in states.iter_mut().zip(&mut pasts).zip(&repeated) {
                swap(state, past, n, i, key[i], zero);
            }
        });
    }
    pasts = [[0; LAG]; LANES];
    for block in 0..64 {
        sixteen_times!(|n| {
            let i = 16 * block + n + 1;
            for (state, past) in states.iter_mut().zip(&mut pasts) {
                swap(state, past, n, i, 0, zero);
            }
        });
    }
    array::from_fn(|lane| (states[lane], pasts[lane][LAG - 1]))
}

fn repeat(key: &[u8; 20]) -> [u8; 256] {
    let mut repeated = [0; 256];
    let (whole, rest) = repeated.as_chunks_mut::<20>();
    whole.fill(*key);
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte = *key;
    }
    repeated
}

#[inline(always)]
fn swap<W: Word>(state: &mut [W; 256], past: &mut [u32; LAG], turn: usize, i: usize, key: u8, zero: u32) {
    let i = (i | (past[turn % LAG] & zero) as usize) as u8 as usize;
    let x = state[i].wide();
    let last = past[(turn + LAG - 1) % LAG];
    let j = last.wrapping_add(x).wrapping_add(key.into());
    past[turn % LAG] = j;
    let j = j as u8 as usize;
    let y = state[j];
    state[j] = W::low(x);
    state[i] = y;
}
