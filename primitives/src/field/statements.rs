//! What holds for every operand. The tests try random values. `tests/symbolic` proves it for all values, in the compiled
//! code. Kani can prove it, too: `cargo kani -p mse-primitives -Z stubbing`.

use super::*;

/// The largest sum of the products in one column, with any limbs below 2^60.
pub(super) const MOST_IN_A_COLUMN: u128 = LIMBS as u128 * wide(MASK, MASK);

// A reduction adds as many products again, and a carry that is shorter than one product.
const _: () = assert!(2 * MOST_IN_A_COLUMN + wide(MASK, MASK) < 1 << 125);

/// All but the last, which takes what is left.
pub(super) fn limbs_are_short(limbs: &[u64; LIMBS]) -> bool {
    limbs[..LIMBS - 1].iter().all(|limb| *limb <= MASK)
}

/// For limbs below 2^60: P is subtracted if and only if the value is P or more, and every borrow arrives.
pub fn p_is_subtracted_once_or_not_at_all(value: &[u64; LIMBS]) {
    let difference = subtract_p_once(value);
    let less = value.iter().rev().lt(P.iter().rev());
    let subtracted = if less { [0; LIMBS] } else { P };
    let mut carry = 0;
    for i in 0..LIMBS {
        assert!(difference[i] <= MASK);
        let sum = difference[i] + subtracted[i] + carry;
        assert_eq!(sum & MASK, value[i]);
        carry = sum >> BITS;
    }
    assert_eq!(carry, 0);
}

/// For limbs below 2^60: no sum overflows, and only the last limb is longer than 60 bits.
pub fn products_fit(a: &[u64; LIMBS], b: &[u64; LIMBS]) {
    for m in [&MODULUS, &MODULUS_BY_ROWS] {
        assert!(limbs_are_short(&product(a, b, m)));
    }
}

/// For limbs below 2^60: each column of a square is as large as that of a product at most.
#[cfg(test)]
pub(super) fn squares_fit(a: &[u64; LIMBS]) {
    assert!(
        columns::square(a)
            .iter()
            .all(|column| *column <= MOST_IN_A_COLUMN)
    );
}

/// For columns up to `MOST_IN_A_COLUMN`: no sum overflows, and only the last limb is longer than 60 bits.
pub fn reductions_fit(sums: &Columns) {
    assert!(limbs_are_short(&columns::reduce(sums, &MODULUS)));
    assert!(limbs_are_short(&rows::reduce(*sums, &MODULUS_BY_ROWS)));
}

/// For all bytes: the limbs are short, and have every bit.
pub fn bytes_survive_as_limbs(bytes: &[u8; 96]) {
    let limbs = unpack(bytes);
    assert!(limbs.iter().all(|limb| *limb <= MASK));
    assert_eq!(pack(&limbs), *bytes);
}

/// For indices below 2^63.
pub fn selection_is_by_index<const LEN: usize>(table: [[u64; LIMBS]; LEN], index: usize) {
    let selected = Element::select(&table.map(Element), index).0;
    assert_eq!(selected, table.get(index).copied().unwrap_or_default());
}

#[cfg(kani)]
mod proofs {
    use super::*;

    fn any_limbs() -> [u64; LIMBS] {
        let limbs: [u64; LIMBS] = kani::any();
        kani::assume(limbs.iter().all(|limb| *limb <= MASK));
        limbs
    }

    /// Stands for [`wide`]: that sums fit does not depend on what the products are.
    fn any_product(_: u64, _: u64) -> u128 {
        let product = kani::any();
        kani::assume(product <= MOST_IN_A_COLUMN / LIMBS as u128);
        product
    }

    #[kani::proof]
    #[kani::unwind(14)]
    fn p_is_subtracted_once_or_not_at_all() {
        super::p_is_subtracted_once_or_not_at_all(&any_limbs());
    }

    #[kani::proof]
    #[kani::unwind(27)]
    #[kani::stub(wide, any_product)]
    fn products_fit() {
        super::products_fit(&any_limbs(), &any_limbs());
    }

    #[kani::proof]
    #[kani::unwind(27)]
    #[kani::stub(wide, any_product)]
    fn reductions_fit() {
        let sums: Columns = kani::any();
        kani::assume(sums.iter().all(|sum| *sum <= MOST_IN_A_COLUMN));
        super::reductions_fit(&sums);
    }

    #[kani::proof]
    #[kani::unwind(97)]
    fn bytes_survive_as_limbs() {
        super::bytes_survive_as_limbs(&kani::any());
    }

    #[kani::proof]
    #[kani::unwind(14)]
    fn selection_is_by_index() {
        let index: usize = kani::any();
        kani::assume(index <= usize::MAX >> 1);
        super::selection_is_by_index([any_limbs(), any_limbs(), any_limbs(), any_limbs()], index);
    }
}
