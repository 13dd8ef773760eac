//! What comes in, before it is known whether it is plaintext or MSE.

use std::fmt;

use super::machine::{Machine, Progress, debug, sealed};
use super::opening::{Opening, PROTOCOL, classify};
use crate::crypto::dh::PUBLIC_KEY_LEN;
use crate::error::{HandshakeError, Step};
use crate::policy::Policy;
use crate::skey::Skey;

/// Where the info-hash ends in a plaintext BitTorrent handshake: behind the protocol string and 8 reserved bytes.
const INFO_HASH_END: usize = PROTOCOL.len() + 8 + 20;

/// Tells what an incoming connection speaks, and applies the policy to it.
///
/// It decides for plaintext on all 20 bytes of `0x13 "BitTorrent protocol"`. Where the policy refuses MSE, it fails at
/// the first byte that differs. Where the policy admits MSE, it is done once the 96 bytes of the public key are there:
/// a peer that has not sent them costs no more than the memory for them.
pub struct Detection {
    policy: Policy,
    plaintext_until: usize,
    hide_plaintext: bool,
    seen: Vec<u8>,
}

/// What an incoming connection speaks, with the bytes of it that were read. `Debug` tells how many.
#[non_exhaustive]
pub enum Detected {
    /// A plaintext BitTorrent handshake, or the beginning of one.
    Plaintext(Vec<u8>),
    /// Anything else: a public key, and perhaps more. To be fed to a [`Responder`](super::Responder).
    Mse(Vec<u8>),
}

impl fmt::Debug for Detected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // There is an info-hash in a plaintext handshake.
        let (name, seen) = match self {
            Self::Plaintext(seen) => ("Plaintext", seen),
            Self::Mse(seen) => ("Mse", seen),
        };
        f.debug_tuple(name).field(&seen.len()).finish()
    }
}

impl Detection {
    /// Admits what `policy` admits.
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            plaintext_until: 0,
            hide_plaintext: false,
            seen: Vec::new(),
        }
    }

    /// Reads on in a plaintext handshake until its info-hash is known.
    #[must_use]
    pub const fn until_info_hash(mut self) -> Self {
        self.plaintext_until = INFO_HASH_END;
        self
    }

    /// Takes a plaintext handshake that the policy does not admit for a public key: [`classify`] tells afterwards.
    pub(crate) const fn hide_plaintext(mut self, hide: bool) -> Self {
        self.hide_plaintext = hide;
        self
    }

    /// Goes on behind what was read before, as if all of it were MSE.
    pub(crate) fn as_mse(policy: &Policy, seen: Vec<u8>) -> Self {
        Self {
            policy: policy.clone().with_encryption(crate::policy::Encryption::Require),
            plaintext_until: 0,
            hide_plaintext: true,
            seen,
        }
    }

    /// What the connection is taken for, as soon as that can be told.
    fn opening(&self) -> Option<Opening> {
        match classify(&self.seen)? {
            Opening::Plaintext if self.hide_plaintext && !self.policy.admits(Opening::Plaintext) => {
                Some(Opening::Mse)
            }
            opening => Some(opening),
        }
    }
}

/// The info-hash in a plaintext BitTorrent handshake, if it is there already.
pub(crate) fn info_hash(handshake: &[u8]) -> Option<Skey> {
    let info_hash = handshake.get(INFO_HASH_END - 20..INFO_HASH_END)?;
    <[u8; 20]>::try_from(info_hash).ok().map(Skey::from)
}

impl sealed::Sealed for Detection {}

impl Machine for Detection {
    type Done = Detected;

    fn process(
        mut self,
        input: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Detected>, HandshakeError> {
        // Room for a whole key at once, so that single bytes cost no more memory than all of them together.
        let room = PUBLIC_KEY_LEN.max(self.seen.len() + input.len());
        self.seen.reserve_exact(room - self.seen.len());
        self.seen.extend_from_slice(input);
        let Some(opening) = self.opening() else {
            return Ok(Progress::NeedInput(self));
        };
        if !self.policy.admits(opening) {
            return Err(match opening {
                Opening::Plaintext => HandshakeError::PlaintextRefused,
                Opening::Mse => HandshakeError::MseRefused,
            });
        }
        let needed = match opening {
            Opening::Plaintext => self.plaintext_until,
            Opening::Mse => PUBLIC_KEY_LEN,
        };
        Ok(match opening {
            _ if self.seen.len() < needed => Progress::NeedInput(self),
            Opening::Plaintext => Progress::Done(Detected::Plaintext(self.seen)),
            Opening::Mse => Progress::Done(Detected::Mse(self.seen)),
        })
    }

    fn step(&self) -> Step {
        match self.opening() {
            None => Step::Detect,
            Some(Opening::Mse) => Step::PublicKey,
            Some(Opening::Plaintext) => Step::Payload,
        }
    }

    fn peer_answered(&self) -> bool {
        // With MSE it is done when the key is there.
        self.opening() == Some(Opening::Plaintext)
    }
}

impl fmt::Debug for Detection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Detection", self, f)
    }
}
