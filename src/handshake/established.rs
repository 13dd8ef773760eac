//! The result of a handshake.

use std::fmt;
use std::time::Duration;

use crate::crypto::keystream::Keystream;
use crate::mode::{Mode, Role};
use crate::policy::PeerHint;
use crate::skey::Skey;
#[cfg(feature = "tokio")]
use {super::detection::classify, crate::mode::DialMode};

/// The result of a handshake: role, mode, info-hash, attempts and time. It holds no key, and does not print the info-hash.
#[derive(Clone, Debug)]
pub struct Negotiated {
    role: Role,
    mode: Mode,
    skey: Option<Skey>,
    pub(crate) attempts: u32,
    pub(crate) elapsed: Option<Duration>,
}

impl Negotiated {
    /// `skey` must have been verified: by MSE, or by the caller of [`Incoming::accept`](crate::Incoming::accept).
    pub(crate) const fn new(role: Role, mode: Mode, skey: Option<Skey>) -> Self {
        Self {
            role,
            mode,
            skey,
            attempts: 1,
            elapsed: None,
        }
    }

    /// The side of the connection that this end is on.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// How the stream is encrypted on the wire.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the stream is encrypted, and not header-only or plaintext. This is obfuscation, not security.
    pub const fn is_encrypted(&self) -> bool {
        !matches!(self.mode, Mode::Plaintext | Mode::HeaderOnly)
    }

    /// The info-hash (SKEY) of the connection.
    ///
    /// With MSE, both ends have proved that they know it. For an accepted plaintext connection it is the one that you passed
    /// to [`Incoming::accept`](crate::Incoming::accept). For a dialled plaintext connection it is `None`: read the info-hash
    /// from the peer's BitTorrent handshake.
    pub const fn skey(&self) -> Option<&Skey> {
        self.skey.as_ref()
    }

    /// The number of attempts: 1, or 2 after a redial.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The duration of the handshake. With [`connect_with`](crate::MseConnector::connect_with) and [`Dial`](crate::Dial) it
    /// covers all attempts, dialling included. `None` if you drove the machines by hand.
    pub const fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }
}

/// One line for a log, such as `rc4 as initiator after 2 attempts in 35.2ms`, without secrets.
impl fmt::Display for Negotiated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.mode, self.role)?;
        if self.attempts != 1 {
            write!(f, " after {} attempts", self.attempts)?;
        }
        if let Some(elapsed) = self.elapsed {
            write!(f, " in {elapsed:.1?}")?;
        }
        Ok(())
    }
}

/// The hint from an earlier connection with the peer, in either direction. If it used MSE, the peer prefers MSE. If it was
/// plaintext, the hint is [`Unknown`](PeerHint::Unknown), because clients that dial in plaintext first also accept MSE.
impl From<&Negotiated> for PeerHint {
    fn from(earlier: &Negotiated) -> Self {
        match earlier.mode() {
            Mode::Plaintext => Self::Unknown,
            _ => Self::PrefersMse,
        }
    }
}

/// A finished handshake: its result, the keystreams, and the first bytes of the stream.
///
/// To continue over a Tokio transport, call [`MseStream::from_established`](crate::MseStream::from_established).
#[non_exhaustive]
pub struct Established {
    /// The result.
    pub negotiated: Negotiated,
    /// Encrypts the bytes that you send next. `None` if the stream is not encrypted.
    pub encrypt: Option<Keystream>,
    /// Decrypts the bytes that you receive next. `None` if the stream is not encrypted.
    pub decrypt: Option<Keystream>,
    /// The first bytes of the peer's stream, decrypted. They arrived with the handshake.
    pub received: Vec<u8>,
}

impl Established {
    /// The result of a handshake that agreed on these keystreams, or on none.
    pub(super) fn new(
        negotiated: Negotiated,
        (encrypt, decrypt): (Option<Keystream>, Option<Keystream>),
    ) -> Self {
        Self {
            negotiated,
            encrypt,
            decrypt,
            received: Vec::new(),
        }
    }

    /// A plaintext connection that began with `received`. `skey` is the info-hash, if it is known.
    ///
    /// For callers who drive [`Detection`](super::Detection) by hand.
    pub const fn plaintext(role: Role, skey: Option<Skey>, received: Vec<u8>) -> Self {
        Self {
            negotiated: Negotiated::new(role, Mode::Plaintext, skey),
            encrypt: None,
            decrypt: None,
            received,
        }
    }

    /// Whether the peer has answered: with MSE, or with the first 20 bytes of a plaintext handshake.
    #[cfg(feature = "tokio")]
    pub(crate) fn peer_answered(&self) -> bool {
        self.negotiated.mode != Mode::Plaintext || classify(&self.received) == Some(DialMode::Plaintext)
    }

    /// Adds bytes of the peer that arrived after the handshake.
    pub(crate) fn receive(&mut self, wire: &[u8]) {
        let start = self.received.len();
        self.received.extend_from_slice(wire);
        if let (Some(decrypt), Some(new)) = (&mut self.decrypt, self.received.get_mut(start..)) {
            decrypt.apply(new);
        }
    }

    /// Appends `payload` to `output`, encrypted if the stream is.
    pub(super) fn send(&mut self, payload: &[u8], output: &mut Vec<u8>) {
        append(self.encrypt.as_mut(), payload, output);
    }
}

impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Prints only the number of received bytes: they were encrypted on the wire.
        f.debug_struct("Established")
            .field("negotiated", &self.negotiated)
            .field("encrypt", &self.encrypt)
            .field("decrypt", &self.decrypt)
            .field("received", &self.received.len())
            .finish()
    }
}

/// Appends `plain` to `output`, encrypted if there is a keystream.
pub(super) fn append(encrypt: Option<&mut Keystream>, plain: &[u8], output: &mut Vec<u8>) {
    let start = output.len();
    output.extend_from_slice(plain);
    if let (Some(encrypt), Some(new)) = (encrypt, output.get_mut(start..)) {
        encrypt.apply(new);
    }
}
