//! H16: what a peer has sent is not lost once the handshake is over for it, if only our last flight fails.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, duplex};
use tokio_mse::handshake::{Established, Initiator, Machine, Progress};
use tokio_mse::{DialMode, Error, Mode, MseConnector, MseStream, Policy};

use super::answers::BY_THE_PEER;
use super::dial::{INFO_HASH, accept, allow, assert_answered, handshake, handshake_and_unchoke, seconds};
use super::far_end;
use super::wire::{Failure, Far, Wire, Writes, wire};

/// Longer than step 3 takes, so that there is something to send after step 4.
fn long_payload() -> Vec<u8> {
    [handshake(1), vec![7; 32]].concat()
}

/// How the transport fails from the last flight on.
fn failures() -> Vec<Writes> {
    let mut failures = Vec::new();
    for kind in BY_THE_PEER.map(Failure::Kind) {
        failures.extend([Writes::Fail(kind), Writes::FlushFails(kind)]);
    }
    failures.push(Writes::Fail(Failure::Kind(ErrorKind::NetworkUnreachable)));
    failures.push(Writes::TakeNothing);
    failures
}

/// The peer's bytes are there, and then the failure; nothing can be written.
async fn assert_only_readable<T>(mut stream: MseStream<T>, reset: bool, context: Writes)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut received = vec![0; handshake_and_unchoke().len()];
    stream.read_exact(&mut received).await.unwrap();
    assert_eq!(received, handshake_and_unchoke(), "{context:?}");
    let error = stream
        .write_all(b"more")
        .await
        .expect_err("a part of the stream is missing");
    // Never as if it were whole again, whatever the transport says now.
    let again = stream
        .write(b"more")
        .await
        .expect_err("a part of the stream is missing");
    assert_eq!(error.kind(), again.kind(), "{context:?}");
    // Reading goes on as the transport does.
    let end = stream.read(&mut received).await;
    if reset {
        assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
    } else {
        assert_eq!(end.unwrap(), 0);
    }
}

/// Dials with 100 bytes of payload. The peer sends step 4, its handshake and a message; then the transport fails, and
/// is reset or closed.
async fn meet(failure: Writes, reset: bool) -> (Result<MseStream<Wire>, Error>, Far, Established) {
    let (near, mut far) = wire();
    let connector = MseConnector::default();
    let dialling = connector.connect_as(DialMode::Mse, near, INFO_HASH, long_payload());
    let peer = async {
        let (responder, key) = far_end::read_key(&mut far).await.unwrap();
        far.deliver(&key);
        let step_3 = far_end::read_step_3(&mut far, responder, handshake_and_unchoke());
        let (established, step_4) = step_3.await.unwrap();
        far.set_writes(failure);
        far.deliver(&step_4);
        if reset {
            far.reset(Failure::Kind(ErrorKind::ConnectionReset));
        } else {
            far.close();
        }
        (far, established)
    };
    let (outcome, (far, established)) = tokio::join!(dialling, peer);
    (outcome, far, established)
}

#[tokio::test(start_paused = true)]
async fn h16_an_initiator_has_what_came_with_step_4_if_the_rest_of_its_payload_cannot_be_written() {
    for failure in failures() {
        for reset in [false, true] {
            let (outcome, far, established) = meet(failure, reset).await;
            let stream = outcome.unwrap_or_else(|error| panic!("{failure:?}: {error}"));
            assert_eq!(stream.negotiated().mode(), Mode::Rc4);
            assert_eq!(established.received, handshake(1));
            // If the transport recovers, the stream does not: 32 bytes are missing.
            far.set_writes(Writes::Taken);
            assert_only_readable(stream, reset, failure).await;
        }
    }
}

