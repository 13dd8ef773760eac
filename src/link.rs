//! A transport, what is still to be sent over it before the stream begins, and how much came in.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::disguise::Pieces;
use crate::stream::outbound::overlong_write;

/// How much is read at once. A whole flight of any client fits.
pub(crate) const CHUNK: usize = 2048;

pub(crate) struct Link<T> {
    io: T,
    outbox: Vec<u8>,
    sent: usize,
    flushed: bool,
    piece_ended: bool,
    pieces: Pieces,
    received: usize,
}

impl<T> Link<T> {
    pub(crate) const fn new(io: T) -> Self {
        Self {
            io,
            outbox: Vec::new(),
            sent: 0,
            flushed: true,
            piece_ended: false,
            pieces: Pieces::whole(),
            received: 0,
        }
    }

    /// Cuts what is sent from here on.
    pub(crate) const fn set_pieces(&mut self, pieces: Pieces) {
        self.pieces = pieces;
    }

    pub(crate) fn into_io(self) -> T {
        self.io
    }

    pub(crate) const fn io(&self) -> &T {
        &self.io
    }

    pub(crate) const fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// How many bytes of the peer came in.
    pub(crate) const fn received(&self) -> usize {
        self.received
    }

    /// Where machines put what is to be sent.
    pub(crate) const fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Link<T> {
    /// Sends and flushes what is in the outbox, piece by piece.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.outbox.get(self.sent..).filter(|rest| !rest.is_empty()) {
            if self.piece_ended {
                ready!(self.poll_flush(cx))?;
                self.piece_ended = false;
                continue;
            }
            let rest = rest.get(..self.pieces.limit(rest.len())).unwrap_or(rest);
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if written > rest.len() {
                return Poll::Ready(Err(overlong_write()));
            }
            self.sent += written;
            self.flushed = false;
            self.piece_ended = self.pieces.wrote(written);
        }
        // A peer that says nothing more shall not hold the memory of what it was sent.
        self.outbox = Vec::new();
        self.sent = 0;
        self.piece_ended = false;
        self.pieces.end_flight();
        self.poll_flush(cx)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.flushed {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once; nothing is the end.
    pub(crate) fn poll_receive<'b>(
        &mut self,
        cx: &mut Context<'_>,
        chunk: &'b mut [u8; CHUNK],
    ) -> Poll<io::Result<&'b [u8]>> {
        let mut buf = ReadBuf::new(chunk);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
        let len = buf.filled().len();
        self.received = self.received.saturating_add(len);
        Poll::Ready(Ok(chunk.get(..len).unwrap_or_default()))
    }
}
