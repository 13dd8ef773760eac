//! Accepting: first the library reads which torrent the peer wants, then the caller decides.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::debug_span;

use crate::disguise::Disguise;
use crate::drive::{DEFAULT_TIMEOUT, Exchange};
use crate::error::{Error, ErrorKind, HandshakeError, Step};
use crate::handshake::{Detected, Detection, Established, Responder, SkeyRequest};
use crate::linger::{Linger, closes_at_once};
use crate::mode::{DialMode, Role};
use crate::policy::Policy;
use crate::skey::{Skey, SkeyHash};
use crate::stream::MseStream;

/// Shakes hands as the responder. Cheap to clone; use one for all connections.
///
/// It accepts plaintext, MSE or both, depending on the policy. [`accept`](Self::accept) returns an [`Incoming`], which shows
/// the torrent that the peer wants. If a handshake fails, the connection closes at once, unless the acceptor
/// [lingers](Self::linger). The acceptor spawns no task.
///
/// ```no_run
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
/// use tokio_mse::{MseAcceptor, SkeyIndex};
///
/// # #[derive(Clone)] struct Torrent; impl Torrent { fn handshake(&self) -> Vec<u8> { vec![] } }
/// # async fn example(torrents: Arc<SkeyIndex<Torrent>>) -> std::io::Result<()> {
/// let acceptor = MseAcceptor::default();
/// let listener = TcpListener::bind("[::]:51414").await?;
/// loop {
///     let (tcp, _) = listener.accept().await?;
///     let (acceptor, torrents) = (acceptor.clone(), Arc::clone(&torrents));
///     tokio::spawn(async move {
///         let incoming = acceptor.accept(tcp).await?;
///         let Some((skey, torrent)) = torrents.get(incoming.skey_hash()) else {
///             return Err(incoming.refuse().await);
///         };
///         let peer = incoming.accept(skey, torrent.handshake()).await?;
///         println!("{}", peer.negotiated());
///         Ok(())
///     });
/// }
/// # }
/// ```
///
/// On the internet, also limit the number of connections: the guide [`docs::listener`](crate::docs::listener) has a
/// complete loop.
///
/// A timeout needs a Tokio runtime with timers; without one, the first poll panics. [`no_timeout`](Self::no_timeout)
/// needs none, unless the acceptor lingers.
#[derive(Clone, Debug)]
pub struct MseAcceptor {
    policy: Policy,
    timeout: Option<Duration>,
    linger: Option<Arc<Linger>>,
    hide_plaintext: bool,
    disguise: Disguise,
}

impl Default for MseAcceptor {
    /// [`Policy::default`]: plaintext or MSE; RC4 if the peer offers several methods.
    fn default() -> Self {
        Self::new(Policy::default())
    }
}

