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
    MAX_IA_ACCEPTED, MAX_PAD, Machine, Progress, Turn, VC, advance, debug, pad_len, sealed,
};
use super::randomness::Randomness;
use crate::crypto::derive;
use crate::crypto::dh::{DegenerateKey, PUBLIC_KEY_LEN, SharedSecret};
use crate::error::{HandshakeError, Step};
use crate::mode::{Mode, Role};
use crate::policy::Policy;
use crate::policy::methods::{CryptoMethod, CryptoMethods, Offer};
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
    Sync { keyed: Keyed, mark: [u8; 20] },
    AwaitSkey(Keyed),
}

impl Responder {
    /// Waits for an initiator. Accepts the methods of `policy`, and header-only as the last choice if `policy` allows
    /// plaintext. Use [`Detection`](super::Detection) first, to find out whether the peer speaks MSE.
    pub fn new(policy: &Policy, randomness: Randomness) -> Self {
        Self {
            acceptable: policy.accepted_methods(),
            inbox: Inbox::default(),
            state: KeyState::AwaitKey(randomness),
        }
    }

    /// The same, with the bytes that [`Detection`](super::Detection) has read.
    pub(crate) fn having_read(mut self, seen: Vec<u8>) -> Self {
        self.inbox = Inbox::from(seen);
        self
    }
}

impl KeyState {
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
                let hash = SkeyHash::from(derive::mask_req2(&keyed.secret, masked));
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
            KeyState::AwaitKey(_) => Step::PublicKey,
            KeyState::Sync { .. } => Step::Sync,
            KeyState::AwaitSkey(_) => Step::Skey,
        }
    }

    fn peer_answered(&self) -> bool {
        !matches!(self.state, KeyState::AwaitKey(_))
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Responder", self, f)
    }
}
/// The state after the key exchange: the secret, and the padding that is still to be sent.
struct Keyed {
    secret: SharedSecret,
    before_sync: Vec<u8>,
    pad_d_len: u16,
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
    const fn new(hash: SkeyHash, keyed: Keyed, acceptable: CryptoMethods, inbox: Inbox) -> Self {
        Self {
            hash,
            keyed,
            acceptable,
            admitted_bits: u32::MAX,
            inbox,
        }
    }

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
        Negotiation::new(self, skey, initial_payload.into())
    }
}

impl fmt::Debug for SkeyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SkeyRequest").finish_non_exhaustive()
    }
}

/// The responder's side of the handshake, from the SKEY on.
pub struct Negotiation {
    side: Side,
    inbox: Inbox,
    state: OfferState,
}

/// The part of the state that does not change while bytes arrive, except for the position of the ciphers.
struct Side {
    skey: Skey,
    acceptable: CryptoMethods,
    admitted_bits: u32,
    initial_payload: Bytes,
    before_sync: Vec<u8>,
    pad_d_len: u16,
    keys: Keys,
}

#[derive(Clone, Copy)]
enum OfferState {
    Vc,
    CryptoProvide,
    PadC { method: CryptoMethod, len: usize },
    IaLen(CryptoMethod),
    Ia { method: CryptoMethod, len: u16 },
}

impl Negotiation {
    fn new(request: SkeyRequest, skey: Skey, initial_payload: Bytes) -> Self {
        let Keyed {
            secret,
            before_sync,
            pad_d_len,
        } = request.keyed;
        Self {
            side: Side {
                keys: Keys::derive(Role::Responder, secret, &skey),
                skey,
                acceptable: request.acceptable,
                admitted_bits: request.admitted_bits,
                initial_payload,
                before_sync,
                pad_d_len,
            },
            inbox: request.inbox,
            state: OfferState::Vc,
        }
    }
}

