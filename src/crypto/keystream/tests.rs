use std::sync::LazyLock;

use rand::RngExt;
use rc4::{KeyInit, StreamCipher};

use super::*;
use crate::crypto::dh::tests::cases;

const KEY: [u8; 20] = *b"0123456789abcdefghij";

/// More keystream than any test here uses.
const MOST: usize = 16 * MAX_LEN;

/// Every cipher that a keystream may be of.
#[derive(Clone, Copy, Debug)]
enum Of {
    Rc4,
    #[cfg(feature = "unstable-aes")]
    Aes,
}

impl Of {
    const ALL: &[Self] = &[
        Self::Rc4,
        #[cfg(feature = "unstable-aes")]
        Self::Aes,
    ];

    fn keystream(self) -> Keystream {
        match self {
            Self::Rc4 => Keystream::pair(&KEY, &KEY).0,
            #[cfg(feature = "unstable-aes")]
            Self::Aes => Keystream::aes(&KEY),
        }
    }

    /// The same, by somebody else.
    fn oracle(self) -> &'static [u8] {
        static RC4: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let mut bytes = vec![0; 1024 + MOST];
            let mut cipher = rc4::Rc4::new_from_slice(&KEY).unwrap();
            cipher.apply_keystream(&mut bytes);
            bytes.split_off(1024)
        });
        #[cfg(feature = "unstable-aes")]
        static AES: LazyLock<Vec<u8>> = LazyLock::new(|| crate::crypto::aes::tests::keystream(&KEY, MOST));
        match self {
            Self::Rc4 => &RC4,
            #[cfg(feature = "unstable-aes")]
            Self::Aes => &AES,
        }
    }
}

fn xored(data: &[u8], keystream: &[u8]) -> Vec<u8> {
    data.iter().zip(keystream).map(|(a, b)| a ^ b).collect()
}

