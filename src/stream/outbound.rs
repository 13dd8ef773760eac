//! The sending direction of a stream: everything its writers do to the bytes and ask of the transport.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use crate::crypto::keystream::{Keystream, SHORT};
use crate::stream::broken::{Breach, BrokenStream};

/// A transport that claims to have written more than it was given can no longer be in step with the keystream
/// (libp2p/rust-yamux#202).
pub(crate) fn overlong_write() -> io::Error {
    Breach::WroteTooMuch.error()
}

/// The sending direction: the keystream, if there is one, and why it is out of step, if it is.
#[derive(Debug)]
pub(crate) struct Outbound {
    encrypt: Option<Keystream>,
    breach: Option<Breach>,
}

impl Outbound {
    pub(crate) const fn new(encrypt: Option<Keystream>) -> Self {
        Self {
            encrypt,
            breach: None,
        }
    }

    pub(super) fn from_parts(encrypt: Result<Option<Keystream>, BrokenStream>) -> Self {
        match encrypt {
            Ok(encrypt) => Self::new(encrypt),
            Err(broken) => Self {
                encrypt: None,
                breach: Some(broken.breach()),
            },
        }
    }

    /// No keystream of a broken stream is given away: it is not known what was encrypted with it.
    pub(super) fn into_keystream(self) -> Result<Option<Keystream>, BrokenStream> {
        self.breach.map_or(Ok(self.encrypt), |breach| Err(breach.into()))
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
        if let Some(breach) = self.breach {
            return Poll::Ready(Err(breach.error()));
        }
        // Set while the inner runs: if it panics, the keystream is not put back in order.
        self.breach = Some(Breach::WritePanicked);
        let (offered, written) = match &mut self.encrypt {
            None => {
                let offered = bufs.iter().map(|buf| buf.len()).sum();
                (offered, write_clear(io, cx, bufs))
            }
            Some(keystream) => {
                let mut short = [0; SHORT];
                let sealed = keystream.seal(bufs, &mut short);
                let offered = sealed.bytes().len();
                let written = io.poll_write(cx, sealed.bytes());
                let accepted = match written {
                    Poll::Ready(Ok(accepted)) => accepted,
                    Poll::Ready(Err(_)) | Poll::Pending => 0,
                };
                keystream.commit(sealed, bufs, accepted);
                (offered, written)
            }
        };
        if let Poll::Ready(Ok(accepted)) = written
            && accepted > offered
        {
            self.breach = Some(Breach::WroteTooMuch);
            return Poll::Ready(Err(overlong_write()));
        }
        self.breach = None;
        written
    }

    /// Whether slices are better given all at once.
    pub(crate) fn is_write_vectored<W: AsyncWrite>(&self, io: &W) -> bool {
        self.encrypt.is_some() || io.is_write_vectored()
    }
}
