//! Accepting: sniff, policy, handshake; with a resolver, or lazily.

pub(crate) mod lazy;
pub(crate) mod receive;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;
use tracing::debug_span;

use crate::accept::lazy::AcceptLazy;
use crate::accept::receive::{Receive, Received};
use crate::connect::DEFAULT_TIMEOUT;
use crate::disguise::Disguise;
use crate::drive::Complete;
use crate::error::{Error, HandshakeError};
use crate::handshake::{Established, Negotiation, Role, info_hash};
use crate::linger::{Farewell, Linger};
use crate::link::{Deadline, Wire};
use crate::policy::Policy;
use crate::skey::{Skey, SkeyHash, SkeyResolver};
use crate::stream::MseStream;

/// Shakes hands as the responder. Cheap to clone, shared by all connections.
///
/// ```no_run
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
/// use tokio_mse::{MseAcceptor, SkeyIndex};
///
/// # async fn example(torrents: Arc<SkeyIndex>) -> std::io::Result<()> {
/// let acceptor = MseAcceptor::default();
/// let listener = TcpListener::bind("0.0.0.0:6881").await?;
/// loop {
///     let (tcp, _) = listener.accept().await?;
///     let handshake = acceptor.accept(tcp, Arc::clone(&torrents));
///     tokio::spawn(async move {
///         let peer = handshake.await?;
///         # let _ = peer;
///         Ok::<(), tokio_mse::Error>(())
///     });
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MseAcceptor {
    policy: Policy,
    timeout: Option<Duration>,
    places: Option<PollSemaphore>,
    linger: Option<Linger>,
    disguise: Disguise,
}

impl Default for MseAcceptor {
    /// [`Policy::accept_any`]: plaintext or MSE, whatever comes; RC4 where the peer offers both methods.
    fn default() -> Self {
        Self::new(Policy::accept_any())
    }
}

impl MseAcceptor {
    /// Accepts what `policy` admits, with ten seconds for each handshake, and [lingers](Linger) over what fails.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            timeout: Some(DEFAULT_TIMEOUT),
            places: None,
            linger: Some(Linger::new()),
            disguise: Disguise::none(),
        }
    }

    /// The time that sniff and handshake may take together; `None` for no limit. No longer than the moment at
    /// which [`linger`](Self::linger) ends a failed one: a silent peer must not outlast the others.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// How many handshakes may be under way at once, over all clones of this acceptor; no limit unless told.
    ///
    /// One more waits for a place, within its own deadline, and costs nothing but its transport meanwhile. A handshake
    /// that waits for the caller in [`PendingAccept`](crate::PendingAccept) keeps its place.
    #[must_use]
    pub fn max_handshakes(mut self, limit: usize) -> Self {
        let places = Semaphore::new(limit.min(Semaphore::MAX_PERMITS));
        self.places = Some(PollSemaphore::new(Arc::new(places)));
        self
    }

    /// How connections are left whose handshake failed: late and alike, so that a prober learns nothing from the end
    /// of one (the default), or, with `None`, at once, with the error.
    #[must_use]
    pub fn linger(mut self, linger: impl Into<Option<Linger>>) -> Self {
        self.linger = linger.into();
        self
    }

    /// Disguises our side of MSE handshakes from published detection rules.
    #[must_use]
    pub const fn disguise(mut self, disguise: Disguise) -> Self {
        self.disguise = disguise;
        self
    }

    /// The policy that it accepts by.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Accepts one connection, for one of the SKEYs that `skeys` knows.
    ///
    /// A plaintext connection, where the policy admits one, is recognised by its first 20 bytes and handed over with all
    /// of them unread; its info-hash is for the application to check.
    ///
    /// A connection whose handshake fails is left as [`linger`](Self::linger) says. It may go on in a task of its own,
    /// so the transport has to be `Send + 'static`.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport, at once.
    pub fn accept<T, R>(&self, io: T, skeys: R) -> Accept<T, R>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        R: SkeyResolver,
    {
        Accept {
            skeys,
            initial_payload: None,
            state: State::Setup(self.receive(io)),
        }
    }

    /// Accepts one connection up to the SKEY, and leaves it to the caller to look that up.
    ///
    /// The deadline goes on while the caller does. A connection whose handshake fails, or is given up before its SKEY
    /// is named, is left as [`linger`](Self::linger) says.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport, at once.
    pub fn accept_lazy<T>(&self, io: T) -> AcceptLazy<T>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        AcceptLazy::new(self.receive(io))
    }

    fn receive<T>(&self, io: T) -> Receive<T>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let span = debug_span!("mse_handshake", role = %Role::Responder);
        let farewell = self
            .linger
            .as_ref()
            .map(|linger| Farewell::new(linger, self.disguise));
        let end = farewell.as_ref().map_or(Duration::MAX, Farewell::after);
        let deadline = Deadline::after(self.timeout.map(|allowed| allowed.min(end)));
        let wire = Wire::new(io, deadline, span).with_farewell(farewell);
        Receive::new(wire, self.places.clone(), self.policy, self.disguise)
    }
}

