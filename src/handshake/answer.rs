//! A plaintext attempt whose peer has not answered yet.

use std::fmt;

use super::established::{Established, Role};
use super::machine::{Machine, Progress, debug, sealed};
use super::opening::{Opening, classify};
use crate::error::{HandshakeError, Step};

/// Dials in plaintext, and waits for an answer in plaintext.
///
/// Use it if you would dial again with MSE ([`Policy::redial`](crate::Policy::redial)). A peer that takes nothing but
/// MSE reads a plaintext handshake as the beginning of a public key, and may send its own. So the beginning of `0x13
/// "BitTorrent protocol"` is an answer, and anything else is none: [`HandshakeError::NotPlaintext`].
pub struct PlaintextDial {
    seen: Vec<u8>,
}

impl PlaintextDial {
    /// Begins with `initial_payload`, the whole BitTorrent handshake, which is appended to `output` as it is.
    pub fn new(initial_payload: &[u8], output: &mut Vec<u8>) -> Self {
        output.extend_from_slice(initial_payload);
        Self { seen: Vec::new() }
    }
}

impl sealed::Sealed for PlaintextDial {}

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
            Some(Opening::Mse) => Err(HandshakeError::NotPlaintext),
            Some(Opening::Plaintext) => Ok(Progress::Done(Established::plaintext(
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
        // Whatever is no answer has ended it.
        !self.seen.is_empty()
    }
}

impl fmt::Debug for PlaintextDial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("PlaintextDial", self, f)
    }
}
