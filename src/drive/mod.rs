//! The one poll loop that joins a handshake machine and an IO.

use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tracing::debug;

use crate::error::{Error, Step};
use crate::handshake::{Established, Machine, Mode, Progress};
use crate::link::{CHUNK, Wire};
use crate::stream::MseStream;

/// How many bytes of the peer's payload are taken in while our last flight is not flushed yet. An IO whose flush waits
/// for the peer's acknowledgement (uTP) may need us to read; a peer must not be able to make us read without end.
const MAX_SURPLUS: usize = 16 * 1024;

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    fn poll_machine<M: Machine>(
        &mut self,
        cx: &mut Context<'_>,
        slot: &mut Option<M>,
    ) -> Poll<Result<M::Done, Error>> {
        let span = self.span().clone();
        let _entered = span.enter();
        let mut machine = slot.take().expect("polled after completion");
        let mut input = [0; CHUNK];
        let mut received: &[u8] = &[];
        loop {
            // First of all: a caller that was slow to look up a SKEY may come back with everything there, and too late.
            if let Poll::Ready(after) = self.poll_deadline(cx) {
                return Poll::Ready(Err(At::of(&machine).timed_out(after)));
            }
            match machine.process(received, self.outbox())? {
                Progress::Done(done) => return Poll::Ready(Ok(done)),
                Progress::NeedInput(more) => machine = more,
            }
            let at = At::of(&machine);
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
        let span = self.span().clone();
        let _entered = span.enter();
        let at = At {
            step: Step::Payload,
            answered: established.negotiated.mode() != Mode::Plaintext || !established.received.is_empty(),
        };
        let mut input = [0; CHUNK];
        loop {
            match self.poll_send(cx) {
                Poll::Ready(Ok(())) => {
                    debug!(mode = %established.negotiated.mode(), "established");
                    return Poll::Ready(Ok(()));
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(at.transport(error))),
                Poll::Pending => {}
            }
            if let Poll::Ready(after) = self.poll_deadline(cx) {
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
}

/// Where a handshake was when it failed.
#[derive(Clone, Copy)]
struct At {
    step: Step,
    answered: bool,
}

impl At {
    fn of(machine: &impl Machine) -> Self {
        Self {
            step: machine.step(),
            answered: machine.peer_answered(),
        }
    }

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
                            Ok(()) => Ok(MseStream::from_established(wire.into_io(), established)),
                            Err(error) => Err(wire.fail(error)),
                        });
                    }
                }
                Stage::Over => panic!("polled after completion"),
            }
        }
    }
}
