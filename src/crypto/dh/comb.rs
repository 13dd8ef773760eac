//! 2^x with all powers of two that a key can need known in advance (Lim and Lee's comb).
//!
//! The 160 bits of an exponent are laid out as five teeth of sixteen blocks of two. One look-up takes a bit from the same
//! place of every tooth, so that 32 look-ups and one squaring do what 160 squarings would. The table, 52 KiB, is part of
//! the program and holds nothing secret. More teeth would save multiplications and lose as much to the longer scans.
//! Blocks of eight need a quarter of the room; 2^x then takes a tenth longer, and with cold caches still no less
//! (`benches/handshake.rs`). Without any squaring the table has twice the size, for a thirtieth of the time.

use super::exponent::Exponent;
use super::field::{Element, MODULUS, Modulus};

const TEETH: usize = 5;
const BLOCKS: usize = 16;
const COLUMNS: usize = 2;
const ENTRIES: usize = 1 << TEETH;

/// For each block, the product of every subset of its teeth.
static TABLE: [[Element; ENTRIES]; BLOCKS] = {
    let m = &MODULUS;
    let mut table = [[Element::ONE; ENTRIES]; BLOCKS];
    let mut power = Element::TWO;
    let mut tooth = 0;
    while tooth < TEETH {
        let mut block = 0;
        while block < BLOCKS {
            let mut subset = 0;
            while subset < 1 << tooth {
                table[block][subset | 1 << tooth] = table[block][subset].mul(&power, m);
                subset += 1;
            }
            let mut column = 0;
            while column < COLUMNS {
                power = power.square(m);
                column += 1;
            }
            block += 1;
        }
        tooth += 1;
    }
    table
};

/// 2^exponent, in constant time.
pub(super) fn power_of_two(exponent: &Exponent, m: &Modulus) -> Element {
    let mut power = look_up(exponent, 0, COLUMNS - 1);
    for block in 1..BLOCKS {
        power = power.mul(&look_up(exponent, block, COLUMNS - 1), m);
    }
    for column in (0..COLUMNS - 1).rev() {
        power = power.square(m);
        for block in 0..BLOCKS {
            power = power.mul(&look_up(exponent, block, column), m);
        }
    }
    power
}

fn look_up(exponent: &Exponent, block: usize, column: usize) -> Element {
    let mut subset = 0;
    for tooth in 0..TEETH {
        subset |= exponent.bit((tooth * BLOCKS + block) * COLUMNS + column) << tooth;
    }
    Element::select(&TABLE[block], subset)
}
