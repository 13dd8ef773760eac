//! The machines of the responder (B), which sends the second and the fourth message.
//!
//! The caller looks up the info-hash between the two machines: [`Responder`] ends with a [`SkeyRequest`], and [`Negotiation`]
//! continues with the SKEY.

use std::fmt;

use bytes::Bytes;

use super::established::{Established, Negotiated, append};
use super::inbox::{Inbox, Search};
use super::keys::Keys;
use super::machine::{
    MAX_IA_ACCEPTED, MAX_PAD, Machine, Progress, VC, bits_and_pad_len, header_and_pad, pad_len,
};
use super::randomness::{Padding, Randomness};
use crate::crypto::derive;
use crate::crypto::dh::{DegenerateKey, PUBLIC_KEY_LEN, SharedSecret};
use crate::error::{HandshakeError, Step};
use crate::mode::{Mode, Role};
use crate::policy::{CryptoMethod, CryptoMethods, Offer, Policy};
use crate::skey::{Skey, SkeyHash};

/// The responder's side of the handshake, up to the SKEY.
///
/// Its result is a [`SkeyRequest`]. [`Negotiation`] continues from there.
pub struct Responder {
    acceptable: CryptoMethods,
    inbox: Inbox,
    state: KeyState,
}

enum KeyState {
    AwaitKey(Randomness),
    Sync(Keyed, [u8; 20]),
    AwaitSkey(Keyed),
}

impl KeyState {
    fn agreed(secret: SharedSecret, padding: Padding) -> Self {
        let mark = derive::req1(&secret);
        let keyed = Keyed {
            secret,
            before_sync: padding.before_sync,
            pad_d_len: padding.negotiated_len,
        };
        Self::Sync(keyed, mark)
    }
}

/// The result of the key exchange: the secret, and the padding that is still to be sent.
struct Keyed {
    secret: SharedSecret,
    before_sync: Vec<u8>,
    pad_d_len: u16,
}

impl Responder {
    /// Waits for an initiator. Accepts the methods of `policy`, and header-only as the last choice if `policy` allows
    /// plaintext. Use [`Detection`](super::Detection) first, to find out whether the peer speaks MSE.
    pub fn new(policy: &Policy, randomness: Randomness) -> Self {
        Self::at(KeyState::AwaitKey(randomness), policy)
    }

    fn at(state: KeyState, policy: &Policy) -> Self {
        Self {
            acceptable: policy.accepted_methods(),
            inbox: Inbox::default(),
            state,
        }
    }

    /// The same, with the bytes that [`Detection`](super::Detection) has read.
    pub(crate) fn having_read(mut self, seen: Vec<u8>) -> Self {
        self.inbox = Inbox::from(seen);
        self
    }
}

impl Machine for Responder {
    type Done = SkeyRequest;

    fn process(
        mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, SkeyRequest>, HandshakeError> {
        self.inbox.push(input);
        let starved = loop {
            self.state = match self.state {
                KeyState::AwaitKey(randomness) => {
                    let Some(peer_key) = self.inbox.take_array::<PUBLIC_KEY_LEN>() else {
                        break KeyState::AwaitKey(randomness);
                    };
                    let padding = randomness.padding;
                    output.extend_from_slice(&randomness.public_key);
                    output.extend_from_slice(&padding.with_key);
                    let secret = randomness
                        .private_key
                        .shared_secret(&peer_key)
                        .map_err(|DegenerateKey| HandshakeError::DegenerateKey)?;
                    KeyState::agreed(secret, padding)
                }
                KeyState::Sync(keyed, mark) => match self.inbox.find(&mark, MAX_PAD) {
                    Search::Found(pad_a) => {
                        tracing::debug!(pad_a, "initiator's padding ends");
                        self.inbox.take(pad_a + mark.len());
                        KeyState::AwaitSkey(keyed)
                    }
                    Search::Undecided => break KeyState::Sync(keyed, mark),
                    Search::Absent => return Err(HandshakeError::NoSyncMark),
                },
                KeyState::AwaitSkey(keyed) => {
                    let Some(masked) = self.inbox.take_array() else {
                        break KeyState::AwaitSkey(keyed);
                    };
                    return Ok(Progress::Done(SkeyRequest {
                        hash: derive::mask_req2(&keyed.secret, masked).into(),
                        keyed,
                        acceptable: self.acceptable,
                        admitted_bits: u32::MAX,
                        // A copy of the rest, so that a large read does not stay allocated while the caller looks up the torrent.
                        inbox: Inbox::from(self.inbox.unread().to_vec()),
                    }));
                }
            };
        };
        self.state = starved;
        Ok(Progress::NeedInput(self))
    }

    fn step(&self) -> Step {
        match self.state {
            KeyState::AwaitKey(_) => Step::PublicKey,
            KeyState::Sync(..) => Step::Sync,
            KeyState::AwaitSkey(_) => Step::Skey,
        }
    }

    fn peer_answered(&self) -> bool {
        !matches!(self.state, KeyState::AwaitKey(_))
    }
}

/// A responder after a key exchange that led to `secret`, for fuzzing.
#[cfg(feature = "__internals")]
pub fn after_key_exchange(secret: [u8; PUBLIC_KEY_LEN], policy: &Policy, padding: Padding) -> Responder {
    Responder::at(KeyState::agreed(SharedSecret::new(secret), padding), policy)
}

/// The result of a [`Responder`]: an initiator that wants an info-hash (SKEY).
pub struct SkeyRequest {
    hash: SkeyHash,
    keyed: Keyed,
    acceptable: CryptoMethods,
    /// The bits of crypto_provide that all earlier policies accept.
    admitted_bits: u32,
    inbox: Inbox,
}

impl SkeyRequest {
    /// The hash of the SKEY that the initiator wants.
    pub const fn hash(&self) -> SkeyHash {
        self.hash
    }

