//! Dialling, and dialling again where the policy says so.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::{Span, debug};

use super::attempt::{Connecting, Dialled, span};
use super::terms::Terms;
use crate::disguise::Pieces;
use crate::drive::deadline::Deadline;
use crate::drive::session::Session;
use crate::error::{ConnectError, Error, Step};
use crate::handshake::Randomness;
use crate::policy::Attempt;
use crate::skey::Skey;
use crate::stream::MseStream;

/// The future of [`MseConnector::connect_with`](crate::MseConnector::connect_with).
///
/// # Cancel safety
///
/// Not cancel safe: dropping it drops the transport.
#[must_use = "futures do nothing unless awaited"]
pub struct ConnectWith<T, D, F> {
    terms: Terms,
    skey: Skey,
    initial_payload: Bytes,
    dial: D,
    attempt: Attempt,
    attempts: u32,
    started: Option<Instant>,
    stage: Stage<T, F>,
}

enum Stage<T, F> {
    Begin,
    Dialling {
        dialling: Pin<Box<F>>,
        deadline: Deadline,
        drawn: Option<(Randomness, Pieces)>,
        span: Span,
    },
    Shaking(Connecting<T>),
}

impl<T, D, F> ConnectWith<T, D, F> {
    pub(super) fn new(terms: Terms, skey: Skey, initial_payload: Bytes, dial: D) -> Self {
        Self {
            attempt: terms.policy.first_attempt(),
            terms,
            skey,
            initial_payload,
            dial,
            attempts: 0,
            started: None,
            stage: Stage::Begin,
        }
    }
}

// The dialler's future is boxed, and nothing else is pinned.
impl<T: Unpin, D, F> Unpin for ConnectWith<T, D, F> {}

impl<T, E, D, F> Future for ConnectWith<T, D, F>
where
    T: AsyncRead + AsyncWrite + Unpin,
    D: FnMut(Attempt) -> F,
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<MseStream<T>, ConnectError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let started = *this.started.get_or_insert_with(Instant::now);
        loop {
            this.stage = match &mut this.stage {
                Stage::Begin => {
                    this.attempts += 1;
                    Stage::Dialling {
                        dialling: Box::pin((this.dial)(this.attempt)),
                        deadline: Deadline::after(this.terms.timeout),
                        drawn: None,
                        span: span(this.attempt),
                    }
                }
                Stage::Dialling {
                    dialling,
                    deadline,
                    drawn,
                    span,
                } => {
                    let Poll::Ready(dialled) = dialling.as_mut().poll(cx) else {
                        // The transport is a round trip away, and a public key is made meanwhile.
                        if this.attempt == Attempt::Mse && drawn.is_none() {
                            *drawn = Some(
                                this.terms
                                    .disguise
                                    .draw(crate::handshake::Role::Initiator, &mut rand::rng()),
                            );
                        }
                        let after = ready!(deadline.poll(cx, true));
                        let error = Error::timed_out(Step::Dial, false, after);
                        return Poll::Ready(Err(ConnectError::Handshake(error)));
                    };
                    let io = dialled.map_err(ConnectError::Dial)?;
                    let deadline = std::mem::replace(deadline, Deadline::after(None));
                    let dialled = Dialled {
                        session: Session::new(io, deadline, span.clone()),
                        drawn: drawn.take(),
                    };
                    Stage::Shaking(Connecting::new(
                        &this.terms,
                        this.attempt,
                        this.skey.clone(),
                        this.initial_payload.clone(),
                        dialled,
                    ))
                }
                Stage::Shaking(connecting) => match ready!(Pin::new(connecting).poll(cx)) {
                    Ok(mut stream) => {
                        stream.tell_of_attempts(this.attempts, started.elapsed());
                        return Poll::Ready(Ok(stream));
                    }
                    Err(error) => {
                        let Some(next) = this.terms.policy.redial(this.attempt, &error) else {
                            return Poll::Ready(Err(ConnectError::Handshake(error)));
                        };
                        debug!(%error, attempt = %next, "redialling");
                        this.attempt = next;
                        Stage::Begin
                    }
                },
            };
        }
    }
}

impl<T, D, F> fmt::Debug for ConnectWith<T, D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectWith")
            .field("terms", &self.terms)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
