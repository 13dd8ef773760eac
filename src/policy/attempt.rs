//! What a connection speaks: as it is dialled, and as it comes in.

use std::fmt;

/// What one dial attempt speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attempt {
    /// The MSE handshake.
    Mse,
    /// Plaintext BitTorrent.
    Plaintext,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mse => "MSE",
            Self::Plaintext => "plaintext",
        })
    }
}

/// How the first bytes of an incoming connection look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// `0x13 "BitTorrent protocol"`.
    Plaintext,
    /// Anything else, which can only be a public key.
    Mse,
}
