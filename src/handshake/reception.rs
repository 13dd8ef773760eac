//! What comes in, before it is known whether it is plaintext or MSE.

use super::opening::{PROTOCOL, classify};
use super::{Machine, Progress, Randomness, Responder, SkeyRequest};
use crate::error::{HandshakeError, Step};
use crate::policy::{Opening, Policy};
use crate::skey::Skey;

/// Where the info-hash ends in a plaintext BitTorrent handshake: behind the protocol string and 8 reserved bytes.
const INFO_HASH_END: usize = PROTOCOL.len() + 8 + 20;

/// Sniffs, applies the policy, and goes on as a [`Responder`] if it is MSE.
pub(crate) struct Reception {
    admission: Admission,
    state: State,
}

/// What is let in, and how much of it is looked at.
struct Admission {
    policy: Policy,
    plaintext_until: usize,
}

enum State {
    Sniffing { seen: Vec<u8>, randomness: Randomness },
    Plaintext { seen: Vec<u8> },
    Mse(Responder),
}

/// What came in.
pub(crate) enum Received {
    /// A plaintext BitTorrent handshake that begins with these bytes, as far as it was read.
    Plaintext(Vec<u8>),
    /// An initiator that asks for a SKEY.
    Mse(SkeyRequest),
}

impl Reception {
    /// Decides on a plaintext handshake as soon as it is recognised.
    pub(crate) const fn new(policy: Policy, randomness: Randomness) -> Self {
        Self {
            admission: Admission {
                policy,
                plaintext_until: PROTOCOL.len(),
            },
            state: State::Sniffing {
                seen: Vec::new(),
                randomness,
            },
        }
    }

    /// Reads on in a plaintext handshake until its info-hash is known.
    pub(crate) const fn with_info_hash(mut self) -> Self {
        self.admission.plaintext_until = INFO_HASH_END;
        self
    }
}

/// The info-hash in a plaintext BitTorrent handshake, if it is there already.
pub(crate) fn info_hash(handshake: &[u8]) -> Option<Skey> {
    let info_hash = handshake.get(INFO_HASH_END - 20..INFO_HASH_END)?;
    Some(Skey::from(info_hash))
}

impl Admission {
    fn admit(
        &self,
        opening: Opening,
        seen: Vec<u8>,
        randomness: Randomness,
        output: &mut Vec<u8>,
    ) -> Result<Progress<State, Received>, HandshakeError> {
        match (opening, self.policy.admits(opening)) {
            (Opening::Plaintext, false) => Err(HandshakeError::PlaintextRefused),
            (Opening::Mse, false) => Err(HandshakeError::MseRefused),
            (Opening::Plaintext, true) => Ok(self.plaintext(seen)),
            (Opening::Mse, true) => respond(Responder::new(&self.policy, randomness), &seen, output),
        }
    }

    fn plaintext(&self, seen: Vec<u8>) -> Progress<State, Received> {
        if seen.len() < self.plaintext_until {
            Progress::NeedInput(State::Plaintext { seen })
        } else {
            Progress::Done(Received::Plaintext(seen))
        }
    }
}

fn respond(
    responder: Responder,
    input: &[u8],
    output: &mut Vec<u8>,
) -> Result<Progress<State, Received>, HandshakeError> {
    Ok(match responder.process(input, output)? {
        Progress::NeedInput(responder) => Progress::NeedInput(State::Mse(responder)),
        Progress::Done(request) => Progress::Done(Received::Mse(request)),
    })
}

impl Machine for Reception {
    type Done = Received;

    fn process(self, input: &[u8], output: &mut Vec<u8>) -> Result<Progress<Self, Received>, HandshakeError> {
        let Self { admission, state } = self;
        let progress = match state {
            State::Sniffing { mut seen, randomness } => {
                seen.extend_from_slice(input);
                match classify(&seen) {
                    None => Progress::NeedInput(State::Sniffing { seen, randomness }),
                    Some(opening) => admission.admit(opening, seen, randomness, output)?,
                }
            }
            State::Plaintext { mut seen } => {
                seen.extend_from_slice(input);
                admission.plaintext(seen)
            }
            State::Mse(responder) => respond(responder, input, output)?,
        };
        Ok(match progress {
            Progress::Done(received) => Progress::Done(received),
            Progress::NeedInput(state) => Progress::NeedInput(Self { admission, state }),
        })
    }

    fn step(&self) -> Step {
        match &self.state {
            State::Sniffing { .. } => Step::Detect,
            State::Plaintext { .. } => Step::Payload,
            State::Mse(responder) => responder.step(),
        }
    }

    fn peer_answered(&self) -> bool {
        match &self.state {
            State::Sniffing { .. } => false,
            State::Plaintext { .. } => true,
            State::Mse(responder) => responder.peer_answered(),
        }
    }
}
