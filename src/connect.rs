//! Dialling: one attempt on a given transport, or attempts and redials as the policy allows.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tracing::{debug, debug_span};

use crate::disguise::Disguise;
use crate::drive::{DEFAULT_TIMEOUT, Deadline, Exchange};
use crate::error::{ConnectError, Error, ErrorKind, Step};
use crate::handshake::{Established, Initiator, PlaintextDial};
use crate::mode::{DialMode, Role};
use crate::policy::{PeerHint, Policy};
use crate::skey::Skey;
use crate::stream::MseStream;

const DEFAULT_DIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a peer may take to answer MSE by default. KTorrent gives up after the same time, and every client answers as
/// soon as it has our key.
const DEFAULT_MSE_ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a peer may take to answer plaintext by default, as in released clients.
const DEFAULT_PLAINTEXT_ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Shakes hands as the initiator. Cheap to clone; use one for all connections.
///
/// ```no_run
/// use tokio::net::TcpStream;
/// use tokio_mse::{MseConnector, Policy};
///
/// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) -> std::io::Result<()> {
/// let connector = MseConnector::new(Policy::default());
/// let peer = connector
///     .connect_with(info_hash, handshake, |_mode| TcpStream::connect("192.0.2.1:51414"))
///     .await?;
/// println!("{}", peer.negotiated()); // "rc4 as initiator in 35.2ms"
/// # Ok(()) }
/// ```
///
/// There are three timeouts: [`dial_timeout`](Self::dial_timeout) (10 seconds by default),
/// [`answer_timeout`](Self::answer_timeout) (5 seconds for MSE, 10 for plaintext) and [`timeout`](Self::timeout) (10
/// seconds). `connect_with` takes at most twice the sum of dial timeout and handshake timeout: 40 seconds by default. If you
/// put a shorter timeout around it, that timeout can prevent the redial.
///
/// Timeouts need a Tokio runtime with timers; without one, the first poll panics. [`no_timeout`](Self::no_timeout) needs
/// none.
#[derive(Clone, Debug)]
pub struct MseConnector {
    policy: Policy,
    dial_timeout: Option<Duration>,
    /// `None` for the defaults.
    answer_timeout: Option<Duration>,
    timeout: Option<Duration>,
    disguise: Disguise,
}

impl Default for MseConnector {
    /// [`Policy::default`]: MSE first, and plaintext if the peer does not answer.
    fn default() -> Self {
        Self::new(Policy::default())
    }
}

impl MseConnector {
    /// A connector with this policy and the default timeouts.
    pub const fn new(policy: Policy) -> Self {
        Self {
            policy,
            dial_timeout: Some(DEFAULT_DIAL_TIMEOUT),
            answer_timeout: None,
            timeout: Some(DEFAULT_TIMEOUT),
            disguise: Disguise::none(),
        }
    }

