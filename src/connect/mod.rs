//! Dialling: one attempt on a given transport, or as many as the policy allows on transports that a dialler makes.

pub(crate) mod attempt;
pub(crate) mod redial;
mod terms;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;

use crate::disguise::Disguise;
use crate::policy::hint::PeerHint;
use crate::policy::{Attempt, Policy};
use crate::skey::Skey;
use crate::stream::MseStream;
use attempt::Connect;
use redial::ConnectWith;
use terms::Terms;

/// Shakes hands as the initiator. Cheap to clone, shared by all connections.
///
/// ```no_run
/// use std::time::Duration;
/// use tokio::net::TcpStream;
/// use tokio_mse::{MseConnector, Policy};
///
/// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) -> std::io::Result<()> {
/// let connector = MseConnector::new(Policy::default()).timeout(Duration::from_secs(8));
/// let peer = connector
///     .connect_with(info_hash, handshake, |_| TcpStream::connect("192.0.2.1:6881"))
///     .await?;
/// # let _ = peer; Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct MseConnector {
    terms: Terms,
}

impl Default for MseConnector {
    /// [`Policy::default`]: MSE first, RC4 offered alone; plaintext where MSE is left unanswered.
    fn default() -> Self {
        Self::new(Policy::default())
    }
}

impl MseConnector {
    /// Dials as `policy` says, with ten seconds for each attempt, and five for the peer to answer.
    pub const fn new(policy: Policy) -> Self {
        Self {
            terms: Terms::new(policy),
        }
    }

    /// The same connector with another policy.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        let mut other = self.clone();
        other.terms.policy = policy;
        other
    }

    /// The time that one attempt may take, from its start (in [`connect_with`](Self::connect_with), that of dialling) to
    /// the first byte of the stream; `None` for no limit.
    ///
    /// A time-out, however long, needs the timers of a Tokio runtime: on one without, the first poll panics, whatever the
    /// peer does. `None` here and as the [`answer_timeout`](Self::answer_timeout) needs none.
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.terms.timeout = timeout.into();
        self
    }

    /// The time that the peer may take to answer once there is a connection: with the 96 bytes of its public key, or with
    /// the beginning of its plaintext handshake where that is waited for. `None` for no limit but
    /// [`timeout`](Self::timeout). A peer that is silent for so long does not speak what it was dialled with, and is
    /// dialled again if the policy allows that.
    #[must_use]
    pub fn answer_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.terms.answer_timeout = timeout.into();
        self
    }

    /// A connector for one peer of whom this is known: with [`Policy::with_hint`].
    ///
    /// ```no_run
    /// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>, pex_flags: u8) -> std::io::Result<()> {
    /// # use tokio::net::TcpStream;
    /// # use tokio_mse::{MseConnector, PeerHint, Policy};
    /// # let connector = MseConnector::default();
    /// let peer = connector
    ///     .for_peer(PeerHint::from_pex_flags(pex_flags))
    ///     .connect_with(info_hash, handshake, |_| TcpStream::connect("192.0.2.1:6881"))
    ///     .await?;
    /// # let _ = peer; Ok(()) }
    /// ```
    #[must_use]
    pub fn for_peer(&self, hint: PeerHint) -> Self {
        self.with_policy(self.policy().clone().with_hint(hint))
    }

    /// Disguises MSE handshakes from published detection rules. Plaintext attempts are never disguised.
    #[must_use]
    pub fn disguise(mut self, disguise: Disguise) -> Self {
        self.terms.disguise = disguise;
        self
    }

    /// The policy that it dials by.
    pub const fn policy(&self) -> &Policy {
        &self.terms.policy
    }

    /// Makes one attempt on a given transport: [`Policy::first_attempt`], unless [`Connect::attempt`] says otherwise.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error); [`Policy::redial`] tells whether to dial again, and how.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect<T>(&self, io: T, skey: impl Into<Skey>) -> Connect<T> {
        Connect::new(self.terms.clone(), io, skey.into())
    }

    /// Dials with `dial`, shakes hands, and dials again if the policy says so ([`Policy::redial`]).
    ///
    /// `dial` is told what the attempt will speak. It may fail with any error of its own, which comes back as it is in
    /// [`ConnectError::Dial`](crate::ConnectError::Dial); with an [`io::Error`](std::io::Error), `?` makes one
    /// `io::Error` of both. What it learns comes back with the transport:
    ///
    /// ```no_run
    /// use tokio::net::{TcpStream, UnixStream};
    /// use tokio_mse::{ConnectError, MseConnector};
    /// use tokio_util::either::Either;
    ///
    /// #[derive(Debug)]
    /// enum NoRoute { Banned, Io(std::io::Error) }
    ///
    /// # async fn example(info_hash: [u8; 20], handshake: Vec<u8>) {
    /// let dialled = MseConnector::default()
    ///     .connect_with(info_hash, handshake, |_attempt| async {
    ///         match TcpStream::connect("192.0.2.1:6881").await {
    ///             Ok(tcp) => Ok(Either::Left(tcp)),
    ///             Err(_) => UnixStream::connect("/run/peer").await.map(Either::Right).map_err(NoRoute::Io),
    ///         }
    ///     })
    ///     .await;
    /// match dialled {
    ///     Ok(peer) => match peer.get_ref() {
    ///         Either::Left(_) => println!("TCP won"),
    ///         Either::Right(_) => println!("the other one won"),
    ///     },
    ///     Err(ConnectError::Dial(NoRoute::Banned)) => println!("not dialled at all"),
    ///     Err(ConnectError::Dial(NoRoute::Io(error))) => println!("nobody there: {error}"),
    ///     Err(ConnectError::Handshake(error)) => println!("somebody there: {error}"),
    ///     Err(_) => println!("something new"),
    /// }
    /// # }
    /// ```
    ///
    /// `initial_payload` is sent exactly once on the connection that is returned. A plaintext first attempt that might
    /// be followed by a redial waits for the peer's answer, so the payload should be something that a peer answers: the
    /// whole BitTorrent handshake. Each attempt, its dialling included, has the whole time-out.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect_with<T, E, D, F>(
        &self,
        skey: impl Into<Skey>,
        initial_payload: impl Into<Bytes>,
        dial: D,
    ) -> ConnectWith<T, D, F>
    where
        D: FnMut(Attempt) -> F,
        F: Future<Output = Result<T, E>>,
    {
        ConnectWith::new(self.terms.clone(), skey.into(), initial_payload.into(), dial)
    }
}

impl<T> MseStream<T> {
    /// Shakes hands as the initiator, with the defaults of an [`MseConnector`].
    ///
    /// This makes one attempt on the given transport: MSE under [`Prefer`](crate::Encryption::Prefer) and
    /// [`Require`](crate::Encryption::Require), plaintext under [`Forbid`](crate::Encryption::Forbid) and
    /// [`Allow`](crate::Encryption::Allow). For the redial, see [`MseConnector::connect_with`].
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error); [`Policy::redial`] tells whether to dial again, and how.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn connect(io: T, skey: impl Into<Skey>, policy: &Policy) -> Connect<T> {
        MseConnector::new(policy.clone()).connect(io, skey)
    }
}
