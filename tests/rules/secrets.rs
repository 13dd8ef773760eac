//! S4: nothing that is printed or logged contains a key, keystream, S, SKEY or payload.

use std::io;
use std::time::Duration;

use tokio_mse::handshake::{
    Detection, Initiator, Machine, Padding, PlaintextDial, PrivateKey, Randomness, Responder,
};
use tokio_mse::{
    ConnectError, CryptoMethod, Error, HandshakeError, Linger, MseAcceptor, MseConnector, MseStream, Policy,
    Role, SkeyIndex, Step,
};

use crate::giveaways::{ANSWER, PAYLOAD, says_nothing, shows_nothing};
use crate::support::exchange::{SKEY, XA, XB, randomness, skey};
use crate::support::pair::{Mode, established_with, finished, stream, unfinished};
use crate::support::peer::{Cut, End, Peer};
use crate::support::poll;
use crate::support::script::{Scripted, Step as ScriptStep};

#[test]
fn s4_debug_of_every_machine_at_every_step_shows_no_secret() {
    let padding = || Padding::new([1; 30], [2; 20], 10).unwrap();
    let policy = Policy::full_rc4();
    let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
    for exponent in [XA, XB] {
        shows_nothing(&randomness(exponent, padding()));
    }
    shows_nothing(&padding());
    let a = Initiator::new(skey(), &policy, PAYLOAD, randomness(XA, padding()), &mut to_b);
    let b = Responder::new(&policy, randomness(XB, padding()));
    shows_nothing(&a);
    shows_nothing(&b);
    let progress = b.process(&std::mem::take(&mut to_b), &mut to_a);
    shows_nothing(&progress);
    let b = unfinished(progress);
    let progress = a.process(&std::mem::take(&mut to_a), &mut to_b);
    shows_nothing(&progress);
    let mut a = unfinished(progress);
    let progress = b.process(&to_b, &mut to_a);
    shows_nothing(&progress);
    let request = finished(progress);
    shows_nothing(&request.hash());
    let negotiation = request.resolve(skey(), ANSWER);
    shows_nothing(&negotiation);
    let progress = negotiation.process(&[], &mut to_a);
    shows_nothing(&progress);
    shows_nothing(&finished(progress));
    let (last, most) = to_a.split_last().unwrap();
    for byte in most {
        let progress = a.process(&[*byte], &mut to_b);
        if !matches!(&progress, Ok(tokio_mse::handshake::Progress::NeedInput(_))) {
            shows_nothing(&progress);
            return;
        }
        a = unfinished(progress);
        assert!(!format!("{a:?}").contains(PAYLOAD));
    }
    shows_nothing(&a);
    shows_nothing(&a.process(&[*last], &mut to_b));
}

