//! What comes in, before it is known whether it is plaintext or MSE.

use super::opening::{PROTOCOL, classify};
use super::{Machine, Progress};
use crate::error::{HandshakeError, Step};
use crate::policy::{Opening, Policy};
use crate::skey::Skey;

/// Where the info-hash ends in a plaintext BitTorrent handshake: behind the protocol string and 8 reserved bytes.
const INFO_HASH_END: usize = PROTOCOL.len() + 8 + 20;

/// Sniffs and applies the policy.
pub(crate) struct Reception {
    policy: Policy,
    plaintext_until: usize,
    seen: Vec<u8>,
}

/// What came in, with the bytes of it that were read.
pub(crate) enum Opened {
    Plaintext(Vec<u8>),
    Mse(Vec<u8>),
}

impl Reception {
    /// Decides as soon as it can; but `until_info_hash` has it read on in a plaintext handshake until that is known.
    pub(crate) const fn new(policy: Policy, until_info_hash: bool) -> Self {
        Self {
            policy,
            plaintext_until: if until_info_hash { INFO_HASH_END } else { 0 },
            seen: Vec::new(),
        }
    }
}

/// The info-hash in a plaintext BitTorrent handshake, if it is there already.
pub(crate) fn info_hash(handshake: &[u8]) -> Option<Skey> {
    let info_hash = handshake.get(INFO_HASH_END - 20..INFO_HASH_END)?;
    info_hash.first_chunk::<20>().map(Skey::from)
}

impl Machine for Reception {
    type Done = Opened;

    fn process(
        mut self,
        input: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Opened>, HandshakeError> {
        self.seen.extend_from_slice(input);
        Ok(match classify(&self.seen) {
            None => Progress::NeedInput(self),
            Some(opening) if !self.policy.admits(opening) => {
                return Err(match opening {
                    Opening::Plaintext => HandshakeError::PlaintextRefused,
                    Opening::Mse => HandshakeError::MseRefused,
                });
            }
            Some(Opening::Mse) => Progress::Done(Opened::Mse(self.seen)),
            Some(Opening::Plaintext) if self.seen.len() < self.plaintext_until => Progress::NeedInput(self),
            Some(Opening::Plaintext) => Progress::Done(Opened::Plaintext(self.seen)),
        })
    }

    fn step(&self) -> Step {
        if self.peer_answered() {
            Step::Payload
        } else {
            Step::Detect
        }
    }

    fn peer_answered(&self) -> bool {
        // MSE is not waited for here.
        classify(&self.seen).is_some()
    }
}