    /// Also requires that the method is in `methods`, and prefers in the order of `methods`.
    #[cfg(feature = "tokio")]
    pub(crate) fn narrow(&mut self, methods: CryptoMethods) {
        self.admitted_bits &= self.acceptable.bits();
        self.acceptable = methods;
    }

    /// Continues with the SKEY that has this [`hash`](Self::hash). `initial_payload` follows the fourth message in the same
    /// output.
    ///
    /// A SKEY with another hash leads to [`HandshakeError::BadVc`]. First call [`process`](Machine::process) with empty input:
    /// the machine may already have the bytes that it needs.
    pub fn resolve(self, skey: Skey, initial_payload: impl Into<Bytes>) -> Negotiation {
        let keyed = self.keyed;
        Negotiation {
            keys: Keys::derive(Role::Responder, keyed.secret, &skey),
            skey,
            before_sync: keyed.before_sync,
            pad_d_len: keyed.pad_d_len,
            acceptable: self.acceptable,
            admitted_bits: self.admitted_bits,
            initial_payload: initial_payload.into(),
            inbox: self.inbox,
            state: OfferState::Vc,
        }
    }
}

impl fmt::Debug for SkeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkeyRequest").finish_non_exhaustive()
    }
}

/// The responder's side of the handshake, from the SKEY on.
pub struct Negotiation {
    keys: Keys,
    skey: Skey,
    before_sync: Vec<u8>,
    pad_d_len: u16,
    acceptable: CryptoMethods,
    admitted_bits: u32,
    initial_payload: Bytes,
    inbox: Inbox,
    state: OfferState,
}

#[derive(Clone, Copy)]
enum OfferState {
    Vc,
    CryptoProvide,
    PadC { method: CryptoMethod, len: usize },
    IaLen(CryptoMethod),
    Ia { method: CryptoMethod, len: usize },
}

impl Negotiation {
    /// Advances by one state. `None` if more bytes are needed.
    fn next(&mut self) -> Result<Option<OfferState>, HandshakeError> {
        Ok(match self.state {
            OfferState::Vc => match self.take_decrypted() {
                Some(vc) if vc != VC => return Err(HandshakeError::BadVc),
                vc => vc.map(|_| OfferState::CryptoProvide),
            },
            OfferState::CryptoProvide => match self.take_decrypted().map(bits_and_pad_len) {
                Some((provided, pad_c)) => {
                    tracing::debug!(offered = %Offer(provided), pad_c, "initiator offers");
                    let accepted = self.acceptable;
                    let method = accepted.choose(provided & self.admitted_bits);
                    Some(OfferState::PadC {
                        method: method.ok_or(HandshakeError::NoCommonMethod { provided, accepted })?,
                        len: pad_len(Step::PadC, pad_c)?,
                    })
                }
                None => None,
            },
            OfferState::PadC { method, len } => self.inbox.take(len).map(|pad_c| {
                self.keys.decrypt.apply(pad_c);
                OfferState::IaLen(method)
            }),
            OfferState::IaLen(method) => match self.take_decrypted().map(u16::from_be_bytes) {
                Some(len @ ..=MAX_IA_ACCEPTED) => {
                    tracing::debug!(ia = len, "initiator announces its initial payload");
                    let len = len.into();
                    Some(OfferState::Ia { method, len })
                }
                Some(len) => {
                    let cap = MAX_IA_ACCEPTED;
                    return Err(HandshakeError::InitialPayloadTooLong { len, cap });
                }
                None => None,
            },
            OfferState::Ia { .. } => None,
        })
    }

    fn take_decrypted<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = self.inbox.take_array()?;
        self.keys.decrypt.apply(&mut bytes);
        Some(bytes)
    }

    /// Appends the second part of PadB, the fourth message and our initial payload. The inbox begins with an IA of `ia`
    /// bytes, still encrypted.
    fn establish(mut self, method: CryptoMethod, ia: usize, output: &mut Vec<u8>) -> Established {
        output.extend_from_slice(&self.before_sync);
        let selection = header_and_pad(method.bit(), self.pad_d_len);
        append(Some(&mut self.keys.encrypt), &selection, output);

        // IA is always RC4-encrypted; the bytes after it belong to the stream.
        let mut received = self.inbox.take_all();
        let ia_len = ia.min(received.len());
        let (ia, after) = received.split_at_mut(ia_len);
        self.keys.decrypt.apply(ia);
        let keystreams = self.keys.switch_to(method, Role::Responder, &self.skey);
        let negotiated = Negotiated::new(Role::Responder, Mode::from(method), Some(self.skey));
        let mut established = Established::new(negotiated, keystreams);
        if let Some(decrypt) = &mut established.decrypt {
            decrypt.apply(after);
        }
        established.received = received;
        established.send(&self.initial_payload, output);
        established
    }
}

impl Machine for Negotiation {
    type Done = Established;

    fn process(
        mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        self.inbox.push(input);
        while let Some(next) = self.next()? {
            self.state = next;
        }
        match self.state {
            OfferState::Ia { method, len } if self.inbox.unread().len() >= len => {
                Ok(Progress::Done(self.establish(method, len, output)))
            }
            _ => Ok(Progress::NeedInput(self)),
        }
    }

    fn step(&self) -> Step {
        match self.state {
            OfferState::Vc => Step::Vc,
            OfferState::CryptoProvide => Step::CryptoProvide,
            OfferState::PadC { .. } => Step::PadC,
            OfferState::IaLen(_) | OfferState::Ia { .. } => Step::InitialPayload,
        }
    }

    fn peer_answered(&self) -> bool {
        true
    }
}
