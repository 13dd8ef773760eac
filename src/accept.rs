//! Accepting: first what the peer asks for, then the caller's decision.

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
use crate::error::{Error, HandshakeError, Step};
use crate::handshake::{Detected, Detection, Established, Responder, SkeyRequest};
use crate::linger::{Linger, closes_at_once};
use crate::mode::{DialMode, Role};
use crate::policy::Policy;
use crate::skey::{Skey, SkeyHash};
use crate::stream::MseStream;

/// Shakes hands as the responder. Cheap to clone; use one for all connections.
///
/// It admits plaintext and MSE as the policy says, and [`accept`](Self::accept) returns an [`Incoming`] that names the
/// torrent that the peer asks for. Nothing is spawned. A connection closes when its handshake fails, unless the acceptor
/// [lingers](Self::linger).
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
/// On the open internet, limit the number of connections as well: the guide [`docs::listener`](crate::docs::listener) has
/// a complete loop.
///
/// A timeout needs a Tokio runtime with timers; without one, the first poll panics. [`no_timeout`](Self::no_timeout)
/// needs none, unless the acceptor lingers.
#[derive(Clone, Debug)]
pub struct MseAcceptor {
    config: Config,
}

#[derive(Clone, Debug)]
struct Config {
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
    /// Accepts what `policy` admits.
    pub const fn new(policy: Policy) -> Self {
        Self {
            config: Config {
                policy,
                timeout: Some(DEFAULT_TIMEOUT),
                linger: None,
                hide_plaintext: false,
                disguise: Disguise::none(),
            },
        }
    }

    /// The same acceptor with another policy. Both share the limit of their [`Linger`].
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        let mut other = self.clone();
        other.config.policy = policy;
        other
    }

    /// How long a handshake may take, from the first poll of [`accept`](Self::accept) to the first byte of the stream, the
    /// lookup of the torrent included: 10 seconds by default.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = Some(timeout);
        self
    }

    /// Removes the timeout: a silent peer holds its connection for ever. Do not combine it with [`linger`](Self::linger),
    /// which closes refused connections and would leave the others open: a prober sees the difference.
    #[must_use]
    pub const fn no_timeout(mut self) -> Self {
        self.config.timeout = None;
        self
    }

    /// Closes late after a failed handshake, so that a prober cannot tell what was wrong: see [`Linger`]. Off by default.
    #[must_use]
    pub fn linger(mut self, linger: Linger) -> Self {
        self.config.linger = Some(Arc::new(linger));
        self
    }

    /// Under [`Require`](crate::Encryption::Require), does not look for plaintext at all: the first 96 bytes are a public
    /// key, whatever they are. Together with [`linger`](Self::linger), a prober cannot tell that its plaintext handshake
    /// was understood. It has no effect under other policies, which serve plaintext.
    ///
    /// **The price**: an honest peer that dials in plaintext first waits until the connection closes, or for its own
    /// timeout, before it dials again with MSE. Off by default.
    #[must_use]
    pub const fn hide_plaintext(mut self, hide: bool) -> Self {
        self.config.hide_plaintext = hide;
        self
    }

    /// Disguises our side of MSE handshakes from published detection rules.
    #[must_use]
    pub fn disguise(mut self, disguise: Disguise) -> Self {
        self.config.disguise = disguise;
        self
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.config.policy
    }

    /// Accepts one connection up to the torrent that the peer asks for.
    ///
    /// # Errors
    ///
    /// See [`Error`]. If the acceptor [lingers](Self::linger), an error is returned when the connection has closed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection at once.
    pub fn accept<T: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: T,
    ) -> impl Future<Output = Result<Incoming<T>, Error>> + use<T> {
        let config = self.config.clone();
        async move {
            if config.linger.is_some() {
                // If the runtime has no timers, this panics now, and not later because of what a peer sends.
                drop(tokio::time::sleep(Duration::ZERO));
            }
            let span = debug_span!("mse_handshake", role = %Role::Responder);
            let mut exchange = Exchange::new(io, Role::Responder, config.timeout, span);
            match exchange.receive(&config).await {
                Ok(request) => Ok(Incoming {
                    exchange,
                    request,
                    policy: config.policy,
                    linger: config.linger,
                }),
                Err(error) => Err(exchange.fail(error, config.linger.as_deref()).await),
            }
        }
    }
}

