//! R8: a transport that fills the buffer and then returns `Pending` or an error has broken its contract, and nobody
//! knows which bytes are missing. No wrong byte is ever read.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex};
use tokio::time::timeout;
use tokio_mse::{DialMode, MseConnector, MseStream};

use super::answers::BY_THE_PEER;
use super::dial::{accept, assert_never_redialled, dial, handshake, redials_after, seconds};
use super::far_end;
use super::wire::{Far, Wire, closed, wire};

/// Breaks the contract in the read with this number, if that moves any bytes.
#[derive(Debug)]
struct Breaks<T> {
    io: T,
    reads_before: usize,
    with: Breach,
}

#[derive(Clone, Copy, Debug)]
enum Breach {
    Pending,
    Reset,
}

const BREACHES: [Breach; 2] = [Breach::Pending, Breach::Reset];

impl<T: AsyncRead + Unpin> AsyncRead for Breaks<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() == before {
            return polled;
        }
        if self.reads_before > 0 {
            self.reads_before -= 1;
            return polled;
        }
        // Once.
        self.reads_before = usize::MAX;
        match self.with {
            Breach::Pending => {
                // So that the reader comes back.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Breach::Reset => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Breaks<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

fn breaking(with: Breach, reads_before: usize) -> (Breaks<Wire>, Far) {
    let (io, far) = wire();
    let breaks = Breaks {
        io,
        reads_before,
        with,
    };
    (breaks, far)
}

/// In the first read of a dial, of too few bytes to be an answer.
#[tokio::test(start_paused = true)]
async fn r8_a_breach_in_a_dial_is_an_error_of_our_own_side() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        for with in BREACHES {
            let started = tokio::time::Instant::now();
            let (near, mut far) = breaking(with, 0);
            far.deliver(&far_end::first_flight()[..10]);
            let other = Breaks {
                io: closed(),
                reads_before: 0,
                with,
            };
            let dialled = dial(&MseConnector::new(redials_after(mode)), [near, other]).await;
            let error = dialled.only_error(mode);
            assert!(matches!(error.kind(), tokio_mse::ErrorKind::Transport(_)));
            assert_never_redialled(&error);
            assert_names_the_breach(error);
            assert_eq!(started.elapsed(), seconds(0), "{mode}, {with:?}");
        }
    }
}

/// After the peer's key.
#[tokio::test(start_paused = true)]
async fn r8_a_breach_in_the_middle_of_a_handshake_is_an_error() {
    for with in BREACHES {
        let started = tokio::time::Instant::now();
        let (near, mut far) = breaking(with, 1);
        let peer = async {
            let (responder, key) = far_end::read_key(&mut far).await.unwrap();
            far.deliver(&key);
            let (_, step_4) = far_end::read_step_3(&mut far, responder, handshake(2))
                .await
                .unwrap();
            far.deliver(&step_4);
            // Reads to the end, or the dial would have to.
            far_end::wait_for_the_end(&mut far).await;
        };
        let connector = MseConnector::default();
        let (dialled, ()) = tokio::join!(dial(&connector, [near]), peer);
        let error = dialled.only_error(DialMode::Mse);
        assert_never_redialled(&error);
        assert_names_the_breach(error);
        assert_eq!(started.elapsed(), seconds(0), "{with:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn r8_a_breach_while_accepting_is_an_error() {
    for with in BREACHES {
        for first in [far_end::first_flight(), handshake(2)] {
            let started = tokio::time::Instant::now();
            let (near, mut far) = breaking(with, 0);
            far.deliver(&first[..10]);
            let error = accept(near, handshake(1)).await.map(drop).unwrap_err();
            assert_names_the_breach(error);
            assert_eq!(started.elapsed(), seconds(0), "{with:?}");
        }
    }
}

/// A stream whose transport breaks the contract in the next read, and the peer's end of it.
async fn stream(with: Breach) -> (MseStream<Breaks<DuplexStream>>, MseStream<DuplexStream>) {
    let (near, far) = duplex(1 << 16);
    let near = Breaks {
        io: near,
        reads_before: usize::MAX,
        with,
    };
    let connector = MseConnector::default();
    let (dialled, accepted) = tokio::join!(dial(&connector, [near]), accept(far, Vec::new()));
    let mut near = dialled.only_stream(DialMode::Mse);
    near.get_mut().reads_before = 0;
    (near, accepted.unwrap())
}

#[tokio::test(start_paused = true)]
async fn r8_a_breach_breaks_the_stream_and_yields_no_byte() {
    for with in BREACHES {
        let (mut near, mut far) = stream(with).await;
        far.write_all(b"never to be read").await.unwrap();
        let mut space = [0; 64];
        let mut buf = ReadBuf::new(&mut space);
        buf.put_slice(b"before");
        // A reader that is told to wait comes back.
        let read = std::future::poll_fn(|cx| Pin::new(&mut near).poll_read(cx, &mut buf));
        let read = timeout(seconds(1), read).await.expect("the reader is told");
        assert_names_the_breach(read.unwrap_err());
        assert_eq!(buf.filled(), b"before", "{with:?}");
        // It stays broken, for what comes later as well.
        far.write_all(b"nor this").await.unwrap();
        for _ in 0..3 {
            let read = timeout(seconds(1), near.read(&mut space)).await;
            assert_names_the_breach(read.expect("the reader is told").unwrap_err());
        }
        // The other direction is not affected.
        near.write_all(b"to the peer").await.unwrap();
        let mut received = [0; 68 + 11];
        far.read_exact(&mut received).await.unwrap();
        assert_eq!(received[..68], handshake(1));
        assert_eq!(&received[68..], b"to the peer");
    }
}

/// Tokio's `read_to_end` keeps what a read has put into its buffer, even if the read fails.
#[tokio::test(start_paused = true)]
async fn r8_a_breach_leaves_nothing_for_a_reader_that_ignores_errors() {
    for with in BREACHES {
        let (mut near, mut far) = stream(with).await;
        far.write_all(&[b'x'; 1000]).await.unwrap();
        let mut all = Vec::new();
        let read = timeout(seconds(1), near.read_to_end(&mut all)).await;
        read.expect("the reader is told").unwrap_err();
        assert_eq!(all, b"", "{with:?}");
    }
}

/// It is said what the transport did, and it is no error that the peer can cause.
#[track_caller]
fn assert_names_the_breach(error: impl Into<io::Error>) {
    let error = error.into();
    assert!(!BY_THE_PEER.contains(&error.kind()), "{error:?}");
    let text = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let text: Vec<String> = text.map(ToString::to_string).collect();
    assert!(text.iter().any(|text| text.contains("transport")), "{text:?}");
}