impl MseAcceptor {
    /// An acceptor with this policy, a timeout of 10 seconds, and no lingering.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            timeout: Some(DEFAULT_TIMEOUT),
            linger: None,
            hide_plaintext: false,
            disguise: Disguise::none(),
        }
    }

    /// The same acceptor with another policy. Both share the limit of their [`Linger`].
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self {
            policy,
            ..self.clone()
        }
    }

    /// How long a handshake may take: 10 seconds by default. The time counts from the first poll of
    /// [`accept`](Self::accept), and includes your lookup of the torrent.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Removes the timeout, so a silent peer can hold its connection for ever. Do not combine this with
    /// [`linger`](Self::linger): refused connections would close, and silent ones would not, and a prober would see the
    /// difference.
    #[must_use]
    pub const fn no_timeout(mut self) -> Self {
        self.timeout = None;
        self
    }

    /// Delays closing after a failed handshake, so that a prober cannot see why it failed: see [`Linger`]. Off by default.
    #[must_use]
    pub fn linger(mut self, linger: Linger) -> Self {
        self.linger = Some(Arc::new(linger));
        self
    }

    /// Under [`Require`](crate::Encryption::Require), treats the first 96 bytes as a public key even if they are plaintext
    /// BitTorrent. Off by default. It has no effect under other policies.
    ///
    /// Together with [`linger`](Self::linger), this hides from a prober that the acceptor understands plaintext.
    ///
    /// **The price**: an honest peer that dials in plaintext first must wait before it dials again with MSE, until the
    /// connection closes or its own timeout expires.
    #[must_use]
    pub const fn hide_plaintext(mut self, hide: bool) -> Self {
        self.hide_plaintext = hide;
        self
    }

    /// Disguises our side of MSE handshakes from published detection rules.
    #[must_use]
    pub fn disguise(mut self, disguise: Disguise) -> Self {
        self.disguise = disguise;
        self
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Begins a handshake, and reads which torrent the peer wants.
    ///
    /// # Errors
    ///
    /// See [`Error`]. If the acceptor [lingers](Self::linger), the error is returned after the connection has closed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection at once.
    pub fn accept<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: T,
    ) -> impl Future<Output = Result<Incoming<T>, Error>> + use<T> {
        let acceptor = self.clone();
        async move {
            if acceptor.linger.is_some() {
                // Without timers, panic here and not later, when the bytes of a peer make the connection linger.
                drop(tokio::time::sleep(Duration::ZERO));
            }
            let span = debug_span!("mse_handshake", role = %Role::Responder);
            let mut exchange = Exchange::new(io, Role::Responder, acceptor.timeout, span);
            let receive = async {
                let detection = Detection::new(&acceptor.policy).hide_plaintext(acceptor.hide_plaintext);
                let seen = match exchange.run(&mut Some(detection)).await? {
                    Detected::Plaintext { info_hash, received } => {
                        return Ok(Request::Plaintext { info_hash, received });
                    }
                    Detected::Mse(seen) => seen,
                };
                // Not earlier: a peer that has not sent its own key should not cost a key pair.
                let (randomness, pieces) = acceptor.disguise.draw(Role::Responder, &mut rand::rng());
                exchange.outbox.pieces = pieces;
                let responder = Responder::new(&acceptor.policy, randomness).having_read(seen);
                exchange.run(&mut Some(responder)).await.map(Request::Mse)
            };
            match receive.await {
                Ok(request) => Ok(Incoming {
                    exchange,
                    request,
                    policy: acceptor.policy,
                    linger: acceptor.linger,
                }),
                Err(error) => Err(exchange.fail(error, acceptor.linger.as_deref()).await),
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Exchange<T> {
    /// Ends a failed handshake: at once, or late if the acceptor lingers.
    async fn fail(&mut self, error: Error, linger: Option<&Linger>) -> Error {
        self.log_failure(&error);
        if let Some(linger) = linger
            && !closes_at_once(&error, self.received)
        {
            // On the heap, because few connections linger.
            Box::pin(linger.close_late(self)).await;
        }
        error
    }
}

/// An incoming connection whose peer has named a torrent, with MSE or in plaintext. From [`MseAcceptor::accept`].
///
/// Look up [`skey_hash`](Self::skey_hash), then call [`accept`](Self::accept) or [`refuse`](Self::refuse). Dropping an
/// `Incoming` closes the connection at once.
///
/// ```no_run
/// use tokio_mse::{Error, Incoming, MseStream, Policy, SkeyIndex};
/// use tokio::net::TcpStream;
///
/// # #[derive(Clone)] struct Torrent { handshake: Vec<u8>, policy: Policy }
/// async fn serve(
///     incoming: Incoming<TcpStream>,
///     torrents: &SkeyIndex<Torrent>,
/// ) -> Result<MseStream<TcpStream>, Error> {
///     let Some((skey, torrent)) = torrents.get(incoming.skey_hash()) else {
///         return Err(incoming.refuse().await);
///     };
///     incoming.with_policy(&torrent.policy).accept(skey, torrent.handshake).await
/// }
/// ```
///
/// An `Incoming` runs no timer. Limit a slow lookup with `tokio::time::timeout_at` and [`deadline`](Self::deadline). After
/// the deadline, [`accept`](Self::accept) fails at once. If the acceptor [lingers](MseAcceptor::linger), a prober can see
/// that a lookup waits.
pub struct Incoming<T> {
    exchange: Exchange<T>,
    request: Request,
    policy: Policy,
    linger: Option<Arc<Linger>>,
}

/// The torrent that the peer wants, and the state of the handshake.
enum Request {
    Plaintext { info_hash: [u8; 20], received: Vec<u8> },
    Mse(SkeyRequest),
}

impl<T> Incoming<T> {
    /// The hash of the info-hash (SKEY) that the peer wants.
    pub fn skey_hash(&self) -> SkeyHash {
        match &self.request {
            Request::Plaintext { info_hash, .. } => Skey::from(info_hash).lookup_hash(),
            Request::Mse(request) => request.hash(),
        }
    }

    /// The info-hash in a plaintext handshake. Nothing proves that the peer knows the torrent. `None` with MSE.
    pub const fn info_hash(&self) -> Option<[u8; 20]> {
        match &self.request {
            Request::Plaintext { info_hash, .. } => Some(*info_hash),
            Request::Mse(_) => None,
        }
    }

    /// Whether the peer speaks MSE. The stream after the handshake may still be header-only.
    pub const fn is_encrypted(&self) -> bool {
        matches!(self.request, Request::Mse(_))
    }

    /// The transport.
    pub const fn get_ref(&self) -> &T {
        &self.exchange.io
    }

    /// When the handshake times out: [`MseAcceptor::timeout`] after the first poll of [`MseAcceptor::accept`]. `None` without
    /// a timeout.
    pub fn deadline(&self) -> Option<Instant> {
        self.exchange.deadline.next_timeout().map(|(_, at)| at)
    }

    /// Also applies `policy` to this connection, which must then satisfy both the acceptor's policy and this one.
    ///
    /// If no mode or method satisfies both, [`accept`](Self::accept) refuses the peer and sends nothing more. With MSE, our
    /// public key has already been sent.
    #[must_use]
    pub fn with_policy(mut self, policy: &Policy) -> Self {
        if let Request::Mse(request) = &mut self.request {
            request.narrow(policy.accepted_methods());
        }
        if self.policy.allows(self.mode()) {
            self.policy = policy.clone();
        }
        self
    }

    const fn mode(&self) -> DialMode {
        match self.request {
            Request::Plaintext { .. } => DialMode::Plaintext,
            Request::Mse(_) => DialMode::Mse,
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Incoming<T> {
    /// Accepts the peer, and returns the stream.
    ///
    /// `skey` is the info-hash (SKEY) of the torrent. `initial_payload` is the beginning of our stream, usually our
    /// BitTorrent handshake of 68 bytes. It is sent exactly once, with the fourth message of MSE or by itself. It may be
    /// empty.
    ///
    /// # Errors
    ///
    /// See [`Error`]. One of them: the peer did not ask for `skey`. If the acceptor [lingers](MseAcceptor::linger), the error
    /// is returned after the connection has closed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection at once.
    pub fn accept<S: Into<Skey>, B: Into<Bytes>>(
        self,
        skey: S,
        initial_payload: B,
    ) -> impl Future<Output = Result<MseStream<T>, Error>> + use<T, S, B> {
        let (skey, payload) = (skey.into(), initial_payload.into());
        let refusal = self.refusal(&skey);
        let (mut exchange, linger) = (self.exchange, self.linger);
        let payload_len = payload.len();
        // Decide here what remains to do, so that the future stores nothing else.
        let (mut negotiation, decided, may_stay_unsent) = match (refusal, self.request) {
            (Some(error), _) => (None, Some(Err(error)), 0),
            (None, Request::Mse(request)) => (Some(request.resolve(skey, payload)), None, payload_len),
            (None, Request::Plaintext { received, .. }) => {
                exchange.outbox.bytes.extend_from_slice(&payload);
                let established = Established::plaintext(Role::Responder, Some(skey), received);
                (None, Some(Ok(established)), usize::MAX)
            }
        };
        async move {
            let mut result = match decided {
                Some(result) => result,
                None => exchange.run(&mut negotiation).await,
            };
            if let Ok(established) = &mut result
                && let Err(error) = exchange.finish(established, may_stay_unsent).await
            {
                result = Err(error);
            }
            match result {
                Ok(established) => Ok(exchange.into_stream(established)),
                Err(error) => Err(exchange.fail(error, linger.as_deref()).await),
            }
        }
    }

    /// Refuses the peer, because you do not serve its torrent. Returns the error after the connection has closed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection at once.
    pub fn refuse(self) -> impl Future<Output = Error> + use<T> {
        let refusal = match self.request {
            Request::Plaintext { .. } => HandshakeError::UnknownInfoHash,
            Request::Mse(_) => HandshakeError::UnknownSkey,
        };
        let (mut exchange, linger) = (self.exchange, self.linger);
        async move {
            let error = Error::refused(Role::Responder, refusal);
            exchange.fail(error, linger.as_deref()).await
        }
    }

    /// Why the library refuses a peer that the caller accepts. Checked before anything more is sent.
    fn refusal(&self, skey: &Skey) -> Option<Error> {
        if let Some(after) = self.exchange.deadline.passed() {
            return Some(Error::timed_out(Role::Responder, Step::Skey, true, after));
        }
        if !self.skey_hash().matches(skey) {
            return Some(Error::new(
                Role::Responder,
                Step::Skey,
                true,
                ErrorKind::WrongSkey,
            ));
        }
        let refusal = match self.mode() {
            mode if self.policy.allows(mode) => return None,
            DialMode::Plaintext => HandshakeError::PlaintextRefused,
            DialMode::Mse => HandshakeError::MseRefused,
        };
        Some(Error::refused(Role::Responder, refusal))
    }
}

impl<T> fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("is_encrypted", &self.is_encrypted())
            .finish_non_exhaustive()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> MseStream<T> {
    /// Shakes hands as the responder, with the defaults of [`MseAcceptor`] and without an initial payload. `lookup` gets the
    /// hash of an info-hash (SKEY), and returns the info-hash if you serve it.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn accept<L: FnOnce(SkeyHash) -> Option<Skey>>(
        io: T,
        lookup: L,
        policy: &Policy,
    ) -> impl Future<Output = Result<Self, Error>> + use<T, L> {
        let acceptor = MseAcceptor::new(policy.clone());
        // Create the future of `accept` inside the block: a captured one would be stored twice.
        async move {
            let incoming = acceptor.accept(io).await?;
            match lookup(incoming.skey_hash()) {
                Some(skey) => incoming.accept(skey, Bytes::new()).await,
                None => Err(incoming.refuse().await),
            }
        }
    }
}
