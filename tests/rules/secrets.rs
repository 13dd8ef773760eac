//! S4: nothing that is printed or traced holds a key, keystream, S, SKEY or payload.

use std::io;
use std::time::Duration;

use tokio_mse::handshake::{
    Detection, Initiator, Machine, Padding, PlaintextDial, PrivateKey, Randomness, Responder,
};
use tokio_mse::{
    ConnectError, CryptoMethod, Error, HandshakeError, Incoming, Linger, MseAcceptor, MseConnector,
    MseStream, Policy, Skey, SkeyIndex, Step,
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
    shows_nothing(request.hash());
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
        // With keystream ahead, as a pending write leaves it.
        let mut peer = MseStream::from_established(Scripted::writing([ScriptStep::Pending]), b);
        assert!(poll::write(&mut peer, ANSWER.as_bytes()).is_pending());
        peer
    };
    shows_nothing(&whole());
    let (reader, writer) = whole().into_split_with(|io| (io.clone(), io));
    shows_nothing(&reader);
    shows_nothing(&writer);
    shows_nothing(&MseStream::plaintext((), tokio_mse::Role::Initiator));
    shows_nothing(&stream(Mode::HeaderOnly, ()));
}

#[test]
fn s4_debug_of_parts_shows_no_payload() {
    let (_, b) = established_with(CryptoMethod::Rc4, PAYLOAD, ANSWER);
    shows_nothing(&MseStream::from_established((), b).into_parts());
}

/// What is left out is left out for its own sake: the rest is there to be read.
#[test]
fn s4_debug_tells_what_is_harmless() {
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
fn s4_debug_of_what_a_handshake_is_made_of_tells_lengths_and_steps() {
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
    shows_nothing(&Skey::from_shared_secret(PAYLOAD.as_bytes()));
    shows_nothing(&skey().hash());
    shows_nothing(&[SKEY].into_iter().collect::<SkeyIndex>());
    shows_nothing(&MseConnector::default());
    shows_nothing(&MseAcceptor::default());
    shows_nothing(&Policy::full_rc4());
}

#[test]
fn s4_errors_show_no_secret() {
    let (step, answered) = (Step::Skey, true);
    let after = Duration::from_secs(10);
    for error in [
        Error::Refused(HandshakeError::UnknownSkey),
        Error::Refused(HandshakeError::no_common_method(4)),
        Error::closed(step, answered),
        Error::timed_out(step, answered, after),
    ] {
        shows_nothing(&error);
        says_nothing(&error.to_string());
        let error = ConnectError::<io::Error>::from(error);
        shows_nothing(&error);
        says_nothing(&error.to_string());
        shows_nothing(&io::Error::from(error));
    }
}

#[tokio::test]
async fn s4_debug_of_a_lazy_accept_shows_no_secret() {
    let policy = Policy::full_rc4();
    let padding = Padding::none();
    let peer = Peer::initiator(skey(), &policy, PAYLOAD, randomness(XA, padding), Cut::NEVER);
    let incoming = MseAcceptor::default().accept_lazy(peer).await.unwrap();
    shows_nothing(&incoming);
    let Incoming::Pending(pending) = incoming else {
        panic!("not MSE");
    };
    shows_nothing(&pending);
    assert_eq!(format!("{pending:?}"), "PendingAccept { .. }");
    let accepting = pending.accept(skey()).into_future();
    shows_nothing(&accepting);
    shows_nothing(&accepting.await.unwrap());
    let handshake = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    let plaintext = MseAcceptor::default().accept_lazy(Scripted::reading(handshake, []));
    shows_nothing(&plaintext.await.unwrap());
}

/// Whatever is held of a handshake that has not begun, that is under way, or that failed.
#[tokio::test(start_paused = true)]
async fn s4_debug_of_builders_futures_and_failures_shows_no_secret() {
    let policy = Policy::full_rc4();
    let acceptor = MseAcceptor::new(policy.clone());
    let connector = MseConnector::new(policy.clone());
    let connect = |peer: Peer| connector.connect(peer, skey()).initial_payload(PAYLOAD);
    let accept = |peer: Peer, skey| {
        acceptor
            .accept(peer, skey)
            .initial_payload(|_: &Skey| ANSWER.into())
    };
    let responder = |cut| Peer::responder(skey(), &policy, ANSWER, randomness(XB, Padding::none()), cut);
    let initiator = |cut| Peer::initiator(skey(), &policy, PAYLOAD, randomness(XA, Padding::none()), cut);

    shows_nothing(&connect(responder(Cut::NEVER)));
    shows_nothing(&accept(initiator(Cut::NEVER), skey()));
    shows_nothing(&acceptor.accept_lazy(initiator(Cut::NEVER)));
    shows_nothing(&acceptor.accept_lazy(initiator(Cut::NEVER)).into_future());
    for sent in [0, 50, 96, 110, 150] {
        let mut dialling =
            tokio_test::task::spawn(connect(responder(Cut::sending(sent, End::Silence))).into_future());
        let _ = dialling.poll();
        shows_nothing(&*dialling);
        let listening = accept(initiator(Cut::sending(sent, End::Silence)), skey());
        let mut listening = tokio_test::task::spawn(listening.into_future());
        let _ = listening.poll();
        shows_nothing(&*listening);
    }
    let refused = accept(initiator(Cut::NEVER), Skey::from([1; 20]));
    let failed = refused.into_fallible().await.unwrap_err();
    shows_nothing(&failed);
    says_nothing(&failed.to_string());
    let (error, lingering) = failed.linger(&Linger::new());
    shows_nothing(&lingering);
    shows_nothing(&error);
    let hung_up = connect(responder(Cut::sending(50, End::Eof)));
    shows_nothing(&hung_up.into_fallible().await.unwrap_err());
    let dialling = connector.connect_with(skey(), PAYLOAD, |_| std::future::pending::<io::Result<Peer>>());
    shows_nothing(&dialling);
}

#[test]
fn s4_debug_of_the_machines_around_mse_shows_no_secret() {
    let handshake = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    let listening = Detection::new(&Policy::accept_any()).until_info_hash();
    shows_nothing(&unfinished(listening.process(&handshake[..40], &mut Vec::new())));
    let listening = Detection::new(&Policy::accept_any()).until_info_hash();
    let detected = finished(listening.process(&handshake, &mut Vec::new()));
    shows_nothing(&detected);
    assert_eq!(format!("{detected:?}"), "Plaintext(68)");
    let dial = PlaintextDial::new(&handshake, &mut Vec::new());
    shows_nothing(&dial);
    shows_nothing(&finished(dial.process(&handshake, &mut Vec::new())));
}
