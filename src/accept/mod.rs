//! Accepting: detection, policy, handshake; with a resolver, or lazily.

mod admission;
pub(crate) mod lazy;
pub(crate) mod pending;
pub(crate) mod per_address;
mod receive;
pub(crate) mod resolved;
mod terms;

use std::time::Duration;

use crate::disguise::Disguise;
use crate::policy::Policy;
use crate::skey::SkeyResolver;
use crate::stream::MseStream;
use admission::Admission;
use lazy::AcceptLazy;
use resolved::Accept;
use terms::Terms;

/// Shakes hands as the responder. Cheap to clone, shared by all connections.
///
/// Nothing is spawned, and a connection whose handshake fails closes with the error, unless [`linger`](Accept::linger)
/// says otherwise.
///
/// ```no_run
/// use std::sync::Arc;
/// use tokio::net::TcpListener;
/// use tokio_mse::{MseAcceptor, SkeyIndex};
///
/// # async fn example(torrents: Arc<SkeyIndex>) -> std::io::Result<()> {
/// let acceptor = MseAcceptor::default().max_handshakes(256);
/// let listener = TcpListener::bind("0.0.0.0:6881").await?;
/// loop {
///     let (tcp, _) = listener.accept().await?;
///     let handshake = acceptor.accept(tcp, Arc::clone(&torrents));
///     tokio::spawn(async move {
///         match handshake.await {
///             Ok(peer) => drop(peer),
///             Err(error) => eprintln!("{error}"),
///         }
///     });
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MseAcceptor {
    terms: Terms,
}

impl Default for MseAcceptor {
    /// [`Policy::accept_any`]: plaintext or MSE, whatever comes; RC4 where the peer offers both methods.
    fn default() -> Self {
        Self::new(Policy::accept_any())
    }
}

impl MseAcceptor {
    /// Accepts what `policy` admits, with ten seconds for each handshake.
    pub const fn new(policy: Policy) -> Self {
        Self {
            terms: Terms::new(policy),
        }
    }

    /// The same acceptor with another policy. The [limit on handshakes](Self::max_handshakes) stays shared with it: for a
    /// policy that changes while connections are under way.
    #[must_use]
    pub fn with_policy(&self, policy: Policy) -> Self {
        let mut other = self.clone();
        other.terms.policy = policy;
        other
    }

    /// The time that detection and handshake may take together; `None` for no limit.
    ///
    /// A time-out, however long, needs the timers of a Tokio runtime: on one without, the first poll panics, whatever the
    /// peer does. `None` needs none, and no peer can cause a panic either, unless the connection [lingers](crate::Linger).
    #[must_use]
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.terms.timeout = timeout.into();
        self
    }

    /// How many handshakes may be under way at once, over all clones of this acceptor; no limit unless told.
    ///
    /// A handshake takes one of these places when the 96 bytes of the peer's public key are there, and not before. One
    /// more waits for a place, within its own deadline. Besides those that have a place, a bounded number is held of
    /// those that wait for one, and of those that have not sent their key: of each kind as many as there are places, and
    /// at least 64. The oldest makes room for the newest ([`Error::Crowded`](crate::Error::Crowded)), so that silent and
    /// trickling peers cannot lock anybody out, and nobody can fill a process's descriptors here. A handshake that
    /// waits for the caller in [`PendingAccept`](crate::PendingAccept) keeps its place.
    ///
    /// One peer who sends 96 bytes on each of many connections still takes all places for a whole time-out, unless a
    /// limit for each address keeps him from that ([`PerAddress`](crate::PerAddress)).
    #[must_use]
    pub fn max_handshakes(mut self, limit: usize) -> Self {
        self.terms.admission = Some(Admission::new(limit));
        self
    }

    /// Whether a plaintext handshake that is refused is treated like random bytes, so that a prober cannot tell that it
    /// was understood. It is then refused only when 96 bytes are there, after the answer that any 96 bytes get, and
    /// [lingers](crate::Linger) if that is asked for.
    ///
    /// **The price**: an honest peer that dials in plaintext first, and dials again with MSE once the connection closes,
    /// waits for as long as the lingering lasts, or for its own time-out. Off unless told.
    #[must_use]
    pub const fn hide_plaintext(mut self, hide: bool) -> Self {
        self.terms.hide_plaintext = hide;
        self
    }

    /// Disguises our side of MSE handshakes from published detection rules.
    #[must_use]
    pub fn disguise(mut self, disguise: Disguise) -> Self {
        self.terms.disguise = disguise;
        self
    }

    /// The policy that it accepts by.
    pub const fn policy(&self) -> &Policy {
        &self.terms.policy
    }

    /// Accepts one connection, for one of the SKEYs that `skeys` knows.
    ///
    /// A plaintext connection, where the policy admits one, is recognised by its first 20 bytes and handed over with all
    /// of them unread; its info-hash is for the application to check, unless there is an
    /// [initial payload](Accept::initial_payload).
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error). [`into_fallible`](Accept::into_fallible) gives the transport back, too.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport, at once.
    pub fn accept<T, R: SkeyResolver>(&self, io: T, skeys: R) -> Accept<T, R> {
        Accept::new(self.terms.clone(), io, skeys)
    }

    /// Accepts one connection up to the SKEY, and leaves it to the caller to look that up. A plaintext connection, where
    /// the policy admits one, is handed over as by [`accept`](Self::accept), whatever its info-hash.
    ///
    /// The deadline goes on while the caller looks.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport, at once.
    pub fn accept_lazy<T>(&self, io: T) -> AcceptLazy<T> {
        AcceptLazy::new(self.terms.clone(), io)
    }
}

impl<T> MseStream<T> {
    /// Shakes hands as the responder, with the defaults of an [`MseAcceptor`]. Nothing is spawned; a connection whose
    /// handshake fails closes with the error.
    ///
    /// # Errors
    ///
    /// See [`Error`](crate::Error).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropping the future drops the transport.
    pub fn accept<R: SkeyResolver>(io: T, skeys: R, policy: &Policy) -> Accept<T, R> {
        MseAcceptor::new(policy.clone()).accept(io, skeys)
    }
}
