//! One attempt on a given transport.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tracing::{Span, debug_span};

use super::terms::Terms;
use crate::disguise::Pieces;
use crate::drive::Complete;
use crate::drive::deadline::Deadline;
use crate::drive::failed::Failed;
use crate::drive::fallible::{Fallible, Shaking};
use crate::drive::session::Session;
use crate::error::Error;
use crate::handshake::{Established, Initiator, PlaintextDial, Randomness, Role};
use crate::policy::{Attempt, Encryption};
use crate::skey::Skey;
use crate::stream::MseStream;

/// What [`MseConnector::connect`](crate::MseConnector::connect) and [`MseStream::connect`] return: a handshake that begins when it is awaited.
#[must_use = "a handshake begins when it is awaited"]
pub struct Connect<T> {
    terms: Terms,
    io: T,
    skey: Skey,
    attempt: Attempt,
    initial_payload: Bytes,
}

impl<T> Connect<T> {
    pub(super) fn new(terms: Terms, io: T, skey: Skey) -> Self {
        Self {
            attempt: terms.policy.first_attempt(),
            terms,
            io,
            skey,
            initial_payload: Bytes::new(),
        }
    }

    /// Sends `payload` as the first bytes of the stream: with MSE inside step 3, where what does not fit its cap of 68
    /// bytes follows once step 4 came; without, as it is.
    ///
    /// In plaintext under [`Allow`](Encryption::Allow), the handshake is over once the peer has answered it in plaintext,
    /// and fails if it does not: so that [`Policy::redial`](crate::Policy::redial) can tell whether to dial with MSE.
    pub fn initial_payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.initial_payload = payload.into();
        self
    }

    /// What this attempt speaks: for those who dial again themselves, what [`Policy::redial`](crate::Policy::redial)
    /// said.
    pub fn attempt(mut self, attempt: Attempt) -> Self {
        self.attempt = attempt;
        self
    }

    /// The same handshake, which gives the transport back if it fails: see [`Failed`].
    pub fn into_fallible(self) -> Fallible<Connecting<T>>
    where
        T: AsyncRead + AsyncWrite + Unpin,
    {
        Fallible(self.begin())
    }

    fn begin(self) -> Connecting<T> {
        let deadline = Deadline::after(self.terms.timeout);
        let span = span(self.attempt);
        Connecting::new(
            &self.terms,
            self.attempt,
            self.skey,
            self.initial_payload,
            Dialled {
                session: Session::new(self.io, deadline, span),
                drawn: None,
            },
        )
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> IntoFuture for Connect<T> {
    type Output = Result<MseStream<T>, Error>;
    type IntoFuture = Connecting<T>;

    fn into_future(self) -> Connecting<T> {
        self.begin()
    }
}

impl<T> fmt::Debug for Connect<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("terms", &self.terms)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// The future of [`Connect`].
///
/// # Cancel safety
///
/// Not cancel safe: dropping it drops the transport.
#[must_use = "futures do nothing unless awaited"]
pub struct Connecting<T>(State<T>);

enum State<T> {
    Mse(Complete<T, Initiator>),
    Plaintext(Complete<T, PlaintextDial>),
}

/// A connection, and what was drawn while it was dialled.
pub(super) struct Dialled<T> {
    pub(super) session: Session<T>,
    pub(super) drawn: Option<(Randomness, Pieces)>,
}

pub(super) fn span(attempt: Attempt) -> Span {
    debug_span!("mse_handshake", role = %Role::Initiator, %attempt)
}

impl<T> Connecting<T> {
    pub(super) fn new(
        terms: &Terms,
        attempt: Attempt,
        skey: Skey,
        initial_payload: Bytes,
        dialled: Dialled<T>,
    ) -> Self {
        let Dialled { mut session, drawn } = dialled;
        session.deadline.expect_answer(terms.answer_timeout);
        Self(match attempt {
            Attempt::Mse => {
                let draw = || terms.disguise.draw(Role::Initiator, &mut rand::rng());
                let (randomness, pieces) = drawn.unwrap_or_else(draw);
                session.link.set_pieces(pieces);
                let policy = &terms.policy;
                let output = session.link.outbox();
                let initiator = Initiator::new(skey, policy, initial_payload, randomness, output);
                State::Mse(Complete::new(session, initiator))
            }
            Attempt::Plaintext => {
                // Whoever sends nothing cannot wait for an answer to it.
                let awaited = terms.policy.encryption() == Encryption::Allow && !initial_payload.is_empty();
                let dial = PlaintextDial::new(&initial_payload, session.link.outbox());
                State::Plaintext(if awaited {
                    Complete::new(session, dial)
                } else {
                    session.deadline.expect_answer(None);
                    let established = Established::plaintext(Role::Initiator, None, Vec::new());
                    Complete::established(session, established)
                })
            }
        })
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Shaking for Connecting<T> {
    type Output = MseStream<T>;
    type Io = T;

    fn poll_shaking(&mut self, cx: &mut Context<'_>) -> Poll<Result<MseStream<T>, Failed<T>>> {
        let outcome = ready!(match &mut self.0 {
            State::Mse(handshake) => handshake.poll(cx),
            State::Plaintext(handshake) => handshake.poll(cx),
        });
        let (io, established) = outcome.map_err(Failed::logged)?;
        Poll::Ready(Ok(MseStream::from_established(io, established)))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for Connecting<T> {
    type Output = Result<MseStream<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.get_mut().poll_shaking(cx));
        Poll::Ready(outcome.map_err(Failed::into_error))
    }
}

impl<T> fmt::Debug for Connecting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connecting").finish_non_exhaustive()
    }
}
