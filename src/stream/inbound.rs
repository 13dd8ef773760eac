//! The receiving direction of a stream: how its readers call the transport and decrypt.

use std::array;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, ReadBuf};

use crate::crypto::keystream::Keystream;
use crate::stream::fault::{Breach, Fault};

/// A vectored read offers at most this many slices to the transport, because they are on the stack.
const MAX_SLICES: usize = 16;

/// The receiving direction: decrypted bytes that arrived with the handshake, the keystream if the stream is encrypted, and
/// the reason if the direction is unusable.
pub(crate) struct Inbound {
    unread: Bytes,
    decrypt: Option<Keystream>,
    fault: Option<Fault>,
}

impl Inbound {
    pub(super) fn new(unread: impl Into<Bytes>, decrypt: Option<Keystream>, fault: Option<Fault>) -> Self {
        Self {
            unread: unread.into(),
            decrypt,
            fault,
        }
    }

    pub(super) fn from_parts(unread: Bytes, decrypt: io::Result<Option<Keystream>>) -> Self {
        match decrypt {
            Ok(decrypt) => Self::new(unread, decrypt, None),
            Err(error) => Self::new(unread, None, Some(Fault::Breach(Breach::from_error(&error)))),
        }
    }

    /// Returns no keystream of a broken direction, because its position is unknown.
    pub(super) fn into_parts(self) -> (Bytes, io::Result<Option<Keystream>>) {
        let decrypt = match self.fault {
            Some(Fault::Breach(breach)) => Err(breach.into()),
            Some(Fault::Transport(_)) | None => Ok(self.decrypt),
        };
        (self.unread, decrypt)
    }

    pub(super) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// One read is one read of the transport. Only the new bytes are decrypted, in place.
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
            self.take_unread(buf.initialize_unfilled_to(len));
            buf.advance(len);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(self.call(|| poll_read_checked(io, cx, buf)))?;
        if let (Some(decrypt), Some(new)) = (&mut self.decrypt, buf.filled_mut().get_mut(before..)) {
            decrypt.apply(new);
        }
        Poll::Ready(Ok(()))
    }

    /// The same for several slices, with a `read` that returns how many bytes it filled.
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
            return Poll::Ready(Ok(bufs.iter_mut().map(|buf| self.take_unread(buf)).sum()));
        }
        // The transport gets separate slices over the same memory. If it shortens or swaps them, the bytes are still in the
        // right place.
        let mut offered: [_; MAX_SLICES] = array::from_fn(|_| IoSliceMut::new(&mut []));
        let (mut slices, mut capacity) = (0, 0);
        for (slot, buf) in offered.iter_mut().zip(not_empty(bufs)) {
            (slices, capacity) = (slices + 1, capacity + buf.len());
            *slot = IoSliceMut::new(buf);
        }
        let offered = offered.get_mut(..slices).unwrap_or_default();
        let read = ready!(self.call(|| match read(io, cx, offered) {
            Poll::Ready(Ok(read)) if read > capacity => {
                Poll::Ready(Err(Fault::Breach(Breach::ReadTooMuch)))
            }
            result => result.map_err(Fault::Transport),
        }))?;
        if let Some(decrypt) = &mut self.decrypt {
            let mut left = read;
            for buf in not_empty(bufs) {
                let (new, _) = buf.split_at_mut(buf.len().min(left));
                decrypt.apply(new);
                left -= new.len();
            }
        }
        Poll::Ready(Ok(read))
    }

    /// Calls the transport, unless the direction is unusable. It stays unusable if the call panics.
    fn call<V>(&mut self, read: impl FnOnce() -> Poll<Result<V, Fault>>) -> Poll<io::Result<V>> {
        match self.fault.take() {
            None => {}
            Some(Fault::Transport(error)) => return Poll::Ready(Err(error)),
            Some(Fault::Breach(breach)) => {
                self.fault = Some(Fault::Breach(breach));
                return Poll::Ready(Err(breach.into()));
            }
        }
        self.fault = Some(Fault::Breach(Breach::ReadPanicked));
        let result = read();
        self.fault = match &result {
            Poll::Ready(Err(Fault::Breach(breach))) => Some(Fault::Breach(*breach)),
            _ => None,
        };
        result.map_err(io::Error::from)
    }

    fn take_unread(&mut self, buf: &mut [u8]) -> usize {
        let (new, _) = buf.split_at_mut(self.unread.len().min(buf.len()));
        self.unread.copy_to_slice(new);
        if self.unread.is_empty() {
            // Free the buffer of the handshake: the connection may last for hours.
            self.unread = Bytes::new();
        }
        new.len()
    }
}

fn not_empty<'a>(bufs: &'a mut [IoSliceMut<'_>]) -> impl Iterator<Item = &'a mut [u8]> {
    bufs.iter_mut()
        .map(|buf| &mut **buf)
        .filter(|buf| !buf.is_empty())
}

/// Reads once, and returns how many bytes are new.
///
/// A transport that fills the buffer and then reports `Pending` or an error has broken its contract: the next read would
/// decrypt the wrong bytes.
pub(crate) fn poll_read_checked<R: AsyncRead>(
    io: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<Result<usize, Fault>> {
    let before = buf.filled().len();
    let result = io.poll_read(cx, buf);
    let Some(new) = buf.filled().len().checked_sub(before) else {
        return Poll::Ready(Err(Fault::Breach(Breach::TookBack)));
    };
    match result {
        Poll::Ready(Ok(())) => Poll::Ready(Ok(new)),
        Poll::Pending | Poll::Ready(Err(_)) if new > 0 => {
            // Hide the new bytes: they are not decrypted.
            buf.set_filled(before);
            Poll::Ready(Err(Fault::Breach(Breach::FilledWithoutReady)))
        }
        Poll::Ready(Err(error)) => Poll::Ready(Err(Fault::Transport(error))),
        Poll::Pending => Poll::Pending,
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("unread", &self.unread.len())
            .field("decrypt", &self.decrypt)
            .field("fault", &self.fault)
            .finish()
    }
}
