use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use ctr::cipher::zeroize::ZeroizeOnDrop;
use rand::RngExt;
use tinyjson::JsonValue;

use super::*;
use crate::crypto::dh::tests::cases;

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
    let file: JsonValue = include_str!("../../../tests/vectors/aes128ctr.json")
        .parse()
        .unwrap();
    let vectors = file["vectors"].get::<Vec<_>>().unwrap();
    assert_eq!(vectors.len(), 2);
    for vector in vectors {
        let bytes = |name: &str| hex::decode(vector[name].get::<String>().unwrap()).unwrap();
        let material = bytes("digest").try_into().unwrap();
        let known = bytes("keystream");
        let mut zeros = vec![0; known.len()];
        AesCtr::new(&material).apply(&mut zeros);
        assert_eq!(zeros, known);
        assert_eq!(keystream(&material, known.len()), known);
    }
}

#[test]
fn it_is_wiped_on_drop() {
    fn is_wiped(_: &impl ZeroizeOnDrop) {}
    is_wiped(&AesCtr::new(&[1; 20]).core);
}

#[test]
fn equals_the_block_cipher_over_a_counter_whatever_the_calls() {
    for mut rng in cases(300) {
        let material = rng.random();
        let mut cipher = AesCtr::new(&material);
        let mut got = Vec::new();
        for _ in 0..rng.random_range(1..12) {
            let most = if rng.random_ratio(4, 5) { 40 } else { 2000 };
            let mut data = vec![0; rng.random_range(0..most)];
            cipher.apply(&mut data);
            got.extend(data);
        }
        assert_eq!(got, keystream(&material, got.len()));
    }
}
