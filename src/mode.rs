//! The side of a connection, and the mode of a connection.

use std::fmt;

use crate::policy::methods::CryptoMethod;

/// The side of the handshake that this end is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The side that opened the connection: A in the specification.
    Initiator,
    /// The side that was dialled: B in the specification.
    Responder,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        })
    }
}

/// Whether an outgoing connection begins with MSE or in plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DialMode {
    /// The MSE handshake.
    Mse,
    /// Plaintext BitTorrent, without MSE.
    Plaintext,
}

impl fmt::Display for DialMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mse => "MSE",
            Self::Plaintext => "plaintext",
        })
    }
}

/// The result of a handshake: how the stream is encrypted on the wire.
///
/// Its `Display` is a stable label for logs and metrics: `plaintext`, `header-only` or `rc4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// No MSE: the BitTorrent handshake and the stream are readable.
    Plaintext,
    /// MSE hid the handshake. The stream after it is readable.
    HeaderOnly,
    /// The whole stream is RC4-encrypted. This is obfuscation, not security.
    Rc4,
    /// The stream is AES-128-CTR-encrypted from the first byte after the handshake. This is not security either: nothing
    /// is authenticated. Unstable, like [`CryptoMethod::Aes128Ctr`].
    #[cfg(feature = "unstable-aes")]
    Aes128Ctr,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Plaintext => "plaintext",
            Self::HeaderOnly => "header-only",
            Self::Rc4 => "rc4",
            #[cfg(feature = "unstable-aes")]
            Self::Aes128Ctr => "aes",
        })
    }
}

impl From<CryptoMethod> for Mode {
    /// The mode that follows when a responder selects this method.
    fn from(selected: CryptoMethod) -> Self {
        match selected {
            CryptoMethod::Rc4 => Self::Rc4,
            #[cfg(feature = "unstable-aes")]
            CryptoMethod::Aes128Ctr => Self::Aes128Ctr,
            CryptoMethod::HeaderOnly => Self::HeaderOnly,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_print_as_their_labels() {
        assert_eq!(Mode::HeaderOnly.to_string(), "header-only");
        assert_eq!(format!("{:>10}", Mode::Rc4), "       rc4");
        assert_eq!(DialMode::Mse.to_string(), "MSE");
        assert_eq!(Role::Responder.to_string(), "responder");
    }
}
