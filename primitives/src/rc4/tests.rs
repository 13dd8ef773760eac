use proptest::prelude::*;
use rc4::{KeyInit, StreamCipher};

use super::*;
use crate::properties;

/// What runs: the formulation that is chosen for this processor and the length, or a certain one.
#[derive(Clone, Copy, Debug)]
enum By {
    Choice,
    Bytes,
    Words,
}

const ALL: [By; 3] = [By::Choice, By::Bytes, By::Words];

impl By {
    fn set_up<const LANES: usize, const LEN: usize>(self, keys: [&[u8; LEN]; LANES]) -> [Rc4; LANES] {
        match self {
            Self::Choice => set_up(keys),
            Self::Bytes => bytes::set_up(keys, DISCARD),
            Self::Words => words::set_up(keys, DISCARD),
        }
    }

    fn undiscarded<const LEN: usize>(self, key: &[u8; LEN]) -> Rc4 {
        let [cipher] = match self {
            Self::Choice | Self::Bytes => bytes::set_up([key], 0),
            Self::Words => words::set_up([key], 0),
        };
        cipher
    }

    fn apply(self, cipher: &mut Rc4, data: &mut [u8]) {
        match self {
            Self::Choice => cipher.apply(data),
            Self::Bytes => bytes::apply(cipher, data),
            Self::Words => words::apply(cipher, data),
        }
    }
}

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
fn in_two_calls(by: By, cipher: &mut Rc4, split: usize) -> [u8; 16] {
    let mut block = [0; 16];
    let (head, tail) = block.split_at_mut(split);
    by.apply(cipher, head);
    by.apply(cipher, tail);
    block
}

fn published_example<const KEY: usize, const TEXT: usize>(vector: &serde_json::Value) {
    let key = field::<KEY>(vector, "key");
    for by in ALL {
        let mut text = field::<TEXT>(vector, "plain");
        by.apply(&mut by.undiscarded(&key), &mut text);
        assert_eq!(text, field::<TEXT>(vector, "cipher"), "{by:?}");
        let [mut discarded] = by.set_up([&key]);
        assert_eq!(
            in_two_calls(by, &mut discarded, 16),
            field(vector, "drop1024_keystream_16"),
            "{by:?}"
        );
    }
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
    for by in ALL {
        for split in 0..=16 {
            let [mut cipher] = by.set_up([&key]);
            assert_eq!(
                in_two_calls(by, &mut cipher, split),
                field(vector, "keystream_at_1024"),
                "{by:?}, split {split}"
            );
            by.apply(&mut cipher, &mut [0; 4096 - 1024 - 16]);
            assert_eq!(
                in_two_calls(by, &mut cipher, split),
                field(vector, "keystream_at_4096"),
                "{by:?}, split {split}"
            );
        }
        let mut undiscarded = [0; 1040];
        by.apply(&mut by.undiscarded(&key), &mut undiscarded);
        assert_eq!(undiscarded[1024..], field::<16>(vector, "keystream_at_1024"));
    }
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
    for by in ALL {
        let [one, two] = by.set_up([&key_a, &key_b]);
        assert_eq!(hex::encode(keystream::<32>(one)), a, "{by:?}");
        assert_eq!(hex::encode(keystream::<32>(two)), b, "{by:?}");
    }
}

#[test]
fn every_split_into_three_calls_gives_the_same_bytes() {
    let key = [7; 20];
    let whole = keystream::<60>(Rc4::new(&key));
    for first in 0..=60 {
        for second in first..=60 {
            let ranges = [0..first, first..second, second..60];
            for by in ALL {
                let [mut cipher] = by.set_up([&key]);
                let mut data = [0; 60];
                for range in ranges.clone() {
                    by.apply(&mut cipher, &mut data[range]);
                }
                assert_eq!(data, whole, "{by:?} {first} {second}");
            }
            let mut copied = Rc4::new(&key);
            let mut data = [0; 60];
            for range in ranges {
                copied.apply_to(&[0; 60][range.clone()], &mut data[range]);
            }
            assert_eq!(data, whole, "{first} {second}");
        }
    }
}

#[test]
fn the_shorter_slice_tells_how_much_keystream_is_used() {
    let key = [9; 20];
    let longest = words::WORTH_IT + 40;
    let mut whole = vec![0; longest + 8];
    Rc4::new(&key).apply(&mut whole);
    for len in (0..40).chain(words::WORTH_IT - 2..longest) {
        for (input, output) in [(len, longest), (longest, len)] {
            let mut cipher = Rc4::new(&key);
            let mut bytes = vec![0xee; longest];
            cipher.apply_to(&vec![0; longest][..input], &mut bytes[..output]);
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
    #![proptest_config(properties(2000))]

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
    fn every_formulation_goes_on_where_another_stopped(
        key: [u8; 20], other: [u8; 20], first in 0..3usize,
        calls in prop::collection::vec((0..3usize, prop_oneof![4 => 0..40usize, 1 => 0..2000usize]), 1..12),
    ) {
        let [mut one, mut two] = ALL[first].set_up([&key, &other]);
        let (mut crates_one, mut crates_two) = (oracle(&key), oracle(&other));
        for (by, len) in calls {
            for (ours, crates) in [(&mut one, &mut crates_one), (&mut two, &mut crates_two)] {
                let (mut got, mut want) = (vec![0; len], vec![0; len]);
                ALL[by].apply(ours, &mut got);
                crates.apply_keystream(&mut want);
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
