//! The receiving direction of a stream: everything its readers do to the bytes and ask of the transport.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};

use crate::crypto::keystream::Keystream;

/// The receiving direction: bytes that came with the handshake, decrypted already, and the keystream, if there is one.
pub(crate) struct Inbound {
    unread: Bytes,
    decrypt: Option<Keystream>,
}

impl Inbound {
    pub(crate) fn new(unread: impl Into<Bytes>, decrypt: Option<Keystream>) -> Self {
        Self {
            unread: unread.into(),
            decrypt,
        }
    }

    pub(crate) fn into_parts(self) -> (Bytes, Option<Keystream>) {
        (self.unread, self.decrypt)
    }

    /// One read is one inner read, of which just the new bytes are decrypted, in place.
    pub(crate) fn poll_read<R: AsyncRead>(
        &mut self,
        io: Pin<&mut R>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        if !self.unread.is_empty() {
            let len = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread[..len]);
            self.unread.advance(len);
            if self.unread.is_empty() {
                self.unread = Bytes::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(io.poll_read(cx, buf))?;
        if let (Some(decrypt), Some(new)) = (&mut self.decrypt, buf.filled_mut().get_mut(before..)) {
            decrypt.apply(new);
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("unread", &self.unread.len())
            .field("decrypt", &self.decrypt)
            .finish()
    }
}
