//! Machines, keys and keystreams that are dropped by hand.

use std::io;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use tokio::io::AsyncWrite;
use tokio_mse::handshake::{
    Initiator, Machine, Negotiation, Padding, PrivateKey, Progress, Randomness, Responder,
};
use tokio_mse::{MseStream, Policy, Skey};

use super::freed::leaves_behind;
use super::support::foreign::{Offer, Shared, public_key, secret, sha1};

const SKEY: [u8; 20] = [0x42; 20];
const OURS: [u8; 20] = *b"our private exponent";
const THEIRS: [u8; 20] = [0x44; 20];
/// What the foreign implementation computes slowly.
static THEIR_KEY: LazyLock<[u8; 96]> = LazyLock::new(|| public_key(&THEIRS));
static S: LazyLock<[u8; 96]> = LazyLock::new(|| secret(&OURS, &*THEIR_KEY));
const IA: &[u8] = b"\x13BitTorrent protocol and all the rest of a handshake after it, up to 68";

fn randomness() -> Randomness {
    Randomness::new(PrivateKey::from_bytes(OURS), Padding::none())
}

fn need_input<M, D>(progress: Progress<M, D>) -> M {
    match progress {
        Progress::NeedInput(machine) => machine,
        Progress::Done(_) => panic!("done"),
    }
}

/// RC4's state after the bytes that are discarded, from its description.
fn cipher_state(key: &[u8]) -> [u8; 256] {
    let mut state: [u8; 256] = std::array::from_fn(|n| u8::try_from(n).unwrap());
    let mut j = 0_u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, j.into());
    }
    j = 0;
    for i in (0..256).cycle().skip(1).take(1024) {
        j = j.wrapping_add(state[i]);
        state.swap(i, j.into());
    }
    state
}

/// A responder that knows the SKEY, and step 3 from there on.
fn negotiation() -> (Negotiation, Vec<u8>) {
    negotiation_of(&Offer {
        ia: IA,
        ..Offer::default()
    })
}

fn negotiation_of(offer: &Offer) -> (Negotiation, Vec<u8>) {
    negotiation_by(&Policy::full_rc4(), offer)
}

fn negotiation_by(policy: &Policy, offer: &Offer) -> (Negotiation, Vec<u8>) {
    let mut to_us = THEIR_KEY.to_vec();
    let mut shared = Shared::from_secret(*S, &SKEY);
    to_us.extend(offer.step_3(&mut shared));
    let rest = to_us.split_off(96 + 40);
    let responder = Responder::new(policy, randomness());
    let Progress::Done(request) = responder.process(&to_us, &mut Vec::new()).unwrap() else {
        panic!("not done");
    };
    (request.resolve(Skey::from(SKEY), ""), rest)
}

#[test]
fn what_is_not_wiped_is_found() {
    let kept = Box::new(OURS);
    assert!(leaves_behind(&OURS, || drop(kept)));
    let kept = Box::new(cipher_state(&OURS));
    assert!(leaves_behind(&cipher_state(&OURS), || drop(kept)));
}

#[test]
fn a_private_exponent_is_wiped_with_everything_that_holds_it() {
    let key = Box::new(PrivateKey::from_bytes(OURS));
    assert!(!leaves_behind(&OURS, || drop(key)));
    let randomness_of_one = Box::new(randomness());
    assert!(!leaves_behind(&OURS, || drop(randomness_of_one)));
    let policy = Policy::full_rc4();
    let initiator = Initiator::new(Skey::from(SKEY), &policy, "", randomness(), &mut Vec::new());
    let initiator = Box::new(initiator);
    assert!(!leaves_behind(&OURS, || drop(initiator)));
    let responder = Box::new(Responder::new(&policy, randomness()));
    assert!(!leaves_behind(&OURS, || drop(responder)));
}

#[test]
fn the_shared_secret_is_wiped_with_a_handshake_that_is_given_up() {
    let responder = Responder::new(&Policy::full_rc4(), randomness());
    let progress = responder.process(&*THEIR_KEY, &mut Vec::new()).unwrap();
    let responder = Box::new(need_input(progress));
    assert!(!leaves_behind(&*S, || drop(responder)));
}

#[test]
fn the_states_of_both_ciphers_are_wiped() {
    for label in [&b"keyA"[..], b"keyB"] {
        let state = cipher_state(&sha1(&[label, &*S, &SKEY]));
        let (negotiation, _) = negotiation();
        let negotiation = Box::new(negotiation);
        assert!(!leaves_behind(&state, || drop(negotiation)), "{label:?}");
    }
}

