//! What holds for every key and every exponent; as `field::statements`.

#[cfg(feature = "__internals")]
pub use super::comb::indices_have_every_bit_once;
#[cfg(feature = "__internals")]
pub use super::window::digits_are_the_exponent;
use super::*;

/// The check of a peer's key is by comparison of bytes. It says the same as two subtractions.
pub fn a_key_is_acceptable_from_2_to_p_minus_2(key: &[u8; KEY_LEN]) {
    let mut two = [0; KEY_LEN];
    two[KEY_LEN - 1] = 2;
    let mut most = P;
    most[KEY_LEN - 1] -= 2;
    assert_eq!(is_degenerate(key), is_less(key, &two) || is_less(&most, key));
}

/// Whether a - b borrows from beyond the highest byte.
fn is_less(a: &[u8; KEY_LEN], b: &[u8; KEY_LEN]) -> bool {
    let mut borrow = 0;
    for n in (0..KEY_LEN).rev() {
        borrow = i16::from(i16::from(a[n]) - i16::from(b[n]) - borrow < 0);
    }
    borrow == 1
}

#[cfg(kani)]
mod proofs {
    use super::*;

    #[kani::proof]
    #[kani::unwind(97)]
    fn a_key_is_acceptable_from_2_to_p_minus_2() {
        super::a_key_is_acceptable_from_2_to_p_minus_2(&kani::any());
    }

    #[kani::proof]
    #[kani::unwind(33)]
    fn indices_have_every_bit_once() {
        comb::indices_have_every_bit_once(&kani::any());
    }

    #[kani::proof]
    #[kani::unwind(41)]
    fn digits_are_the_exponent() {
        window::digits_are_the_exponent(&kani::any());
    }
}
