//! H6, H10 and H13: the peer, the transport or the caller ends the handshake in the middle.

use std::io::ErrorKind;

use futures_util::FutureExt;
use tokio_mse::{
    DialMode, Error, ErrorKind as Kind, HandshakeError, MseAcceptor, MseConnector, MseStream, Policy, Skey,
    Step,
};

use crate::support::exchange::{SKEY, skey};
use crate::support::fail_at::{EVERY_KIND, FailAt};
use crate::support::hostile::{Hostile, Manner};
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};
use crate::support::script::{Scripted, Step as ScriptStep};
use crate::support::serve::serve;

const OURS: &str = "our first words";

fn connector() -> MseConnector {
    MseConnector::new(Policy::full_rc4()).no_timeout()
}

fn acceptor() -> MseAcceptor {
    MseAcceptor::default().no_timeout()
}

/// We dial. `None` if the handshake waits for more.
fn dial(cut: Cut) -> (Peer, Option<Result<MseStream<Peer>, Error>>) {
    let peer = Peer::responder(skey(), &Policy::full_rc4(), "", fresh(short_padding()), cut);
    let outcome = connector().connect(peer.clone(), skey(), OURS).now_or_never();
    (peer, outcome)
}

/// We are dialled.
fn listen(cut: Cut) -> (Peer, Option<Result<MseStream<Peer>, Error>>) {
    let policy = Policy::full_rc4();
    let peer = Peer::initiator(skey(), &policy, "peer's words", fresh(short_padding()), cut);
    let outcome = serve(&acceptor(), peer.clone(), skey(), OURS).now_or_never();
    (peer, outcome)
}

type Side = fn(Cut) -> (Peer, Option<Result<MseStream<Peer>, Error>>);

const SIDES: [Side; 2] = [dial, listen];

fn transport_error(error: &Error) -> ErrorKind {
    match error.kind() {
        Kind::Transport(source) => source.kind(),
        other => panic!("{other:?}"),
    }
}

fn check(error: &Error, end: End, sent: usize) {
    match (error.kind(), end) {
        (Kind::Closed, End::Eof) => {}
        (Kind::Transport(source), End::Fail(kind)) => assert_eq!(source.kind(), kind),
        _ => panic!("{error:?} after {end:?}"),
    }
    assert_eq!(error.peer_answered(), sent >= 96);
    let redial = Policy::default().redial(DialMode::Mse, error);
    assert_eq!(redial, (sent < 96).then_some(DialMode::Plaintext));
}

#[test]
fn h6_an_end_or_an_error_at_every_offset_that_is_received_is_a_typed_error() {
    for side in SIDES {
        let (peer, outcome) = side(Cut::NEVER);
        assert!(outcome.expect("no waiting").is_ok());
        let transcript = peer.sent();
        assert!(transcript >= 96 + 5 + 14 + 6);
        for offset in 0..transcript {
            for end in [End::Eof, End::Fail(ErrorKind::ConnectionReset)] {
                let (peer, outcome) = side(Cut::sending(offset, end));
                let error = outcome.expect("a hang").expect_err("a broken handshake");
                check(&error, end, offset);
                assert!(!peer.used_after_end());
                assert_eq!(peer.handles(), 1, "the transport is kept");
            }
        }
        let (_, outcome) = side(Cut::sending(transcript, End::Eof));
        assert!(outcome.expect("no waiting").is_ok());
    }
}

#[test]
fn h6_silence_at_every_offset_waits_without_an_answer() {
    for side in SIDES {
        let transcript = side(Cut::NEVER).0.sent();
        for offset in (0..transcript).step_by(5) {
            let (_, outcome) = side(Cut::sending(offset, End::Silence));
            assert!(outcome.is_none(), "{offset} of {transcript}");
        }
    }
}

#[test]
fn h6_an_error_at_every_offset_that_is_sent_is_a_typed_error() {
    for side in SIDES {
        let transcript = side(Cut::NEVER).0.taken().len();
        // Our own padding is random, up to 447 bytes and a PadC or PadD of 255, so look where every handshake gets to.
        for offset in (0..96).chain((96..transcript.min(110)).step_by(3)) {
            let (peer, outcome) = side(Cut::taking(offset, End::Fail(ErrorKind::BrokenPipe)));
            let error = outcome.expect("a hang").expect_err("a broken handshake");
            assert_eq!(transport_error(&error), ErrorKind::BrokenPipe);
            assert_eq!(peer.taken().len(), offset);
            assert_eq!(peer.handles(), 1);
        }
    }
}

/// What the peer can cause. Every other kind is a failure on our own side.
const BY_THE_PEER: [ErrorKind; 5] = [
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::BrokenPipe,
    ErrorKind::UnexpectedEof,
    ErrorKind::TimedOut,
];

#[test]
fn h6_h13_every_kind_of_error_at_every_call_is_a_typed_error() {
    for kind in EVERY_KIND {
        for call in 0.. {
            let peer = Peer::responder(
                skey(),
                &Policy::full_rc4(),
                "",
                fresh(short_padding()),
                Cut::NEVER,
            );
            let io = FailAt::call(peer.clone(), call, kind);
            let outcome = connector().connect(io, skey(), "").now_or_never();
            let Err(error) = outcome.expect("a hang") else {
                assert!(call >= 6, "a call was not counted");
                break;
            };
            assert_eq!(transport_error(&error), kind, "call {call}");
            let redial = Policy::default().redial(DialMode::Mse, &error);
            let expected = !error.peer_answered() && BY_THE_PEER.contains(&kind);
            assert_eq!(redial.is_some(), expected, "{kind}, call {call}");
            let as_io = std::io::Error::from(error);
            assert_eq!(as_io.kind(), kind);
            assert_eq!(transport_error(&Error::downcast(as_io).unwrap()), kind);
            assert_eq!(peer.handles(), 1);
        }
    }
}

