//! The one poll loop that joins a handshake machine and an IO.

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
use crate::handshake::{Established, Machine, Progress};
use crate::linger::Farewell;
use crate::stream::MseStream;

/// How much is read at once. A whole flight of any client fits.
const CHUNK: usize = 2048;

/// How many bytes of the peer's payload are taken in while our last flight is not flushed yet. An IO whose flush waits
/// for the peer's acknowledgement (uTP) may need us to read; a peer must not be able to make us read without end.
const MAX_SURPLUS: usize = 16 * 1024;

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
                    let at = At {
                        step: Step::Admission,
                        answered: false,
                    };
                    return self.deadline.poll(cx).map(|after| Err(at.timed_out(after)));
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
    pub(crate) fn leave(mut self) {
        self.place = None;
        if let Some(farewell) = self.farewell.take() {
            farewell.bid(self, None);
        }
    }

    /// Leaves the connection, because the handshake failed with `error`.
    pub(crate) fn fail(mut self, error: Error) -> Error {
        self.span.in_scope(|| debug!(%error, "failed"));
        // What lingers is no handshake any more.
        self.place = None;
        if let Some(farewell) = self.farewell.take() {
            farewell.bid(self, Some(&error));
        }
        error
    }

    /// Where machines put what is to be sent.
    pub(crate) const fn outbox(&mut self) -> &mut Vec<u8> {
        &mut self.outbox
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    fn poll_machine<M: Machine>(
        &mut self,
        cx: &mut Context<'_>,
        slot: &mut Option<M>,
    ) -> Poll<Result<M::Done, Error>> {
        let span = self.span.clone();
        let _entered = span.enter();
        let mut machine = slot.take().expect("polled after completion");
        let mut input = [0; CHUNK];
        let mut received: &[u8] = &[];
        loop {
            match machine.process(received, &mut self.outbox)? {
                Progress::Done(done) => return Poll::Ready(Ok(done)),
                Progress::NeedInput(more) => machine = more,
            }
            let at = At {
                step: machine.step(),
                answered: machine.peer_answered(),
            };
            if let Poll::Ready(after) = self.deadline.poll(cx) {
                return Poll::Ready(Err(at.timed_out(after)));
            }
            // Whether or not our flight is out: a peer that is not ready to take it may have to be read first.
            if let Poll::Ready(Err(error)) = self.poll_send(cx) {
                return Poll::Ready(Err(at.transport(error)));
            }
            received = match self.poll_receive(cx, &mut input) {
                Poll::Ready(Ok(&[])) => return Poll::Ready(Err(at.closed())),
                Poll::Ready(Ok(bytes)) => bytes,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(at.transport(error))),
                Poll::Pending => {
                    *slot = Some(machine);
                    return Poll::Pending;
                }
            };
        }
    }

    /// Waits until the last flight is out and flushed, and goes on reading meanwhile.
    fn poll_finish(
        &mut self,
        cx: &mut Context<'_>,
        established: &mut Established,
        surplus: &mut Surplus,
    ) -> Poll<Result<(), Error>> {
        let span = self.span.clone();
        let _entered = span.enter();
        let at = At {
            step: Step::Payload,
            answered: established.negotiated.method.is_some() || !established.received.is_empty(),
        };
        let mut input = [0; CHUNK];
        loop {
            match self.poll_send(cx) {
                Poll::Ready(Ok(())) => {
                    debug!(method = ?established.negotiated.method, "established");
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(at.transport(error))),
                Poll::Pending => {}
            }
            if let Poll::Ready(after) = self.deadline.poll(cx) {
                return Poll::Ready(Err(at.timed_out(after)));
            }
            if surplus.is_full() {
                return Poll::Pending;
            }
            match ready!(self.poll_receive(cx, &mut input)) {
                Ok(bytes) => {
                    surplus.count(bytes);
                    established.receive(bytes);
                }
                Err(error) => return Poll::Ready(Err(at.transport(error))),
            }
        }
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
                return Poll::Ready(Err(crate::outbound::overlong_write()));
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

    fn poll_receive<'b>(
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

/// Where a handshake was when it failed.
#[derive(Clone, Copy)]
struct At {
    step: Step,
    answered: bool,
}

impl At {
    const fn closed(self) -> Error {
        let Self { step, answered } = self;
        Error::Closed { step, answered }
    }

    const fn timed_out(self, after: Duration) -> Error {
        let Self { step, answered } = self;
        Error::TimedOut {
            step,
            answered,
            after,
        }
    }

    const fn transport(self, source: io::Error) -> Error {
        let Self { step, answered } = self;
        Error::Transport {
            step,
            answered,
            source,
        }
    }
}

/// How much more than the handshake was read.
#[derive(Default)]
struct Surplus {
    len: usize,
    ended: bool,
}

impl Surplus {
    fn count(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
        // The end of the stream is left for the stream's own reader to find again.
        self.ended |= bytes.is_empty();
    }

    const fn is_full(&self) -> bool {
        self.ended || self.len >= MAX_SURPLUS
    }
}

type Driven<T, D> = Poll<Result<(Wire<T>, D), Error>>;

/// Runs a machine until it is done.
pub(crate) struct Drive<T, M> {
    wire: Option<Wire<T>>,
    machine: Option<M>,
}

impl<T, M> Drive<T, M> {
    pub(crate) const fn new(wire: Wire<T>, machine: M) -> Self {
        Self {
            wire: Some(wire),
            machine: Some(machine),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin, M: Machine> Drive<T, M> {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Driven<T, M::Done> {
        let mut wire = self.wire.take().expect("polled after completion");
        match wire.poll_machine(cx, &mut self.machine) {
            Poll::Ready(Ok(done)) => Poll::Ready(Ok((wire, done))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(wire.fail(error))),
            Poll::Pending => {
                self.wire = Some(wire);
                Poll::Pending
            }
        }
    }
}

/// Runs a machine until there is a stream.
pub(crate) struct Complete<T, M>(Stage<T, M>);

enum Stage<T, M> {
    Shaking(Drive<T, M>),
    Finishing {
        wire: Wire<T>,
        established: Established,
        surplus: Surplus,
    },
    Over,
}

impl<T, M> Complete<T, M> {
    pub(crate) const fn new(wire: Wire<T>, machine: M) -> Self {
        Self(Stage::Shaking(Drive::new(wire, machine)))
    }

    /// For a handshake that needs nothing of the peer any more.
    pub(crate) fn established(wire: Wire<T>, established: Established) -> Self {
        Self(Stage::Finishing {
            wire,
            established,
            surplus: Surplus::default(),
        })
    }
}

impl<T, M> Complete<T, M>
where
    T: AsyncRead + AsyncWrite + Unpin,
    M: Machine<Done = Established>,
{
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<MseStream<T>, Error>> {
        loop {
            match &mut self.0 {
                Stage::Shaking(drive) => match ready!(drive.poll(cx)) {
                    Ok((wire, established)) => *self = Self::established(wire, established),
                    Err(error) => {
                        self.0 = Stage::Over;
                        return Poll::Ready(Err(error));
                    }
                },
                Stage::Finishing {
                    wire,
                    established,
                    surplus,
                } => {
                    let finished = ready!(wire.poll_finish(cx, established, surplus));
                    if let Stage::Finishing {
                        wire, established, ..
                    } = std::mem::replace(&mut self.0, Stage::Over)
                    {
                        return Poll::Ready(match finished {
                            Ok(()) => Ok(MseStream::from_established(wire.io, established)),
                            Err(error) => Err(wire.fail(error)),
                        });
                    }
                }
                Stage::Over => panic!("polled after completion"),
            }
        }
    }
}