#[test]
fn s4_debug_of_established_shows_no_payload() {
    let (a, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
    shows_nothing(&a);
    shows_nothing(&b);
    shows_nothing(&b.encrypt);
    shows_nothing(&a.negotiated);
}

#[test]
fn s4_debug_of_a_stream_and_its_halves_shows_no_secret() {
    let whole = || {
        let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
        // With keystream that a pending write has generated.
        let mut peer = MseStream::from_established(Scripted::writing([ScriptStep::Pending]), b);
        assert!(poll::write(&mut peer, ANSWER.as_bytes()).is_pending());
        peer
    };
    shows_nothing(&whole());
    let (reader, writer) = whole().into_split_with(|io| (io.clone(), io));
    shows_nothing(&reader);
    shows_nothing(&writer);
    shows_nothing(&MseStream::plaintext((), Role::Initiator));
    shows_nothing(&stream(Mode::HeaderOnly, ()));
}

#[test]
fn s4_debug_of_parts_shows_no_payload() {
    let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
    shows_nothing(&MseStream::from_established((), b).into_parts());
}

/// Only secrets are left out.
#[test]
fn s4_debug_shows_what_is_harmless() {
    let peer = || {
        let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
        b
    };
    let unread = format!("unread: {}", PAYLOAD.len());
    let negotiated = "role: Responder, mode: Rc4, skey: Some(Skey(..)), attempts: 1, elapsed: None";
    let streamed = |established| MseStream::from_established("the transport", established);
    for (text, parts) in [
        (
            format!("{:?}", peer()),
            vec![
                "Established",
                "received: 20",
                "encrypt: Some(Keystream(..))",
                negotiated,
            ],
        ),
        (
            format!("{:?}", streamed(peer())),
            vec![
                "MseStream",
                "the transport",
                &*unread,
                "decrypt: Some(Keystream(..))",
                negotiated,
            ],
        ),
        (
            format!("{:?}", streamed(peer()).into_parts()),
            vec![
                "Parts",
                "the transport",
                &*unread,
                "encrypt: Ok(Some(Keystream(..)))",
                negotiated,
            ],
        ),
    ] {
        for part in parts {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}

#[test]
fn s4_debug_of_the_parts_of_a_handshake_shows_lengths_and_steps() {
    let padding = || Padding::new([0xAB; 3], [0xCD; 5], 7).unwrap();
    let pads = "Padding { with_key: 3, before_sync: 5, negotiated_len: 7 }";
    assert_eq!(format!("{:?}", padding()), pads);
    let randomness = Randomness::new(PrivateKey::from_bytes([1; 20]), padding());
    assert_eq!(
        format!("{randomness:?}"),
        format!("Randomness {{ padding: {pads}, .. }}")
    );

    let (policy, mut to_b, mut to_a) = (Policy::full_rc4(), Vec::new(), Vec::new());
    let a = Initiator::new(skey(), &policy, PAYLOAD, randomness, &mut to_b);
    let fresh = Randomness::generate();
    let b = unfinished(Responder::new(&policy, fresh).process(&to_b, &mut to_a));
    to_b.clear();
    drop(unfinished(a.process(&to_a, &mut to_b)));
    let request = finished(b.process(&to_b, &mut to_a));
    assert_eq!(format!("{request:?}"), "SkeyRequest { .. }");
}

#[test]
fn s4_debug_of_keys_and_configuration_shows_no_secret() {
    shows_nothing(&skey());
    shows_nothing(&skey().lookup_hash());
    shows_nothing(&SkeyIndex::from_iter([(SKEY, ANSWER)]));
    shows_nothing(&MseConnector::default());
    shows_nothing(&MseAcceptor::default().linger(Linger::new()));
    shows_nothing(&MseConnector::default().dial(skey(), PAYLOAD));
    shows_nothing(&Policy::full_rc4());
}

#[test]
fn s4_errors_show_no_secret() {
    let (step, answered) = (Step::Skey, true);
    let after = Duration::from_secs(10);
    let role = Role::Responder;
    for error in [
        Error::refused(role, HandshakeError::UnknownSkey),
        Error::refused(role, HandshakeError::BadVc),
        Error::closed(role, step, answered),
        Error::timed_out(role, step, answered, after),
        Error::transport(role, step, answered, io::ErrorKind::ConnectionReset.into()),
    ] {
        shows_nothing(&error);
        says_nothing(&error.to_string());
        let error = ConnectError::<io::Error>::from(error);
        shows_nothing(&error);
        says_nothing(&error.to_string());
        shows_nothing(&io::Error::from(error));
    }
}

fn plaintext() -> Vec<u8> {
    [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat()
}

#[tokio::test]
async fn s4_debug_of_an_incoming_connection_shows_no_secret() {
    let policy = Policy::full_rc4();
    let initiator = || {
        let randomness = randomness(XA, Padding::none());
        Peer::initiator(skey(), &policy, PAYLOAD, randomness, Cut::NEVER)
    };
    let acceptor = MseAcceptor::default();
    let incoming = acceptor.accept(initiator()).await.unwrap();
    shows_nothing(&incoming);
    shows_nothing(&incoming.skey_hash());
    assert_eq!(format!("{incoming:?}"), "Incoming { is_encrypted: true, .. }");
    shows_nothing(&incoming.accept(skey(), ANSWER).await.unwrap());
    for wrong in [[1; 20], SKEY] {
        let incoming = acceptor.accept(initiator()).await.unwrap();
        let accept = incoming.with_policy(&Policy::header_only()).accept(wrong, ANSWER);
        let error = accept.await.unwrap_err();
        shows_nothing(&error);
        says_nothing(&error.to_string());
    }

    let incoming = acceptor.accept(Scripted::reading(plaintext(), [])).await.unwrap();
    shows_nothing(&incoming);
    let error = incoming.refuse().await;
    shows_nothing(&error);
    says_nothing(&error.to_string());
}

/// Errors of handshakes that were cut anywhere.
#[tokio::test(start_paused = true)]
async fn s4_errors_of_failed_handshakes_show_no_secret() {
    let policy = Policy::full_rc4();
    for sent in [0, 50, 96, 110, 150] {
        for end in [End::Eof, End::Silence] {
            let randomness = |exponent| randomness(exponent, Padding::none());
            let cut = Cut::sending(sent, end);
            let peer = Peer::responder(skey(), &policy, ANSWER, randomness(XB), cut);
            let connector = MseConnector::new(policy.clone());
            let mut dial = connector.dial(skey(), PAYLOAD);
            if let Err(error) = dial.attempt(peer).await {
                shows_nothing(&error);
                says_nothing(&error.to_string());
            }
            shows_nothing(&dial);
            let peer = Peer::initiator(skey(), &policy, PAYLOAD, randomness(XA), cut);
            if let Err(error) = MseAcceptor::new(policy.clone()).accept(peer).await {
                shows_nothing(&error);
                says_nothing(&error.to_string());
            }
        }
    }
}

#[test]
fn s4_debug_of_the_machines_around_mse_shows_no_secret() {
    let handshake = plaintext();
    let detection = Detection::new(&Policy::default());
    shows_nothing(&detection);
    shows_nothing(&unfinished(detection.process(&handshake[..40], &mut Vec::new())));
    let detection = Detection::new(&Policy::default());
    let detected = finished(detection.process(&handshake, &mut Vec::new()));
    shows_nothing(&detected);
    assert_eq!(format!("{detected:?}"), "Plaintext(68)");
    // Of another peer id: a connection to ourselves is refused.
    let ours = [&handshake[..48], &[8; 20]].concat();
    let dial = PlaintextDial::new(ours, &mut Vec::new());
    shows_nothing(&dial);
    shows_nothing(&finished(dial.process(&handshake, &mut Vec::new())));
}
