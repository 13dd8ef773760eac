//! An IO, what is still to be sent over it before the stream begins, and what becomes of it if there is none.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;
use tokio_util::sync::PollSemaphore;
use tracing::{Span, debug};

use crate::disguise::Pieces;
use crate::error::{Error, Step};
use crate::linger::Farewell;

/// How much is read at once. A whole flight of any client fits.
pub(crate) const CHUNK: usize = 2048;

/// The deadline over everything from the sniff to the last flush. The clock starts when it is first asked.
pub(crate) struct Deadline {
    allowed: Option<Duration>,
    clock: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    pub(crate) const fn after(allowed: Option<Duration>) -> Self {
        Self { allowed, clock: None }
    }

    /// Ready with the time that was allowed once that has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let Some(allowed) = self.allowed else {
            return Poll::Pending;
        };
        let clock = self
            .clock
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(allowed)));
        ready!(clock.as_mut().poll(cx));
        Poll::Ready(allowed)
    }
}

/// An IO with what is still to be sent over it before the stream begins.
pub(crate) struct Wire<T> {
    io: T,
    outbox: Vec<u8>,
    sent: usize,
    flushed: bool,
    piece_ended: bool,
    pieces: Pieces,
    received: usize,
    deadline: Deadline,
    place: Option<OwnedSemaphorePermit>,
    farewell: Option<Farewell<T>>,
    span: Span,
}

impl<T> Wire<T> {
    pub(crate) const fn new(io: T, deadline: Deadline, span: Span) -> Self {
        Self {
            io,
            outbox: Vec::new(),
            sent: 0,
            flushed: true,
            piece_ended: false,
            pieces: Pieces::whole(),
            received: 0,
            deadline,
            place: None,
            farewell: None,
            span,
        }
    }

    /// Waits for one of the places for handshakes, and keeps it until the handshake is over.
    pub(crate) fn poll_place(
        &mut self,
        cx: &mut Context<'_>,
        places: &mut PollSemaphore,
    ) -> Poll<Result<(), Error>> {
        if self.place.is_none() {
            self.place = match places.poll_acquire(cx) {
                Poll::Ready(place) => place,
                Poll::Pending => {
                    return self.deadline.poll(cx).map(|after| {
                        Err(Error::TimedOut {
                            step: Step::Admission,
                            answered: false,
                            after,
                        })
                    });
                }
            };
        }
        Poll::Ready(Ok(()))
    }

    /// The same wire, left as `farewell` says if the handshake fails, instead of at once.
    pub(crate) fn with_farewell(mut self, farewell: Option<Farewell<T>>) -> Self {
        self.farewell = farewell;
        self
    }

    /// Cuts what is sent from here on.
    pub(crate) const fn set_pieces(&mut self, pieces: Pieces) {
        self.pieces = pieces;
    }

    pub(crate) fn into_io(self) -> T {
        self.io
    }

    pub(crate) const fn io_mut(&mut self) -> &mut T {
        &mut self.io
    }

    pub(crate) const fn span(&self) -> &Span {
        &self.span
    }

    /// How many bytes of the peer came in.
    pub(crate) const fn received(&self) -> usize {
        self.received
    }

    /// Gives up what was not sent yet.
    pub(crate) fn drop_unsent(&mut self) {
        self.outbox.clear();
        self.sent = 0;
        self.flushed = true;
    }

    /// Leaves the connection, because its caller gave it up.
    pub(crate) fn leave(self) {
        self.part(None);
    }

    /// Leaves the connection, because the handshake failed with `error`.
    pub(crate) fn fail(self, error: Error) -> Error {
        self.span.in_scope(|| debug!(%error, "failed"));
        self.part(Some(&error));
        error
    }

    fn part(mut self, error: Option<&Error>) {
        // What lingers is no handshake any more.
        self.place = None;
        if let Some(farewell) = self.farewell.take() {
            farewell.bid(self, error);
        }
    }

    /// Where machines put what is to be sent.
    pub(crate) const fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    pub(crate) fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        self.deadline.poll(cx)
    }

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
                return Poll::Ready(Err(crate::stream::outbound::overlong_write()));
            }
            self.sent += written;
            self.flushed = false;
            self.piece_ended = self.pieces.wrote(written);
        }
        self.outbox.clear();
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

    /// Reads once, and says how much it was.
    pub(crate) fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut input = [0; CHUNK];
        self.poll_receive(cx, &mut input).map_ok(<[u8]>::len)
    }

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
