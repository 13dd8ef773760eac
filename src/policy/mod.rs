//! Policies: which modes to dial and accept, and which methods to offer and select. Pure functions.

mod encryption;
mod hint;
pub(crate) mod methods;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::error::{Error, Reply};
use crate::mode::DialMode;

pub use encryption::Encryption;
pub use hint::PeerHint;
pub(crate) use methods::Offer;
pub use methods::{CryptoMethod, CryptoMethods};
pub use parse::ParsePolicyError;

/// Which modes to dial and accept, and which methods to offer and select. One policy serves both directions.
///
/// The presets have no fallback until you add one with [`allow_fallback`](Self::allow_fallback):
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
/// You can parse and print a policy. Its text is one word for the [`Encryption`] and a list of methods, most preferred
/// first. Without a list, the method is RC4. `forbid` has no methods:
///
/// ```
/// use tokio_mse::Policy;
///
/// assert_eq!("require".parse(), Ok(Policy::full_rc4()));
/// assert_eq!(Policy::header_only().to_string(), "require:header-only");
/// assert_eq!(Policy::plaintext_only().to_string(), "forbid");
/// ```
///
/// With the feature `serde` it is serialised as this text.
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    encryption: Encryption,
    methods: CryptoMethods,
}

impl Default for Policy {
    /// [`Encryption::Prefer`] with RC4 alone, for connectors and acceptors.
    ///
    /// A fallback to plaintext shows the info-hash to everybody on the path. If that must not happen, use
    /// [`full_rc4`](Self::full_rc4).
    fn default() -> Self {
        Self::new(Encryption::default(), CryptoMethods::only(CryptoMethod::Rc4))
    }
}

impl Policy {
    /// A policy from its two parts. With [`Encryption::Forbid`], `methods` has no effect.
    pub const fn new(encryption: Encryption, methods: CryptoMethods) -> Self {
        let methods = match encryption {
            Encryption::Forbid => CryptoMethods::only(CryptoMethod::Rc4),
            _ => methods,
        };
        Self { encryption, methods }
    }

    /// Plaintext BitTorrent, never MSE: [`Encryption::Forbid`].
    pub const fn plaintext_only() -> Self {
        Self::new(Encryption::Forbid, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// MSE, never plaintext: [`Encryption::Require`]. The handshake is hidden, and the stream after it is readable.
    ///
    /// If header-only is the only offer, Transmission 4.0 selects it and then sends RC4 nevertheless. The library does not
    /// detect this. So offer RC4 as the second choice: Transmission then selects RC4, and other clients select header-only.
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

    /// MSE, never plaintext: [`Encryption::Require`]. The whole stream is RC4-encrypted.
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
    /// This also changes which modes an acceptor accepts. To dial strictly and accept anything, use two policies.
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

    /// The policy for dialling a peer that has this hint.
    ///
    /// | | [`Unknown`](PeerHint::Unknown), [`TakesMse`](PeerHint::TakesMse) | [`PrefersMse`](PeerHint::PrefersMse) | [`RequiresMse`](PeerHint::RequiresMse) |
    /// |---|---|---|---|
    /// | [`Forbid`](Encryption::Forbid) | unchanged | unchanged | unchanged |
    /// | [`Allow`](Encryption::Allow) | unchanged | [`Prefer`](Encryption::Prefer) | [`Require`](Encryption::Require) |
    /// | [`Prefer`](Encryption::Prefer) | unchanged | unchanged | [`Require`](Encryption::Require) |
    /// | [`Require`](Encryption::Require) | unchanged | unchanged | unchanged |
    ///
    /// A hint saves an attempt that would fail. It never puts plaintext first. Unless the policy forbids MSE, a peer that
    /// requires MSE is not dialled in plaintext: that would show the info-hash and could not succeed.
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

    /// The level of encryption.
    pub const fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// The methods that an initiator offers and a responder accepts, most preferred first.
    ///
    /// A responder that accepts plaintext also accepts header-only, as the last choice. Under [`Encryption::Forbid`]
    /// these are the methods that [`allow_fallback`](Self::allow_fallback) would use.
    pub const fn methods(&self) -> CryptoMethods {
        self.methods
    }

    /// The mode of the first attempt.
    pub const fn first_mode(&self) -> DialMode {
        match self.encryption {
            Encryption::Forbid | Encryption::Allow => DialMode::Plaintext,
            Encryption::Prefer | Encryption::Require => DialMode::Mse,
        }
    }

    /// Whether the policy allows connections in this mode.
    pub const fn allows(&self, mode: DialMode) -> bool {
        match self.encryption {
            Encryption::Allow | Encryption::Prefer => true,
            Encryption::Forbid => matches!(mode, DialMode::Plaintext),
            Encryption::Require => matches!(mode, DialMode::Mse),
        }
    }

    /// The mode of the redial after an attempt in `mode` has failed with `error`, or `None` if there must be no redial.
    ///
    /// | | after MSE | after plaintext |
    /// |---|---|---|
    /// | [`Forbid`](Encryption::Forbid) | - | never |
    /// | [`Allow`](Encryption::Allow) | never | MSE |
    /// | [`Prefer`](Encryption::Prefer) | plaintext | never |
    /// | [`Require`](Encryption::Require) | never | - |
    ///
    /// A redial follows only if the peer closed, reset or stayed silent before it answered, or if it sent something that is
    /// no answer. A peer that [answered](Error::peer_answered) speaks the mode in which it was dialled, so another mode
    /// would only show the info-hash (transmission#6935, #6942). A failure on our own side, such as a missing route, says
    /// nothing about the peer. See the guide [`docs::fallback`](crate::docs::fallback).
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

    /// The mode of a redial after an attempt in `mode`, if the policy allows one.
    pub(crate) const fn second_mode(&self, mode: DialMode) -> Option<DialMode> {
        match (self.encryption, mode) {
            (Encryption::Allow, DialMode::Plaintext) => Some(DialMode::Mse),
            (Encryption::Prefer, DialMode::Mse) => Some(DialMode::Plaintext),
            _ => None,
        }
    }

    /// The methods that a responder accepts. A responder that accepts plaintext also accepts header-only: otherwise it would
    /// lose the peer, and header-only is no weaker than plaintext.
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
