use super::{BITS, Columns, K, LIMBS, MASK, Modulus, wide};

#[inline(never)]
pub(super) const fn product(a: &[u64; LIMBS], b: &[u64; LIMBS], m: &Modulus) -> [u64; LIMBS] {
    let mut columns = [0; 2 * LIMBS - 1];
    let mut row = 0;
    while row < LIMBS {
        add_row(&mut columns, row, a[row], b);
        row += 1;
    }
    reduce(columns, m)
}

#[inline(never)]
pub(super) const fn reduce(mut columns: Columns, m: &Modulus) -> [u64; LIMBS] {
    let mut row = 0;
    while row < LIMBS - 1 {
        let q = columns[row] as u64 & MASK;
        columns[row + 1] += columns[row] >> BITS;
        add_row(&mut columns, row + 1, q, &m.n);
        row += 1;
    }
    let q = (columns[row] as u64).wrapping_mul(K) & MASK;
    add_row(&mut columns, row, q, &m.p);
    let mut sum = columns[row] >> BITS;
    let mut result = [0; LIMBS];
    let mut i = 0;
    while i < LIMBS - 1 {
        sum += columns[LIMBS + i];
        result[i] = sum as u64 & MASK;
        sum >>= BITS;
        i += 1;
    }
    result[i] = sum as u64;
    result
}

/// Adds `factor * other` to the columns from `first` on.
#[inline(always)]
const fn add_row(columns: &mut Columns, first: usize, factor: u64, other: &[u64; LIMBS]) {
    let mut i = 0;
    while i < LIMBS {
        columns[first + i] += wide(factor, other[i]);
        i += 1;
    }
}
