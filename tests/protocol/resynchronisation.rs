//! The end of padding without a length: how it is found, and within how many bytes.

use tokio_mse::handshake::{Initiator, Machine, Progress, Responder};
use tokio_mse::{HandshakeError, Policy};

use crate::deliver::{self, done, feed_all, key, need_input, public_key, refused, skey};
use crate::support::foreign::{Offer, Shared, step_4};
use crate::vectors::Vector;

const OURS: [u8; 20] = [0x33; 20];
const THEIRS: [u8; 20] = [0x44; 20];

fn responder() -> Responder {
    Responder::new(&Policy::default(), key(OURS))
}

fn shared() -> Shared {
    deliver::shared(&THEIRS, &public_key(&OURS), &[0x42; 20])
}

/// What a foreign initiator sends, with this much padding after its key.
fn initiator_bytes(pad_a: usize) -> Vec<u8> {
    let mut wire = public_key(&THEIRS).to_vec();
    wire.extend(vec![0xEE; pad_a]);
    wire.extend(Offer::default().step_3(&mut shared()));
    wire
}

#[test]
fn h4_pad_a_of_512_is_served_and_of_513_refused() {
    let request = done(feed_all(responder(), [initiator_bytes(512)], &mut Vec::new()));
    assert_eq!(request.hash(), skey().lookup_hash());
    let outcome = feed_all(responder(), [initiator_bytes(513)], &mut Vec::new());
    assert_eq!(refused(outcome), HandshakeError::NoSyncMark);
}

#[test]
fn h4_a_responder_gives_up_at_exactly_628_bytes() {
    let vector = Vector::load("anacrolix-sync").at("responder_random_input");
    let limit = usize::from(vector.number("bytes_read"));
    let mut machine = responder();
    let mut endless = (0u32..).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    for _ in 1..limit {
        let byte = endless.next().unwrap();
        machine = need_input(machine.process(&[byte], &mut Vec::new()));
    }
    let last = machine.process(&[endless.next().unwrap()], &mut Vec::new());
    assert_eq!(last.err(), Some(HandshakeError::NoSyncMark));
}

#[test]
fn h4_an_initiator_gives_up_at_exactly_616_bytes() {
    let mut output = Vec::new();
    let mut machine = Initiator::new(skey(), &Policy::full_rc4(), "", key(OURS), &mut output);
    let wire = [public_key(&THEIRS).to_vec(), vec![0xEE; 519]].concat();
    for byte in wire {
        machine = need_input(machine.process(&[byte], &mut output));
    }
    let last = machine.process(&[0xEE], &mut output);
    assert_eq!(last.err(), Some(HandshakeError::NoSyncMark));
}

#[test]
fn h4_pad_b_of_512_in_two_bursts_is_served_and_of_513_refused() {
    for (pad_b, served) in [(512, true), (513, false)] {
        for first_burst in [0, 1, 256, 511, 512] {
            let mut output = Vec::new();
            let machine = Initiator::new(skey(), &Policy::full_rc4(), "", key(OURS), &mut output);
            let mut burst = public_key(&THEIRS).to_vec();
            burst.extend(vec![0xEE; first_burst]);
            let machine = need_input(machine.process(&burst, &mut output));
            let mut shared = shared();
            let mut rest = vec![0xDD; pad_b - first_burst];
            rest.extend(step_4(&mut shared, [0; 8], 2, &[], 0));
            let outcome = feed_all(machine, [rest], &mut output);
            if served {
                done(outcome);
            } else {
                assert_eq!(refused(outcome), HandshakeError::NoSyncMark);
            }
        }
    }
}

#[test]
fn h4_a_beginning_of_the_mark_inside_the_padding_does_not_hide_the_mark() {
    for prefix in 1..20 {
        let mut wire = public_key(&THEIRS).to_vec();
        let mut shared = shared();
        let mark = shared.req1();
        wire.extend(&mark[..prefix]);
        wire.extend(Offer::default().step_3(&mut shared));
        let request = done(feed_all(responder(), [wire], &mut Vec::new()));
        assert_eq!(request.hash(), skey().lookup_hash());
    }
}

#[test]
fn h3_a_key_without_padding_is_answered_at_once() {
    let mut step_2 = Vec::new();
    let machine = responder().process(&public_key(&THEIRS), &mut step_2);
    assert!(matches!(machine, Ok(Progress::NeedInput(_))));
    assert_eq!(step_2, public_key(&OURS));

    let mut output = Vec::new();
    let machine = Initiator::new(skey(), &Policy::full_rc4(), "", key(OURS), &mut output);
    output.clear();
    need_input(machine.process(&public_key(&THEIRS), &mut output));
    assert_eq!(output.len(), 56);
}

#[test]
fn nothing_is_answered_to_95_bytes() {
    let mut output = Vec::new();
    need_input(responder().process(&public_key(&THEIRS)[..95], &mut output));
    assert!(output.is_empty());
}
