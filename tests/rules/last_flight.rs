//! H2 and H6: what happens while our last flight is not out yet, and the peer's side of the handshake is over.

use std::io::ErrorKind;
use std::task::Poll;

use tokio_mse::{Attempt, Error, MseAcceptor, MseConnector, Policy, Skey, Step};

use crate::support::exchange::{SKEY, skey};
use crate::support::script::{Script, Scripted, Step as ScriptStep};

/// Accepts a plaintext peer while its answer finds no room at the first few writes, and `then` comes of the next read.
/// What came of it, and the transport.
fn accept(then: ScriptStep) -> (Result<(), Error>, Scripted) {
    let handshake = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    let io = Scripted::new(Script {
        reads: vec![ScriptStep::Move(handshake.len()), then],
        incoming: handshake,
        writes: vec![ScriptStep::Pending; 3],
        ..Script::default()
    });
    let accept = MseAcceptor::default()
        .timeout(None)
        .accept(io.clone(), skey())
        .initial_payload(|_: &Skey| "our answer".into())
        .into_future();
    let mut accept = tokio_test::task::spawn(accept);
    for _ in 0..5 {
        if let Poll::Ready(outcome) = accept.poll() {
            return (outcome.map(drop), io);
        }
    }
    panic!("a hang");
}

#[test]
fn h6_a_transport_that_breaks_while_our_last_flight_waits_is_a_typed_error() {
    let (outcome, _) = accept(ScriptStep::Fail(ErrorKind::ConnectionReset));
    let error = outcome.unwrap_err();
    let Error::Transport {
        step: Step::Payload,
        answered: true,
        source,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(source.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn h6_a_peer_that_ends_while_our_last_flight_waits_gets_it_all_the_same() {
    let (outcome, io) = accept(ScriptStep::Move(0));
    outcome.unwrap();
    assert_eq!(io.written(), b"our answer");
    // The end is read once, and then left for the stream's reader to find again.
    assert_eq!(io.calls().iter().filter(|call| call.is_read()).count(), 2);
}

/// So that a caller knows whether to dial again: bytes that never left can have had no answer.
#[test]
fn h6_a_plaintext_dial_whose_last_flight_breaks_was_not_answered() {
    let io = Scripted::writing([ScriptStep::Fail(ErrorKind::BrokenPipe)]);
    let connect = MseConnector::new(Policy::plaintext_only())
        .timeout(None)
        .connect(io, skey())
        .attempt(Attempt::Plaintext)
        .initial_payload("hello");
    let outcome = tokio_test::task::spawn(connect.into_future()).poll();
    let Poll::Ready(Err(error)) = outcome else {
        panic!("it goes on");
    };
    assert!(matches!(
        error,
        Error::Transport {
            step: Step::Payload,
            answered: false,
            ..
        }
    ));
}
