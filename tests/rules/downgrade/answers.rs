//! H11 and H12: what is an answer, and that a failure never hides one that has arrived.

use std::io::ErrorKind;

use tokio_mse::{DialMode, HandshakeError, Mode, MseConnector, Policy};

use super::dial::{
    Dialled, INFO_HASH, allow, assert_answered, dial, handshake, handshake_and_unchoke, policies,
    redials_after, seconds,
};
use super::far_end;
use super::wire::{Failure, Far, Wire, Writes, closed, wire};

/// The kinds of an error by which the peer, or a router on the path, ends a connection.
pub(crate) const BY_THE_PEER: [ErrorKind; 5] = [
    ErrorKind::ConnectionReset,
    ErrorKind::ConnectionAborted,
    ErrorKind::BrokenPipe,
    ErrorKind::UnexpectedEof,
    ErrorKind::TimedOut,
];

const MODES: [DialMode; 2] = [DialMode::Mse, DialMode::Plaintext];

/// What a whole answer is, and how much of it is one.
fn answer(mode: DialMode) -> (Vec<u8>, usize) {
    if mode == DialMode::Plaintext {
        (handshake_and_unchoke(), 20)
    } else {
        (far_end::first_flight(), 96)
    }
}

/// How a connection ends by the peer's doing, or by its silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Silence,
    Closed,
    OurWriteWaits,
    Read(ErrorKind),
    Write(ErrorKind),
    Flush(ErrorKind),
    ReadAndWrite(ErrorKind),
}

impl End {
    fn every() -> Vec<Self> {
        let mut every = vec![Self::Silence, Self::Closed, Self::OurWriteWaits];
        for kind in BY_THE_PEER {
            every.extend([
                Self::Read(kind),
                Self::Write(kind),
                Self::Flush(kind),
                Self::ReadAndWrite(kind),
            ]);
        }
        every
    }

    fn apply(self, far: &mut Far) {
        match self {
            Self::Silence => {}
            Self::Closed => far.close(),
            Self::OurWriteWaits => far.set_writes(Writes::Blocked),
            Self::Read(kind) => far.reset(Failure::Kind(kind)),
            Self::Write(kind) => far.set_writes(Writes::Fail(Failure::Kind(kind))),
            Self::Flush(kind) => far.set_writes(Writes::FlushFails(Failure::Kind(kind))),
            Self::ReadAndWrite(kind) => {
                far.set_writes(Writes::Fail(Failure::Kind(kind)));
                far.reset(Failure::Kind(kind));
            }
        }
    }
}

/// Dials a peer that has said this and ended like this before we do anything.
async fn meet(mode: DialMode, says: &[u8], end: End) -> Dialled<Wire> {
    let (near, mut far) = wire();
    far.deliver(says);
    end.apply(&mut far);
    dial(&MseConnector::new(redials_after(mode)), [near, closed()]).await
}

