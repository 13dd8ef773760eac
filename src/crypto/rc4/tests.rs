use proptest::prelude::*;
use rc4::{KeyInit, StreamCipher};

use super::*;
use crate::crypto::test_cases;

fn keystream<const LEN: usize>(mut cipher: Rc4) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    cipher.apply(&mut bytes);
    bytes
}

/// The crate's cipher, past the discarded bytes.
fn oracle(key: &[u8; 20]) -> rc4::Rc4 {
    let mut cipher = rc4::Rc4::new_from_slice(key).unwrap();
    cipher.apply_keystream(&mut [0; DISCARD]);
    cipher
}

fn field<const LEN: usize>(vector: &serde_json::Value, name: &str) -> [u8; LEN] {
    hex::decode(vector[name].as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap()
}

/// Zeros, encrypted in two calls.
fn in_two_calls(cipher: &mut Rc4, split: usize) -> [u8; 16] {
    let mut block = [0; 16];
    let (head, tail) = block.split_at_mut(split);
    cipher.apply(head);
    cipher.apply(tail);
    block
}

fn published_example<const KEY: usize, const TEXT: usize>(vector: &serde_json::Value) {
    let key = field::<KEY>(vector, "key");
    let mut text = field::<TEXT>(vector, "plain");
    Rc4::undiscarded(&key).apply(&mut text);
    assert_eq!(text, field::<TEXT>(vector, "cipher"));
    let [mut discarded] = set_up([&key], DISCARD);
    assert_eq!(
        in_two_calls(&mut discarded, 16),
        field(vector, "drop1024_keystream_16")
    );
}

#[test]
fn published_examples_with_and_without_discard() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../tests/vectors/rc4.json")).unwrap();
    let vectors = &file["vectors"];
    published_example::<3, 9>(&vectors[0]);
    published_example::<4, 5>(&vectors[1]);
    published_example::<6, 14>(&vectors[2]);
    assert!(vectors.get(3).is_none());
}

fn rfc_6229<const KEY: usize>(vector: &serde_json::Value) {
    let key = field::<KEY>(vector, "key");
    for split in 0..=16 {
        let [mut cipher] = set_up([&key], DISCARD);
        assert_eq!(
            in_two_calls(&mut cipher, split),
            field(vector, "keystream_at_1024"),
            "split {split}"
        );
        cipher.apply(&mut [0; 4096 - 1024 - 16]);
        assert_eq!(
            in_two_calls(&mut cipher, split),
            field(vector, "keystream_at_4096"),
            "split {split}"
        );
    }
    let undiscarded = keystream::<1040>(Rc4::undiscarded(&key));
    assert_eq!(undiscarded[1024..], field::<16>(vector, "keystream_at_1024"));
}

#[test]
fn rfc_6229_vectors_at_1024_and_4096_with_every_split() {
    let file: serde_json::Value = serde_json::from_str(include_str!(
        "../../../tests/vectors/libtorrent_rc4_drop1024.json"
    ))
    .unwrap();
    let vectors = &file["vectors"];
    rfc_6229::<5>(&vectors[0]);
    rfc_6229::<16>(&vectors[1]);
    rfc_6229::<32>(&vectors[2]);
    assert!(vectors.get(3).is_none());
}

#[test]
fn known_keystreams_of_both_directions() {
    let key_a = hex::decode("f2846be7fe65b2e5dd4258f34c23b9549e9018fe")
        .unwrap()
        .try_into()
        .unwrap();
    let key_b = hex::decode("e4a8ecef80e300a60d5b3f36c5faee571fbfedab")
        .unwrap()
        .try_into()
        .unwrap();
    let a = "552f99b4f88346fd9ba6220c7db8ee0831b3323170c69b1aa690e21721ebb239";
    let b = "7032a2c5f51e35b9eb3f7cf17cc1049d2eb23a16f02c9746c2eed56a9e956c84";
    assert_eq!(hex::encode(keystream::<32>(Rc4::new(&key_a))), a);
    assert_eq!(hex::encode(keystream::<32>(Rc4::new(&key_b))), b);
    let (one, two) = Rc4::pair(&key_a, &key_b);
    assert_eq!(hex::encode(keystream::<32>(one)), a);
    assert_eq!(hex::encode(keystream::<32>(two)), b);
}

#[test]
fn every_split_into_three_calls_gives_the_same_bytes() {
    let key = [7; 20];
    let whole = keystream::<60>(Rc4::new(&key));
    for first in 0..=60 {
        for second in first..=60 {
            let (mut in_place, mut copied) = (Rc4::new(&key), Rc4::new(&key));
            let (mut there, mut here) = ([0; 60], [0; 60]);
            for range in [0..first, first..second, second..60] {
                in_place.apply(&mut here[range.clone()]);
                copied.apply_to(&[0; 60][range.clone()], &mut there[range]);
            }
            assert_eq!(here, whole, "{first} {second}");
            assert_eq!(there, whole, "{first} {second}");
        }
    }
}

#[test]
fn the_shorter_slice_tells_how_much_keystream_is_used() {
    let key = [9; 20];
    let whole = keystream::<64>(Rc4::new(&key));
    for len in 0..40 {
        for (input, output) in [(len, 40), (40, len)] {
            let mut cipher = Rc4::new(&key);
            let mut bytes = [0xee; 64];
            cipher.apply_to(&[0; 64][..input], &mut bytes[..output]);
            assert_eq!(bytes[..len], whole[..len]);
            assert!(bytes[len..].iter().all(|byte| *byte == 0xee));
            let mut next = [0; 8];
            cipher.apply(&mut next);
            assert_eq!(next, whole[len..len + 8]);
        }
    }
}

#[derive(Clone, Debug)]
enum Call {
    InPlace(usize),
    Copied(usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let len = prop_oneof![4 => 0..40usize, 1 => 0..2000usize];
    prop::collection::vec(
        prop_oneof![len.clone().prop_map(Call::InPlace), len.prop_map(Call::Copied)],
        1..12,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(test_cases(2000)))]

    #[test]
    fn equals_the_rc4_crate_whatever_the_calls(key: [u8; 20], other: [u8; 20], seed: u8, calls in calls()) {
        let (mut ours, mut second) = Rc4::pair(&key, &other);
        let (mut crates, mut crates_second) = (oracle(&key), oracle(&other));
        for call in calls {
            let (Call::InPlace(len) | Call::Copied(len)) = call;
            let plain: Vec<u8> = (0..=255u8).cycle().take(len).map(|n| seed.wrapping_add(n)).collect();
            for (ours, crates) in [(&mut ours, &mut crates), (&mut second, &mut crates_second)] {
                let mut want = plain.clone();
                crates.apply_keystream(&mut want);
                let mut got = plain.clone();
                match call {
                    Call::InPlace(_) => ours.apply(&mut got),
                    Call::Copied(_) => ours.apply_to(&plain, &mut got),
                }
                prop_assert_eq!(got, want);
            }
        }
    }

    #[test]
    fn one_direction_set_up_alone_equals_the_crate(key: [u8; 20]) {
        let mut want = [0; 300];
        oracle(&key).apply_keystream(&mut want);
        prop_assert_eq!(keystream::<300>(Rc4::new(&key)), want);
    }
}
