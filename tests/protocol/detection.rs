//! What is plaintext and what is MSE: on the side that is dialled, and in the answer to either dial mode.

use tokio_mse::handshake::{Detected, Detection, Initiator, Machine, PlaintextDial, Progress};
use tokio_mse::{Encryption, HandshakeError, Mode, Policy, Role, Step};

use crate::deliver::{PROTOCOL, done, feed_all, handshake, key, need_input, public_key, refused, skey};

const THEIRS: [u8; 20] = [0x44; 20];

/// A key that shares so many bytes with a plaintext handshake, and no more.
fn almost_plaintext(shared: usize) -> Vec<u8> {
    let mut key = public_key(&THEIRS).to_vec();
    key[..shared].copy_from_slice(&PROTOCOL[..shared]);
    key[shared] = PROTOCOL[shared] ^ 0x20;
    key
}

fn detection(encryption: Encryption) -> Detection {
    Detection::new(&Policy::default().with_encryption(encryption))
}

#[test]
fn h5_plaintext_is_recognised_on_all_20_bytes_and_a_key_that_begins_like_it_is_mse() {
    for shared in 0..20 {
        let theirs = almost_plaintext(shared);
        for portion in [1, 7, 96] {
            let mut output = Vec::new();
            let detected = feed_all(detection(Encryption::Allow), theirs.chunks(portion), &mut output);
            let Detected::Mse(seen) = done(detected) else {
                panic!("{shared} bytes were enough for plaintext");
            };
            assert_eq!((seen, output.len()), (theirs.clone(), 0));
        }
        // A listener that accepts nothing but plaintext refuses at the first byte that differs.
        let waits = need_input(detection(Encryption::Forbid).process(&theirs[..shared], &mut Vec::new()));
        let refusal = feed_all(waits, [&theirs[shared..=shared]], &mut Vec::new());
        assert_eq!(refused(refusal), HandshakeError::MseRefused);
    }
    let waits = need_input(detection(Encryption::Require).process(&PROTOCOL[..19], &mut Vec::new()));
    let refusal = feed_all(waits, [&PROTOCOL[19..]], &mut Vec::new());
    assert_eq!(refused(refusal), HandshakeError::PlaintextRefused);
}

#[test]
fn plaintext_is_done_at_48_bytes_with_the_info_hash_and_not_before() {
    let theirs = handshake([b'x'; 20]);
    for encryption in [Encryption::Forbid, Encryption::Allow, Encryption::Prefer] {
        for len in [48, 49, 68] {
            let mut machine = detection(encryption);
            for byte in &theirs[..47] {
                machine = need_input(machine.process(&[*byte], &mut Vec::new()));
            }
            let mut output = Vec::new();
            let detected = done(feed_all(machine, [&theirs[47..len]], &mut output));
            let Detected::Plaintext {
                info_hash, received, ..
            } = detected
            else {
                panic!("a plaintext handshake is plaintext");
            };
            assert_eq!((&info_hash, &received[..]), (skey().as_bytes(), &theirs[..len]));
            assert!(output.is_empty());
        }
    }
}

#[test]
fn plaintext_is_hidden_under_require_alone() {
    let theirs = [&handshake([b'x'; 20])[..], &[0x5A; 28]].concat();
    for piece in [1, 20, 48, 96] {
        // The first 96 bytes are a key, whatever they are.
        let hidden = detection(Encryption::Require).hide_plaintext(true);
        assert_eq!(hidden.step(), Step::PublicKey);
        let Detected::Mse(seen) = done(feed_all(hidden, theirs.chunks(piece), &mut Vec::new())) else {
            panic!("plaintext was looked for");
        };
        assert_eq!(seen, theirs);

        let shown = detection(Encryption::Require)
            .hide_plaintext(true)
            .hide_plaintext(false);
        let outcome = feed_all(shown, theirs.chunks(piece), &mut Vec::new());
        assert_eq!(refused(outcome), HandshakeError::PlaintextRefused);
    }
    for encryption in [Encryption::Forbid, Encryption::Allow, Encryption::Prefer] {
        let served = detection(encryption).hide_plaintext(true);
        assert_eq!(served.step(), Step::Detect);
        let detected = done(feed_all(served, [&theirs[..48]], &mut Vec::new()));
        assert!(matches!(detected, Detected::Plaintext { .. }), "{encryption}");
    }
}

