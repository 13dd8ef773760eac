//! Blocks of 16 steps that begin where `next` is a multiple of 16, over a state that rests as it is used.

use super::word::Word;

pub struct Aligned<W> {
    state: [W; 256],
    next: u8,
    j: u32,
}

impl<W: Word> Aligned<W> {
    pub fn new(key: &[u8; 20]) -> Self {
        let [(state, j)] = super::set_up::set_up([key]);
        Self { state, next: 1, j }
    }

    #[inline(always)]
    pub fn apply(&mut self, data: &mut [u8]) {
        let to_boundary = usize::from(self.next.wrapping_neg() % 16).min(data.len());
        let (head, rest) = data.split_at_mut(to_boundary);
        let (blocks, tail) = rest.as_chunks_mut::<16>();
        apply_bytes(&mut self.state, &mut self.next, &mut self.j, head);
        if !blocks.is_empty() {
            apply_blocks(&mut self.state, &mut self.next, &mut self.j, blocks);
        }
        apply_bytes(&mut self.state, &mut self.next, &mut self.j, tail);
    }
}

#[inline(always)]
fn apply_bytes<W: Word>(state: &mut [W; 256], next: &mut u8, j: &mut u32, bytes: &mut [u8]) {
    let (mut i, mut sum) = (*next, *j);
    for byte in bytes {
        *byte ^= step(state, i.into(), &mut sum) as u8;
        i = i.wrapping_add(1);
    }
    (*next, *j) = (i, sum);
}

#[inline(never)]
fn apply_blocks<W: Word>(state: &mut [W; 256], next: &mut u8, j: &mut u32, blocks: &mut [[u8; 16]]) {
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

#[inline(always)]
fn step<W: Word>(state: &mut [W; 256], i: usize, j: &mut u32) -> u32 {
    let x = state[i].wide();
    *j = j.wrapping_add(x);
    let at = *j as u8 as usize;
    let y = state[at].wide();
    state[at] = W::low(x);
    state[i] = W::low(y);
    state[x.wrapping_add(y) as u8 as usize].wide()
}
