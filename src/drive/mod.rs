//! The one poll loop that joins a handshake machine and a transport.

pub(crate) mod deadline;
pub(crate) mod failed;
pub(crate) mod fallible;
mod pace;
pub(crate) mod room;
pub(crate) mod session;

use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::{Error, Step};
use crate::handshake::{Established, Machine, Mode, Progress};
use crate::link::CHUNK;
use failed::Failed;
use session::Session;

/// How many bytes of the peer's payload are taken in while our last flight is not flushed yet. A transport whose flush
/// waits for the peer's acknowledgement (uTP) may need us to read; a peer must not be able to make us read without end.
const MAX_SURPLUS: usize = 16 * 1024;

/// What came of driving a machine, and the session with it.
pub(crate) type Driven<T, D> = Poll<Result<(Session<T>, D), Failed<T>>>;

/// Runs a machine until it is done.
pub(crate) struct Drive<T, M> {
    running: Option<(Session<T>, M)>,
}

impl<T, M> Drive<T, M> {
    pub(crate) const fn new(session: Session<T>, machine: M) -> Self {
        Self {
            running: Some((session, machine)),
        }
    }

    /// Gives up.
    pub(crate) fn into_session(self) -> Option<Session<T>> {
        self.running.map(|(session, _)| session)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin, M: Machine> Drive<T, M> {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Driven<T, M::Done> {
        let (mut session, machine) = self.running.take().expect("polled after completion");
        match session.poll_machine(cx, machine) {
            Outcome::Pending(machine) => {
                self.running = Some((session, machine));
                Poll::Pending
            }
            Outcome::Done(done) => Poll::Ready(Ok((session, done))),
            Outcome::Failed(error) => Poll::Ready(Err(Failed::new(session, error))),
        }
    }
}

/// How far a machine came.
enum Outcome<M: Machine> {
    Pending(M),
    Done(M::Done),
    Failed(Error),
}

impl<T: AsyncRead + AsyncWrite + Unpin> Session<T> {
    fn poll_machine<M: Machine>(&mut self, cx: &mut Context<'_>, mut machine: M) -> Outcome<M> {
        let span = self.span.clone();
        let _entered = span.enter();
        let mut input = [0; CHUNK];
        let mut received: &[u8] = &[];
        loop {
            // First of all: a caller that was slow to look up a SKEY may come back with everything there, and too late.
            if let Poll::Ready(after) = self.deadline.poll(cx, machine.peer_answered()) {
                return Outcome::Failed(At::of(&machine).timed_out(after));
            }
            machine = match machine.process(received, self.link.outbox()) {
                Ok(Progress::NeedInput(machine)) => machine,
                Ok(Progress::Done(done)) => return Outcome::Done(done),
                Err(refusal) => return Outcome::Failed(refusal.into()),
            };
            let at = At::of(&machine);
            // Whether or not our flight is out: a peer that is not ready to take it may have to be read first.
            if let Poll::Ready(Err(error)) = self.link.poll_send(cx) {
                return Outcome::Failed(at.transport(error));
            }
            received = match self.poll_receive(cx, &mut input) {
                Poll::Ready(Ok(&[])) => return Outcome::Failed(at.closed()),
                Poll::Ready(Ok(bytes)) => bytes,
                Poll::Ready(Err(error)) => return Outcome::Failed(at.transport(error)),
                Poll::Pending => return Outcome::Pending(machine),
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
            answered: established.negotiated.mode() != Mode::Plaintext || !established.received.is_empty(),
        };
        let mut input = [0; CHUNK];
        loop {
            match self.link.poll_send(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(at.transport(error))),
                Poll::Pending => {}
            }
            if let Poll::Ready(after) = self.deadline.poll(cx, at.answered) {
                return Poll::Ready(Err(at.timed_out(after)));
            }
            if surplus.is_full() {
                return Poll::Pending;
            }
            match ready!(self.link.poll_receive(cx, &mut input)) {
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

    fn closed(self) -> Error {
        Error::closed(self.step, self.answered)
    }

    fn timed_out(self, after: Duration) -> Error {
        Error::timed_out(self.step, self.answered, after)
    }

    fn transport(self, source: io::Error) -> Error {
        Error::transport(self.step, self.answered, source)
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

/// Runs a machine until the handshake is over, our last flight included.
pub(crate) struct Complete<T, M>(Stage<T, M>);

enum Stage<T, M> {
    Shaking(Drive<T, M>),
    Finishing {
        session: Session<T>,
        established: Established,
        surplus: Surplus,
    },
    Over,
}

impl<T, M> Complete<T, M> {
    pub(crate) const fn new(session: Session<T>, machine: M) -> Self {
        Self(Stage::Shaking(Drive::new(session, machine)))
    }

    /// For a handshake that needs nothing of the peer any more.
    pub(crate) fn established(session: Session<T>, established: Established) -> Self {
        Self(Stage::Finishing {
            session,
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
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(T, Established), Failed<T>>> {
        loop {
            match &mut self.0 {
                Stage::Shaking(drive) => match ready!(drive.poll(cx)) {
                    Ok((session, established)) => *self = Self::established(session, established),
                    Err(failed) => {
                        self.0 = Stage::Over;
                        return Poll::Ready(Err(failed));
                    }
                },
                Stage::Finishing {
                    session,
                    established,
                    surplus,
                } => {
                    let finished = ready!(session.poll_finish(cx, established, surplus));
                    if let Stage::Finishing {
                        session, established, ..
                    } = std::mem::replace(&mut self.0, Stage::Over)
                    {
                        return Poll::Ready(match finished {
                            Ok(()) => Ok(session.hand_over(established)),
                            Err(error) => Err(Failed::new(session, error)),
                        });
                    }
                }
                Stage::Over => panic!("polled after completion"),
            }
        }
    }
}
