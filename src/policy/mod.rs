//! What is dialled, accepted, offered and chosen: one decision table, pure functions.

pub(crate) mod attempt;
pub(crate) mod encryption;
pub(crate) mod hint;
pub(crate) mod methods;
pub(crate) mod parse;
#[cfg(feature = "serde")]
mod serde;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::error::Error;

pub(crate) use attempt::{Attempt, Opening};
pub(crate) use encryption::Encryption;
use hint::PeerHint;
use methods::{CryptoMethod, CryptoMethods};

/// What is dialled, accepted, offered and chosen. All the configuration that a connection needs.
///
/// A preset says what is spoken. It speaks nothing else unless [`allow_fallback`](Self::allow_fallback) says so:
///
/// ```
/// use tokio_mse::{Encryption, Policy};
///
/// let never_in_the_clear = Policy::full_rc4();
/// assert_eq!(never_in_the_clear.encryption(), Encryption::Require);
/// let rather_in_the_clear_than_not_at_all = Policy::full_rc4().allow_fallback();
/// assert_eq!(rather_in_the_clear_than_not_at_all, Policy::default());
/// ```
///
/// It is written and read as one word of [`Encryption`] and the methods, most preferred first. A word alone means RC4
/// alone:
///
/// ```
/// use tokio_mse::Policy;
///
/// assert_eq!("require".parse(), Ok(Policy::full_rc4()));
/// assert_eq!(Policy::accept_any().to_string(), "allow:rc4,plaintext");
/// ```
///
/// With the feature `serde` it is that text in every format.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    encryption: Encryption,
    methods: CryptoMethods,
}

impl Default for Policy {
    /// What a connector does unless told: [`Encryption::Prefer`], RC4 alone.
    fn default() -> Self {
        Self::new(Encryption::default(), CryptoMethods::only(CryptoMethod::Rc4))
    }
}

impl Policy {
    /// A policy from its two parts.
    pub const fn new(encryption: Encryption, methods: CryptoMethods) -> Self {
        Self { encryption, methods }
    }