    /// The same connector with another policy.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        Self {
            policy,
            ..self.clone()
        }
    }

    /// The same connector for one peer that has this hint: see [`Policy::with_hint`].
    #[must_use]
    pub fn for_peer(&self, hint: PeerHint) -> Self {
        self.with_policy(self.policy().clone().with_hint(hint))
    }

    /// How long [`connect_with`](Self::connect_with) waits for each connection: 10 seconds by default.
    #[must_use]
    pub const fn dial_timeout(mut self, timeout: Duration) -> Self {
        self.dial_timeout = Some(timeout);
        self
    }

    /// How long the peer may take to answer: by default 5 seconds for MSE and 10 for plaintext. The time counts from when
    /// the connection exists. An answer is the 96 bytes of a public key, or the 20 bytes of `0x13 "BitTorrent protocol"`.
    ///
    /// After this time the connector redials in the other mode. The timeout applies only if the policy allows a redial,
    /// and it is never longer than the [`timeout`](Self::timeout).
    #[must_use]
    pub const fn answer_timeout(mut self, timeout: Duration) -> Self {
        self.answer_timeout = Some(timeout);
        self
    }

    /// How long each handshake may take: 10 seconds by default. The time counts from when the connection exists, so it does
    /// not include dialling.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Removes all timeouts. The connector then redials only if the peer closes or resets the connection, or sends something
    /// that is no answer. It needs no timers.
    #[must_use]
    pub const fn no_timeout(mut self) -> Self {
        self.dial_timeout = None;
        self.answer_timeout = Some(Duration::MAX);
        self.timeout = None;
        self
    }

    /// Disguises MSE handshakes from published detection rules. It does not change plaintext attempts.
    #[must_use]
    pub fn disguise(mut self, disguise: Disguise) -> Self {
        self.disguise = disguise;
        self
    }

    /// The policy.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Makes one attempt on a given transport, in the mode that the policy dials first.
    ///
    /// `initial_payload` is the beginning of the stream, usually the BitTorrent handshake of 68 bytes. It is sent exactly
    /// once. With MSE, the first 68 bytes are part of the third message, and the rest follows the fourth.
    ///
    /// Keep the payload small. While it is not sent, the library stops reading once it holds 32 KiB of the peer's stream. If
    /// both ends send more than this and the transport can hold, each waits for the other until the handshake times out.
    ///
    /// # Errors
    ///
    /// See [`Error`]. [`Policy::redial`] says whether to redial, and in which mode; [`dial`](Self::dial) asks it for you.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect<T: AsyncRead + AsyncWrite + Unpin, S: Into<Skey>, B: Into<Bytes>>(
        &self,
        io: T,
        skey: S,
        initial_payload: B,
    ) -> impl Future<Output = Result<MseStream<T>, Error>> + use<T, S, B> {
        self.connect_as(self.policy.first_mode(), io, skey, initial_payload)
    }

    /// Makes one attempt on a given transport, in a mode of your choice.
    ///
    /// # Errors
    ///
    /// See [`Error`]. Before anything is sent, it fails if the policy does not [allow](Policy::allows) the mode, or if the
    /// initial payload is empty in a plaintext attempt under [`Allow`](crate::Encryption::Allow): without it the peer has
    /// nothing to answer, so nothing would show whether to redial.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect_as<T: AsyncRead + AsyncWrite + Unpin, S: Into<Skey>, B: Into<Bytes>>(
        &self,
        mode: DialMode,
        io: T,
        skey: S,
        initial_payload: B,
    ) -> impl Future<Output = Result<MseStream<T>, Error>> + use<T, S, B> {
        let mut dial = self.dial(skey, initial_payload);
        dial.mode = mode;
        async move { dial.connect(io).await }
    }

    /// Calls `dial` for a connection, shakes hands, and redials if the policy allows it ([`Policy::redial`]).
    ///
    /// `dial` gets the mode of the attempt. If it fails, its error is in [`ConnectError::Dial`]. If your dialler returns more
    /// than a transport, use [`dial`](Self::dial).
    ///
    /// ```no_run
    /// use tokio::net::TcpStream;
    /// use tokio_mse::{ConnectError, MseConnector};
    ///
    /// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) {
    /// let connector = MseConnector::default();
    /// match connector
    ///     .connect_with(info_hash, handshake, |_mode| TcpStream::connect("192.0.2.1:51414"))
    ///     .await
    /// {
    ///     Ok(peer) => println!("{}", peer.negotiated()),
    ///     Err(ConnectError::Dial(error)) => println!("cannot connect: {error}"),
    ///     Err(ConnectError::DialTimedOut(after)) => println!("no connection within {after:?}"),
    ///     Err(ConnectError::Handshake(error)) => println!("handshake failed: {error}"),
    ///     Err(other) => println!("{other}"),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the last attempt.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect_with<T, E, S, B, D, F>(
        &self,
        skey: S,
        initial_payload: B,
        mut dial: D,
    ) -> impl Future<Output = Result<MseStream<T>, ConnectError<E>>> + use<T, E, S, B, D, F>
    where
        T: AsyncRead + AsyncWrite + Unpin,
        S: Into<Skey>,
        B: Into<Bytes>,
        D: FnMut(DialMode) -> F,
        F: Future<Output = Result<T, E>>,
    {
        let mut attempts = self.dial(skey, initial_payload);
        async move {
            attempts.started = Instant::now();
            loop {
                attempts.check()?;
                let mut dialling = pin!(dial(attempts.mode));
                let mut deadline = Deadline::after(attempts.connector.dial_timeout);
                let dialled = poll_fn(|cx| match dialling.as_mut().poll(cx) {
                    Poll::Ready(dialled) => Poll::Ready(dialled.map_err(ConnectError::Dial)),
                    Poll::Pending => deadline
                        .poll(cx, true)
                        .map(|after| Err(ConnectError::DialTimedOut(after))),
                });
                if let Some(stream) = attempts.attempt(dialled.await?).await? {
                    return Ok(stream);
                }
            }
        }
    }

    /// Begins to dial by hand: you make the connections, and [`Dial`] decides whether to redial.
    pub fn dial(&self, skey: impl Into<Skey>, initial_payload: impl Into<Bytes>) -> Dial {
        Dial {
            connector: self.clone(),
            skey: skey.into(),
            initial_payload: initial_payload.into(),
            mode: self.policy.first_mode(),
            attempts: 0,
            started: Instant::now(),
        }
    }
}

/// The attempts to connect to one peer, on connections that you make. From [`MseConnector::dial`].
///
/// ```no_run
/// use tokio::net::TcpStream;
/// use tokio_mse::{DialMode, MseConnector, MseStream};
///
/// # async fn connect_somehow(_: DialMode) -> std::io::Result<(TcpStream, &'static str)> {
/// #     Ok((TcpStream::connect("192.0.2.1:51414").await?, "tcp"))
/// # }
/// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) -> std::io::Result<(MseStream<TcpStream>, &'static str)> {
/// let mut dial = MseConnector::default().dial(info_hash, handshake);
/// loop {
///     let (tcp, learnt) = connect_somehow(dial.mode()).await?;
///     if let Some(peer) = dial.attempt(tcp).await? {
///         return Ok((peer, learnt));
///     } // else dial again, in dial.mode()
/// }
/// # }
/// ```
pub struct Dial {
    connector: MseConnector,
    skey: Skey,
    initial_payload: Bytes,
    mode: DialMode,
    attempts: u32,
    started: Instant,
}

