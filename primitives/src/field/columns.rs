//! Sums products column by column. All columns are unrolled, because a loop around them takes a quarter longer.

use super::{BITS, Columns, K, LIMBS, MASK, Modulus, wide};

macro_rules! all_columns {
    ($column:ident $operands:tt) => {
        all_columns!($column $operands [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24])
    };
    ($column:ident $operands:tt [$($index:literal)*]) => {{
        let mut columns = [0; 2 * LIMBS - 1];
        $( columns[$index] = $column::<$index>(0, $operands); )*
        columns
    }};
}

#[inline(never)]
pub(super) const fn product(a: &[u64; LIMBS], b: &[u64; LIMBS], m: &Modulus) -> [u64; LIMBS] {
    reduce(&all_columns!(product_column(a, b)), m)
}

/// Two thirds of the work of a product: the products above the diagonal are counted twice.
#[inline(always)]
pub(super) const fn square(a: &[u64; LIMBS]) -> Columns {
    let mut doubled = *a;
    let mut i = 0;
    while i < LIMBS {
        doubled[i] <<= 1;
        i += 1;
    }
    let doubled = &doubled;
    all_columns!(square_column(a, doubled))
}

#[inline(never)]
pub(super) const fn reduce(columns: &Columns, m: &Modulus) -> [u64; LIMBS] {
    macro_rules! reduction {
        ([$($low:literal)*] [$($high:literal)*]) => {{
            let mut sum: u128 = 0;
            let mut q = [0; LIMBS];
            let mut result = [0; LIMBS];
            $(
                sum = reduction_column::<$low>(sum + columns[$low], &q, m);
                q[$low] = sum as u64 & MASK;
                sum >>= BITS;
            )*
            sum = reduction_column::<12>(sum + columns[12], &q, m);
            q[12] = (sum as u64).wrapping_mul(K) & MASK;
            sum = (sum + wide(q[12], m.p[0])) >> BITS;
            $(
                sum = reduction_column::<$high>(sum + columns[$high], &q, m);
                result[$high - LIMBS] = sum as u64 & MASK;
                sum >>= BITS;
            )*
            result[12] = sum as u64;
            result
        }};
    }
    reduction!([0 1 2 3 4 5 6 7 8 9 10 11] [13 14 15 16 17 18 19 20 21 22 23 24])
}

/// Column `I` of the product of `a` and `b`.
#[inline(always)]
const fn product_column<const I: usize>(mut sum: u128, (a, b): (&[u64; LIMBS], &[u64; LIMBS])) -> u128 {
    let mut i = I.saturating_sub(LIMBS - 1);
    while i <= I && i < LIMBS {
        sum += wide(a[i], b[I - i]);
        i += 1;
    }
    sum
}

/// Column `I` of the square of `a`.
#[inline(always)]
const fn square_column<const I: usize>(mut sum: u128, (a, doubled): (&[u64; LIMBS], &[u64; LIMBS])) -> u128 {
    let mut i = I.saturating_sub(LIMBS - 1);
    while 2 * i < I {
        sum += wide(doubled[i], a[I - i]);
        i += 1;
    }
    if I.is_multiple_of(2) {
        sum += wide(a[I / 2], a[I / 2]);
    }
    sum
}

/// What the rows so far, with the factors `q`, add to column `I`.
#[inline(always)]
const fn reduction_column<const I: usize>(mut sum: u128, q: &[u64; LIMBS], m: &Modulus) -> u128 {
    let mut row = I.saturating_sub(LIMBS);
    while row < I && row < LIMBS - 1 {
        sum += wide(q[row], m.n[I - 1 - row]);
        row += 1;
    }
    if I >= LIMBS {
        sum += wide(q[LIMBS - 1], m.p[I - (LIMBS - 1)]);
    }
    sum
}
