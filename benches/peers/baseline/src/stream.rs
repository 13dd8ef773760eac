#[path = "../../../../src/stream/broken.rs"]
pub mod broken;
#[path = "../../../../src/stream/inbound.rs"]
mod inbound;
#[path = "../../../../src/stream/outbound.rs"]
mod outbound;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::crypto::keystream::Keystream;
use inbound::Inbound;
use outbound::Outbound;

pub struct Stream<T> {
    io: T,
    inbound: Inbound,
    outbound: Outbound,
}

impl<T> Stream<T> {
    /// One end of a connection; the other one is made with the keys the other way round.
    pub fn new(io: T, sending: &[u8; 20], receiving: &[u8; 20]) -> Self {
        let (encrypt, decrypt) = Keystream::pair(sending, receiving);
        Self {
            io,
            inbound: Inbound::new(Bytes::new(), Some(decrypt)),
            outbound: Outbound::new(Some(encrypt)),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Stream<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { io, inbound, .. } = self.get_mut();
        inbound.poll_read(Pin::new(io), cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Stream<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { io, outbound, .. } = self.get_mut();
        outbound.poll_write(Pin::new(io), cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
