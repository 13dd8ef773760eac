//! B, the side that was dialled, until it knows which SKEY the initiator wants: steps 1, 2 and the start of step 3.

use std::fmt;

use bytes::Bytes;
use tracing::debug;

use super::inbox::{Inbox, Search};
use super::negotiation::Negotiation;
use super::{MAX_PAD, Machine, Progress, Randomness};
use crate::crypto::derive;
use crate::crypto::dh::{DegenerateKey, PUBLIC_KEY_LEN, SharedSecret};
use crate::error::{HandshakeError, Step};
use crate::policy::Policy;
use crate::policy::methods::CryptoMethods;
use crate::skey::{Skey, SkeyHash};

/// The responder's side of the handshake, up to the SKEY.
///
/// What follows the SKEY is a machine of its own ([`Negotiation`]), so that the caller can take any time to look it up.
pub struct Responder {
    acceptable: CryptoMethods,
    inbox: Inbox,
    state: State,
}

enum State {
    AwaitKey(Randomness),
    Sync { keyed: Keyed, mark: [u8; 20] },
    AwaitSkey(Keyed),
}

/// What is known, and what is still to be sent, once the keys are exchanged.
pub(super) struct Keyed {
    pub(super) secret: SharedSecret,
    pub(super) before_sync: Vec<u8>,
    pub(super) pad_d_len: u16,
}

impl Responder {
    /// Waits for an initiator. Chooses among the policy's methods, whatever else the policy says: telling plaintext from
    /// MSE is done before.
    pub fn new(policy: &Policy, randomness: Randomness) -> Self {
        Self {
            acceptable: policy.methods(),
            inbox: Inbox::default(),
            state: State::AwaitKey(randomness),
        }
    }

    /// The same, fed with what was read to tell plaintext from MSE.
    pub(crate) fn having_read(mut self, seen: &[u8]) -> Self {
        self.inbox.push(seen);
        self
    }

    /// Takes the next bytes of the peer.
    ///
    /// # Errors
    ///
    /// If the peer's bytes are refused; the machine is gone then. What was appended to `output` may still be sent, so
    /// that a prober with a degenerate key sees what every other sees.
    pub fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, SkeyRequest>, HandshakeError> {
        let Self {
            acceptable,
            mut inbox,
            mut state,
        } = self;
        inbox.push(input);
        loop {
            match state.advance(&mut inbox, output)? {
                Turn::Next(next) => state = next,
                Turn::Starved(state) => {
                    return Ok(Progress::NeedInput(Self {
                        acceptable,
                        inbox,
                        state,
                    }));
                }
                Turn::Done(keyed, hash) => {
                    return Ok(Progress::Done(SkeyRequest {
                        hash,
                        keyed,
                        acceptable,
                        inbox,
                    }));
                }
            }
        }
    }

    /// What is being waited for: the step at which it stopped, should the peer hang up now.
    pub const fn step(&self) -> Step {
        match self.state {
            State::AwaitKey(_) => Step::PublicKey,
            State::Sync { .. } => Step::Sync,
            State::AwaitSkey(_) => Step::Skey,
        }
    }
}

enum Turn {
    Next(State),
    Starved(State),
    Done(Keyed, SkeyHash),
}

impl State {
    fn advance(self, inbox: &mut Inbox, output: &mut Vec<u8>) -> Result<Turn, HandshakeError> {
        match self {
            Self::AwaitKey(randomness) => {
                let Some(peer_key) = inbox.take_array::<PUBLIC_KEY_LEN>() else {
                    return Ok(Turn::Starved(Self::AwaitKey(randomness)));
                };
                let Randomness {
                    private_key,
                    public_key,
                    padding,
                } = randomness;
                output.extend_from_slice(&public_key);
                output.extend_from_slice(&padding.with_key);
                let secret = private_key
                    .shared_secret(&peer_key)
                    .map_err(|DegenerateKey| HandshakeError::DegenerateKey)?;
                Ok(Turn::Next(Self::Sync {
                    mark: derive::req1(&secret),
                    keyed: Keyed {
                        secret,
                        before_sync: padding.before_sync,
                        pad_d_len: padding.negotiated_len,
                    },
                }))
            }
            Self::Sync { keyed, mark } => match inbox.find(&mark, MAX_PAD) {
                Search::Found(pad_a) => {
                    debug!(pad_a, "initiator's padding ends");
                    inbox.take(pad_a + mark.len());
                    Ok(Turn::Next(Self::AwaitSkey(keyed)))
                }
                Search::Undecided => Ok(Turn::Starved(Self::Sync { keyed, mark })),
                Search::Absent => Err(HandshakeError::NoSyncMark),
            },
            Self::AwaitSkey(keyed) => {
                let Some(masked) = inbox.take_array() else {
                    return Ok(Turn::Starved(Self::AwaitSkey(keyed)));
                };
                let hash = SkeyHash::new(derive::mask_req2(&keyed.secret, masked));
                Ok(Turn::Done(keyed, hash))
            }
        }
    }
}

impl Machine for Responder {
    type Done = SkeyRequest;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, SkeyRequest>, HandshakeError> {
        Self::process(self, input, output)
    }

    fn step(&self) -> Step {
        Self::step(self)
    }

    fn peer_answered(&self) -> bool {
        !matches!(self.state, State::AwaitKey(_))
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder")
            .field("step", &self.step())
            .finish_non_exhaustive()
    }
}

/// An initiator that asks for a SKEY.
pub struct SkeyRequest {
    hash: SkeyHash,
    pub(super) keyed: Keyed,
    pub(super) acceptable: CryptoMethods,
    pub(super) inbox: Inbox,
}

impl SkeyRequest {
    /// The hash of the SKEY it asks for.
    pub const fn hash(&self) -> &SkeyHash {
        &self.hash
    }

    /// Goes on with the SKEY that has this [`hash`](Self::hash). `initial_payload` travels in one write with step 4.
    ///
    /// A SKEY with another hash leads to [`HandshakeError::BadVc`]. Feed the machine once with no bytes to see whether it
    /// has all it needs already.
    pub fn resolve(self, skey: Skey, initial_payload: impl Into<Bytes>) -> Negotiation {
        Negotiation::new(self, skey, initial_payload.into())
    }
}

impl fmt::Debug for SkeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkeyRequest").finish_non_exhaustive()
    }
}