/// A peer cannot tell a payload of 68 bytes from a longer one, and the handshake is over for it as well.
#[tokio::test(start_paused = true)]
async fn h16_nothing_left_to_send_is_no_failure() {
    let (near, mut far) = wire();
    let connector = MseConnector::default();
    let dialling = connector.connect_as(DialMode::Mse, near, INFO_HASH, handshake(1));
    let peer = async {
        let (responder, key) = far_end::read_key(&mut far).await.unwrap();
        far.deliver(&key);
        let step_3 = far_end::read_step_3(&mut far, responder, handshake_and_unchoke());
        let (_, step_4) = step_3.await.unwrap();
        far.set_writes(Writes::Fail(Failure::Kind(ErrorKind::BrokenPipe)));
        far.deliver(&step_4);
        far.close();
        far
    };
    let (outcome, _far) = tokio::join!(dialling, peer);
    let mut received = Vec::new();
    outcome.unwrap().read_to_end(&mut received).await.unwrap();
    assert_eq!(received, handshake_and_unchoke());
}

#[tokio::test(start_paused = true)]
async fn h16_before_step_4_a_failed_write_is_an_error() {
    for failure in failures() {
        let (near, mut far) = wire();
        let connector = MseConnector::default();
        let dialling = connector.connect_as(DialMode::Mse, near, INFO_HASH, long_payload());
        let peer = async {
            let (_, key) = far_end::read_key(&mut far).await.unwrap();
            far.set_writes(failure);
            far.deliver(&key);
            far
        };
        let (outcome, _far) = tokio::join!(dialling, peer);
        assert_answered(&outcome.unwrap_err());
    }
}

#[tokio::test(start_paused = true)]
async fn h16_a_deadline_is_not_a_failed_write() {
    let (near, mut far) = wire();
    let connector = MseConnector::default();
    let dialling = connector.connect_as(DialMode::Mse, near, INFO_HASH, long_payload());
    let peer = async {
        let (responder, key) = far_end::read_key(&mut far).await.unwrap();
        far.deliver(&key);
        let step_3 = far_end::read_step_3(&mut far, responder, handshake_and_unchoke());
        let (_, step_4) = step_3.await.unwrap();
        far.set_writes(Writes::Blocked);
        far.deliver(&step_4);
        far
    };
    let (outcome, _far) = tokio::join!(dialling, peer);
    let error = outcome.unwrap_err();
    assert_timed_out(&error);
    assert_answered(&error);
}

