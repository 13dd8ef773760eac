//! A plaintext attempt that waits for the peer's answer.

use bytes::Bytes;

use super::detection::classify;
use super::established::Established;
use super::machine::{Machine, Progress};
use crate::error::{HandshakeError, Step};
use crate::mode::{DialMode, Role};

/// The length of a whole BitTorrent handshake, peer id included.
const HANDSHAKE_LEN: usize = 68;

/// Dials in plaintext, and waits for an answer in plaintext.
///
/// Use it if you may redial with MSE ([`Policy::redial`](crate::Policy::redial)). A peer that requires MSE mistakes a
/// plaintext handshake for a public key, and may send its own key. So only all 20 bytes of `0x13 "BitTorrent protocol"` are
/// an answer. At any other byte the attempt fails with [`HandshakeError::NotPlaintext`].
pub struct PlaintextDial {
    sent: Bytes,
    seen: Vec<u8>,
}

impl PlaintextDial {
    /// Begins an attempt, and appends `initial_payload`, the whole BitTorrent handshake, to `output`.
    pub fn new(initial_payload: impl Into<Bytes>, output: &mut Vec<u8>) -> Self {
        let sent = initial_payload.into();
        output.extend_from_slice(&sent);
        Self {
            sent,
            seen: Vec::new(),
        }
    }

    /// Whether the peer's handshake is our own. Honest peers of the same torrent can have the same first 48 bytes, so this
    /// compares all 68. It does not wait for them.
    fn is_our_own(&self) -> bool {
        self.sent.len() >= HANDSHAKE_LEN && self.seen.get(..HANDSHAKE_LEN) == self.sent.get(..HANDSHAKE_LEN)
    }
}

impl Machine for PlaintextDial {
    type Done = Established;

    fn process(
        mut self,
        input: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        self.seen.extend_from_slice(input);
        match classify(&self.seen) {
            None => Ok(Progress::NeedInput(self)),
            Some(DialMode::Mse) => Err(HandshakeError::NotPlaintext),
            Some(DialMode::Plaintext) if self.is_our_own() => Err(HandshakeError::SelfConnection),
            Some(DialMode::Plaintext) => Ok(Progress::Done(Established::plaintext(
                Role::Initiator,
                None,
                self.seen,
            ))),
        }
    }

    fn step(&self) -> Step {
        Step::Payload
    }

    fn peer_answered(&self) -> bool {
        // With all 20 bytes of an answer the machine is done.
        false
    }
}
