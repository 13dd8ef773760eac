//! The machine of the initiator (A), which sends the first and the third message.

use bytes::Bytes;

use super::detection::classify;
use super::established::{Established, Negotiated, append};
use super::inbox::{Inbox, Search};
use super::keys::Keys;
use super::machine::{
    MAX_IA_SENT, MAX_PAD, Machine, Progress, VC, bits_and_pad_len, header_and_pad, pad_len,
};
use super::randomness::{Padding, Randomness};
use crate::crypto::derive;
use crate::crypto::dh::{DegenerateKey, PUBLIC_KEY_LEN, SharedSecret};
use crate::error::{HandshakeError, Step};
use crate::mode::{DialMode, Mode, Role};
use crate::policy::{CryptoMethod, CryptoMethods, Offer, Policy};
use crate::skey::Skey;

/// The initiator's side of the handshake.
///
/// A peer that answers with `0x13 "BitTorrent protocol"` is refused at once ([`HandshakeError::PlaintextAnswer`]), and so
/// is a connection that leads back to us ([`SelfConnection`](HandshakeError::SelfConnection)) or to another initiator
/// ([`AnotherDialler`](HandshakeError::AnotherDialler)).
pub struct Initiator {
    skey: Skey,
    offered: CryptoMethods,
    initial_payload: Bytes,
    inbox: Inbox,
    state: State,
}

enum State {
    AwaitKey(Randomness),
    /// The key exchange is done; the third message comes next.
    Agreed(SharedSecret, Padding),
    Sync {
        keys: Keys,
        encrypted_vc: [u8; VC.len()],
        /// `HASH('req1', S)`, which only another initiator sends.
        req1: [u8; 20],
    },
    CryptoSelect(Keys),
    PadD {
        keys: Keys,
        method: CryptoMethod,
        len: usize,
    },
}

impl Initiator {
    /// Begins a handshake for `skey`, and appends the first message to `output`. Offers the methods of `policy`, and ignores
    /// its [`Encryption`](crate::Encryption).
    ///
    /// The first [`MAX_IA_SENT`] bytes of `initial_payload` are part of the third message. The rest follows as soon as the
    /// fourth message has arrived.
    pub fn new(
        skey: Skey,
        policy: &Policy,
        initial_payload: impl Into<Bytes>,
        mut randomness: Randomness,
        output: &mut Vec<u8>,
    ) -> Self {
        output.extend_from_slice(&randomness.public_key);
        output.extend(std::mem::take(&mut randomness.padding.with_key));
        Self::at(State::AwaitKey(randomness), skey, policy, initial_payload)
    }

    fn at(state: State, skey: Skey, policy: &Policy, initial_payload: impl Into<Bytes>) -> Self {
        Self {
            skey,
            offered: policy.methods(),
            initial_payload: initial_payload.into(),
            inbox: Inbox::default(),
            state,
        }
    }
}

impl Machine for Initiator {
    type Done = Established;

