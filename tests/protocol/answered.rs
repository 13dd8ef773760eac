//! What every machine reports while it waits: the step, and whether the peer has answered.

use std::fmt::Debug;

use tokio_mse::handshake::{Detection, Initiator, Machine, Negotiation, PlaintextDial, Responder};
use tokio_mse::{Policy, Step};

use crate::deliver::{PROTOCOL, done, feed_all, handshake, key, need_input, public_key, shared, skey};
use crate::support::foreign::Offer;

const OURS: [u8; 20] = [0x33; 20];
const THEIRS: [u8; 20] = [0x44; 20];

/// Feeds single bytes, and checks step and answer before the first byte and after each.
fn assert_waits<M: Machine>(mut machine: M, bytes: &[u8], expected: impl Fn(usize) -> (Step, bool)) -> M {
    assert_eq!((machine.step(), machine.peer_answered()), expected(0));
    for (before, byte) in bytes.iter().enumerate() {
        machine = need_input(machine.process(&[*byte], &mut Vec::new()));
        let fed = before + 1;
        assert_eq!(
            (machine.step(), machine.peer_answered()),
            expected(fed),
            "after {fed} bytes"
        );
    }
    machine
}

fn initiator() -> Initiator {
    Initiator::new(skey(), &Policy::full_rc4(), "", key(OURS), &mut Vec::new())
}

fn responder() -> Responder {
    Responder::new(&Policy::full_rc4(), key(OURS))
}

fn step_3() -> Vec<u8> {
    let mut shared = shared(&THEIRS, &public_key(&OURS), skey().as_bytes());
    let offer = Offer {
        pad_c: &[0; 10],
        ia: b"handshake",
        ..Offer::default()
    };
    offer.step_3(&mut shared)
}

/// A responder that knows the SKEY, and has read step 3 up to it.
fn negotiation() -> Negotiation {
    let marks = &step_3()[..40];
    let request = feed_all(responder(), [&public_key(&THEIRS)[..], marks], &mut Vec::new());
    done(request).resolve(skey(), "")
}

#[test]
fn a_peer_has_answered_with_all_96_bytes_of_its_key_and_not_before() {
    let key_then_sync = |fed| match fed {
        0..96 => (Step::PublicKey, false),
        _ => (Step::Sync, true),
    };
    let to_initiator = [&public_key(&THEIRS)[..], &[0x5A; 50]].concat();
    assert_waits(initiator(), &to_initiator, key_then_sync);
    let to_responder = [&public_key(&THEIRS)[..], &step_3()[..39]].concat();
    let key_marks = |fed| match fed {
        116.. => (Step::Skey, true),
        _ => key_then_sync(fed),
    };
    assert_waits(responder(), &to_responder, key_marks);
}

#[test]
fn an_initiator_whose_skey_is_looked_up_has_answered_at_every_step_that_follows() {
    let rest = &step_3()[40..];
    assert_waits(negotiation(), &rest[..rest.len() - 1], |fed| {
        let step = match fed {
            0..8 => Step::Vc,
            8..14 => Step::CryptoProvide,
            14..24 => Step::PadC,
            _ => Step::InitialPayload,
        };
        (step, true)
    });
}

#[test]
fn a_plaintext_dial_is_answered_by_20_bytes_and_by_19_it_is_not() {
    let dial = PlaintextDial::new(&b"handshake"[..], &mut Vec::new());
    let dial = assert_waits(dial, &PROTOCOL[..19], |_| (Step::Payload, false));
    done(feed_all(dial, [&PROTOCOL[19..]], &mut Vec::new()));
}

#[test]
fn a_plaintext_dialler_has_answered_with_all_of_the_protocol_string_and_not_before() {
    let detection = Detection::new(&Policy::default());
    assert_waits(detection, &handshake([b'x'; 20])[..47], |fed| match fed {
        0..20 => (Step::Detect, false),
        _ => (Step::Payload, true),
    });
}

#[test]
fn debug_of_a_machine_names_it_and_what_it_waits_for_and_nothing_else() {
    fn shown(machine: &(impl Machine + Debug), name: &str) {
        let expected = format!("{name} {{ step: {:?}, .. }}", machine.step());
        assert_eq!(format!("{machine:?}"), expected);
    }
    shown(&initiator(), "Initiator");
    shown(&responder(), "Responder");
    shown(&negotiation(), "Negotiation");
    shown(&Detection::new(&Policy::default()), "Detection");
    let dial = PlaintextDial::new(&b"handshake"[..], &mut Vec::new());
    shown(&dial, "PlaintextDial");
}
