use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use ctr::cipher::zeroize::ZeroizeOnDrop;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::crypto::test_cases;

/// The counter counted by hand, and the block cipher alone.
pub(in crate::crypto) fn keystream(material: &[u8; 20], len: usize) -> Vec<u8> {
    let cipher = Aes128::new_from_slice(&material[..16]).unwrap();
    let first = u128::from(u32::from_be_bytes(material[16..].try_into().unwrap())) << 96;
    let mut keystream = Vec::new();
    while keystream.len() < len {
        let counter = first.wrapping_add((keystream.len() / 16) as u128);
        let mut block = counter.to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        keystream.extend(block);
    }
    keystream.truncate(len);
    keystream
}

#[test]
fn known_keystreams_of_both_directions() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/vectors/aes128ctr.json")).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let bytes = |name: &str| hex::decode(vector[name].as_str().unwrap()).unwrap();
        let material = bytes("digest").try_into().unwrap();
        let known = bytes("keystream");
        let mut zeros = vec![0; known.len()];
        AesCtr::new(&material).apply(&mut zeros);
        assert_eq!(zeros, known);
        assert_eq!(keystream(&material, known.len()), known);
    }
}

#[test]
fn the_shorter_slice_tells_how_much_keystream_is_used() {
    let whole = keystream(&[9; 20], 64);
    for len in 0..40 {
        for (input, output) in [(len, 40), (40, len)] {
            let mut cipher = AesCtr::new(&[9; 20]);
            let mut bytes = [0xee; 40];
            cipher.apply_to(&[0; 40][..input], &mut bytes[..output]);
            assert_eq!(bytes[..len], whole[..len]);
            assert!(bytes[len..].iter().all(|byte| *byte == 0xee));
            let mut next = [0; 8];
            cipher.apply(&mut next);
            assert_eq!(next, whole[len..len + 8]);
        }
    }
}

#[test]
fn it_is_wiped_on_drop() {
    fn is_wiped(_: &impl ZeroizeOnDrop) {}
    is_wiped(&AesCtr::new(&[1; 20]).core);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(test_cases(500)))]

    #[test]
    fn equals_the_block_cipher_over_a_counter_whatever_the_calls(
        material: [u8; 20],
        lens in prop::collection::vec((any::<bool>(), prop_oneof![4 => 0..40usize, 1 => 0..2000usize]), 1..12),
    ) {
        let mut cipher = AesCtr::new(&material);
        let mut got = Vec::new();
        for (in_place, len) in lens {
            let mut data = vec![0; len];
            if in_place {
                cipher.apply(&mut data);
            } else {
                cipher.apply_to(&vec![0; len], &mut data);
            }
            got.extend(data);
        }
        prop_assert_eq!(&got, &keystream(&material, got.len()));
    }
}