impl OfferState {
    fn turn(
        self,
        side: &mut Side,
        inbox: &mut Inbox,
    ) -> Result<Turn<Self, (CryptoMethod, u16)>, HandshakeError> {
        match self {
            Self::Vc => {
                let Some(vc) = side.take_decrypted(inbox) else {
                    return Ok(Turn::Starved(self));
                };
                if vc != VC {
                    return Err(HandshakeError::BadVc);
                }
                Ok(Turn::Next(Self::CryptoProvide))
            }
            Self::CryptoProvide => {
                let Some(header) = side.take_decrypted(inbox) else {
                    return Ok(Turn::Starved(self));
                };
                let [p0, p1, p2, p3, l0, l1] = header;
                let provided = u32::from_be_bytes([p0, p1, p2, p3]);
                let len = u16::from_be_bytes([l0, l1]);
                tracing::debug!(offered = %Offer(provided), pad_c = len, "initiator offers");
                let method = side.acceptable.choose(provided & side.admitted_bits).ok_or(
                    HandshakeError::NoCommonMethod {
                        provided,
                        accepted: side.acceptable,
                    },
                )?;
                let len = pad_len(Step::PadC, len)?;
                Ok(Turn::Next(Self::PadC { method, len }))
            }
            Self::PadC { method, len } => {
                let Some(pad_c) = inbox.take(len) else {
                    return Ok(Turn::Starved(self));
                };
                side.keys.decrypt.apply(pad_c);
                Ok(Turn::Next(Self::IaLen(method)))
            }
            Self::IaLen(method) => {
                let Some(len) = side.take_decrypted(inbox).map(u16::from_be_bytes) else {
                    return Ok(Turn::Starved(self));
                };
                tracing::debug!(ia = len, "initiator announces its initial payload");
                if len > MAX_IA_ACCEPTED {
                    let cap = MAX_IA_ACCEPTED;
                    return Err(HandshakeError::InitialPayloadTooLong { len, cap });
                }
                Ok(Turn::Next(Self::Ia { method, len }))
            }
            Self::Ia { method, len } if inbox.unread().len() < usize::from(len) => {
                Ok(Turn::Starved(Self::Ia { method, len }))
            }
            Self::Ia { method, len } => Ok(Turn::Done((method, len))),
        }
    }
}

impl Side {
    fn take_decrypted<const N: usize>(&mut self, inbox: &mut Inbox) -> Option<[u8; N]> {
        let mut bytes = inbox.take_array()?;
        self.keys.decrypt.apply(&mut bytes);
        Some(bytes)
    }

    /// Appends the second part of PadB, the fourth message and our initial payload. `received` begins with an IA of `ia`
    /// bytes, still encrypted.
    fn establish(
        mut self,
        method: CryptoMethod,
        ia: u16,
        mut received: Vec<u8>,
        output: &mut Vec<u8>,
    ) -> Established {
        let mut selection = Vec::with_capacity(14 + usize::from(self.pad_d_len));
        selection.extend_from_slice(&VC);
        selection.extend_from_slice(&method.bit().to_be_bytes());
        selection.extend_from_slice(&self.pad_d_len.to_be_bytes());
        selection.resize(selection.len() + usize::from(self.pad_d_len), 0);

        output.extend_from_slice(&self.before_sync);
        append(Some(&mut self.keys.encrypt), &selection, output);

        // IA is always RC4-encrypted; the bytes after it belong to the stream.
        let ia_len = received.len().min(ia.into());
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

impl sealed::Sealed for Negotiation {}

impl Machine for Negotiation {
    type Done = Established;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        let Self {
            mut side,
            mut inbox,
            state,
        } = self;
        inbox.push(input);
        Ok(match advance(state, |state| state.turn(&mut side, &mut inbox))? {
            Progress::NeedInput(state) => Progress::NeedInput(Self { side, inbox, state }),
            Progress::Done((method, ia)) => {
                Progress::Done(side.establish(method, ia, inbox.take_all(), output))
            }
        })
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

impl fmt::Debug for Negotiation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug("Negotiation", self, f)
    }
}