    /// Plaintext BitTorrent and no MSE at all: [`Encryption::Forbid`].
    pub const fn plaintext_only() -> Self {
        Self::new(Encryption::Forbid, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// MSE or nothing, header-only: the handshake is hidden, the stream that follows is clear. [`Encryption::Require`].
    ///
    /// Transmission 4.0 selects plaintext when nothing else is offered, and sends RC4 all the same: its first 20 bytes
    /// are not `0x13 "BitTorrent protocol"`. This is not detected here, because waiting for 20 bytes would hold up the
    /// stream of every other peer. Offer RC4 as well, as the second choice: then Transmission selects RC4, and the
    /// others select plaintext.
    ///
    /// ```
    /// use tokio_mse::{CryptoMethod, CryptoMethods, Policy};
    ///
    /// let header_first = CryptoMethods::only(CryptoMethod::Plaintext).then(CryptoMethod::Rc4);
    /// let policy = Policy::header_only().with_methods(header_first);
    /// assert_eq!(policy.to_string(), "require:plaintext,rc4");
    /// ```
    pub const fn header_only() -> Self {
        Self::new(Encryption::Require, CryptoMethods::only(CryptoMethod::Plaintext))
    }

    /// MSE or nothing, the whole stream RC4-encrypted: [`Encryption::Require`].
    pub const fn full_rc4() -> Self {
        Self::new(Encryption::Require, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// The default of an acceptor: plaintext or MSE, whatever comes; RC4 where the peer offers both methods.
    /// [`Encryption::Allow`].
    pub fn accept_any() -> Self {
        Self::new(
            Encryption::Allow,
            CryptoMethods::only(CryptoMethod::Rc4).then(CryptoMethod::Plaintext),
        )
    }

    /// The same policy with a fallback: `Require` becomes `Prefer`, and `Forbid` becomes `Allow`.
    ///
    /// A fallback to plaintext shows the info-hash to everybody on the path. `Prefer` and `Allow` have a fallback
    /// already, and stay.
    #[must_use]
    pub const fn allow_fallback(self) -> Self {
        let encryption = match self.encryption {
            Encryption::Require => Encryption::Prefer,
            Encryption::Forbid => Encryption::Allow,
            same @ (Encryption::Prefer | Encryption::Allow) => same,
        };
        self.with_encryption(encryption)
    }

    /// The same policy without a fallback: `Prefer` becomes `Require`, and `Allow` becomes `Forbid`. `Require` and
    /// `Forbid` have none, and stay.
    ///
    /// This holds for incoming connections, too: the table of [`Encryption`] has no word that dials in one way only and
    /// accepts both.
    #[must_use]
    pub const fn forbid_fallback(self) -> Self {
        let encryption = match self.encryption {
            Encryption::Prefer => Encryption::Require,
            Encryption::Allow => Encryption::Forbid,
            same @ (Encryption::Require | Encryption::Forbid) => same,
        };
        self.with_encryption(encryption)
    }

    /// The same policy with another word.
    #[must_use]
    pub const fn with_encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    /// The same policy with other methods.
    #[must_use]
    pub const fn with_methods(mut self, methods: CryptoMethods) -> Self {
        self.methods = methods;
        self
    }

    /// The policy by which to dial a peer of whom this is known.
    ///
    /// | | [`Unknown`](PeerHint::Unknown), [`TakesMse`](PeerHint::TakesMse) | [`PrefersMse`](PeerHint::PrefersMse) | [`RequiresMse`](PeerHint::RequiresMse) |
    /// |---|---|---|---|
    /// | [`Forbid`](Encryption::Forbid) | as it is | as it is | as it is |
    /// | [`Allow`](Encryption::Allow) | as it is | as [`Prefer`](Encryption::Prefer): MSE first | as [`Require`](Encryption::Require): MSE alone |
    /// | [`Prefer`](Encryption::Prefer) | as it is | as it is | as [`Require`](Encryption::Require): MSE alone |
    /// | [`Require`](Encryption::Require) | as it is | as it is | as it is |
    ///
    /// A hint saves an attempt that would fail. It never puts plaintext first: a peer that prefers plaintext and takes
    /// MSE is dialled as the policy says. A peer that takes nothing but MSE is not dialled in plaintext at all,
    /// because that would show the info-hash for nothing.
    #[must_use]
    pub const fn with_hint(self, hint: PeerHint) -> Self {
        match (self.encryption, hint) {
            (Encryption::Allow, PeerHint::PrefersMse) => self.with_encryption(Encryption::Prefer),
            (Encryption::Allow | Encryption::Prefer, PeerHint::RequiresMse) => {
                self.with_encryption(Encryption::Require)
            }
            (Encryption::Forbid | Encryption::Require, _)
            | (_, PeerHint::Unknown | PeerHint::TakesMse)
            | (Encryption::Prefer, PeerHint::PrefersMse) => self,
        }
    }

    /// How much encryption is wanted.
    pub const fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// The methods that an initiator offers, and from which a responder chooses.
    pub const fn methods(&self) -> CryptoMethods {
        self.methods
    }

    /// What an outgoing connection speaks first.
    pub const fn first_attempt(&self) -> Attempt {
        match self.encryption {
            Encryption::Forbid | Encryption::Allow => Attempt::Plaintext,
            Encryption::Prefer | Encryption::Require => Attempt::Mse,
        }
    }

    /// What to dial next after `attempt` ended with `error`; `None` if there is nothing left to try.
    ///
    /// | | after MSE | after plaintext |
    /// |---|---|---|
    /// | [`Forbid`](Encryption::Forbid) | - | never |
    /// | [`Allow`](Encryption::Allow) | never: that was the redial | MSE |
    /// | [`Prefer`](Encryption::Prefer) | plaintext | never: that was the redial |
    /// | [`Require`](Encryption::Require) | never | - |
    ///
    /// Only an attempt that the peer left unanswered is followed by another. Once [the peer
    /// answered](Error::peer_answered), it speaks what it was dialled with, and what failed then, an unknown info-hash
    /// for one, would fail again; a redial in plaintext would show the info-hash for nothing (transmission#6935,
    /// #6942). An attempt that did not get as far as the peer is not repeated either: an unreachable host does not
    /// become reachable in another mode.
    ///
    /// ```
    /// use tokio_mse::{Attempt, Error, Policy, Step};
    ///
    /// let hung_up = Error::closed(Step::PublicKey, false);
    /// let policy = Policy::full_rc4();
    /// assert_eq!(policy.redial(Attempt::Mse, &hung_up), None);
    /// let policy = policy.allow_fallback();
    /// assert_eq!(policy.redial(Attempt::Mse, &hung_up), Some(Attempt::Plaintext));
    /// assert_eq!(policy.redial(Attempt::Plaintext, &hung_up), None);
    /// ```
    pub const fn redial(&self, attempt: Attempt, error: &Error) -> Option<Attempt> {
        match (self.encryption, attempt) {
            (Encryption::Allow, Attempt::Plaintext) if error.left_unanswered() => Some(Attempt::Mse),
            (Encryption::Prefer, Attempt::Mse) if error.left_unanswered() => Some(Attempt::Plaintext),
            _ => None,
        }
    }

    /// Whether an incoming connection that begins like this is served.
    pub(crate) const fn admits(&self, opening: Opening) -> bool {
        match (self.encryption, opening) {
            (Encryption::Allow | Encryption::Prefer, _)
            | (Encryption::Forbid, Opening::Plaintext)
            | (Encryption::Require, Opening::Mse) => true,
            (Encryption::Forbid, Opening::Mse) | (Encryption::Require, Opening::Plaintext) => false,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.encryption, self.methods)
    }
}
