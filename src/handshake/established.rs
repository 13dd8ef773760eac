//! The outcome of a handshake.

use std::fmt;

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

/// What was agreed on. Holds no key; the SKEY in it is not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Negotiated {
    pub(crate) role: Role,
    pub(crate) method: Option<CryptoMethod>,
    pub(crate) skey: Option<Skey>,
    pub(crate) fell_back: bool,
}

impl Negotiated {
    pub(crate) const fn plaintext(role: Role, skey: Option<Skey>) -> Self {
        Self {
            role,
            method: None,
            skey,
            fell_back: false,
        }
    }

    /// Which side of the connection this end is.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The method of the stream, or `None` if there was no MSE handshake at all.
    pub const fn method(&self) -> Option<CryptoMethod> {
        self.method
    }

    /// The SKEY, if it is known: after an MSE handshake, and after a plaintext one whose info-hash was read or given.
    pub const fn skey(&self) -> Option<&Skey> {
        self.skey.as_ref()
    }

    /// Whether the first attempt was left unanswered and this is the redial.
    pub const fn fell_back(&self) -> bool {
        self.fell_back
    }
}

/// From an earlier connection with the peer, whoever opened it: one with MSE worked, so the next begins with MSE. One in
/// plaintext says nothing, as clients that dial plaintext first take MSE all the same.
impl From<&Negotiated> for PeerHint {
    fn from(earlier: &Negotiated) -> Self {
        if earlier.method().is_some() {
            Self::PrefersMse
        } else {
            Self::Unknown
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
    /// What follows a handshake that selected `method`: both keystreams go on, or both end.
    pub(super) fn new(
        negotiated: Negotiated,
        method: CryptoMethod,
        encrypt: Keystream,
        decrypt: Keystream,
    ) -> Self {
        let (encrypt, decrypt) = match method {
            CryptoMethod::Rc4 => (Some(encrypt), Some(decrypt)),
            CryptoMethod::Plaintext => (None, None),
        };
        Self {
            negotiated,
            encrypt,
            decrypt,
            received: Vec::new(),
        }
    }

    /// What follows a plaintext BitTorrent handshake, or the beginning of one: `received`.
    pub(crate) const fn plaintext(role: Role, skey: Option<Skey>, received: Vec<u8>) -> Self {
        Self {
            negotiated: Negotiated::plaintext(role, skey),
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