/// The future of [`MseAcceptor::accept`] and [`MseStream::accept`].
#[must_use = "futures do nothing unless awaited"]
pub struct Accept<T, R, P = fn(&Skey) -> Bytes> {
    skeys: R,
    initial_payload: Option<P>,
    state: State<T>,
}

enum State<T> {
    Setup(Receive<T>),
    Completing(Complete<T, Negotiation>),
}

impl<T, R, P> Accept<T, R, P> {
    /// Sends what `payload` makes of the SKEY, our own BitTorrent handshake for one, as the first bytes of the stream:
    /// in one write with step 4.
    ///
    /// It is sent to a plaintext peer, too, whose handshake is then read up to its info-hash and whose info-hash must be
    /// one that is served. So every stream that comes out has sent it, exactly once.
    pub fn initial_payload<Q>(self, payload: Q) -> Accept<T, R, Q>
    where
        Q: FnOnce(&Skey) -> Bytes,
    {
        let state = match self.state {
            State::Setup(receive) => State::Setup(receive.until_info_hash()),
            begun @ State::Completing(_) => begun,
        };
        Accept {
            skeys: self.skeys,
            initial_payload: Some(payload),
            state,
        }
    }
}

impl<T, R, P> Accept<T, R, P>
where
    R: SkeyResolver,
    P: FnOnce(&Skey) -> Bytes,
{
    fn resolve(&mut self, hash: &SkeyHash) -> Result<(Skey, Bytes), Error> {
        let skey = self.skeys.resolve(hash).ok_or(HandshakeError::UnknownSkey)?;
        let payload = self.initial_payload.take();
        let payload = payload.map_or_else(Bytes::new, |payload| payload(&skey));
        Ok((skey, payload))
    }

    fn go_on(&mut self, mut wire: Wire<T>, received: Received) -> Result<Complete<T, Negotiation>, Error> {
        match received {
            Received::Mse(request) => match self.resolve(request.hash()) {
                Ok((skey, payload)) => Ok(Complete::new(wire, request.resolve(skey, payload))),
                Err(error) => Err(wire.fail(error)),
            },
            Received::Plaintext(seen) => {
                let mut skey = info_hash(&seen);
                if self.initial_payload.is_some()
                    && let Some(asked) = &skey
                {
                    match self.resolve(&asked.hash()) {
                        Ok((known, payload)) => {
                            wire.outbox().extend_from_slice(&payload);
                            skey = Some(known);
                        }
                        Err(error) => return Err(wire.fail(error)),
                    }
                }
                let established = Established::plaintext(Role::Responder, skey, seen);
                Ok(Complete::established(wire, established))
            }
        }
    }
}

// Nothing in it is pinned.
impl<T: Unpin, R, P> Unpin for Accept<T, R, P> {}

impl<T, R, P> Future for Accept<T, R, P>
where
    T: AsyncRead + AsyncWrite + Unpin,
    R: SkeyResolver,
    P: FnOnce(&Skey) -> Bytes,
{
    type Output = Result<MseStream<T>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Setup(receive) => {
                    let (wire, received) = ready!(receive.poll(cx))?;
                    this.state = State::Completing(this.go_on(wire, received)?);
                }
                State::Completing(complete) => return complete.poll(cx),
            }
        }
    }
}

impl<T> MseStream<T>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    /// Shakes hands as the responder, with the defaults of an [`MseAcceptor`].
    ///
    /// A connection whose handshake fails goes on for a while in a task of its own, so that a prober learns nothing from
    /// the end of it ([`Linger`](crate::Linger)): for that the transport has to be `Send + 'static`.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn accept<R: SkeyResolver>(io: T, skeys: R, policy: &Policy) -> Accept<T, R>
    where
        T: Send + 'static,
    {
        MseAcceptor::new(*policy).accept(io, skeys)
    }
}
