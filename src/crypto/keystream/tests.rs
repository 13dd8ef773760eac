use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::select;
use rc4::{KeyInit, StreamCipher};

use super::*;
use crate::crypto::test_cases;
use crate::crypto::window::{self, WINDOW};

const KEY: [u8; 20] = *b"0123456789abcdefghij";

/// More keystream than any test here uses.
const MOST: usize = 16 * WINDOW;

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

/// What a stream holds on the heap for so many bytes that its transport did not take.
fn held_for(unsent: usize) -> usize {
    if unsent == 0 { 0 } else { window::block_len(unsent) }
}

#[derive(Clone, Debug)]
enum Call {
    Apply(usize),
    /// Slices of these lengths, and how much of every thousand bytes is accepted.
    Write(Vec<usize>, usize),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let len = prop_oneof![4 => 0..40usize, 1 => 0..20_000usize];
    let accepted = prop_oneof![Just(0), Just(1000), 0..1000usize];
    prop::collection::vec(
        prop_oneof![
            1 => len.clone().prop_map(Call::Apply),
            3 => (prop::collection::vec(len, 1..4), accepted).prop_map(|(lens, part)| Call::Write(lens, part)),
        ],
        1..12,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(test_cases(500)))]

    #[test]
    fn whatever_is_accepted_of_each_write_the_keystream_has_no_gap(of in select(Of::ALL), calls in calls()) {
        let (mut ours, mut oracle) = (of.keystream(), of.oracle());
        for (n, call) in (0..).zip(calls) {
            match call {
                Call::Apply(len) => {
                    let mut data = vec![n; len];
                    ours.apply(&mut data);
                    prop_assert_eq!(data, xored(&vec![n; len], oracle));
                    oracle = &oracle[len..];
                }
                Call::Write(lens, part) => {
                    let plain: Vec<Vec<u8>> = lens.iter().map(|len| vec![n; *len]).collect();
                    let slices: Vec<_> = plain.iter().map(|slice| IoSlice::new(slice)).collect();
                    let mut want = xored(&plain.concat(), oracle);
                    want.truncate(ours.reach.get());
                    let accepted = want.len() * part / 1000;
                    let mut sealed = Vec::<u8>::new();
                    ours.write(&slices, |bytes| {
                        sealed.extend(bytes);
                        accepted
                    });
                    prop_assert_eq!(sealed, want);
                    oracle = &oracle[accepted..];
                }
            }
            prop_assert_eq!(ours.ahead.block.len(), held_for(ours.ahead.unused().len()));
        }
    }
}

/// One write of zeros; what was encrypted of it.
fn write(keystream: &mut Keystream, len: usize, accepted: usize) -> Vec<u8> {
    let zeros = vec![0; len];
    let slices = [IoSlice::new(&zeros)];
    let mut sealed = Vec::new();
    keystream.write(&slices, |bytes| {
        sealed.extend(bytes);
        accepted
    });
    sealed
}

#[test]
fn what_was_not_accepted_stays_encrypted_the_same_way() {
    for of in Of::ALL {
        let (mut ours, mut oracle) = (of.keystream(), of.oracle());
        for (accepted, sealed) in [
            (0, WINDOW),
            (0, WINDOW),
            (WINDOW - 1, WINDOW),
            (1, WINDOW),
            (0, 128),
        ] {
            assert_eq!(write(&mut ours, 2 * WINDOW, accepted), oracle[..sealed], "{of:?}");
            oracle = &oracle[accepted..];
        }
    }
}

#[test]
fn what_is_encrypted_in_vain_is_in_proportion_to_what_is_taken() {
    let mut ours = Of::Rc4.keystream();
    let (mut in_vain, mut taken) = (0, 0);
    write(&mut ours, WINDOW, 64);
    for accepted in [64, 1000, 64, 200, 4000, 9000].into_iter().cycle().take(600) {
        let sealed = write(&mut ours, 3 * WINDOW, accepted).len();
        let accepted = accepted.min(sealed);
        taken += accepted;
        in_vain += sealed - accepted;
    }
    assert!(in_vain <= 4 * taken, "{in_vain} bytes in vain for {taken}");
    (in_vain, taken) = (0, 0);
    write(&mut ours, WINDOW, 64);
    for _ in 0..600 {
        in_vain += write(&mut ours, WINDOW, 64).len() - 64;
        taken += 64;
    }
    assert_eq!(in_vain, taken);
}

#[test]
fn a_stalled_stream_holds_what_is_unsent_to_the_next_length_of_blocks() {
    for (len, accepted, held) in [
        (1, 0, 256),
        (SHORT, 0, 256),
        (SHORT, SHORT - 1, 256),
        (SHORT, SHORT, 0),
        (256, 0, 256),
        (257, 0, 512),
        (5000, 0, 8192),
        (WINDOW, 0, WINDOW),
        (3 * WINDOW, 0, WINDOW),
        (WINDOW, 1, WINDOW),
        (WINDOW, WINDOW - 4096, 4096),
        (WINDOW, WINDOW - 1, 256),
        (WINDOW, WINDOW, 0),
    ] {
        let mut ours = Of::Rc4.keystream();
        write(&mut ours, len, accepted);
        assert_eq!(ours.ahead.block.len(), held, "{accepted} of {len}");
    }
}

#[test]
fn no_keystream_stays_in_a_block_that_is_given_back() {
    for of in Of::ALL {
        for (len, accepted) in [(WINDOW, WINDOW - 300), (2000, 1999), (256, 10)] {
            let mut ours = of.keystream();
            // Of zeros, the ciphertext would be the keystream.
            let plain = vec![0x55; len];
            ours.write(&[IoSlice::new(&plain)], |_| accepted);
            drop(ours);
            // Of what was taken, and of what was not.
            let secrets = [0, accepted].map(|at| &of.oracle()[at..at + 8]);
            for block in [window::take(len), window::take(len - accepted)] {
                let found = block.windows(8).any(|bytes| secrets.contains(&bytes));
                assert!(!found, "{accepted} of {len}, {of:?}");
            }
        }
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
fn an_idle_connection_pays_for_the_largest_state_alone() {
    // RC4's state, or with AES: its round keys, a counter and four blocks.
    let most = if cfg!(feature = "unstable-aes") { 336 } else { 304 };
    assert!(size_of::<Keystream>() <= most, "{} bytes", size_of::<Keystream>());
}
