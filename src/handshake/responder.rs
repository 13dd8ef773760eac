//! B, the side that was dialled, until it knows which SKEY the initiator wants: steps 1, 2 and the start of step 3.

use std::fmt;

use super::inbox::{Inbox, Search};
use super::limits::MAX_PAD;
use super::machine::{Machine, Progress, Turn, advance, debug, sealed};
use super::negotiation::{Keyed, SkeyRequest};
use super::randomness::Randomness;
use crate::crypto::derive;
use crate::crypto::dh::{DegenerateKey, PUBLIC_KEY_LEN};
use crate::error::{HandshakeError, Step};
use crate::policy::Policy;
use crate::policy::methods::CryptoMethods;
use crate::skey::SkeyHash;

/// The responder's side of the handshake, up to the SKEY.
///
/// What follows the SKEY is a machine of its own ([`Negotiation`](super::Negotiation)), so that the caller can take
/// any time to look it up.
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

impl Responder {
    /// Waits for an initiator. Chooses among the policy's methods, whatever its [`Encryption`](crate::Encryption) is:
    /// [`Detection`](super::Detection) comes before.
    pub fn new(policy: &Policy, randomness: Randomness) -> Self {
        Self {
            acceptable: policy.methods(),
            inbox: Inbox::default(),
            state: State::AwaitKey(randomness),
        }
    }

    /// The same, fed with what was read to tell plaintext from MSE.
    pub(crate) fn having_read(mut self, seen: Vec<u8>) -> Self {
        self.inbox = Inbox::from(seen);
        self
    }
}

impl State {
    fn turn(
        self,
        inbox: &mut Inbox,
        output: &mut Vec<u8>,
    ) -> Result<Turn<Self, (Keyed, SkeyHash)>, HandshakeError> {
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
                    tracing::debug!(pad_a, "initiator's padding ends");
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
                Ok(Turn::Done((keyed, hash)))
            }
        }
    }
}

impl sealed::Sealed for Responder {}

impl Machine for Responder {
    type Done = SkeyRequest;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, SkeyRequest>, HandshakeError> {
        let Self {
            acceptable,
            mut inbox,
            state,
        } = self;
        inbox.push(input);
        Ok(match advance(state, |state| state.turn(&mut inbox, output))? {
            Progress::NeedInput(state) => Progress::NeedInput(Self {
                acceptable,
                inbox,
                state,
            }),
            Progress::Done((keyed, hash)) => Progress::Done(SkeyRequest::new(hash, keyed, acceptable, inbox)),
        })
    }

    fn step(&self) -> Step {
        match self.state {
            State::AwaitKey(_) => Step::PublicKey,
            State::Sync { .. } => Step::Sync,
            State::AwaitSkey(_) => Step::Skey,
        }
    }

    fn peer_answered(&self) -> bool {
        !matches!(self.state, State::AwaitKey(_))
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Responder", self, f)
    }
}
