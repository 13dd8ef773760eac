//! What to dial, what to accept, and which methods to offer and choose: one decision table, pure functions.

pub(crate) mod encryption;
pub(crate) mod hint;
pub(crate) mod methods;
pub(crate) mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::error::{Error, Reply};
use crate::mode::DialMode;
use encryption::Encryption;
use hint::PeerHint;
use methods::{CryptoMethod, CryptoMethods};

/// What to dial, what to accept, and which methods to offer and choose. One policy serves both directions.
///
/// A preset speaks what it is named after and nothing else, unless [`allow_fallback`](Self::allow_fallback) follows:
///
/// ```
/// use tokio_mse::{Encryption, Policy};
///
/// let never_plaintext = Policy::full_rc4();
/// assert_eq!(never_plaintext.encryption(), Encryption::Require);
/// let plaintext_if_necessary = Policy::full_rc4().allow_fallback();
/// assert_eq!(plaintext_if_necessary, Policy::default());
/// ```
///
/// Its text is one word of [`Encryption`] and the methods, most preferred first. A word alone means RC4 alone, and
/// `forbid` has no methods:
///
/// ```
/// use tokio_mse::Policy;
///
/// assert_eq!("require".parse(), Ok(Policy::full_rc4()));
/// assert_eq!(Policy::header_only().to_string(), "require:header-only");
/// assert_eq!(Policy::plaintext_only().to_string(), "forbid");
/// ```
///
/// With the feature `serde` it is serialised as that text.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    encryption: Encryption,
    methods: CryptoMethods,
}

impl Default for Policy {
    /// [`Encryption::Prefer`], RC4 alone: right for a connector and for an acceptor.
    ///
    /// A fallback to plaintext shows the info-hash to everybody on the path. If that must not happen, use
    /// [`full_rc4`](Self::full_rc4).
    fn default() -> Self {
        Self::new(Encryption::default(), CryptoMethods::only(CryptoMethod::Rc4))
    }
}

impl Policy {
    /// A policy from its two parts. [`Encryption::Forbid`] has no methods: the argument has no effect then.
    pub const fn new(encryption: Encryption, methods: CryptoMethods) -> Self {
        let methods = match encryption {
            Encryption::Forbid => CryptoMethods::only(CryptoMethod::Rc4),
            _ => methods,
        };
        Self { encryption, methods }
    }

