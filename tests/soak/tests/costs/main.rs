//! What a stranger can make a listener compute and hold (L6, H8), and when a dialler computes its key pair.

#![allow(clippy::unwrap_used)]

mod computed;
mod held;
mod time;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_mse::{Error, MseAcceptor, MseStream, Skey};

#[global_allocator]
static HEAP: mse_oracle::heap::Counting = mse_oracle::heap::Counting;

const SKEY: [u8; 20] = [0x42; 20];
const THEIRS: [u8; 20] = [0x44; 20];

/// Enough for every flight of a test.
const ROOM: usize = 64 * 1024;

/// The far end of a connection: what it has sent, and what was written to it. Allocates nothing while it is used.
#[derive(Clone)]
struct Far(Arc<Mutex<(VecDeque<u8>, Vec<u8>)>>);

impl Far {
    fn new() -> Self {
        Self(Arc::new(Mutex::new((
            VecDeque::with_capacity(ROOM),
            Vec::with_capacity(ROOM),
        ))))
    }

    fn send(&self, bytes: &[u8]) {
        self.0.lock().unwrap().0.extend(bytes);
    }

    fn received(&self) -> Vec<u8> {
        self.0.lock().unwrap().1.clone()
    }
}

impl AsyncRead for Far {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let sent = &mut self.0.lock().unwrap().0;
        if sent.is_empty() {
            return Poll::Pending;
        }
        while buf.remaining() > 0
            && let Some(byte) = sent.pop_front()
        {
            buf.put_slice(&[byte]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Far {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().1.extend(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn poll<F: Future>(future: &mut Pin<Box<F>>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// Serves one torrent.
async fn accept(acceptor: MseAcceptor, far: Far) -> Result<MseStream<Far>, Error> {
    acceptor.accept(far).await?.accept(Skey::from(SKEY), "").await
}
