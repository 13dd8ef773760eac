//! H2, H8 and L6 at the end of a handshake: our last message is on its way, and the peer goes on sending.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf, duplex};
use tokio_mse::{Error, ErrorKind, MseConnector, MseStream, Policy, Step};
use tokio_test::assert_pending;
use tokio_test::task::{Spawn, spawn};

use crate::support::exchange::skey;
use crate::support::heap;

/// How the next flush ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flush {
    Pending,
    /// Done as soon as all that the peer has sent is read. No waker is called: the reader must try again by itself.
    AfterReading,
    Done,
    Failed,
}

#[derive(Debug)]
struct State {
    incoming: VecDeque<u8>,
    /// What one read returns at most.
    portion: usize,
    ends: bool,
    ends_seen: usize,
    flush: Flush,
    /// Added to the length of every write.
    lie: usize,
}

#[derive(Clone, Debug)]
struct Slow(Arc<Mutex<State>>);

impl Slow {
    fn new(incoming: &[u8], ends: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            incoming: incoming.iter().copied().collect(),
            portion: usize::MAX,
            ends,
            ends_seen: 0,
            flush: Flush::Pending,
            lie: 0,
        })))
    }

    fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        change(&mut self.0.lock().unwrap())
    }
}

impl AsyncRead for Slow {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.with(|state| {
            if state.incoming.is_empty() {
                if !state.ends {
                    return Poll::Pending;
                }
                state.ends_seen += 1;
                assert!(
                    state.ends_seen < 10,
                    "the end of the stream is read again and again"
                );
            }
            let len = state.incoming.len().min(buf.remaining()).min(state.portion);
            for byte in state.incoming.drain(..len) {
                buf.put_slice(&[byte]);
            }
            Poll::Ready(Ok(()))
        })
    }
}

impl AsyncWrite for Slow {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len() + self.with(|state| state.lie)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.with(|state| (state.flush, state.incoming.is_empty())) {
            (Flush::Pending, _) | (Flush::AfterReading, false) => Poll::Pending,
            (Flush::Done, _) | (Flush::AfterReading, true) => Poll::Ready(Ok(())),
            (Flush::Failed, _) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn dial(io: &Slow) -> Spawn<impl Future<Output = Result<MseStream<Slow>, Error>> + use<>> {
    let connector = MseConnector::new(Policy::plaintext_only()).no_timeout();
    spawn(connector.connect(io.clone(), skey(), "our handshake"))
}

/// As with uTP, where a flush is over when the peer has acknowledged our bytes.
#[test]
fn h2_a_flush_that_waits_for_our_reading_is_tried_again_after_each_read() {
    for ends in [false, true] {
        let io = Slow::new(b"the peer's handshake", ends);
        io.with(|state| (state.flush, state.portion) = (Flush::AfterReading, 7));
        assert!(dial(&io).poll().is_ready());
    }
}

#[tokio::test]
async fn h2_h8_l6_what_is_read_while_the_last_flush_is_pending_is_bounded_and_kept_in_any_portions() {
    let sent: Vec<u8> = (0..64 * 1024u32).map(|at| at.to_le_bytes()[1]).collect();
    for (portion, most_taken) in [
        (1, 32 * 1024),
        (7, 32 * 1024 + 6),
        (100, 32 * 1024 + 99),
        (1448, 32 * 1024 + 1447),
        (usize::MAX, 34 * 1024 - 1),
    ] {
        let io = Slow::new(&sent, false);
        io.with(|state| state.portion = portion);
        let mut dialled = dial(&io);
        let ((), held, _) = heap::measure(|| {
            for _ in 0..3 {
                assert_pending!(dialled.poll());
            }
        });
        let taken = sent.len() - io.with(|state| state.incoming.len());
        assert!(
            (32 * 1024..=most_taken).contains(&taken),
            "{taken} bytes were read"
        );
        // A buffer that doubles as it grows.
        let most_held = (2 * taken).cast_signed();
        assert!(held <= most_held, "{held} bytes are held for {taken}");
        io.with(|state| (state.flush, state.ends) = (Flush::Done, true));
        let mut stream = dialled.await.unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.unwrap();
        assert!(received == sent);
    }
}

#[tokio::test]
async fn an_end_before_the_last_flush_is_read_once_and_left_to_the_reader() {
    let io = Slow::new(b"answer", true);
    let mut dialled = dial(&io);
    for _ in 0..3 {
        assert_pending!(dialled.poll());
    }
    assert_eq!(io.with(|state| state.ends_seen), 1);
    io.with(|state| state.flush = Flush::Done);
    let mut stream = dialled.await.unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"answer");
}

/// This plaintext dial awaits no answer, so bytes that begin like none are not looked at.
#[tokio::test]
async fn a_failed_last_flush_of_a_dial_that_awaits_no_answer_is_an_error() {
    for answer in [&b""[..], b"answer"] {
        let io = Slow::new(answer, false);
        let mut dialled = dial(&io);
        assert_pending!(dialled.poll());
        io.with(|state| state.flush = Flush::Failed);
        let error = dialled.await.unwrap_err();
        assert!(!error.peer_answered());
        assert_eq!(error.step(), Step::Payload);
        assert!(
            matches!(error.kind(), ErrorKind::Transport(source) if source.kind() == io::ErrorKind::BrokenPipe),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn w7_a_transport_that_writes_more_than_it_was_given_ends_the_handshake() {
    let io = Slow::new(b"", false);
    io.with(|state| state.lie = 1);
    let error = dial(&io).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Transport(_)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn without_timeouts_a_slow_last_flush_has_all_the_time_it_needs() {
    let io = Slow::new(b"", false);
    let mut dialled = dial(&io);
    let an_hour = Duration::from_secs(3600);
    assert!(tokio::time::timeout(an_hour, &mut dialled).await.is_err());
    io.with(|state| state.flush = Flush::Done);
    dialled.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_awaited_only_if_a_redial_is_possible() {
    for (policy, payload) in [
        (Policy::plaintext_only(), "our handshake"),
        (Policy::plaintext_only(), ""),
        (
            Policy::plaintext_only().allow_fallback().forbid_fallback(),
            "our handshake",
        ),
    ] {
        let (near, _silent) = duplex(1024);
        let start = tokio::time::Instant::now();
        let mut transport = Some(near);
        let connector = MseConnector::new(policy.clone());
        let dialled = connector.connect_with(skey(), payload, |_| {
            std::future::ready(transport.take().ok_or(io::Error::from(io::ErrorKind::AddrInUse)))
        });
        dialled.await.unwrap();
        assert!(start.elapsed().is_zero(), "{policy:?} with {payload:?}");
    }
}
