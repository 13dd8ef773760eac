//! H2 and H6: what happens while our last flight is not out yet, and the peer's side of the handshake is over.

use std::io::ErrorKind;

use tokio_mse::{Error, MseAcceptor, Skey, Step};

use crate::support::exchange::{SKEY, skey};
use crate::support::script::{Script, Scripted, Step as ScriptStep};

/// Accepts a plaintext peer while its answer finds no room, and `then` comes of the next read.
fn accept(then: ScriptStep) -> Option<Result<Vec<u8>, Error>> {
    let handshake = [b"\x13BitTorrent protocol".as_slice(), &[0; 8], &SKEY, &[9; 20]].concat();
    let io = Scripted::new(Script {
        reads: vec![ScriptStep::Move(handshake.len()), then],
        incoming: handshake,
        writes: vec![ScriptStep::Pending],
        ..Script::default()
    });
    let accept = MseAcceptor::default()
        .timeout(None)
        .accept(io.clone(), skey())
        .initial_payload(|_: &Skey| "our answer".into())
        .into_future();
    let mut accept = tokio_test::task::spawn(accept);
    let mut polls = 0;
    loop {
        polls += 1;
        if let std::task::Poll::Ready(outcome) = accept.poll() {
            return Some(outcome.map(|_| io.written()));
        }
        if polls == 3 {
            return None;
        }
    }
}

#[test]
fn h6_a_transport_that_breaks_while_our_last_flight_waits_is_a_typed_error() {
    let error = accept(ScriptStep::Fail(ErrorKind::ConnectionReset))
        .expect("a hang")
        .unwrap_err();
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
    let written = accept(ScriptStep::Move(0)).expect("a hang").unwrap();
    assert_eq!(written, b"our answer");
}
