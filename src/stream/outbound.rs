//! The sending direction of a stream: everything its writers do to the bytes and ask of the transport.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use crate::crypto::keystream::Keystream;

/// A transport that claims to have written more than it was given can no longer be in step with the keystream
/// (libp2p/rust-yamux#202).
pub(crate) fn overlong_write() -> io::Error {
    io::Error::other("the transport reported more bytes written than it was given")
}

/// The sending direction: the keystream, if there is one, and whether it is still in step.
#[derive(Debug)]
pub(crate) struct Outbound {
    encrypt: Option<Keystream>,
    broken: bool,
}

impl Outbound {
    pub(crate) const fn new(encrypt: Option<Keystream>) -> Self {
        Self {
            encrypt,
            broken: false,
        }
    }

    pub(crate) fn into_keystream(self) -> Option<Keystream> {
        self.encrypt
    }

    /// One write is one inner write of the same bytes, encrypted, of which the inner may accept any part.
    pub(crate) fn poll_write<W: AsyncWrite>(
        &mut self,
        io: Pin<&mut W>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slices(io, cx, &[IoSlice::new(buf)], |io, cx, _| io.poll_write(cx, buf))
    }

    /// As [`poll_write`](Self::poll_write): an encrypting writer gathers the slices into one inner write.
    pub(crate) fn poll_write_vectored<W: AsyncWrite>(
        &mut self,
        io: Pin<&mut W>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slices(io, cx, bufs, AsyncWrite::poll_write_vectored)
    }

    fn poll_write_slices<'b, W: AsyncWrite>(
        &mut self,
        io: Pin<&mut W>,
        cx: &mut Context<'_>,
        bufs: &'b [IoSlice<'b>],
        write_clear: impl FnOnce(Pin<&mut W>, &mut Context<'_>, &[IoSlice<'b>]) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if bufs.iter().all(|buf| buf.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        // Set while the inner runs, too: if it panics, the keystream is not put back in order.
        if std::mem::replace(&mut self.broken, true) {
            return Poll::Ready(Err(overlong_write()));
        }
        let (offered, written) = match &mut self.encrypt {
            None => {
                let offered = bufs.iter().map(|buf| buf.len()).sum();
                (offered, write_clear(io, cx, bufs))
            }
            Some(keystream) => {
                let sealed = keystream.seal(bufs);
                let (offered, written) = (sealed.len(), io.poll_write(cx, sealed));
                let accepted = match written {
                    Poll::Ready(Ok(accepted)) => accepted.min(offered),
                    Poll::Ready(Err(_)) | Poll::Pending => 0,
                };
                keystream.settle(bufs, accepted);
                (offered, written)
            }
        };
        if let Poll::Ready(Ok(accepted)) = written
            && accepted > offered
        {
            return Poll::Ready(Err(overlong_write()));
        }
        self.broken = false;
        written
    }

    /// Whether slices are better given all at once.
    pub(crate) fn is_write_vectored<W: AsyncWrite>(&self, io: &W) -> bool {
        self.encrypt.is_some() || io.is_write_vectored()
    }
}
