//! Accepting lazily: the caller looks the SKEY up, in its own time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::accept::receive::{Receive, Received};
use crate::drive::Complete;
use crate::error::{Error, HandshakeError};
use crate::handshake::{Established, Negotiation, Role, SkeyRequest};
use crate::link::Wire;
use crate::skey::{Skey, SkeyHash};
use crate::stream::MseStream;

/// The future of [`MseAcceptor::accept_lazy`](crate::MseAcceptor::accept_lazy).
#[must_use = "futures do nothing unless awaited"]
pub struct AcceptLazy<T>(Receive<T>);

impl<T> AcceptLazy<T> {
    pub(crate) const fn new(receive: Receive<T>) -> Self {
        Self(receive)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for AcceptLazy<T> {
    type Output = Result<Incoming<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (wire, received) = ready!(self.get_mut().0.poll(cx))?;
        Poll::Ready(Ok(match received {
            Received::Plaintext(seen) => {
                let established = Established::plaintext(Role::Responder, None, seen);
                Incoming::Plaintext(MseStream::from_established(wire.into_io(), established))
            }
            Received::Mse(request) => Incoming::Pending(PendingAccept {
                wire: Kept::new(wire),
                request,
            }),
        }))
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

/// A handshake that waits for its SKEY. Dropping it refuses it.
pub struct PendingAccept<T> {
    wire: Kept<T>,
    request: SkeyRequest,
}

impl<T> PendingAccept<T> {
    /// The hash of the SKEY that the initiator asks for.
    pub const fn hash(&self) -> &SkeyHash {
        self.request.hash()
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
    pub fn accept(self, skey: impl Into<Skey>) -> AcceptPending<T> {
        AcceptPending {
            setup: Some((self, skey.into(), Bytes::new())),
            complete: None,
        }
    }

    /// Says that no such SKEY is served here: the connection is left as
    /// [`MseAcceptor::linger`](crate::MseAcceptor::linger) says. Gives the error that
    /// [`MseAcceptor::accept`](crate::MseAcceptor::accept) ends with.
    pub fn refuse(self) -> Error {
        self.wire.take().fail(HandshakeError::UnknownSkey.into())
    }
}

/// A wire that is left properly if nothing becomes of it.
struct Kept<T>(Option<Wire<T>>);

impl<T> Kept<T> {
    const fn new(wire: Wire<T>) -> Self {
        Self(Some(wire))
    }

    fn take(mut self) -> Wire<T> {
        self.0.take().expect("taken by value")
    }
}

impl<T> Drop for Kept<T> {
    fn drop(&mut self) {
        if let Some(wire) = self.0.take() {
            wire.leave();
        }
    }
}

impl<T> fmt::Debug for PendingAccept<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAccept").finish_non_exhaustive()
    }
}

/// The future of [`PendingAccept::accept`].
#[must_use = "futures do nothing unless awaited"]
pub struct AcceptPending<T> {
    setup: Option<(PendingAccept<T>, Skey, Bytes)>,
    complete: Option<Complete<T, Negotiation>>,
}

impl<T> AcceptPending<T> {
    /// Sends `payload`, our own BitTorrent handshake for one, in one write with step 4.
    ///
    /// # Panics
    ///
    /// If the future was polled already.
    pub fn initial_payload(mut self, payload: impl Into<Bytes>) -> Self {
        let (_, _, initial_payload) = self.setup.as_mut().expect("the handshake goes on already");
        *initial_payload = payload.into();
        self
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Future for AcceptPending<T> {
    type Output = Result<MseStream<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some((PendingAccept { wire, request }, skey, payload)) = this.setup.take() {
            this.complete = Some(Complete::new(wire.take(), request.resolve(skey, payload)));
        }
        this.complete.as_mut().expect("polled after completion").poll(cx)
    }
}
