//! Connections that lead back to this client, and connections between two diallers: both fail at once, at every
//! segmentation, and both say so.

use tokio_mse::handshake::{Initiator, Machine, PlaintextDial, Randomness};
use tokio_mse::{DialMode, Error, HandshakeError, Policy, Role};

use crate::deliver::{PROTOCOL, done, feed_all, handshake, need_input, padded, refused, skey};

const OURS: [u8; 20] = [0x33; 20];
const THEIRS: [u8; 20] = [0x44; 20];

fn dialler(randomness: Randomness, step_1: &mut Vec<u8>) -> Initiator {
    Initiator::new(skey(), &Policy::default(), "payload", randomness, step_1)
}

/// A refusal of this kind counts as an answer: no policy dials again.
fn assert_never_redialled(refusal: HandshakeError) {
    let error = Error::refused(Role::Initiator, refusal);
    assert!(error.peer_answered());
    for policy in [Policy::default(), Policy::plaintext_only().allow_fallback()] {
        for mode in [DialMode::Mse, DialMode::Plaintext] {
            assert_eq!(policy.redial(mode, &error), None);
        }
    }
}

#[test]
fn h15_our_own_key_is_a_connection_to_ourselves_at_its_96th_byte() {
    let mut step_1 = Vec::new();
    dialler(padded(OURS, 30, 0, 0), &mut step_1);
    let dial = || dialler(padded(OURS, 30, 0, 0), &mut Vec::new());
    for split in 0..step_1.len() {
        let mut output = Vec::new();
        let (first, rest) = step_1.split_at(split);
        let refusal = if split < 96 {
            let dial = need_input(dial().process(first, &mut output));
            assert!(!dial.peer_answered());
            refused(feed_all(dial, [rest], &mut output))
        } else {
            refused(feed_all(dial(), [first], &mut output))
        };
        assert_eq!(refusal, HandshakeError::SelfConnection, "split at {split}");
        assert!(output.is_empty(), "something was sent after split {split}");
    }
    let mut machine = dial();
    for byte in &step_1[..95] {
        machine = need_input(machine.process(&[*byte], &mut Vec::new()));
    }
    let refusal = refused(feed_all(machine, [&step_1[95..96]], &mut Vec::new()));
    assert_eq!(refusal, HandshakeError::SelfConnection);
    assert_never_redialled(refusal);
}

#[test]
fn h15_a_key_that_differs_in_one_byte_is_not_our_own() {
    let mut step_1 = Vec::new();
    dialler(padded(OURS, 0, 0, 0), &mut step_1);
    for at in 0..96 {
        let mut key = step_1.clone();
        key[at] ^= 1;
        let dial = dialler(padded(OURS, 0, 0, 0), &mut Vec::new());
        need_input(dial.process(&key, &mut Vec::new()));
    }
}

/// What another dialler sends to a dialler with [`OURS`], with these two parts of PadA.
fn another_dialler(with_key: usize, before_sync: usize) -> Vec<u8> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    dialler(padded(OURS, 0, 0, 0), &mut ours);
    let peer = dialler(padded(THEIRS, with_key, before_sync, 20), &mut theirs);
    need_input(peer.process(&ours, &mut theirs));
    theirs
}

fn us() -> Initiator {
    dialler(padded(OURS, 0, 0, 0), &mut Vec::new())
}

#[test]
fn h15_another_dialler_is_known_by_req1_after_every_length_of_padding() {
    for pad in 0..=512 {
        let wire = another_dialler(pad, 0);
        let mark_end = 96 + pad + 20;
        // At the last byte of HASH('req1', S), and not before.
        let waits = need_input(us().process(&wire[..mark_end - 1], &mut Vec::new()));
        let refusal = refused(feed_all(waits, [&wire[mark_end - 1..mark_end]], &mut Vec::new()));
        assert_eq!(refusal, HandshakeError::AnotherDialler, "{pad} bytes of padding");
        let refusal = refused(feed_all(us(), [&wire], &mut Vec::new()));
        assert_eq!(
            refusal,
            HandshakeError::AnotherDialler,
            "{pad} bytes in one piece"
        );
    }
}