fn assert_timed_out(error: &Error) {
    assert!(
        matches!(error.kind(), tokio_mse::ErrorKind::TimedOut(_)),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn h16_a_plaintext_peer_s_bytes_are_there_if_our_handshake_cannot_be_written() {
    for failure in failures() {
        for reset in [false, true] {
            let (near, mut far) = wire();
            far.set_writes(Writes::Blocked);
            let connector = MseConnector::new(allow());
            let dialling = connector.connect_as(DialMode::Plaintext, near, INFO_HASH, handshake(1));
            let peer = async {
                // Our write waits when the answer comes, and fails afterwards.
                tokio::time::sleep(seconds(1)).await;
                far.deliver(&handshake_and_unchoke());
                tokio::time::sleep(seconds(1)).await;
                far.set_writes(failure);
                if reset {
                    far.reset(Failure::Kind(ErrorKind::ConnectionReset));
                } else {
                    far.close();
                }
                far
            };
            let (outcome, far) = tokio::join!(dialling, peer);
            let stream = outcome.unwrap_or_else(|error| panic!("{failure:?}: {error}"));
            assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
            far.set_writes(Writes::Taken);
            assert_only_readable(stream, reset, failure).await;
        }
    }
}

/// Accepts an initiator that sends its handshake and a message. The transport fails once it has taken step 4, or five
/// bytes of it.
async fn accept_until_step_4(failure: Writes, whole: bool) -> Result<MseStream<Initiating>, Error> {
    let (initiator, first) = far_end::initiator(handshake_and_unchoke());
    let (near, mut far) = wire();
    far.deliver(&first);
    let io = Initiating {
        io: near,
        far,
        initiator: Some(initiator),
        of_step_4: None,
        fails_after: if whole { usize::MAX } else { 5 },
        failure,
    };
    accept(io, vec![9; 100]).await
}

#[tokio::test(start_paused = true)]
async fn h16_a_responder_has_the_peer_s_bytes_if_the_rest_of_its_payload_cannot_be_written() {
    for failure in failures() {
        let outcome = accept_until_step_4(failure, true).await;
        let mut stream = outcome.unwrap_or_else(|error| panic!("{failure:?}: {error}"));
        assert_eq!(stream.negotiated().mode(), Mode::Rc4);
        let far = &mut stream.get_mut().far;
        far.set_writes(Writes::Taken);
        far.close();
        assert_only_readable(stream, false, failure).await;
    }
}

#[tokio::test(start_paused = true)]
async fn h16_a_responder_whose_step_4_cannot_be_written_has_no_stream() {
    for failure in failures() {
        // A flush comes after it.
        if !matches!(failure, Writes::FlushFails(_)) {
            assert!(accept_until_step_4(failure, false).await.is_err(), "{failure:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn h16_a_responder_has_a_plaintext_peer_s_bytes_if_its_payload_cannot_be_written() {
    for failure in failures() {
        let (near, mut far) = wire();
        far.deliver(&handshake_and_unchoke());
        far.set_writes(failure);
        far.reset(Failure::Kind(ErrorKind::ConnectionReset));
        let outcome = accept(near, handshake(9)).await;
        let stream = outcome.unwrap_or_else(|error| panic!("{failure:?}: {error}"));
        assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
        far.set_writes(Writes::Taken);
        assert_only_readable(stream, true, failure).await;
    }
}

/// Payloads that do not fit into the pipe in either direction, and a peer that reads nothing before it has sent its own.
/// They arrive, or the time is over; it is not dialled again in either case.
#[tokio::test(start_paused = true)]
async fn h2_payloads_that_fill_the_pipe_both_ways_are_no_reason_to_redial() {
    let (near, mut far) = duplex(1 << 16);
    let mut near = Some(near);
    let mut dials = 0;
    let connector = MseConnector::new(Policy::default());
    let dialling = connector.connect_with(INFO_HASH, vec![1; 100_000], |_| {
        dials += 1;
        std::future::ready(near.take().ok_or(()))
    });
    let peer = async {
        let (responder, key) = far_end::read_key(&mut far).await.unwrap();
        far.write_all(&key).await.unwrap();
        let step_3 = far_end::read_step_3(&mut far, responder, vec![2; 100_000]);
        let (_, step_4) = step_3.await.unwrap();
        let _ = far.write_all(&step_4).await;
        tokio::io::copy(&mut far, &mut tokio::io::sink()).await
    };
    let dialling = async {
        match dialling.await {
            Ok(mut stream) => stream.read_exact(&mut vec![0; 100_000]).await.map(drop).unwrap(),
            Err(error) => {
                let error = error.handshake().expect("an error of the handshake");
                assert_timed_out(error);
                assert_answered(error);
            }
        }
    };
    let ((), copied) = tokio::join!(dialling, peer);
    copied.unwrap();
    assert_eq!(dials, 1);
}

/// What is written goes to an initiator, byte by byte.
#[derive(Debug)]
struct Initiating {
    io: Wire,
    far: Far,
    initiator: Option<Initiator>,
    /// How much of step 4 was written, once step 3 has been sent.
    of_step_4: Option<usize>,
    fails_after: usize,
    failure: Writes,
}

impl Initiating {
    fn feed(&mut self, byte: u8) {
        let Some(initiator) = self.initiator.take() else {
            return;
        };
        let mut output = Vec::new();
        match initiator.process(&[byte], &mut output).unwrap() {
            Progress::NeedInput(initiator) => self.initiator = Some(initiator),
            Progress::Done(_) => self.far.set_writes(self.failure),
        }
        self.far.deliver(&output);
        self.of_step_4 = match self.of_step_4 {
            None if output.is_empty() => None,
            None => Some(0),
            Some(len) => Some(len + 1),
        };
        if self.of_step_4.is_some_and(|len| len >= self.fails_after) {
            self.far.set_writes(self.failure);
        }
    }
}

impl AsyncRead for Initiating {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Initiating {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, &buf[..1]))?;
        if written == 1 {
            self.feed(buf[0]);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
