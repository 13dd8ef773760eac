//! 2^x by a table of powers of two (Lim and Lee's comb).
//!
//! The 160 bits of an exponent are laid out as five teeth of sixteen blocks of two. One look-up takes a bit from the same
//! position of every tooth, so 32 look-ups and one squaring replace 160 squarings. The table, 52 KiB, is a constant.
//! More teeth would save multiplications and lose as much time to longer scans. Blocks of eight need a quarter of the
//! memory and take a tenth longer, with cold caches as well. A table of twice the size, without the squaring, saves a
//! thirtieth of the time.

use super::{EXPONENT_LEN, bit};
use crate::field::{Element, MODULUS, Modulus};

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
pub(super) fn power_of_two(exponent: &[u8; EXPONENT_LEN], m: &Modulus) -> Element {
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

fn look_up(exponent: &[u8; EXPONENT_LEN], block: usize, column: usize) -> Element {
    Element::select(&TABLE[block], subset(exponent, block, column))
}

/// The bits of all teeth at this position, as an index.
fn subset(exponent: &[u8; EXPONENT_LEN], block: usize, column: usize) -> usize {
    let mut subset = 0;
    for tooth in 0..TEETH {
        subset |= bit(exponent, position(tooth, block, column)) << tooth;
    }
    subset
}

const fn position(tooth: usize, block: usize, column: usize) -> usize {
    (tooth * BLOCKS + block) * COLUMNS + column
}

/// For every exponent: each index is within the table, and all of them together have every bit of the exponent once.
#[cfg(any(test, kani, feature = "__internals"))]
pub fn indices_have_every_bit_once(exponent: &[u8; EXPONENT_LEN]) {
    let (mut seen, mut reads) = ([0; EXPONENT_LEN], 0);
    for (block, column) in (0..BLOCKS).flat_map(|block| (0..COLUMNS).map(move |column| (block, column))) {
        let subset = subset(exponent, block, column);
        assert!(subset < ENTRIES);
        for tooth in 0..TEETH {
            let n = position(tooth, block, column);
            let byte = &mut seen[EXPONENT_LEN - 1 - n / 8];
            *byte |= ((subset >> tooth & 1) as u8) << (n % 8);
            reads += 1;
        }
    }
    assert_eq!((seen, reads), (*exponent, 8 * EXPONENT_LEN));
}