#[test]
fn w6_in_the_handshake_an_inner_write_of_nothing_is_write_zero() {
    let io = Scripted::writing([ScriptStep::Move(5), ScriptStep::Move(0)]);
    let outcome = connector().connect(io.clone(), skey(), "").now_or_never();
    let error = outcome.expect("a hang").unwrap_err();
    assert_eq!(transport_error(&error), ErrorKind::WriteZero);
    assert_eq!((error.step(), error.peer_answered()), (Step::PublicKey, false));
    assert_eq!(io.calls().iter().filter(|call| call.is_write()).count(), 2);
}

#[test]
fn w7_in_the_handshake_too_much_written_is_an_error_not_a_panic() {
    for more in [1, 5000] {
        let io = Scripted::writing([ScriptStep::Overlong(more)]);
        let outcome = connector().connect(io.clone(), skey(), "").now_or_never();
        let error = outcome.expect("a hang").unwrap_err();
        assert_eq!(transport_error(&error), ErrorKind::Other);
        assert!(!error.peer_answered());
        assert_eq!(Policy::default().redial(DialMode::Mse, &error), None);
        assert_eq!(io.calls().iter().filter(|call| call.is_write()).count(), 1);
        assert_eq!(io.handles(), 1);
    }
}

#[test]
fn h10_after_a_refusal_nothing_more_is_written_and_the_transport_is_gone() {
    let policy = Policy::full_rc4();
    let peer = Peer::initiator(skey(), &policy, "words", fresh(short_padding()), Cut::NEVER);
    let other = Skey::from([1; 20]);
    let mut accept = tokio_test::task::spawn(serve(&acceptor(), peer.clone(), other, OURS));
    let std::task::Poll::Ready(outcome) = accept.poll() else {
        panic!("pending");
    };
    let error = outcome.unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::UnknownSkey));
    // The future still exists, and holds nothing.
    assert_eq!(peer.handles(), 1);
    // Our public key and its padding, and nothing of the fourth message.
    assert!((96 + 1..=96 + 320).contains(&peer.taken().len()));
    drop(accept);
}

#[test]
fn h10_a_future_that_has_failed_holds_no_transport() {
    for offset in [0, 50, 96, 110] {
        let cut = Cut::sending(offset, End::Eof);
        let randomness = fresh(short_padding());
        let peer = Peer::responder(skey(), &Policy::full_rc4(), "", randomness, cut);
        let mut connect = tokio_test::task::spawn(connector().connect(peer.clone(), skey(), ""));
        assert!(connect.poll().is_ready());
        assert_eq!(peer.handles(), 1, "offset {offset}");
    }
}

#[tokio::test(start_paused = true)]
async fn h10_dropping_a_handshake_drops_the_transport_and_leaves_no_task() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let silent_after = |sends, dialled: bool| {
        let cut = Cut::sending(sends, End::Silence);
        let (policy, randomness) = (Policy::full_rc4(), fresh(short_padding()));
        if dialled {
            Peer::responder(skey(), &policy, "", randomness, cut)
        } else {
            Peer::initiator(skey(), &policy, "", randomness, cut)
        }
    };
    let before = tasks();
    for sends in [0, 10, 96, 100, 110] {
        let peer = silent_after(sends, true);
        let connect = MseConnector::default().connect(peer.clone(), skey(), "");
        let mut connect = tokio_test::task::spawn(connect);
        assert!(connect.poll().is_pending());
        assert_eq!((peer.handles(), tasks()), (2, before));
        drop(connect);
        assert_eq!((peer.handles(), tasks()), (1, before));

        let peer = silent_after(sends, true);
        let connector = MseConnector::default();
        let mut dialled = Some(peer.clone());
        let mut connect = tokio_test::task::spawn(connector.connect_with(skey(), OURS, |_| {
            std::future::ready(
                dialled
                    .take()
                    .ok_or_else(|| std::io::Error::from(ErrorKind::Other)),
            )
        }));
        assert!(connect.poll().is_pending());
        assert_eq!(tasks(), before);
        drop(connect);
        assert_eq!(peer.handles(), 1);

        let peer = silent_after(sends, false);
        let mut accept = tokio_test::task::spawn(MseAcceptor::default().accept(peer.clone()));
        assert!(accept.poll().is_pending());
        drop(accept);
        assert_eq!((peer.handles(), tasks()), (1, before));
    }
}

#[tokio::test]
async fn h6_hostile_transports_make_no_difference() {
    for manner in Manner::EVERY {
        let (a, b) = tokio::io::duplex(33);
        let (a, b) = (Hostile::new(a, manner), Hostile::new(b, manner));
        let (a, b) = tokio::join!(
            connector().connect(a, SKEY, OURS),
            serve(&acceptor(), b, skey(), ""),
        );
        assert_eq!(a.unwrap().negotiated().mode(), b.unwrap().negotiated().mode());
    }
}