#[test]
fn a_dialler_has_answered_with_all_96_bytes_of_its_key_and_not_before() {
    let mut machine = detection(Encryption::Allow);
    for byte in &public_key(&THEIRS)[..95] {
        machine = need_input(machine.process(&[*byte], &mut Vec::new()));
        assert_eq!(
            (machine.step(), machine.peer_answered()),
            (Step::PublicKey, false)
        );
    }
}

#[test]
fn h8_a_key_in_single_bytes_takes_no_more_memory_than_a_key_in_one_piece() {
    let theirs = public_key(&THEIRS);
    for portion in [1, 2, 7, 95, 96] {
        let detected = feed_all(
            detection(Encryption::Allow),
            theirs.chunks(portion),
            &mut Vec::new(),
        );
        let Detected::Mse(seen) = done(detected) else {
            panic!("a key is MSE");
        };
        assert!(seen.capacity() < 2 * theirs.len(), "{} bytes", seen.capacity());
    }
}

#[test]
fn h11_an_mse_dialler_is_told_of_a_plaintext_answer_at_its_20th_byte_and_sends_nothing_more() {
    let dial = || {
        let mut step_1 = Vec::new();
        Initiator::new(skey(), &Policy::default(), "payload", key([7; 20]), &mut step_1)
    };
    for portion in [1, 7, 20] {
        let mut output = Vec::new();
        let waits = feed_all(dial(), PROTOCOL[..19].chunks(portion), &mut output);
        assert!(waits.is_ok_and(|done| done.is_none()));
        let refusal = feed_all(dial(), PROTOCOL.chunks(portion), &mut output);
        assert_eq!(refused(refusal), HandshakeError::PlaintextAnswer);
        assert!(output.is_empty());
    }
    for shared in 0..20 {
        let mut step_3 = Vec::new();
        let dial = need_input(dial().process(&almost_plaintext(shared), &mut step_3));
        assert!(dial.peer_answered());
        assert!(step_3.len() >= 56, "a key that begins like plaintext is a key");
    }
}

#[test]
fn h11_a_plaintext_dial_takes_the_protocol_string_for_an_answer_and_nothing_else() {
    let dial = || PlaintextDial::new(&b"handshake"[..], &mut Vec::new());
    assert!(!dial().peer_answered());
    for shared in 0..20 {
        let theirs = almost_plaintext(shared);
        let mut machine = dial();
        for byte in &theirs[..shared] {
            machine = need_input(machine.process(&[*byte], &mut Vec::new()));
        }
        let refusal = feed_all(machine, [&theirs[shared..=shared]], &mut Vec::new());
        assert_eq!(refused(refusal), HandshakeError::NotPlaintext);
    }
    let answer = [&PROTOCOL[..], b"and what follows"].concat();
    for split in 0..20 {
        let (first, rest) = answer.split_at(split);
        let mut output = Vec::new();
        let machine = PlaintextDial::new(&b"handshake"[..], &mut output);
        assert_eq!(output, b"handshake");
        let machine = need_input(machine.process(first, &mut output));
        let Ok(Progress::Done(established)) = machine.process(rest, &mut output) else {
            panic!("split at {split}");
        };
        assert_eq!(established.received, answer);
        assert_eq!(established.negotiated.mode(), Mode::Plaintext);
        assert_eq!(established.negotiated.role(), Role::Initiator);
        assert!(established.negotiated.skey().is_none());
        assert!(established.encrypt.is_none() && established.decrypt.is_none());
        assert_eq!(output, b"handshake");
    }
}