    fn process(
        mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        self.inbox.push(input);
        let starved = loop {
            self.state = match self.state {
                State::AwaitKey(randomness) => {
                    // A peer without MSE may reply in plaintext and then wait. Fail now, and not at the timeout.
                    if classify(self.inbox.unread()) == Some(DialMode::Plaintext) {
                        return Err(HandshakeError::PlaintextAnswer);
                    }
                    let Some(peer_key) = self.inbox.take_array::<PUBLIC_KEY_LEN>() else {
                        break State::AwaitKey(randomness);
                    };
                    if peer_key == randomness.public_key {
                        return Err(HandshakeError::SelfConnection);
                    }
                    let secret = randomness
                        .private_key
                        .shared_secret(&peer_key)
                        .map_err(|DegenerateKey| HandshakeError::DegenerateKey)?;
                    State::Agreed(secret, randomness.padding)
                }
                State::Agreed(secret, padding) => {
                    let req1 = derive::req1(&secret);
                    let req2 = *self.skey.lookup_hash().as_bytes();
                    output.extend_from_slice(&padding.before_sync);
                    output.extend_from_slice(&req1);
                    output.extend_from_slice(&derive::mask_req2(&secret, req2));
                    let mut keys = Keys::derive(Role::Initiator, secret, &self.skey);
                    let offer = offer(self.offered, padding.negotiated_len, &self.initial_payload);
                    append(Some(&mut keys.encrypt), &offer, output);
                    let mut encrypted_vc = VC;
                    keys.decrypt.apply(&mut encrypted_vc);
                    State::Sync {
                        keys,
                        encrypted_vc,
                        req1,
                    }
                }
                State::Sync {
                    keys,
                    encrypted_vc,
                    req1,
                } => match self.inbox.find(&encrypted_vc, MAX_PAD) {
                    Search::Found(pad_b) => {
                        tracing::debug!(pad_b, "responder's padding ends");
                        self.inbox.take(pad_b + encrypted_vc.len());
                        State::CryptoSelect(keys)
                    }
                    _ if matches!(self.inbox.find(&req1, MAX_PAD), Search::Found(_)) => {
                        return Err(HandshakeError::AnotherDialler);
                    }
                    // HASH('req1', S) is longer than VC, so it may still be arriving after the last position for VC.
                    Search::Absent if !self.inbox.is_arriving(&req1, MAX_PAD) => {
                        return Err(HandshakeError::NoSyncMark);
                    }
                    Search::Undecided | Search::Absent => {
                        break State::Sync {
                            keys,
                            encrypted_vc,
                            req1,
                        };
                    }
                },
                State::CryptoSelect(mut keys) => {
                    let Some(mut header) = self.inbox.take_array() else {
                        break State::CryptoSelect(keys);
                    };
                    keys.decrypt.apply(&mut header);
                    let (selected, len) = bits_and_pad_len(header);
                    tracing::debug!(selected = %Offer(selected), pad_d = len, "responder selected");
                    let method = self.offered.selected(selected);
                    State::PadD {
                        keys,
                        method: method.ok_or(HandshakeError::BadSelection { selected })?,
                        len: pad_len(Step::PadD, len)?,
                    }
                }
                State::PadD {
                    mut keys,
                    method,
                    len,
                } => {
                    let Some(pad_d) = self.inbox.take(len) else {
                        break State::PadD { keys, method, len };
                    };
                    keys.decrypt.apply(pad_d);
                    let keystreams = keys.switch_to(method, Role::Initiator, &self.skey);
                    let negotiated = Negotiated::new(Role::Initiator, Mode::from(method), Some(self.skey));
                    let mut established = Established::new(negotiated, keystreams);
                    let left_over = self.initial_payload.get(MAX_IA_SENT..).unwrap_or_default();
                    established.send(left_over, output);
                    established.receive(self.inbox.unread());
                    return Ok(Progress::Done(established));
                }
            };
        };
        self.state = starved;
        Ok(Progress::NeedInput(self))
    }

    fn step(&self) -> Step {
        match self.state {
            State::AwaitKey(_) | State::Agreed(..) => Step::PublicKey,
            State::Sync { .. } => Step::Sync,
            State::CryptoSelect(_) => Step::CryptoSelect,
            State::PadD { .. } => Step::PadD,
        }
    }

    fn peer_answered(&self) -> bool {
        !matches!(self.state, State::AwaitKey(_))
    }
}

/// An initiator after a key exchange that led to `secret`, for fuzzing.
#[cfg(feature = "__internals")]
pub fn after_key_exchange(
    secret: [u8; PUBLIC_KEY_LEN],
    skey: Skey,
    policy: &Policy,
    initial_payload: impl Into<Bytes>,
    padding: Padding,
) -> Initiator {
    let agreed = State::Agreed(SharedSecret::new(secret), padding);
    Initiator::at(agreed, skey, policy, initial_payload)
}

/// The third message from VC on, before encryption.
fn offer(methods: CryptoMethods, pad_c_len: u16, initial_payload: &[u8]) -> Vec<u8> {
    let ia = initial_payload.get(..MAX_IA_SENT).unwrap_or(initial_payload);
    // MAX_IA_SENT bounds it.
    let ia_len = u16::try_from(ia.len()).unwrap_or(u16::MAX);
    let mut offer = header_and_pad(methods.bits(), pad_c_len);
    offer.extend_from_slice(&ia_len.to_be_bytes());
    offer.extend_from_slice(ia);
    offer
}
