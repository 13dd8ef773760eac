//! What is held if a peer goes on sending while our last message is not flushed yet.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio_mse::{MseConnector, Policy};

use super::counting::measure;

#[derive(Debug)]
struct State {
    incoming: VecDeque<u8>,
    /// The most bytes that one read returns.
    portion: usize,
    flushes: bool,
}

/// A transport whose flush is pending until it is told otherwise.
#[derive(Clone, Debug)]
struct Unflushed(Arc<Mutex<State>>);

impl AsyncRead for Unflushed {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock().unwrap();
        let len = state.incoming.len().min(buf.remaining()).min(state.portion);
        for byte in state.incoming.drain(..len) {
            buf.put_slice(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Unflushed {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.0.lock().unwrap().flushes {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn h2_h8_l6_what_is_read_while_the_last_flush_is_pending_is_bounded_and_kept_in_any_portions() {
    let sent: Vec<u8> = (0..64 * 1024_u32).map(|at| at.to_le_bytes()[1]).collect();
    for (portion, most_read) in [
        (1, 16 * 1024),
        (7, 16 * 1024 + 6),
        (100, 16 * 1024 + 99),
        (1448, 16 * 1024 + 1447),
        (usize::MAX, 18 * 1024 - 1),
    ] {
        let io = Unflushed(Arc::new(Mutex::new(State {
            incoming: sent.iter().copied().collect(),
            portion,
            flushes: false,
        })));
        let connector = MseConnector::new(Policy::plaintext_only()).no_timeout();
        let mut dialled = Box::pin(connector.connect(io.clone(), [0x5E; 20], "our handshake"));
        let held = measure(|| {
            for _ in 0..3 {
                assert!(dialled.as_mut().now_or_never().is_none());
            }
        })
        .held;
        let read = sent.len() - io.0.lock().unwrap().incoming.len();
        assert!((16 * 1024..=most_read).contains(&read), "{read} bytes read");
        println!("in {portion}s: {read} bytes read, {held} held");
        // A buffer that doubles as it grows.
        assert!(held <= (2 * read).cast_signed(), "{held} bytes held of {read}");
        io.0.lock().unwrap().flushes = true;
        let mut stream = dialled.await.unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.unwrap();
        assert!(received == sent);
    }
}
