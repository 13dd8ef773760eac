//! Looking for a public key that looks like something: `2^(x+1) = 2 * 2^x`, so the next key costs a doubling.

use rand::CryptoRng;
use zeroize::{Zeroize, Zeroizing};

use super::dh::{PUBLIC_KEY_LEN, PrivateKey};

/// A number below 2^768, the most significant word first.
type Number = [u64; PUBLIC_KEY_LEN / 8];

/// `2^768 - P`.
const COMPLEMENT: Number = {
    let p: Number = [
        0xFFFF_FFFF_FFFF_FFFF,
        0xC90F_DAA2_2168_C234,
        0xC4C6_628B_80DC_1CD1,
        0x2902_4E08_8A67_CC74,
        0x020B_BEA6_3B13_9B22,
        0x514A_0879_8E34_04DD,
        0xEF95_19B3_CD3A_431B,
        0x302B_0A6D_F25F_1437,
        0x4FE1_356D_6D51_C245,
        0xE485_B576_625E_7EC6,
        0xF44C_42E9_A63A_3621,
        0x0000_0000_0009_0563,
    ];
    let mut complement = [0; PUBLIC_KEY_LEN / 8];
    let mut index = p.len();
    let mut carry = true;
    while index > 0 {
        index -= 1;
        (complement[index], carry) = (!p[index]).overflowing_add(carry as u64);
    }
    complement
};

/// Draws a private key whose public key is `wanted`, by counting up from a random one. The lowest bit of the exponent
/// stays random, and so does the Jacobi symbol of the public key.
pub(crate) fn find<R: CryptoRng + ?Sized>(
    rng: &mut R,
    wanted: impl Fn(&[u8; PUBLIC_KEY_LEN]) -> bool,
) -> (PrivateKey, [u8; PUBLIC_KEY_LEN]) {
    let mut exponent = Zeroizing::new([0; PrivateKey::LEN]);
    rng.fill_bytes(&mut *exponent);
    let mut public_key = PrivateKey::from_bytes(*exponent).public_key();
    while !wanted(&public_key) {
        if increment(&mut exponent) {
            double(&mut public_key);
        } else {
            rng.fill_bytes(&mut *exponent);
            public_key = PrivateKey::from_bytes(*exponent).public_key();
        }
    }
    (PrivateKey::from_bytes(*exponent), public_key)
}

/// Adds one. False if that was one too many.
fn increment(exponent: &mut [u8; PrivateKey::LEN]) -> bool {
    exponent.iter_mut().rev().any(|byte| {
        *byte = byte.wrapping_add(1);
        *byte != 0
    })
}

/// `2 * key mod P`, for a key below P.
fn double(key: &mut [u8; PUBLIC_KEY_LEN]) {
    let mut number = Number::default();
    for (word, bytes) in number.iter_mut().zip(key.chunks_exact(8)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    let mut overflow = 0;
    for word in number.iter_mut().rev() {
        let shifted_out = *word >> 63;
        *word = *word << 1 | overflow;
        overflow = shifted_out;
    }
    // number - P = number + (2^768 - P) - 2^768.
    let (mut reduced, mut carry) = (number, false);
    for (word, add) in reduced.iter_mut().zip(COMPLEMENT).rev() {
        let (sum, first) = word.overflowing_add(add);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        (*word, carry) = (sum, first | second);
    }
    let result = if carry || overflow == 1 {
        &mut reduced
    } else {
        &mut number
    };
    for (bytes, word) in key.chunks_exact_mut(8).zip(&*result) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    number.zeroize();
    reduced.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXED: [u8; PrivateKey::LEN] = [0x5A; PrivateKey::LEN];

    #[test]
    fn doubling_goes_on_from_a_power_to_the_next_beyond_every_reduction() {
        let mut exponent = FIXED;
        let mut key = PrivateKey::from_bytes(exponent).public_key();
        for _ in 0..300 {
            double(&mut key);
            assert!(increment(&mut exponent));
        }
        assert_eq!(key, PrivateKey::from_bytes(exponent).public_key());
    }

    #[test]
    fn the_exponent_counts_with_carry_and_stops_at_its_end() {
        let mut exponent = [0; PrivateKey::LEN];
        exponent[18..].copy_from_slice(&[0x01, 0xFF]);
        assert!(increment(&mut exponent));
        assert_eq!(exponent[18..], [0x02, 0x00]);
        assert!(!increment(&mut [0xFF; PrivateKey::LEN]));
    }

    #[test]
    fn what_is_found_is_wanted_and_belongs_to_its_private_key() {
        let (private_key, public_key) = find(&mut rand::rng(), |key| key.starts_with(&[b'M']));
        assert_eq!(public_key[0], b'M');
        assert_eq!(private_key.public_key(), public_key);
    }
}