impl Dial {
    /// The mode of the next attempt.
    pub const fn mode(&self) -> DialMode {
        self.mode
    }

    /// Shakes hands on a new connection. `None` means that the peer did not answer and the policy allows a redial: dial
    /// again, in [`mode`](Self::mode).
    ///
    /// [`Negotiated::attempts`](crate::Negotiated::attempts) and [`elapsed`](crate::Negotiated::elapsed) count from the call
    /// of [`MseConnector::dial`].
    ///
    /// # Errors
    ///
    /// See [`Error`]. After an error, do not redial.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub async fn attempt<T: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        io: T,
    ) -> Result<Option<MseStream<T>>, Error> {
        self.attempts += 1;
        match self.connect(io).await {
            Ok(mut stream) => {
                stream.negotiated.attempts = self.attempts;
                stream.negotiated.elapsed = Some(self.started.elapsed());
                Ok(Some(stream))
            }
            Err(error) => match self.connector.policy.redial(self.mode, &error) {
                Some(next) => {
                    debug!(%error, dial = %next, "redialling");
                    self.mode = next;
                    Ok(None)
                }
                None => Err(error),
            },
        }
    }

    /// Whether the policy allows a redial if the peer does not answer.
    fn may_redial(&self) -> bool {
        self.connector.policy.second_mode(self.mode).is_some()
    }

    /// Refuses attempts in which nothing must be sent.
    fn check(&self) -> Result<(), Error> {
        let error = |kind| Err(Error::new(Role::Initiator, Step::Start, false, kind));
        if !self.connector.policy.allows(self.mode) {
            return error(ErrorKind::ModeNotAllowed(self.mode));
        }
        if self.mode == DialMode::Plaintext && self.may_redial() && self.initial_payload.is_empty() {
            return error(ErrorKind::NoInitialPayload);
        }
        Ok(())
    }

    async fn connect<T: AsyncRead + AsyncWrite + Unpin>(&mut self, io: T) -> Result<MseStream<T>, Error> {
        self.check()?;
        let span = debug_span!("mse_handshake", role = %Role::Initiator, dial = %self.mode);
        let mut exchange = Exchange::new(io, Role::Initiator, self.connector.timeout, span);
        exchange.deadline.answer = self.may_redial().then(|| {
            self.connector.answer_timeout.unwrap_or(match self.mode {
                DialMode::Mse => DEFAULT_MSE_ANSWER_TIMEOUT,
                DialMode::Plaintext => DEFAULT_PLAINTEXT_ANSWER_TIMEOUT,
            })
        });
        let payload = self.initial_payload.clone();
        let handshake = async {
            let mut established = match self.mode {
                DialMode::Mse => {
                    let disguise = self.connector.disguise;
                    let (randomness, pieces) = disguise.draw(Role::Initiator, &mut rand::rng());
                    exchange.outbox.pieces = pieces;
                    let (skey, policy) = (self.skey.clone(), &self.connector.policy);
                    let initiator =
                        Initiator::new(skey, policy, payload, randomness, &mut exchange.outbox.bytes);
                    exchange.run(&mut Some(initiator)).await?
                }
                // Without a redial, the application reads the answer.
                DialMode::Plaintext if !self.may_redial() => {
                    exchange.outbox.bytes.extend_from_slice(&payload);
                    Established::plaintext(Role::Initiator, None, Vec::new())
                }
                DialMode::Plaintext => {
                    let dial = PlaintextDial::new(payload, &mut exchange.outbox.bytes);
                    exchange.run(&mut Some(dial)).await?
                }
            };
            // After the peer has answered, keep everything that it sent, even if our own bytes can no longer be sent.
            exchange.finish(&mut established, usize::MAX).await?;
            Ok(established)
        };
        let established = handshake.await.inspect_err(|error| exchange.log_failure(error))?;
        Ok(exchange.into_stream(established))
    }
}

impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The payload contains the info-hash.
        f.debug_struct("Dial")
            .field("mode", &self.mode)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> MseStream<T> {
    /// Shakes hands as the initiator, with the defaults of [`MseConnector`]. It makes one attempt, like
    /// [`MseConnector::connect`].
    ///
    /// # Errors
    ///
    /// See [`Error`].
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect<S: Into<Skey>, B: Into<Bytes>>(
        io: T,
        skey: S,
        initial_payload: B,
        policy: &Policy,
    ) -> impl Future<Output = Result<Self, Error>> + use<T, S, B> {
        MseConnector::new(policy.clone()).connect(io, skey, initial_payload)
    }
}
