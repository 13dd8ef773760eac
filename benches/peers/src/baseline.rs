//! A simple encrypting stream over the `rc4` crate: what an application writes for itself.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rc4::{KeyInit, Rc4, StreamCipher};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const BUFFER: usize = 16 * 1024;

pub struct Stream<T> {
    io: T,
    encrypt: Rc4,
    decrypt: Rc4,
    /// What is encrypted and not written yet.
    pending: Vec<u8>,
    written: usize,
}

pub fn cipher(key: &[u8; 20]) -> Rc4 {
    let mut cipher = Rc4::new_from_slice(key).expect("a key of 20 bytes");
    cipher.apply_keystream(&mut [0; 1024]);
    cipher
}

impl<T: AsyncWrite + Unpin> Stream<T> {
    /// One end of a connection. The other end has the keys swapped.
    pub fn new(io: T, sending: &[u8; 20], receiving: &[u8; 20]) -> Self {
        Self {
            io,
            encrypt: cipher(sending),
            decrypt: cipher(receiving),
            pending: Vec::with_capacity(BUFFER),
            written: 0,
        }
    }

    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.written < self.pending.len() {
            let rest = &self.pending[self.written..];
            self.written += ready!(Pin::new(&mut self.io).poll_write(cx, rest))?;
        }
        self.pending.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Stream<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.io).poll_read(cx, buf))?;
        this.decrypt.apply_keystream(&mut buf.filled_mut()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Stream<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_pending(cx))?;
        let taken = buf.len().min(BUFFER);
        this.pending.extend_from_slice(&buf[..taken]);
        this.encrypt.apply_keystream(&mut this.pending);
        // What the transport does not take now is written before the next write, or by a flush.
        let _ = this.poll_pending(cx)?;
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_pending(cx))?;
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_pending(cx))?;
        Pin::new(&mut this.io).poll_shutdown(cx)
    }
}