#[test]
fn h15_another_dialler_is_known_at_every_segmentation() {
    for (with_key, before_sync) in [(0, 0), (3, 2), (300, 127), (256, 256)] {
        let wire = another_dialler(with_key, before_sync);
        let mark_end = 96 + with_key + before_sync + 20;
        for split in 0..mark_end {
            let mut output = Vec::new();
            let (first, rest) = wire.split_at(split);
            let waits = need_input(us().process(first, &mut output));
            assert_eq!(waits.peer_answered(), split >= 96);
            let refusal = refused(feed_all(waits, [rest], &mut output));
            assert_eq!(refusal, HandshakeError::AnotherDialler, "split at {split}");
        }
        for piece in [1, 7, 100] {
            let pieces = wire[..mark_end].chunks(piece);
            let refusal = refused(feed_all(us(), pieces, &mut Vec::new()));
            assert_eq!(refusal, HandshakeError::AnotherDialler, "pieces of {piece} bytes");
            assert_never_redialled(refusal);
        }
    }
}

#[test]
fn h4_an_initiator_waits_beyond_616_bytes_only_for_the_rest_of_req1() {
    // 12 of the 20 bytes, at the end of the longest padding; then something else.
    let wire = another_dialler(512, 0);
    let waits = need_input(us().process(&wire[..96 + 512 + 12], &mut Vec::new()));
    let other = [wire[96 + 512 + 12] ^ 1];
    let refusal = refused(feed_all(waits, [&other], &mut Vec::new()));
    assert_eq!(refusal, HandshakeError::NoSyncMark);
}

#[test]
fn h11_20_bytes_are_the_answer_to_plaintext_and_19_are_none() {
    let dial = PlaintextDial::new(handshake([b'a'; 20]), &mut Vec::new());
    let dial = need_input(dial.process(&PROTOCOL[..19], &mut Vec::new()));
    assert!(!dial.peer_answered());
    let established = done(feed_all(dial, [&PROTOCOL[19..]], &mut Vec::new()));
    assert_eq!(established.received, PROTOCOL);
}

#[test]
fn h11_any_other_byte_is_no_answer_to_plaintext_at_once() {
    for at in 0..20 {
        for wrong in 0..=u8::MAX {
            if wrong == PROTOCOL[at] {
                continue;
            }
            let dial = PlaintextDial::new(handshake([b'a'; 20]), &mut Vec::new());
            let dial = need_input(dial.process(&PROTOCOL[..at], &mut Vec::new()));
            let refusal = dial.process(&[wrong], &mut Vec::new()).err();
            assert_eq!(refusal, Some(HandshakeError::NotPlaintext));
        }
    }
}

#[test]
fn h15_all_68_bytes_of_our_own_plaintext_handshake_are_a_connection_to_ourselves() {
    let ours = handshake([b'a'; 20]);
    for more in [&b""[..], b"and more"] {
        let sent = [&ours[..], more].concat();
        // What has arrived before the answer is complete may be cut anywhere.
        for split in 0..20 {
            let dial = PlaintextDial::new(sent.clone(), &mut Vec::new());
            let dial = need_input(dial.process(&sent[..split], &mut Vec::new()));
            let refusal = refused(feed_all(dial, [&sent[split..]], &mut Vec::new()));
            assert_eq!(refusal, HandshakeError::SelfConnection);
            assert_never_redialled(refusal);
        }
    }
}

#[test]
fn h15_a_peer_of_the_same_torrent_is_not_ourselves() {
    let ours = handshake([b'a'; 20]);
    for len in 20..68 {
        // It shares the first 48 bytes, and the others may not have arrived: they are not waited for.
        let dial = PlaintextDial::new(ours.clone(), &mut Vec::new());
        let established = done(feed_all(dial, [&ours[..len]], &mut Vec::new()));
        assert_eq!(established.received, ours[..len]);
    }
    let mut theirs = ours.clone();
    theirs[67] ^= 1;
    let dial = PlaintextDial::new(ours, &mut Vec::new());
    done(feed_all(dial, [&theirs], &mut Vec::new()));

    // A payload that is no whole handshake proves nothing.
    let short = handshake([b'a'; 20])[..67].to_vec();
    let dial = PlaintextDial::new(short.clone(), &mut Vec::new());
    done(feed_all(dial, [&short], &mut Vec::new()));
}
