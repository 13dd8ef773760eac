//! A handshake that was accepted lazily, from the SKEY on.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::drive::Complete;
use crate::drive::failed::Failed;
use crate::drive::fallible::{Fallible, Shaking};
use crate::drive::session::Session;
use crate::error::{Error, HandshakeError};
use crate::handshake::{Negotiation, SkeyRequest};
use crate::linger::Leave;
use crate::skey::{Skey, SkeyHash};
use crate::stream::MseStream;

/// A handshake that waits for its SKEY. Dropping it refuses it.
pub struct PendingAccept<T> {
    /// There until it is accepted or refused.
    waiting: Option<(Session<T>, SkeyRequest)>,
    leave: Option<Leave<T>>,
}

impl<T> PendingAccept<T> {
    pub(super) const fn new(session: Session<T>, request: SkeyRequest, leave: Option<Leave<T>>) -> Self {
        Self {
            waiting: Some((session, request)),
            leave,
        }
    }

    fn waiting(&self) -> &(Session<T>, SkeyRequest) {
        self.waiting.as_ref().expect("taken by value only")
    }

    /// The hash of the SKEY that the initiator asks for.
    pub fn hash(&self) -> &SkeyHash {
        self.waiting().1.hash()
    }

    /// The transport.
    pub fn get_ref(&self) -> &T {
        self.waiting().0.link.io()
    }

    /// Goes on with `skey`.
    ///
    /// # Errors
    ///
    /// See [`Error`]. A SKEY with another [`hash`](Self::hash) leads to [`HandshakeError::BadVc`].
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn accept(self, skey: impl Into<Skey>) -> AcceptSkey<T> {
        AcceptSkey {
            pending: self,
            skey: skey.into(),
            initial_payload: Bytes::new(),
        }
    }

    /// Says that no such SKEY is served here. Gives the error that
    /// [`MseAcceptor::accept`](crate::MseAcceptor::accept) would end with. The connection lingers if
    /// [`AcceptLazy::linger`](super::lazy::AcceptLazy::linger) asked for it, and closes otherwise.
    pub fn refuse(mut self) -> Error {
        match (self.fail(), &self.leave) {
            (Some(failed), Some(leave)) => leave.leave(failed),
            (failed, _) => failed.map_or(HandshakeError::UnknownSkey.into(), Failed::into_error),
        }
    }

    /// Says that no such SKEY is served here, and gives the transport back with the error.
    pub fn into_failed(mut self) -> Failed<T> {
        let Some(failed) = self.fail() else {
            unreachable!("it is taken by value only")
        };
        failed
    }

    fn fail(&mut self) -> Option<Failed<T>> {
        let (session, _) = self.waiting.take()?;
        Some(Failed::new(session, HandshakeError::UnknownSkey.into()).logged())
    }
}

impl<T> Drop for PendingAccept<T> {
    fn drop(&mut self) {
        if let Some(leave) = self.leave.take()
            && let Some(failed) = self.fail()
        {
            leave.leave(failed);
        }
    }
}

impl<T> fmt::Debug for PendingAccept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAccept").finish_non_exhaustive()
    }
}

/// What [`PendingAccept::accept`] returns: the rest of a handshake, which goes on when it is awaited.
#[must_use = "a handshake goes on when it is awaited"]
#[derive(Debug)]
pub struct AcceptSkey<T> {
    pending: PendingAccept<T>,
    skey: Skey,
    initial_payload: Bytes,
}

impl<T> AcceptSkey<T> {
    /// Sends `payload`, for example our own BitTorrent handshake, in one write with step 4.
    pub fn initial_payload(mut self, payload: impl Into<Bytes>) -> Self {
        self.initial_payload = payload.into();
        self
    }

    /// The same, but it gives the transport back if it fails: see [`Failed`]. Nothing is spawned,
    /// whatever [`AcceptLazy::linger`](super::lazy::AcceptLazy::linger) said.
    pub fn into_fallible(mut self) -> Fallible<AcceptingSkey<T>> {
        self.pending.leave = None;
        Fallible(self.begin())
    }

    fn begin(self) -> AcceptingSkey<T> {
        let Self {
            mut pending,
            skey,
            initial_payload,
        } = self;
        let (session, request) = pending.waiting.take().expect("taken by value only");
        AcceptingSkey {
            complete: Complete::new(session, request.resolve(skey, initial_payload)),
            leave: pending.leave.take(),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> IntoFuture for AcceptSkey<T> {
    type Output = Result<MseStream<T>, Error>;
    type IntoFuture = AcceptingSkey<T>;

    fn into_future(self) -> AcceptingSkey<T> {
        self.begin()
    }
}

/// The future of [`AcceptSkey`].
///
/// # Cancel safety
///
/// Not cancel safe: dropping it drops the transport.
#[must_use = "futures do nothing unless awaited"]
pub struct AcceptingSkey<T> {
    complete: Complete<T, Negotiation>,
    leave: Option<Leave<T>>,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Shaking for AcceptingSkey<T> {
    type Output = MseStream<T>;
    type Io = T;

    fn poll_shaking(&mut self, cx: &mut Context<'_>) -> Poll<Result<MseStream<T>, Failed<T>>> {
        let (io, established) = ready!(self.complete.poll(cx)).map_err(Failed::logged)?;
        Poll::Ready(Ok(MseStream::from_established(io, established)))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for AcceptingSkey<T> {
    type Output = Result<MseStream<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let outcome = ready!(this.poll_shaking(cx));
        Poll::Ready(outcome.map_err(|failed| Leave::part(this.leave.as_ref(), failed, cx)))
    }
}

impl<T> fmt::Debug for AcceptingSkey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptingSkey").finish_non_exhaustive()
    }
}