/// The steps of accepting.
impl<T: AsyncRead + AsyncWrite + Unpin> Exchange<T> {
    async fn receive(&mut self, config: &Config) -> Result<Request, Error> {
        let detection = Detection::new(&config.policy).hide_plaintext(config.hide_plaintext);
        let seen = match self.run(&mut Some(detection)).await? {
            Detected::Plaintext { info_hash, received } => {
                return Ok(Request::Plaintext { info_hash, received });
            }
            Detected::Mse(seen) => seen,
        };
        // Only now: a peer that has not sent its own key costs no key pair.
        let (randomness, pieces) = config.disguise.draw(Role::Responder, &mut rand::rng());
        self.set_pieces(pieces);
        let responder = Responder::new(&config.policy, randomness).having_read(seen);
        self.run(&mut Some(responder)).await.map(Request::Mse)
    }

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

/// An incoming connection that asks for a torrent, with MSE or in plaintext. From [`MseAcceptor::accept`].
///
/// Look up [`skey_hash`](Self::skey_hash), and then [`accept`](Self::accept) or [`refuse`](Self::refuse). Dropping it
/// closes the connection at once.
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
/// It runs no timer. Limit a slow lookup with `tokio::time::timeout_at(incoming.deadline(), ..)`; after the deadline,
/// [`accept`](Self::accept) fails at once. If the acceptor [lingers](MseAcceptor::linger), a lookup that waits can be seen
/// by a prober.
pub struct Incoming<T> {
    exchange: Exchange<T>,
    request: Request,
    policy: Policy,
    linger: Option<Arc<Linger>>,
}

/// What the peer asks for.
enum Request {
    Plaintext { info_hash: [u8; 20], received: Vec<u8> },
    Mse(SkeyRequest),
}

impl<T> Incoming<T> {
    /// The hash of the info-hash (SKEY) that the peer asks for.
    pub fn skey_hash(&self) -> SkeyHash {
        match &self.request {
            Request::Plaintext { info_hash, .. } => Skey::from(info_hash).lookup_hash(),
            Request::Mse(request) => request.hash(),
        }
    }

    /// The info-hash in a plaintext handshake. The peer claims to know the torrent; nothing proves it. `None` with MSE.
    pub const fn info_hash(&self) -> Option<[u8; 20]> {
        match &self.request {
            Request::Plaintext { info_hash, .. } => Some(*info_hash),
            Request::Mse(_) => None,
        }
    }

    /// Whether the peer speaks MSE.
    pub const fn is_encrypted(&self) -> bool {
        matches!(self.request, Request::Mse(_))
    }

    /// The transport.
    pub const fn get_ref(&self) -> &T {
        &self.exchange.io
    }

    /// When the handshake times out: [`MseAcceptor::timeout`] after the first poll of [`MseAcceptor::accept`].
    pub fn deadline(&self) -> Option<Instant> {
        self.exchange.deadline.at()
    }

    /// Narrows what is accepted for this torrent: what both the acceptor's policy and `policy` accept.
    ///
    /// If that is nothing, [`accept`](Self::accept) refuses the peer before the fourth message, or before our plaintext
    /// handshake. With MSE, our public key has been sent by then.
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
    /// Serves the torrent. `initial_payload` is the beginning of our stream, the 68 bytes of our BitTorrent handshake: it
    /// is sent exactly once, with the fourth message of MSE or by itself. It may be empty.
    ///
    /// # Errors
    ///
    /// See [`Error`]. A SKEY other than the requested one is refused. If the acceptor [lingers](MseAcceptor::linger), an
    /// error is returned when the connection has closed.
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
        let Self {
            mut exchange,
            request,
            linger,
            ..
        } = self;
        let payload_len = payload.len();
        // What is left to do is decided here, so that the future stores nothing else.
        let (mut negotiation, decided, may_stay_unsent) = match (refusal, request) {
            (Some(error), _) => (None, Some(Err(error)), 0),
            (None, Request::Mse(request)) => (Some(request.resolve(skey, payload)), None, payload_len),
            (None, Request::Plaintext { received, .. }) => {
                exchange.outbox().extend_from_slice(&payload);
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
                && let Err(error) = exchange.finish(established, Some(may_stay_unsent)).await
            {
                result = Err(error);
            }
            match result {
                Ok(established) => Ok(exchange.into_stream(established)),
                Err(error) => Err(exchange.fail(error, linger.as_deref()).await),
            }
        }
    }

    /// Refuses the peer: its torrent is not served here. Returns the error, when the connection has closed.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future closes the connection at once.
    pub fn refuse(self) -> impl Future<Output = Error> + use<T> {
        let refusal = match self.request {
            Request::Plaintext { .. } => HandshakeError::UnknownInfoHash,
            Request::Mse(_) => HandshakeError::UnknownSkey,
        };
        let Self {
            mut exchange, linger, ..
        } = self;
        async move {
            let error = Error::refused(Role::Responder, refusal);
            exchange.fail(error, linger.as_deref()).await
        }
    }

    /// Why the peer is not served although the caller would, before anything more is sent.
    fn refusal(&self, skey: &Skey) -> Option<Error> {
        if let Some(after) = self.exchange.deadline.passed(true) {
            return Some(Error::timed_out(Role::Responder, Step::Skey, true, after));
        }
        if !self.skey_hash().matches(skey) {
            return Some(Error::wrong_skey());
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
    /// Shakes hands as the responder, with the defaults of [`MseAcceptor`] and without an initial payload. `lookup` returns
    /// the info-hash (SKEY) with the given hash if it is served.
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
        // The future of `accept` is made inside: captured, it would be stored twice.
        async move {
            let incoming = acceptor.accept(io).await?;
            match lookup(incoming.skey_hash()) {
                Some(skey) => incoming.accept(skey, Bytes::new()).await,
                None => Err(incoming.refuse().await),
            }
        }
    }
}