    /// Plaintext BitTorrent and no MSE: [`Encryption::Forbid`].
    pub const fn plaintext_only() -> Self {
        Self::new(Encryption::Forbid, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// MSE or an error, header-only: the handshake is hidden, the stream that follows is readable.
    /// [`Encryption::Require`].
    ///
    /// Transmission 4.0 selects header-only if nothing else is offered, and then sends RC4 nevertheless. This is not
    /// detected. Offer RC4 as the second choice: Transmission then selects RC4, and other clients select header-only.
    ///
    /// ```
    /// use tokio_mse::{CryptoMethod, CryptoMethods, Policy};
    ///
    /// let header_first = CryptoMethods::only(CryptoMethod::HeaderOnly).then(CryptoMethod::Rc4);
    /// let policy = Policy::header_only().with_methods(header_first);
    /// assert_eq!(policy.to_string(), "require:header-only,rc4");
    /// ```
    pub const fn header_only() -> Self {
        Self::new(Encryption::Require, CryptoMethods::only(CryptoMethod::HeaderOnly))
    }

    /// MSE or an error, the whole stream RC4-encrypted: [`Encryption::Require`].
    pub const fn full_rc4() -> Self {
        Self::new(Encryption::Require, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// The same policy with a fallback: `Require` becomes `Prefer`, and `Forbid` becomes `Allow` with RC4. `Prefer` and
    /// `Allow` have a fallback already.
    ///
    /// A fallback to plaintext shows the info-hash to everybody on the path.
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
    /// `Forbid` have none.
    ///
    /// This changes what is accepted, too. To dial strictly and accept anything, use two policies.
    #[must_use]
    pub const fn forbid_fallback(self) -> Self {
        let encryption = match self.encryption {
            Encryption::Prefer => Encryption::Require,
            Encryption::Allow => Encryption::Forbid,
            same @ (Encryption::Require | Encryption::Forbid) => same,
        };
        self.with_encryption(encryption)
    }

    /// The same policy with another level of encryption.
    #[must_use]
    pub const fn with_encryption(self, encryption: Encryption) -> Self {
        Self::new(encryption, self.methods)
    }

    /// The same policy with other methods.
    #[must_use]
    pub const fn with_methods(self, methods: CryptoMethods) -> Self {
        Self::new(self.encryption, methods)
    }

    /// The policy for dialling a peer about which `hint` is known.
    ///
    /// | | [`Unknown`](PeerHint::Unknown), [`TakesMse`](PeerHint::TakesMse) | [`PrefersMse`](PeerHint::PrefersMse) | [`RequiresMse`](PeerHint::RequiresMse) |
    /// |---|---|---|---|
    /// | [`Forbid`](Encryption::Forbid) | unchanged | unchanged | unchanged |
    /// | [`Allow`](Encryption::Allow) | unchanged | [`Prefer`](Encryption::Prefer) | [`Require`](Encryption::Require) |
    /// | [`Prefer`](Encryption::Prefer) | unchanged | unchanged | [`Require`](Encryption::Require) |
    /// | [`Require`](Encryption::Require) | unchanged | unchanged | unchanged |
    ///
    /// A hint saves an attempt that would fail. It never puts plaintext first. A peer that accepts nothing but MSE is not
    /// dialled in plaintext at all, because that would show the info-hash for nothing.
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

    /// The methods that an initiator offers, and from which a responder chooses, most preferred first.
    ///
    /// A responder that admits plaintext also accepts header-only, as the last choice. Under [`Encryption::Forbid`]
    /// these are the methods that [`allow_fallback`](Self::allow_fallback) would use.
    pub const fn methods(&self) -> CryptoMethods {
        self.methods
    }

    /// What an outgoing connection speaks first.
    pub const fn first_mode(&self) -> DialMode {
        match self.encryption {
            Encryption::Forbid | Encryption::Allow => DialMode::Plaintext,
            Encryption::Prefer | Encryption::Require => DialMode::Mse,
        }
    }

    /// Whether connections in this mode are made and accepted at all.
    pub const fn allows(&self, mode: DialMode) -> bool {
        match self.encryption {
            Encryption::Allow | Encryption::Prefer => true,
            Encryption::Forbid => matches!(mode, DialMode::Plaintext),
            Encryption::Require => matches!(mode, DialMode::Mse),
        }
    }

    /// What to dial next, after an attempt in `mode` failed with `error`; `None` if there is nothing left to try.
    ///
    /// | | after MSE | after plaintext |
    /// |---|---|---|
    /// | [`Forbid`](Encryption::Forbid) | - | never |
    /// | [`Allow`](Encryption::Allow) | never | MSE |
    /// | [`Prefer`](Encryption::Prefer) | plaintext | never |
    /// | [`Require`](Encryption::Require) | never | - |
    ///
    /// Only silence, or something that is no answer, is followed by a redial: the peer closed, reset or said nothing
    /// before its answer, or spoke the other mode. A peer that [answered](Error::peer_answered) speaks what was dialled,
    /// so another mode would only show the info-hash (transmission#6935, #6942). A failure on our own side, such as a
    /// missing route, says nothing about the peer. See the guide [`docs::fallback`](crate::docs::fallback).
    ///
    /// ```
    /// use tokio_mse::{DialMode, Error, Policy, Role, Step};
    ///
    /// let closed = Error::closed(Role::Initiator, Step::PublicKey, false);
    /// assert_eq!(Policy::full_rc4().redial(DialMode::Mse, &closed), None);
    /// let policy = Policy::full_rc4().allow_fallback();
    /// assert_eq!(policy.redial(DialMode::Mse, &closed), Some(DialMode::Plaintext));
    /// assert_eq!(policy.redial(DialMode::Plaintext, &closed), None);
    /// ```
    pub const fn redial(&self, mode: DialMode, error: &Error) -> Option<DialMode> {
        match error.reply() {
            Reply::Silent | Reply::SomethingElse => self.second_mode(mode),
            Reply::Answered | Reply::NotAsked => None,
        }
    }

    /// What a redial after an attempt in `mode` would speak, if the policy has one.
    pub(crate) const fn second_mode(&self, mode: DialMode) -> Option<DialMode> {
        match (self.encryption, mode) {
            (Encryption::Allow, DialMode::Plaintext) => Some(DialMode::Mse),
            (Encryption::Prefer, DialMode::Mse) => Some(DialMode::Plaintext),
            _ => None,
        }
    }

    /// The methods that a responder accepts. If plaintext is admitted, so is header-only: the peer would be lost
    /// otherwise, and header-only is no weaker than plaintext.
    pub(crate) fn accepted_methods(&self) -> CryptoMethods {
        if self.allows(DialMode::Plaintext) {
            self.methods.then(CryptoMethod::HeaderOnly)
        } else {
            self.methods
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.encryption {
            Encryption::Forbid => self.encryption.fmt(f),
            _ => write!(f, "{}:{}", self.encryption, self.methods),
        }
    }
}
