//! The sending direction of an established stream, over a transport that takes a part of each write.

use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncWrite, ReadBuf};
use tokio_mse::internals::keystreams;
use tokio_mse::{MseStream, Role};

/// A transport that takes so much of every write, and does nothing with it.
pub struct Takes(pub usize);

impl tokio::io::AsyncRead for Takes {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Takes {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(black_box(buf).len().min(self.0)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// An RC4 stream that writes to such a transport.
pub struct Writer(MseStream<Takes>);

impl Writer {
    pub fn new(takes: usize) -> Self {
        let (encrypt, _) = keystreams(b"0123456789abcdefghij", b"jihgfedcba9876543210");
        let mut parts = MseStream::plaintext(Takes(takes), Role::Initiator).into_parts();
        parts.encrypt = Ok(Some(encrypt));
        Self(MseStream::from_parts(parts))
    }

    /// Writes until all of it is taken.
    pub fn write(&mut self, mut data: &[u8]) {
        let mut context = Context::from_waker(Waker::noop());
        while !data.is_empty() {
            match Pin::new(&mut self.0).poll_write(&mut context, data) {
                Poll::Ready(Ok(taken)) => data = &data[taken..],
                other => panic!("{other:?}"),
            }
        }
    }
}
