//! The sending direction of a stream: how its writers encrypt and call the transport.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

use crate::crypto::keystream::{Keystream, SHORT};
use crate::stream::fault::{Breach, Fault};

/// The sending direction: the keystream if the stream is encrypted, and the reason if the direction is unusable.
#[derive(Debug)]
pub(crate) struct Outbound {
    encrypt: Option<Keystream>,
    breach: Option<Breach>,
}

impl Outbound {
    pub(super) fn new(encrypt: Option<Keystream>, fault: Option<Fault>) -> Self {
        let breach = fault.map(|fault| match fault {
            Fault::Breach(breach) => breach,
            Fault::Transport(error) => Breach::LastMessage(error.kind()),
        });
        Self { encrypt, breach }
    }

    pub(super) fn from_parts(encrypt: io::Result<Option<Keystream>>) -> Self {
        match encrypt {
            Ok(encrypt) => Self::new(encrypt, None),
            Err(error) => Self {
                encrypt: None,
                breach: Some(Breach::from_error(&error)),
            },
        }
    }

    /// Returns no keystream of a broken direction, because its position is unknown.
    pub(super) fn into_keystream(self) -> io::Result<Option<Keystream>> {
        self.breach.map_or(Ok(self.encrypt), |breach| Err(breach.into()))
    }

    /// One write is one write of the transport, which may accept any part of it.
    pub(crate) fn poll_write<W: AsyncWrite>(
        &mut self,
        io: Pin<&mut W>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slices(io, cx, &[IoSlice::new(buf)], |io, cx, _| io.poll_write(cx, buf))
    }

    /// The same for several slices: an encrypting writer gathers them into one write of the transport.
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
            return Poll::Ready(Err(breach.into()));
        }
        // Mark the direction as broken during the call: if the transport panics, the keystream position is unknown.
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
            return Poll::Ready(Err(Breach::WroteTooMuch.into()));
        }
        self.breach = None;
        written
    }

    /// Whether a vectored write is more efficient than several writes.
    pub(crate) fn is_write_vectored<W: AsyncWrite>(&self, io: &W) -> bool {
        self.encrypt.is_some() || io.is_write_vectored()
    }
}