#[tokio::test(start_paused = true)]
async fn h12_an_answer_that_is_in_the_pipe_when_our_write_fails_is_no_silence() {
    for mode in MODES {
        let (flight, complete) = answer(mode);
        for end in End::every() {
            for len in [complete, complete + 1, flight.len()] {
                let dialled = meet(mode, &flight[..len], end).await;
                assert_eq!(dialled.modes, [mode], "{end:?}, {len} bytes");
                // A plaintext handshake is over, so there may be a stream.
                if mode == DialMode::Mse || dialled.outcome.is_err() {
                    assert_answered(&dialled.only_error(mode));
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h11_less_than_an_answer_is_none() {
    for mode in MODES {
        let (flight, complete) = answer(mode);
        for end in End::every() {
            for len in [0, 1, complete - 1] {
                let dialled = meet(mode, &flight[..len], end).await;
                assert_eq!(dialled.modes.len(), 2, "{mode}, {end:?}, {len} bytes");
            }
        }
    }
}

/// The protocol string to our key, and a key to our plaintext handshake.
#[tokio::test(start_paused = true)]
async fn h11_something_else_is_no_answer_even_if_our_write_fails() {
    for (mode, other) in [
        (DialMode::Mse, DialMode::Plaintext),
        (DialMode::Plaintext, DialMode::Mse),
    ] {
        for end in End::every() {
            let started = tokio::time::Instant::now();
            let dialled = meet(mode, &answer(other).0, end).await;
            assert_eq!(dialled.modes, [mode, other], "{end:?}");
            // It is told at once. The redial to a closed peer takes no time either.
            if end != End::OurWriteWaits {
                assert!(started.elapsed() < seconds(5), "{end:?}");
            }
        }
    }
}

/// In a mode that nothing follows, the same facts are told by the error.
#[tokio::test(start_paused = true)]
async fn h12_every_policy_is_told_the_same_of_an_answer() {
    for policy in policies() {
        if policy == Policy::plaintext_only() {
            continue;
        }
        for end in End::every() {
            let (near, mut far) = wire();
            far.deliver(&far_end::first_flight());
            end.apply(&mut far);
            let connector = MseConnector::new(policy.clone());
            let outcome = connector
                .connect_as(DialMode::Mse, near, INFO_HASH, handshake(1))
                .await;
            let error = outcome.unwrap_err();
            assert!(error.peer_answered(), "{policy}, {end:?}: {error:?}");
            assert_answered(&error);
        }
    }
}

/// A peer that has answered with a key that is refused has answered.
#[tokio::test(start_paused = true)]
async fn h12_a_refused_key_is_an_answer_even_if_our_write_fails() {
    for end in End::every() {
        let dialled = meet(DialMode::Mse, &[0; 96], end).await;
        assert_eq!(dialled.modes, [DialMode::Mse], "{end:?}");
        assert_answered(&dialled.only_error(DialMode::Mse));
    }
}

#[tokio::test(start_paused = true)]
async fn h11_the_error_names_a_refusal_that_was_read_after_our_write_had_failed() {
    let (near, mut far) = wire();
    far.deliver(&handshake(2));
    far.set_writes(Writes::Fail(Failure::Kind(ErrorKind::ConnectionReset)));
    let require = MseConnector::new(Policy::full_rc4());
    let error = dial(&require, [near]).await.only_error(DialMode::Mse);
    assert_eq!(error.refusal(), Some(&HandshakeError::PlaintextAnswer));
    assert!(!error.peer_answered());
    assert_eq!(
        Policy::default().redial(DialMode::Mse, &error),
        Some(DialMode::Plaintext)
    );
}

/// The peer's whole plaintext handshake and a message, of which nothing is lost.
#[tokio::test(start_paused = true)]
async fn h12_the_bytes_of_an_answer_before_the_end_are_there_to_be_read() {
    let (near, mut far) = wire();
    far.deliver(&handshake_and_unchoke());
    far.close();
    let mut stream = dial(&MseConnector::new(allow()), [near])
        .await
        .only_stream(DialMode::Plaintext);
    assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    let mut read = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut read)
        .await
        .unwrap();
    assert_eq!(read, handshake_and_unchoke());
}

#[cfg(unix)]
mod over_tcp {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// A connected socket of ours that has the peer's answer and then its reset: the peer closes without having read a
    /// byte that was sent to it.
    fn answered_and_reset(answer: &[u8]) -> tokio::net::TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut far, _) = listener.accept().unwrap();
        near.write_all(b"x").unwrap();
        far.peek(&mut [0]).unwrap();
        far.write_all(answer).unwrap();
        drop(far);
        near.set_nonblocking(true).unwrap();
        near.try_into().unwrap()
    }

    #[tokio::test]
    async fn h12_a_key_that_a_reset_follows_is_an_answer() {
        for mode in MODES {
            for _ in 0..20 {
                let (flight, _) = answer(mode);
                let transports = [(); 2].map(|()| answered_and_reset(&flight));
                let dialled = dial(&MseConnector::new(redials_after(mode)), transports).await;
                assert_eq!(dialled.modes, [mode]);
                if mode == DialMode::Mse {
                    assert_answered(&dialled.only_error(mode));
                }
            }
        }
    }
}