/// One write, of which `accepted` says how much of what was offered is accepted; what was offered.
fn write_slices(
    keystream: &mut Keystream,
    slices: &[IoSlice<'_>],
    accepted: impl FnOnce(usize) -> usize,
) -> Vec<u8> {
    let mut short = [0; SHORT];
    let sealed = keystream.seal(slices, &mut short);
    let bytes = sealed.bytes().to_vec();
    keystream.commit(sealed, slices, accepted(bytes.len()));
    bytes
}

/// One write of zeros; what was encrypted of it.
fn write(keystream: &mut Keystream, len: usize, accepted: usize) -> Vec<u8> {
    write_slices(keystream, &[IoSlice::new(&vec![0; len])], |_| accepted)
}

fn whatever_is_accepted_of_each_write_the_keystream_has_no_gap(of: Of) {
    for mut rng in cases(200) {
        let (mut ours, mut oracle) = (of.keystream(), of.oracle());
        for n in 0..rng.random_range(1..12) {
            let mut random_len = || {
                let most = if rng.random_ratio(4, 5) { 40 } else { 20_000 };
                rng.random_range(0..most)
            };
            let plain: Vec<Vec<u8>> = (0..3).map(|_| vec![n; random_len()]).collect();
            if rng.random_ratio(1, 4) {
                for (turn, mut data) in plain.into_iter().enumerate() {
                    let want = xored(&data, oracle);
                    oracle = &oracle[data.len()..];
                    if turn == 0 {
                        let mut output = vec![0; data.len()];
                        assert_eq!(ours.apply_to(&data, &mut output), data.len());
                        data = output;
                    } else {
                        ours.apply(&mut data);
                    }
                    assert_eq!(data, want);
                }
            } else {
                let slices: Vec<_> = plain.iter().map(|slice| IoSlice::new(slice)).collect();
                let mut want = xored(&plain.concat(), oracle);
                want.truncate(ours.0.write_limit.get());
                let accepted = match rng.random_range(0..3) {
                    0 => 0,
                    1 => want.len(),
                    _ => want.len() * rng.random_range(0..1000) / 1000,
                };
                assert_eq!(write_slices(&mut ours, &slices, |_| accepted), want);
                oracle = &oracle[accepted..];
            }
            let unused = &ours.0.unused;
            assert!(unused.capacity() <= 2 * unused.len(), "{}", unused.capacity());
        }
    }
}

#[test]
fn whatever_is_accepted_of_each_write_the_keystream_of_every_cipher_has_no_gap() {
    for of in Of::ALL {
        whatever_is_accepted_of_each_write_the_keystream_has_no_gap(*of);
    }
}

#[test]
fn the_shorter_slice_tells_how_much_is_encrypted() {
    for of in Of::ALL {
        for (input, output) in [(0, 10), (10, 0), (7, 9), (9, 7), (2000, 600), (600, 2000)] {
            let (mut ours, len) = (of.keystream(), input.min(output));
            write(&mut ours, 8, 3);
            let mut bytes = vec![0xEE; output];
            assert_eq!(ours.apply_to(&vec![0; input], &mut bytes), len);
            assert_eq!(bytes[..len], of.oracle()[3..3 + len]);
            assert!(bytes[len..].iter().all(|byte| *byte == 0xEE));
            assert_eq!(write(&mut ours, 8, 8), of.oracle()[3 + len..11 + len]);
        }
    }
}

#[test]
fn what_was_not_accepted_stays_encrypted_the_same_way() {
    for of in Of::ALL {
        let (mut ours, mut oracle) = (of.keystream(), of.oracle());
        for (accepted, sealed) in [
            (0, MAX_LEN),
            (0, MAX_LEN),
            (MAX_LEN - 1, MAX_LEN),
            (1, MAX_LEN),
            (0, 128),
        ] {
            assert_eq!(
                write(&mut ours, 2 * MAX_LEN, accepted),
                oracle[..sealed],
                "{of:?}"
            );
            oracle = &oracle[accepted..];
        }
    }
}

#[test]
fn what_is_encrypted_in_vain_is_in_proportion_to_what_is_taken() {
    let mut ours = Of::Rc4.keystream();
    let (mut in_vain, mut taken) = (0, 0);
    write(&mut ours, MAX_LEN, 64);
    for accepted in [64, 1000, 64, 200, 4000, 9000].into_iter().cycle().take(600) {
        let sealed = write(&mut ours, 3 * MAX_LEN, accepted).len();
        let accepted = accepted.min(sealed);
        taken += accepted;
        in_vain += sealed - accepted;
    }
    assert!(in_vain <= 4 * taken, "{in_vain} bytes in vain for {taken}");
    (in_vain, taken) = (0, 0);
    write(&mut ours, MAX_LEN, 64);
    for _ in 0..600 {
        in_vain += write(&mut ours, MAX_LEN, 64).len() - 64;
        taken += 64;
    }
    assert_eq!(in_vain, taken);
}

#[test]
fn w9_a_stalled_stream_holds_at_most_twice_what_is_unsent_and_an_idle_one_nothing() {
    for (len, accepted) in [
        (1, 0),
        (SHORT, 0),
        (SHORT, SHORT - 1),
        (SHORT, SHORT),
        (257, 0),
        (5000, 0),
        (3 * MAX_LEN, 0),
        (MAX_LEN, 1),
        (MAX_LEN, MAX_LEN - 4096),
        (MAX_LEN, MAX_LEN - 1),
        (MAX_LEN, MAX_LEN),
    ] {
        let mut ours = Of::Rc4.keystream();
        write(&mut ours, len, accepted);
        let (unsent, held) = (len.min(MAX_LEN) - accepted, ours.0.unused.capacity());
        assert!(
            (unsent..=2 * unsent).contains(&held),
            "{accepted} of {len}: {held}"
        );
    }
}

#[test]
fn a_transport_that_claims_more_than_it_was_given_has_taken_all_of_it() {
    for of in Of::ALL {
        for len in [10, SHORT, SHORT + 1, 5000] {
            let mut ours = of.keystream();
            write(&mut ours, len, len + 1);
            assert_eq!(
                write(&mut ours, 20, 20),
                of.oracle()[len..len + 20],
                "{of:?}, {len}"
            );
        }
    }
}

#[test]
fn s4_debug_shows_nothing_of_it() {
    for of in Of::ALL {
        assert_eq!(format!("{:?}", of.keystream()), "Keystream(..)");
    }
}

#[test]
fn a_state_is_as_large_as_the_largest_cipher_and_a_keystream_is_a_pointer() {
    // RC4's state, or with AES: its round keys, a counter and four blocks.
    let most = if cfg!(feature = "unstable-aes") { 336 } else { 304 };
    assert!(size_of::<State>() <= most, "{} bytes", size_of::<State>());
    assert_eq!(size_of::<Keystream>(), size_of::<usize>());
}

#[test]
fn the_write_limit_is_the_whole_buffer_as_long_as_everything_is_accepted() {
    let mut limit = WriteLimit::new();
    for accepted in [MAX_LEN, 1, 17, 0, MAX_LEN] {
        limit.learn(accepted, accepted);
        assert_eq!(limit.get(), MAX_LEN);
    }
}

#[test]
fn the_write_limit_follows_what_is_accepted_down_at_once_and_up_fourfold() {
    let mut limit = WriteLimit::new();
    for (offered, accepted, next) in [
        (MAX_LEN, 5000, 10_000),
        (10_000, 0, 10_000),
        (10_000, 1, 128),
        (128, 127, 254),
        (10, 10, 1016),
        (1016, 1016, 4064),
        (4064, 4063, 8126),
        (8126, 8126, MAX_LEN),
        (MAX_LEN, MAX_LEN - 1, MAX_LEN),
    ] {
        limit.learn(offered, accepted);
        assert_eq!(limit.get(), next, "{accepted} of {offered}");
    }
}
