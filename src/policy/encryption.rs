//! How much encryption is wanted: the four words.

use std::fmt;

/// How much encryption a policy wants.
///
/// | | outgoing | incoming |
/// |---|---|---|
/// | [`Forbid`](Encryption::Forbid) | dial plaintext only | plaintext BitTorrent handshake only |
/// | [`Allow`](Encryption::Allow) | dial plaintext; where it is left unanswered, redial with MSE | either |
/// | [`Prefer`](Encryption::Prefer) | dial MSE; where it is left unanswered, redial in plaintext | either |
/// | [`Require`](Encryption::Require) | MSE or an error, never plaintext | MSE or an error |
///
/// MSE is obfuscation with weak cryptography. `Require` hides the protocol from a casual look; it is not security.
///
/// Written and read as a lower-case word:
///
/// ```
/// use tokio_mse::Encryption;
///
/// assert_eq!("require".parse(), Ok(Encryption::Require));
/// assert_eq!(Encryption::default().to_string(), "prefer");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encryption {
    /// Never speak MSE.
    Forbid,
    /// Speak MSE only where plaintext is left unanswered.
    Allow,
    /// Speak MSE first, and plaintext where MSE is left unanswered.
    #[default]
    Prefer,
    /// Never speak plaintext.
    Require,
}

impl Encryption {
    pub(crate) const ALL: &'static [Self] = &[Self::Forbid, Self::Allow, Self::Prefer, Self::Require];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Forbid => "forbid",
            Self::Allow => "allow",
            Self::Prefer => "prefer",
            Self::Require => "require",
        }
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
