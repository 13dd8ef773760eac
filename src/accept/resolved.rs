//! Accepting with a resolver, which knows the SKEYs that are served.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::receive::{Receive, Received};
use super::terms::Terms;
use crate::drive::Complete;
use crate::drive::failed::Failed;
use crate::drive::fallible::{Fallible, Shaking};
use crate::drive::session::Session;
use crate::error::{Error, HandshakeError};
use crate::handshake::{Established, Negotiation, Role, info_hash};
use crate::linger::{Leave, Linger};
use crate::skey::{Skey, SkeyHash, SkeyResolver};
use crate::stream::MseStream;

/// What [`MseAcceptor::accept`](crate::MseAcceptor::accept) and [`MseStream::accept`] return: a handshake that begins when it is awaited.
#[must_use = "a handshake begins when it is awaited"]
pub struct Accept<T, R, P = fn(&Skey) -> Bytes> {
    terms: Terms,
    io: T,
    skeys: R,
    initial_payload: Option<P>,
    leave: Option<Leave<T>>,
}

impl<T, R> Accept<T, R> {
    pub(super) const fn new(terms: Terms, io: T, skeys: R) -> Self {
        Self {
            terms,
            io,
            skeys,
            initial_payload: None,
            leave: None,
        }
    }
}

impl<T, R, P> Accept<T, R, P> {
    /// Sends what `payload` makes of the SKEY, our own BitTorrent handshake for one, as the first bytes of the stream:
    /// in one write with step 4.
    ///
    /// It is sent to a plaintext peer, too, whose handshake is then read up to its info-hash and whose info-hash must be
    /// one that is served ([`HandshakeError::UnknownInfoHash`], after which the connection closes at once unless
    /// [`hide_plaintext`](crate::MseAcceptor::hide_plaintext) says otherwise). So every stream that comes out has sent it,
    /// exactly once.
    pub fn initial_payload<Q>(self, payload: Q) -> Accept<T, R, Q>
    where
        Q: FnOnce(&Skey) -> Bytes,
    {
        Accept {
            terms: self.terms,
            io: self.io,
            skeys: self.skeys,
            initial_payload: Some(payload),
            leave: self.leave,
        }
    }

    /// Lets the connection [linger](Linger) if its handshake fails: the error is returned at once, and a task is spawned
    /// for the connection, on the runtime that this is polled on.
    pub fn linger(mut self, linger: &Linger) -> Self
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.leave = Some(Leave::new(linger));
        self
    }

    /// The same handshake, which gives the transport back if it fails: see [`Failed`]. Nothing is spawned,
    /// whatever [`linger`](Self::linger) said.
    pub fn into_fallible(mut self) -> Fallible<Accepting<T, R, P>> {
        self.leave = None;
        Fallible(self.begin())
    }

    fn begin(self) -> Accepting<T, R, P> {
        let until_info_hash = self.initial_payload.is_some();
        Accepting {
            skeys: self.skeys,
            initial_payload: self.initial_payload,
            leave: self.leave,
            state: State::Receiving(Receive::begin(self.terms, self.io, until_info_hash)),
        }
    }
}

impl<T, R, P> IntoFuture for Accept<T, R, P>
where
    T: AsyncRead + AsyncWrite + Unpin,
    R: SkeyResolver,
    P: FnOnce(&Skey) -> Bytes,
{
    type Output = Result<MseStream<T>, Error>;
    type IntoFuture = Accepting<T, R, P>;

    fn into_future(self) -> Accepting<T, R, P> {
        self.begin()
    }
}

impl<T, R, P> fmt::Debug for Accept<T, R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accept")
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

/// The future of [`Accept`].
///
/// # Cancel safety
///
/// Not cancel safe: dropping it drops the transport.
#[must_use = "futures do nothing unless awaited"]
pub struct Accepting<T, R, P = fn(&Skey) -> Bytes> {
    skeys: R,
    initial_payload: Option<P>,
    leave: Option<Leave<T>>,
    state: State<T>,
}

enum State<T> {
    Receiving(Receive<T>),
    Completing(Complete<T, Negotiation>),
}

impl<T, R, P> Accepting<T, R, P>
where
    R: SkeyResolver,
    P: FnOnce(&Skey) -> Bytes,
{
    fn resolve(&mut self, hash: &SkeyHash) -> Option<(Skey, Bytes)> {
        let skey = self.skeys.resolve(hash)?;
        let payload = self.initial_payload.take();
        let payload = payload.map_or_else(Bytes::new, |payload| payload(&skey));
        Some((skey, payload))
    }

    fn go_on(&mut self, mut session: Session<T>, received: Received) -> Result<(), Failed<T>> {
        let complete = match received {
            Received::Mse(request) => match self.resolve(request.hash()) {
                Some((skey, payload)) => Complete::new(session, request.resolve(skey, payload)),
                None => return Err(Failed::new(session, HandshakeError::UnknownSkey.into())),
            },
            Received::Plaintext(seen) => {
                let mut skey = None;
                if self.initial_payload.is_some() {
                    let asked = info_hash(&seen).map(|asked| asked.hash());
                    let Some((known, payload)) = asked.and_then(|asked| self.resolve(&asked)) else {
                        return match &mut self.state {
                            State::Receiving(receive) => {
                                receive.refuse(session, seen, HandshakeError::UnknownInfoHash)
                            }
                            State::Completing(_) => Ok(()),
                        };
                    };
                    session.link.outbox().extend_from_slice(&payload);
                    skey = Some(known);
                }
                let established = Established::plaintext(Role::Responder, skey, seen);
                Complete::established(session, established)
            }
        };
        self.state = State::Completing(complete);
        Ok(())
    }
}

// Nothing in it is pinned.
impl<T: Unpin, R, P> Unpin for Accepting<T, R, P> {}

impl<T, R, P> Shaking for Accepting<T, R, P>
where
    T: AsyncRead + AsyncWrite + Unpin,
    R: SkeyResolver,
    P: FnOnce(&Skey) -> Bytes,
{
    type Output = MseStream<T>;
    type Io = T;

    fn poll_shaking(&mut self, cx: &mut Context<'_>) -> Poll<Result<MseStream<T>, Failed<T>>> {
        loop {
            match &mut self.state {
                State::Receiving(receive) => {
                    let (session, received) = ready!(receive.poll(cx)).map_err(Failed::logged)?;
                    self.go_on(session, received).map_err(Failed::logged)?;
                }
                State::Completing(complete) => {
                    let (io, established) = ready!(complete.poll(cx)).map_err(Failed::logged)?;
                    return Poll::Ready(Ok(MseStream::from_established(io, established)));
                }
            }
        }
    }
}

impl<T, R, P> Future for Accepting<T, R, P>
where
    T: AsyncRead + AsyncWrite + Unpin,
    R: SkeyResolver,
    P: FnOnce(&Skey) -> Bytes,
{
    type Output = Result<MseStream<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let outcome = ready!(this.poll_shaking(cx));
        Poll::Ready(outcome.map_err(|failed| Leave::part(this.leave.as_ref(), failed, cx)))
    }
}

impl<T, R, P> fmt::Debug for Accepting<T, R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").finish_non_exhaustive()
    }
}
