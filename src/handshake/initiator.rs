//! The machine of the initiator (A), which sends the first and the third message.

use std::fmt;

use bytes::Bytes;

use super::detection::classify;
use super::established::{Established, Negotiated, append};
use super::inbox::{Inbox, Search};
use super::keys::Keys;
use super::machine::{MAX_IA_SENT, MAX_PAD, Machine, Progress, Turn, VC, advance, debug, pad_len, sealed};
use super::randomness::Randomness;
use crate::crypto::derive;
use crate::crypto::dh::{DegenerateKey, PUBLIC_KEY_LEN, PrivateKey};
use crate::crypto::keystream::Keystream;
use crate::error::{HandshakeError, Step};
use crate::mode::{DialMode, Mode, Role};
use crate::policy::Policy;
use crate::policy::methods::{CryptoMethod, CryptoMethods, Offer};
use crate::skey::Skey;

/// The initiator's side of the handshake.
///
/// A peer that answers with `0x13 "BitTorrent protocol"` is refused at once ([`HandshakeError::PlaintextAnswer`]), and so
/// is a connection that leads back to us ([`SelfConnection`](HandshakeError::SelfConnection)) or to another initiator
/// ([`AnotherDialler`](HandshakeError::AnotherDialler)).
pub struct Initiator {
    wanted: Wanted,
    inbox: Inbox,
    state: State,
}

/// The arguments of the caller.
struct Wanted {
    skey: Skey,
    offered: CryptoMethods,
    initial_payload: Bytes,
}

enum State {
    AwaitKey {
        private_key: PrivateKey,
        public_key: [u8; PUBLIC_KEY_LEN],
        before_sync: Vec<u8>,
        pad_c_len: u16,
    },
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
        randomness: Randomness,
        output: &mut Vec<u8>,
    ) -> Self {
        let Randomness {
            private_key,
            public_key,
            padding,
        } = randomness;
        output.extend_from_slice(&public_key);
        output.extend_from_slice(&padding.with_key);
        Self {
            wanted: Wanted {
                skey,
                offered: policy.methods(),
                initial_payload: initial_payload.into(),
            },
            inbox: Inbox::default(),
            state: State::AwaitKey {
                private_key,
                public_key,
                before_sync: padding.before_sync,
                pad_c_len: padding.negotiated_len,
            },
        }
    }
}

impl State {
    fn turn(
        self,
        wanted: &Wanted,
        inbox: &mut Inbox,
        output: &mut Vec<u8>,
    ) -> Result<Turn<Self, (Keys, CryptoMethod)>, HandshakeError> {
        match self {
            Self::AwaitKey {
                private_key,
                public_key,
                before_sync,
                pad_c_len,
            } => {
                // A peer without MSE may reply in plaintext and then wait. Fail now, and not at the timeout.
                if classify(inbox.unread()) == Some(DialMode::Plaintext) {
                    return Err(HandshakeError::PlaintextAnswer);
                }
                let Some(peer_key) = inbox.take_array::<PUBLIC_KEY_LEN>() else {
                    return Ok(Turn::Starved(Self::AwaitKey {
                        private_key,
                        public_key,
                        before_sync,
                        pad_c_len,
                    }));
                };
                if peer_key == public_key {
                    return Err(HandshakeError::SelfConnection);
                }
                let secret = private_key
                    .shared_secret(&peer_key)
                    .map_err(|DegenerateKey| HandshakeError::DegenerateKey)?;
                let req1 = derive::req1(&secret);
                output.extend_from_slice(&before_sync);
                output.extend_from_slice(&req1);
                let req2 = *wanted.skey.lookup_hash().as_bytes();
                output.extend_from_slice(&derive::mask_req2(&secret, req2));
                let mut keys = Keys::derive(Role::Initiator, secret, &wanted.skey);
                wanted.append_offer(&mut keys.encrypt, pad_c_len, output);
                let mut encrypted_vc = VC;
                keys.decrypt.apply(&mut encrypted_vc);
                Ok(Turn::Next(Self::Sync {
                    keys,
                    encrypted_vc,
                    req1,
                }))
            }
            Self::Sync {
                keys,
                encrypted_vc,
                req1,
            } => match inbox.find(&encrypted_vc, MAX_PAD) {
                Search::Found(pad_b) => {
                    tracing::debug!(pad_b, "responder's padding ends");
                    inbox.take(pad_b + encrypted_vc.len());
                    Ok(Turn::Next(Self::CryptoSelect(keys)))
                }
                _ if matches!(inbox.find(&req1, MAX_PAD), Search::Found(_)) => {
                    Err(HandshakeError::AnotherDialler)
                }
                // HASH('req1', S) is longer than VC, so it may still be arriving after the last position for VC.
                Search::Absent if !inbox.is_arriving(&req1, MAX_PAD) => Err(HandshakeError::NoSyncMark),
                Search::Undecided | Search::Absent => Ok(Turn::Starved(Self::Sync {
                    keys,
                    encrypted_vc,
                    req1,
                })),
            },
            Self::CryptoSelect(mut keys) => {
                let Some(mut header) = inbox.take_array::<6>() else {
                    return Ok(Turn::Starved(Self::CryptoSelect(keys)));
                };
                keys.decrypt.apply(&mut header);
                let [s0, s1, s2, s3, l0, l1] = header;
                let selected = u32::from_be_bytes([s0, s1, s2, s3]);
                let len = u16::from_be_bytes([l0, l1]);
                tracing::debug!(selected = %Offer(selected), pad_d = len, "responder selected");
                let method = wanted
                    .offered
                    .selected(selected)
                    .ok_or(HandshakeError::BadSelection { selected })?;
                let len = pad_len(Step::PadD, len)?;
                Ok(Turn::Next(Self::PadD { keys, method, len }))
            }
            Self::PadD {
                mut keys,
                method,
                len,
            } => {
                let Some(pad_d) = inbox.take(len) else {
                    return Ok(Turn::Starved(Self::PadD { keys, method, len }));
                };
                keys.decrypt.apply(pad_d);
                Ok(Turn::Done((keys, method)))
            }
        }
    }
}

