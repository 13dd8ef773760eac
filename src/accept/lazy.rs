//! Accepting lazily: the caller looks the SKEY up, in its own time.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};

use super::pending::PendingAccept;
use super::receive::{Receive, Received};
use super::terms::Terms;
use crate::drive::failed::Failed;
use crate::drive::fallible::{Fallible, Shaking};
use crate::error::Error;
use crate::handshake::{Established, Role};
use crate::linger::{Leave, Linger};
use crate::stream::MseStream;

/// What [`MseAcceptor::accept_lazy`](crate::MseAcceptor::accept_lazy) returns: a handshake that begins when it is awaited.
#[must_use = "a handshake begins when it is awaited"]
pub struct AcceptLazy<T> {
    terms: Terms,
    io: T,
    leave: Option<Leave<T>>,
}

impl<T> AcceptLazy<T> {
    pub(super) const fn new(terms: Terms, io: T) -> Self {
        Self {
            terms,
            io,
            leave: None,
        }
    }

    /// Lets the connection [linger](Linger) if its handshake fails, or if its SKEY is refused: a task is spawned for it,
    /// on the runtime that this is polled on.
    pub fn linger(mut self, linger: &Linger) -> Self
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.leave = Some(Leave::new(linger));
        self
    }

    /// The same handshake, which gives the transport back if it fails: see [`Failed`]. Nothing is spawned,
    /// whatever [`linger`](Self::linger) said.
    pub fn into_fallible(mut self) -> Fallible<AcceptingLazy<T>> {
        self.leave = None;
        Fallible(self.begin())
    }

    fn begin(self) -> AcceptingLazy<T> {
        AcceptingLazy {
            receive: Receive::begin(self.terms, self.io, false),
            leave: self.leave,
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> IntoFuture for AcceptLazy<T> {
    type Output = Result<Incoming<T>, Error>;
    type IntoFuture = AcceptingLazy<T>;

    fn into_future(self) -> AcceptingLazy<T> {
        self.begin()
    }
}

impl<T> fmt::Debug for AcceptLazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptLazy")
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

/// The future of [`AcceptLazy`].
///
/// # Cancel safety
///
/// Not cancel safe: dropping it drops the transport.
#[must_use = "futures do nothing unless awaited"]
pub struct AcceptingLazy<T> {
    receive: Receive<T>,
    leave: Option<Leave<T>>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Shaking for AcceptingLazy<T> {
    type Output = Incoming<T>;
    type Io = T;

    fn poll_shaking(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming<T>, Failed<T>>> {
        let (session, received) = ready!(self.receive.poll(cx)).map_err(Failed::logged)?;
        Poll::Ready(Ok(match received {
            Received::Plaintext(seen) => {
                let established = Established::plaintext(Role::Responder, None, seen);
                let (io, established) = session.hand_over(established);
                Incoming::Plaintext(MseStream::from_established(io, established))
            }
            Received::Mse(request) => {
                Incoming::Pending(PendingAccept::new(session, request, self.leave.take()))
            }
        }))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for AcceptingLazy<T> {
    type Output = Result<Incoming<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let outcome = ready!(this.poll_shaking(cx));
        Poll::Ready(outcome.map_err(|failed| Leave::part(this.leave.as_ref(), failed, cx)))
    }
}

impl<T> fmt::Debug for AcceptingLazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptingLazy").finish_non_exhaustive()
    }
}

/// What came in, as far as it can be told without the SKEY.
#[derive(Debug)]
pub enum Incoming<T> {
    /// A plaintext BitTorrent handshake, all of it unread.
    Plaintext(MseStream<T>),
    /// An initiator that waits for its SKEY to be looked up.
    Pending(PendingAccept<T>),
}