/// Each machine is moved out of a box, which is freed with what it held.
#[test]
fn no_memory_that_a_machine_was_moved_out_of_holds_an_exponent_s_or_a_cipher_state() {
    let secret = secret(&OURS, &public_key(&THEIRS));
    let state = |label: &[u8]| cipher_state(&sha1(&[label, &secret, &SKEY]));
    for sought in [&OURS[..], &secret, &state(b"keyA"), &state(b"keyB")] {
        let mut to_us = public_key(&THEIRS).to_vec();
        let mut shared = Shared::new(&THEIRS, &public_key(&OURS), &SKEY);
        to_us.extend(
            Offer {
                ia: b"",
                ..Offer::default()
            }
            .step_3(&mut shared),
        );
        let out = &mut Vec::with_capacity(2000);
        let found = leaves_behind(sought, || {
            let responder = Box::new(Responder::new(&Policy::full_rc4(), randomness()));
            let responder = Box::new(need_input(responder.process(&to_us[..100], out).unwrap()));
            let Progress::Done(request) = responder.process(&to_us[100..136], out).unwrap() else {
                panic!("not done");
            };
            let negotiation = Box::new(Box::new(request).resolve(Skey::from(SKEY), ""));
            let negotiation = Box::new(need_input(negotiation.process(&to_us[136..140], out).unwrap()));
            let Progress::Done(established) = negotiation.process(&to_us[140..], out).unwrap() else {
                panic!("not done");
            };
            drop(Box::new(established));
        });
        assert!(!found, "{}", hex::encode(sought));
    }
}

#[test]
fn an_info_hash_is_wiped_with_its_skey() {
    let skey = Box::new(Skey::from(SKEY));
    assert!(!leaves_behind(&SKEY, || drop(skey)));
}

#[test]
fn an_initial_payload_is_wiped_where_it_was_decrypted() {
    let (negotiation, rest) = negotiation();
    let mut done = None;
    assert!(!leaves_behind(IA, || {
        done = Some(negotiation.process(&rest, &mut Vec::new()).unwrap());
    }));
    let Some(Progress::Done(established)) = done else {
        panic!("not done");
    };
    assert_eq!(established.received, IA);
}

#[test]
fn padding_is_wiped_where_it_was_decrypted() {
    let pad_c = b"whatever a peer says in its padding";
    let (negotiation, rest) = negotiation_of(&Offer {
        pad_c,
        ..Offer::default()
    });
    assert!(!leaves_behind(pad_c, || {
        drop(negotiation.process(&rest, &mut Vec::new()).unwrap());
    }));
}

/// PadC is decrypted in place, in a buffer that grows and moves afterwards.
#[test]
fn padding_is_wiped_if_what_follows_comes_in_pieces() {
    let pad_c = b"whatever a peer says in its padding";
    for ia in [&b"short"[..], &[7; 5000]] {
        for portion in [1, 7, 100, 600] {
            let (negotiation, rest) = negotiation_of(&Offer {
                pad_c,
                ia,
                ..Offer::default()
            });
            let mut machine = Some(negotiation);
            let mut done = None;
            let left_behind = leaves_behind(pad_c, || {
                for piece in rest.chunks(portion) {
                    let running = machine.take().unwrap();
                    match running.process(piece, &mut Vec::new()).unwrap() {
                        Progress::NeedInput(negotiation) => machine = Some(negotiation),
                        Progress::Done(established) => done = Some(established),
                    }
                }
            });
            assert!(!left_behind, "{} bytes of IA in {portion}s", ia.len());
            let established = done.unwrap();
            assert_eq!(established.received, ia);
            // Nor is it in the spare capacity of what is handed out.
            assert!(
                !leaves_behind(pad_c, || drop(established)),
                "{} bytes of IA in {portion}s",
                ia.len()
            );
        }
    }
}

/// Takes nothing.
struct Stuck;

impl AsyncWrite for Stuck {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[test]
fn keystream_of_what_was_not_sent_is_wiped() {
    let established = || {
        let (negotiation, rest) = negotiation_of(&Offer::default());
        let Progress::Done(established) = negotiation.process(&rest, &mut Vec::new()).unwrap() else {
            panic!("not done");
        };
        established
    };
    let mut keystream = [0; 1000];
    established().encrypt.unwrap().apply(&mut keystream);
    for len in [50, 1000] {
        let (_, mut writer) =
            MseStream::from_established((), established()).into_split_with(|()| ((), Stuck));
        let mut cx = Context::from_waker(Waker::noop());
        let written = Pin::new(&mut writer).poll_write(&mut cx, &[0x55; 1000][..len]);
        assert!(written.is_pending());
        // The memory for its keystream grows.
        let longer = || drop(Pin::new(&mut writer).poll_write(&mut cx, &[0x55; 2000]));
        assert!(!leaves_behind(&keystream[..50], longer), "{len}");
        assert!(!leaves_behind(&keystream[..50], || drop(writer)), "{len}");
    }
}

/// AES generates whole blocks, of which a short message uses a part.
#[cfg(feature = "unstable-aes")]
#[test]
fn keystream_of_aes_that_was_not_used_is_wiped() {
    use tokio_mse::{CryptoMethod, CryptoMethods};

    let keystream = || {
        let policy = Policy::full_rc4().with_methods(CryptoMethods::only(CryptoMethod::Aes128Ctr));
        let offer = Offer {
            provide: 6,
            ..Offer::default()
        };
        let (negotiation, rest) = negotiation_by(&policy, &offer);
        let Progress::Done(established) = negotiation.process(&rest, &mut Vec::new()).unwrap() else {
            panic!("not done");
        };
        Box::new(established.encrypt.unwrap())
    };
    let mut known = [0; 64];
    keystream().apply(&mut known);
    let mut used = keystream();
    used.apply(&mut [0; 17]);
    assert!(!leaves_behind(&known[..17], || drop(used)));
    let mut used = keystream();
    used.apply(&mut [0; 17]);
    assert!(!leaves_behind(&known[20..], || drop(used)));
}