impl Wanted {
    /// The third message from VC on.
    fn append_offer(&self, encrypt: &mut Keystream, pad_c_len: u16, output: &mut Vec<u8>) {
        let ia = self.initial_payload_inside();
        // MAX_IA_SENT bounds it.
        let ia_len = u16::try_from(ia.len()).unwrap_or(u16::MAX);
        let mut offer = Vec::with_capacity(16 + usize::from(pad_c_len) + ia.len());
        offer.extend_from_slice(&VC);
        offer.extend_from_slice(&self.offered.bits().to_be_bytes());
        offer.extend_from_slice(&pad_c_len.to_be_bytes());
        offer.resize(offer.len() + usize::from(pad_c_len), 0);
        offer.extend_from_slice(&ia_len.to_be_bytes());
        offer.extend_from_slice(ia);
        append(Some(encrypt), &offer, output);
    }

    fn initial_payload_inside(&self) -> &[u8] {
        let inside = self.initial_payload.len().min(MAX_IA_SENT);
        self.initial_payload.get(..inside).unwrap_or_default()
    }

    fn establish(self, keys: Keys, method: CryptoMethod, inbox: &Inbox, output: &mut Vec<u8>) -> Established {
        let keystreams = keys.switch_to(method, Role::Initiator, &self.skey);
        let negotiated = Negotiated::new(Role::Initiator, Mode::from(method), Some(self.skey));
        let mut established = Established::new(negotiated, keystreams);
        let left_over = self.initial_payload.get(MAX_IA_SENT..).unwrap_or_default();
        established.send(left_over, output);
        established.receive(inbox.unread());
        established
    }
}

impl sealed::Sealed for Initiator {}

impl Machine for Initiator {
    type Done = Established;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        let Self {
            wanted,
            mut inbox,
            state,
        } = self;
        inbox.push(input);
        Ok(
            match advance(state, |state| state.turn(&wanted, &mut inbox, output))? {
                Progress::NeedInput(state) => Progress::NeedInput(Self { wanted, inbox, state }),
                Progress::Done((keys, method)) => {
                    Progress::Done(wanted.establish(keys, method, &inbox, output))
                }
            },
        )
    }

    fn step(&self) -> Step {
        match self.state {
            State::AwaitKey { .. } => Step::PublicKey,
            State::Sync { .. } => Step::Sync,
            State::CryptoSelect(_) => Step::CryptoSelect,
            State::PadD { .. } => Step::PadD,
        }
    }

    fn peer_answered(&self) -> bool {
        !matches!(self.state, State::AwaitKey { .. })
    }
}

impl fmt::Debug for Initiator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Initiator", self, f)
    }
}
