//! What is dialled, accepted, offered and chosen: one decision table, pure functions.

pub(crate) mod hint;
pub(crate) mod methods;

use std::fmt;

use hint::PeerHint;
use methods::{CryptoMethod, CryptoMethods};

/// How much encryption a policy wants.
///
/// | | outgoing | incoming |
/// |---|---|---|
/// | [`Forbid`](Encryption::Forbid) | plaintext only | plaintext BitTorrent handshake only |
/// | [`Allow`](Encryption::Allow) | plaintext; MSE on a redial if the peer hangs up before it answers | either |
/// | [`Prefer`](Encryption::Prefer) | MSE; plaintext on a redial if the peer hangs up before it answers | either |
/// | [`Require`](Encryption::Require) | MSE or an error, never plaintext | MSE or an error |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// Never speak MSE.
    Forbid,
    /// Speak MSE only where plaintext does not work.
    Allow,
    /// Speak MSE first, plaintext where it does not work.
    Prefer,
    /// Never speak plaintext.
    Require,
}

/// How the first bytes of a connection look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opening {
    /// `0x13 "BitTorrent protocol"`.
    Plaintext,
    /// Anything else, which can only be a public key.
    Mse,
}

/// What one dial attempt speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    /// The MSE handshake.
    Mse,
    /// Plaintext BitTorrent.
    Plaintext,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mse => "MSE",
            Self::Plaintext => "plaintext",
        })
    }
}

/// What is dialled, accepted, offered and chosen.
///
/// A value of this type is all the configuration that a connection needs; it is `Copy` and can be shared by all of
/// them. The presets name what protects the stream, the builder steps say how insistent to be:
///
/// ```
/// use tokio_mse::Policy;
///
/// let never_in_the_clear = Policy::full_rc4().require();
/// let handshake_hidden_only = Policy::header_only().prefer();
/// let one_attempt = Policy::full_rc4().forbid_fallback();
/// # let _ = (never_in_the_clear, handshake_hidden_only, one_attempt);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    encryption: Encryption,
    methods: CryptoMethods,
    fallback: bool,
}

impl Policy {
    /// A policy from its two parts, with fallback allowed.
    pub const fn new(encryption: Encryption, methods: CryptoMethods) -> Self {
        Self {
            encryption,
            methods,
            fallback: true,
        }
    }

    /// Plain BitTorrent, no MSE at all ([`Encryption::Forbid`]).
    pub const fn plaintext_only() -> Self {
        Self::new(Encryption::Forbid, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// MSE preferred, header-only: the handshake is hidden, the stream is clear.
    ///
    /// Transmission 4.0 selects plaintext when nothing else is offered, and goes on in RC4 all the same: its first 20
    /// bytes are not `0x13 "BitTorrent protocol"`. Waiting for them would hold up every other peer's stream, so it is not
    /// detected here. Offer RC4 behind it and Transmission takes that, while the others take plaintext:
    ///
    /// ```
    /// use tokio_mse::{CryptoMethod, CryptoMethods, Policy};
    ///
    /// let header_first = CryptoMethods::only(CryptoMethod::Plaintext).then(CryptoMethod::Rc4);
    /// let policy = Policy::header_only().methods(header_first);
    /// # let _ = policy;
    /// ```
    pub const fn header_only() -> Self {
        Self::new(Encryption::Prefer, CryptoMethods::only(CryptoMethod::Plaintext))
    }

    /// MSE preferred, the whole stream RC4-encrypted. The default of a connector.
    pub const fn full_rc4() -> Self {
        Self::new(Encryption::Prefer, CryptoMethods::only(CryptoMethod::Rc4))
    }

    /// The default of an acceptor: plaintext or MSE, whatever comes; RC4 when the peer offers both methods.
    pub fn accept_any() -> Self {
        Self::new(
            Encryption::Allow,
            CryptoMethods::only(CryptoMethod::Rc4).then(CryptoMethod::Plaintext),
        )
    }

    /// The same policy with [`Encryption::Require`].
    #[must_use]
    pub const fn require(mut self) -> Self {
        self.encryption = Encryption::Require;
        self
    }

    /// The same policy with [`Encryption::Prefer`].
    #[must_use]
    pub const fn prefer(mut self) -> Self {
        self.encryption = Encryption::Prefer;
        self
    }

    /// The same policy with [`Encryption::Allow`].
    #[must_use]
    pub const fn allow(mut self) -> Self {
        self.encryption = Encryption::Allow;
        self
    }

    /// The same policy with other methods.
    #[must_use]
    pub const fn methods(mut self, methods: CryptoMethods) -> Self {
        self.methods = methods;
        self
    }

    /// Never redial: the first attempt's outcome is final.
    #[must_use]
    pub const fn forbid_fallback(mut self) -> Self {
        self.fallback = false;
        self
    }

    /// Redial as the table of [`Encryption`] says.
    #[must_use]
    pub const fn allow_fallback(mut self) -> Self {
        self.fallback = true;
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
    /// A hint saves the attempt that would fail. It never brings plaintext to the front: a peer that would rather have
    /// plaintext and takes MSE is dialled as its dialler would rather have it. A peer that takes nothing but MSE is not
    /// dialled in plaintext, which would show the info-hash for nothing.
    #[must_use]
    pub const fn with_hint(self, hint: PeerHint) -> Self {
        match (self.encryption, hint) {
            (Encryption::Allow, PeerHint::PrefersMse) => self.prefer(),
            (Encryption::Allow | Encryption::Prefer, PeerHint::RequiresMse) => self.require(),
            (Encryption::Forbid | Encryption::Require, _)
            | (_, PeerHint::Unknown | PeerHint::TakesMse)
            | (Encryption::Prefer, PeerHint::PrefersMse) => self,
        }
    }

    /// How much encryption is wanted.
    pub const fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// What an initiator offers and a responder chooses from.
    pub const fn crypto_methods(&self) -> CryptoMethods {
        self.methods
    }

    /// What an outgoing connection speaks first.
    pub const fn first_attempt(&self) -> Attempt {
        match self.encryption {
            Encryption::Forbid | Encryption::Allow => Attempt::Plaintext,
            Encryption::Prefer | Encryption::Require => Attempt::Mse,
        }
    }

    /// What a redial speaks after the first attempt was left unanswered, if a redial is allowed at all.
    pub const fn second_attempt(&self) -> Option<Attempt> {
        match self.encryption {
            Encryption::Allow if self.fallback => Some(Attempt::Mse),
            Encryption::Prefer if self.fallback => Some(Attempt::Plaintext),
            _ => None,
        }
    }

    /// Whether an incoming connection that begins like this is served.
    pub const fn admits(&self, opening: Opening) -> bool {
        match (self.encryption, opening) {
            (Encryption::Allow | Encryption::Prefer, _)
            | (Encryption::Forbid, Opening::Plaintext)
            | (Encryption::Require, Opening::Mse) => true,
            (Encryption::Forbid, Opening::Mse) | (Encryption::Require, Opening::Plaintext) => false,
        }
    }
}
