//! The four levels of encryption.

use std::fmt;

/// The level of encryption of a policy.
///
/// | | outgoing | incoming |
/// |---|---|---|
/// | [`Forbid`](Encryption::Forbid) | plaintext only | plaintext only |
/// | [`Allow`](Encryption::Allow) | plaintext first; MSE if the peer does not answer | either |
/// | [`Prefer`](Encryption::Prefer) | MSE first; plaintext if the peer does not answer | either |
/// | [`Require`](Encryption::Require) | MSE or an error | MSE or an error |
///
/// MSE is obfuscation with weak cryptography. `Require` hides the protocol from simple filters; it is not security.
///
/// You can parse and print a level. Its text is a lower-case word:
///
/// ```
/// use tokio_mse::Encryption;
///
/// assert_eq!("require".parse(), Ok(Encryption::Require));
/// assert_eq!(Encryption::default().to_string(), "prefer");
/// ```
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encryption {
    /// Never use MSE.
    Forbid,
    /// Dial in plaintext first, and redial with MSE if the peer does not answer. Accept both.
    Allow,
    /// Dial with MSE first, and redial in plaintext if the peer does not answer. Accept both.
    #[default]
    Prefer,
    /// Never use plaintext.
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
