//! The outcome of a handshake.

use std::fmt;
use std::time::Duration;

use crate::crypto::keystream::Keystream;
use crate::policy::hint::PeerHint;
use crate::policy::methods::CryptoMethod;
use crate::skey::Skey;

/// Which side of the handshake this end was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The side that opened the connection, A in the specification.
    Initiator,
    /// The side that was dialled, B in the specification.
    Responder,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initiator => "initiator",
            Self::Responder => "responder",
        })
    }
}

/// What came of a handshake: how the stream looks on the wire from here on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// No MSE at all: handshake and stream are clear.
    Plaintext,
    /// The MSE handshake was hidden, the stream is clear.
    HeaderOnly,
    /// The whole stream is RC4-encrypted. That is obfuscation, not security.
    Rc4,
    /// The whole stream behind the handshake is AES-128-CTR-encrypted. That is no security either: nothing is
    /// authenticated. Unstable, as [`CryptoMethod::Aes128Ctr`] is.
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

/// What a `crypto_select` of this method leads to.
impl From<CryptoMethod> for Mode {
    fn from(selected: CryptoMethod) -> Self {
        match selected {
            CryptoMethod::Rc4 => Self::Rc4,
            #[cfg(feature = "unstable-aes")]
            CryptoMethod::Aes128Ctr => Self::Aes128Ctr,
            CryptoMethod::Plaintext => Self::HeaderOnly,
        }
    }
}

/// What was agreed on, and how that came about. Holds no key; the SKEY in it is not printed.
#[derive(Clone, Debug)]
pub struct Negotiated {
    role: Role,
    mode: Mode,
    skey: Option<Skey>,
    attempts: u32,
    elapsed: Option<Duration>,
}

impl Negotiated {
    /// `skey` must have been verified: by MSE, or by the acceptor's own resolver.
    pub(crate) const fn new(role: Role, mode: Mode, skey: Option<Skey>) -> Self {
        Self {
            role,
            mode,
            skey,
            attempts: 1,
            elapsed: None,
        }
    }

    /// The same, after this many attempts.
    pub(crate) fn with_attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }

    /// The same, after a handshake that took this long.
    pub(crate) fn with_elapsed(self, elapsed: Duration) -> Self {
        Self {
            elapsed: Some(elapsed),
            ..self
        }
    }

    /// Which side of the connection this end is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// How the stream looks on the wire.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The verified SKEY: the one that both ends proved to know in an MSE handshake, or the info-hash of a plaintext
    /// handshake that came in and that the acceptor's own resolver knew.
    ///
    /// An info-hash that a peer merely claims is never here, nor is the one that a plaintext connection was dialled for:
    /// the application reads it from the peer's BitTorrent handshake and checks it.
    pub const fn skey(&self) -> Option<&Skey> {
        self.skey.as_ref()
    }

    /// How many attempts it took: 1, or 2 where the first was left unanswered and this is the redial.
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long it took: the handshake, or with [`connect_with`](crate::MseConnector::connect_with) all attempts together,
    /// their dialling included. `None` where it was driven by hand.
    pub const fn elapsed(&self) -> Option<Duration> {
        self.elapsed
    }
}

/// One line for a log, such as `rc4 as initiator after 2 attempts in 35.2ms`. No secret is in it.
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

/// From an earlier connection with the peer, whoever opened it: one with MSE worked, so the next begins with MSE. One in
/// plaintext says nothing, as clients that dial plaintext first take MSE all the same.
impl From<&Negotiated> for PeerHint {
    fn from(earlier: &Negotiated) -> Self {
        match earlier.mode() {
            Mode::Plaintext => Self::Unknown,
            _ => Self::PrefersMse,
        }
    }
}

/// A handshake that is done: what was agreed on, the keystreams and the first bytes of the stream.
///
/// To go on over an IO of Tokio, give it to [`MseStream::from_established`](crate::MseStream::from_established).
#[non_exhaustive]
pub struct Established {
    /// What was agreed on.
    pub negotiated: Negotiated,
    /// Encrypts what is sent from here on; `None` if the stream is clear.
    pub encrypt: Option<Keystream>,
    /// Decrypts what is received from here on; `None` if the stream is clear.
    pub decrypt: Option<Keystream>,
    /// The first bytes of the peer's stream, which arrived with the handshake: decrypted.
    pub received: Vec<u8>,
}

impl Established {
    /// What follows a handshake that agreed on these keystreams, or on none.
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

    /// What follows where there is no MSE, of which this much was received: for those who drive
    /// [`Detection`](super::Detection) by hand.
    pub const fn without_mse(role: Role, received: Vec<u8>) -> Self {
        Self::plaintext(role, None, received)
    }

    /// What follows a plaintext BitTorrent handshake, or the beginning of one: `received`. `skey` must have been verified.
    pub(crate) const fn plaintext(role: Role, skey: Option<Skey>, received: Vec<u8>) -> Self {
        Self {
            negotiated: Negotiated::new(role, Mode::Plaintext, skey),
            encrypt: None,
            decrypt: None,
            received,
        }
    }

    /// Takes in bytes of the peer that came behind the handshake.
    pub(crate) fn receive(&mut self, wire: &[u8]) {
        let start = self.received.len();
        self.received.extend_from_slice(wire);
        if let (Some(decrypt), Some(new)) = (&mut self.decrypt, self.received.get_mut(start..)) {
            decrypt.apply(new);
        }
    }

    /// Appends `payload` to `output` as it has to look on the wire.
    pub(super) fn send(&mut self, payload: &[u8], output: &mut Vec<u8>) {
        append(self.encrypt.as_mut(), payload, output);
    }
}

impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of what was received, only how much: it was encrypted on the wire, and is not for log files either.
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

#[cfg(test)]
mod tests;
