//! The receiving direction of a stream: everything its readers do to the bytes and ask of the transport.

use std::array;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};

use crate::crypto::keystream::Keystream;
use crate::stream::broken::{Breach, BrokenStream};

/// The most slices of a vectored read that the transport is offered. They lie on the stack.
const MAX_SLICES: usize = 16;

/// The receiving direction: bytes that came with the handshake, decrypted already, the keystream, if there is one, and
/// why it is out of step, if it is.
pub(crate) struct Inbound {
    unread: Bytes,
    decrypt: Option<Keystream>,
    breach: Option<Breach>,
}

impl Inbound {
    pub(crate) fn new(unread: impl Into<Bytes>, decrypt: Option<Keystream>) -> Self {
        Self {
            unread: unread.into(),
            decrypt,
            breach: None,
        }
    }

    pub(super) fn from_parts(unread: Bytes, decrypt: Result<Option<Keystream>, BrokenStream>) -> Self {
        match decrypt {
            Ok(decrypt) => Self::new(unread, decrypt),
            Err(broken) => Self {
                unread,
                decrypt: None,
                breach: Some(broken.breach()),
            },
        }
    }

    pub(super) fn into_parts(self) -> (Bytes, Result<Option<Keystream>, BrokenStream>) {
        (
            self.unread,
            self.breach.map_or(Ok(self.decrypt), |breach| Err(breach.into())),
        )
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
            self.take_unread(len, |bytes| buf.put_slice(bytes));
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(self.guarded(|| io.poll_read(cx, buf)))?;
        let Some(new) = buf.filled_mut().get_mut(before..) else {
            return Poll::Ready(Err(self.broken_by(Breach::TookBack)));
        };
        if let Some(decrypt) = &mut self.decrypt {
            decrypt.apply(new);
        }
        Poll::Ready(Ok(()))
    }

    /// As [`poll_read`](Self::poll_read), into several slices, with a `read` that says how much it filled.
    pub(super) fn poll_read_vectored<R>(
        &mut self,
        io: Pin<&mut R>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        read: impl FnOnce(Pin<&mut R>, &mut Context<'_>, &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if bufs.iter().all(|buf| buf.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        if !self.unread.is_empty() {
            return Poll::Ready(Ok(self.read_unread(bufs)));
        }
        // The transport gets slices of its own over the same memory: it may shorten and exchange them, and what it
        // filled is still found.
        let mut offered: [_; MAX_SLICES] = array::from_fn(|_| IoSliceMut::new(&mut []));
        let (mut slices, mut room) = (0, 0);
        for (slot, buf) in offered.iter_mut().zip(with_room(bufs)) {
            (slices, room) = (slices + 1, room + buf.len());
            *slot = IoSliceMut::new(buf);
        }
        let offered = offered.get_mut(..slices).unwrap_or_default();
        let read = ready!(self.guarded(|| read(io, cx, offered)))?;
        if read > room {
            return Poll::Ready(Err(self.broken_by(Breach::ReadTooMuch)));
        }
        if let Some(decrypt) = &mut self.decrypt {
            let mut left = read;
            for buf in with_room(bufs) {
                let (new, _) = buf.split_at_mut(buf.len().min(left));
                decrypt.apply(new);
                left -= new.len();
            }
        }
        Poll::Ready(Ok(read))
    }

    /// Makes a call on the transport, unless the stream is broken. It stays broken if the call does not come back.
    fn guarded<V>(&mut self, call: impl FnOnce() -> Poll<io::Result<V>>) -> Poll<io::Result<V>> {
        if let Some(breach) = self.breach {
            return Poll::Ready(Err(breach.error()));
        }
        self.breach = Some(Breach::ReadPanicked);
        let returned = call();
        self.breach = None;
        returned
    }

    fn broken_by(&mut self, breach: Breach) -> io::Error {
        self.breach = Some(breach);
        breach.error()
    }

    fn read_unread(&mut self, bufs: &mut [IoSliceMut<'_>]) -> usize {
        let mut read = 0;
        for buf in bufs {
            let len = self.unread.len().min(buf.len());
            let (new, _) = buf.split_at_mut(len);
            self.take_unread(len, |bytes| new.copy_from_slice(bytes));
            read += len;
        }
        read
    }

    /// Hands out the first `len` unread bytes.
    fn take_unread(&mut self, len: usize, to: impl FnOnce(&[u8])) {
        let Some(bytes) = self.unread.get(..len) else {
            return;
        };
        to(bytes);
        self.unread.advance(len);
        if self.unread.is_empty() {
            // What was received with the handshake is not kept for as long as the connection lasts.
            self.unread = Bytes::new();
        }
    }
}

fn with_room<'a>(bufs: &'a mut [IoSliceMut<'_>]) -> impl Iterator<Item = &'a mut [u8]> {
    bufs.iter_mut()
        .map(|buf| &mut **buf)
        .filter(|buf| !buf.is_empty())
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("unread", &self.unread.len())
            .field("decrypt", &self.decrypt)
            .field("breach", &self.breach)
            .finish()
    }
}
