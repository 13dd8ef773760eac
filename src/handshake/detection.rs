//! Distinguishes a plaintext BitTorrent handshake from a public key.

use std::fmt;

use super::machine::{Machine, Progress};
use crate::crypto::dh::PUBLIC_KEY_LEN;
use crate::error::{HandshakeError, Step};
use crate::mode::DialMode;
use crate::policy::Policy;

/// How a plaintext BitTorrent handshake begins.
const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// Where the info-hash ends in a plaintext BitTorrent handshake: after the protocol string and 8 reserved bytes.
const INFO_HASH_END: usize = PROTOCOL.len() + 8 + 20;

/// Whether the bytes `seen` begin MSE or plaintext; `None` if there are too few to decide.
///
/// Decides for MSE at the first byte that differs, and for plaintext only after all 20 bytes, because one public key in 256
/// also begins with `0x13` (YueMiyuki/Risuko#30).
pub(super) fn classify(seen: &[u8]) -> Option<DialMode> {
    if PROTOCOL.iter().zip(seen).any(|(known, byte)| known != byte) {
        Some(DialMode::Mse)
    } else if seen.len() >= PROTOCOL.len() {
        Some(DialMode::Plaintext)
    } else {
        None
    }
}

/// Detects whether an incoming connection speaks MSE or plaintext, and applies the policy to it.
///
/// It recognises plaintext by all 20 bytes of `0x13 "BitTorrent protocol"`, and is done after 48 bytes, with the info-hash.
/// Anything else is a public key, and it is done after all 96 bytes of it. If the policy forbids MSE, it fails at the first
/// byte that differs from plaintext.
pub struct Detection {
    policy: Policy,
    hide_plaintext: bool,
    seen: Vec<u8>,
}

/// The result of [`Detection`]: MSE or plaintext, with the bytes that have been read. `Debug` prints only their number.
#[non_exhaustive]
pub enum Detected {
    /// A plaintext BitTorrent handshake, at least up to its info-hash.
    Plaintext {
        /// The info-hash that the peer wants. Nothing proves that the peer knows the torrent.
        info_hash: [u8; 20],
        /// Everything that has been read, from the first byte on.
        received: Vec<u8>,
    },
    /// A public key, and perhaps more: the input of a [`Responder`](super::Responder).
    Mse(Vec<u8>),
}

impl fmt::Debug for Detected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A plaintext handshake contains the info-hash.
        let (name, seen) = match self {
            Self::Plaintext { received, .. } => ("Plaintext", received),
            Self::Mse(seen) => ("Mse", seen),
        };
        f.debug_tuple(name).field(&seen.len()).finish()
    }
}

impl Detection {
    /// Accepts the modes that `policy` allows.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            hide_plaintext: false,
            seen: Vec::new(),
        }
    }

    /// If the policy requires MSE, treats the first 96 bytes as a key even if they are plaintext BitTorrent. This hides from
    /// a prober that you understand plaintext.
    #[must_use]
    pub const fn hide_plaintext(mut self, hide: bool) -> Self {
        self.hide_plaintext = hide && !self.policy.allows(DialMode::Plaintext);
        self
    }

    fn mode(&self) -> Option<DialMode> {
        if self.hide_plaintext {
            Some(DialMode::Mse)
        } else {
            classify(&self.seen)
        }
    }
}

impl Machine for Detection {
    type Done = Detected;

    fn process(
        mut self,
        input: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Detected>, HandshakeError> {
        // Reserve a whole key at once, so that a key in single bytes costs no more memory than one in one piece.
        let capacity = PUBLIC_KEY_LEN.max(self.seen.len() + input.len());
        self.seen.reserve_exact(capacity - self.seen.len());
        self.seen.extend_from_slice(input);
        match self.mode() {
            Some(DialMode::Plaintext) if !self.policy.allows(DialMode::Plaintext) => {
                Err(HandshakeError::PlaintextRefused)
            }
            Some(DialMode::Mse) if !self.policy.allows(DialMode::Mse) => Err(HandshakeError::MseRefused),
            Some(DialMode::Plaintext) => Ok(match info_hash(&self.seen) {
                Some(info_hash) => Progress::Done(Detected::Plaintext {
                    info_hash,
                    received: self.seen,
                }),
                None => Progress::NeedInput(self),
            }),
            Some(DialMode::Mse) if self.seen.len() >= PUBLIC_KEY_LEN => {
                Ok(Progress::Done(Detected::Mse(self.seen)))
            }
            Some(DialMode::Mse) | None => Ok(Progress::NeedInput(self)),
        }
    }

    fn step(&self) -> Step {
        match self.mode() {
            None => Step::Detect,
            Some(DialMode::Mse) => Step::PublicKey,
            Some(DialMode::Plaintext) => Step::Payload,
        }
    }

    fn peer_answered(&self) -> bool {
        // With MSE it is done when the whole key has been read.
        self.mode() == Some(DialMode::Plaintext)
    }
}

/// The info-hash in a plaintext BitTorrent handshake, if it has been read.
fn info_hash(handshake: &[u8]) -> Option<[u8; 20]> {
    handshake.get(INFO_HASH_END - 20..INFO_HASH_END)?.try_into().ok()
}
