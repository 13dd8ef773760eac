//! B, once it knows the SKEY: the rest of step 3, and step 4.

use std::fmt;

use bytes::Bytes;

use super::encrypt2::Keys;
use super::established::{Established, Mode, Negotiated, Role, append};
use super::inbox::Inbox;
use super::limits::{MAX_IA_ACCEPTED, VC, pad_len};
use super::machine::{Machine, Progress, Turn, advance, debug, sealed};
use crate::crypto::dh::SharedSecret;
use crate::error::{HandshakeError, Step};
use crate::policy::methods::{CryptoMethod, CryptoMethods, Offer};
use crate::skey::{Skey, SkeyHash};

/// What is known, and what is still to be sent, once the keys are exchanged.
pub(super) struct Keyed {
    pub(super) secret: SharedSecret,
    pub(super) before_sync: Vec<u8>,
    pub(super) pad_d_len: u16,
}

/// An initiator that asks for a SKEY.
pub struct SkeyRequest {
    hash: SkeyHash,
    keyed: Keyed,
    acceptable: CryptoMethods,
    inbox: Inbox,
}

impl SkeyRequest {
    pub(super) const fn new(hash: SkeyHash, keyed: Keyed, acceptable: CryptoMethods, inbox: Inbox) -> Self {
        Self {
            hash,
            keyed,
            acceptable,
            inbox,
        }
    }

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

/// The responder's side of the handshake, from the SKEY on.
pub struct Negotiation {
    side: Side,
    inbox: Inbox,
    state: State,
}

/// What does not change while the bytes come in, but for the cipher's position.
struct Side {
    skey: Skey,
    acceptable: CryptoMethods,
    initial_payload: Bytes,
    before_sync: Vec<u8>,
    pad_d_len: u16,
    keys: Keys,
}

#[derive(Clone, Copy)]
enum State {
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
                initial_payload,
                before_sync,
                pad_d_len,
            },
            inbox: request.inbox,
            state: State::Vc,
        }
    }
}

impl State {
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
                let method = side
                    .acceptable
                    .choose(provided)
                    .ok_or(HandshakeError::NoCommonMethod { provided })?;
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

    /// Step 4, in one write with PadB's second part and our own initial payload. `received` begins with an IA of `ia`
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

        // IA is RC4 whatever was selected; what stands behind it is the stream's.
        let ia_len = received.len().min(ia.into());
        let (ia, behind) = received.split_at_mut(ia_len);
        self.keys.decrypt.apply(ia);
        let keystreams = self.keys.switch_to(method, Role::Responder, &self.skey);
        let negotiated = Negotiated::new(Role::Responder, Mode::from(method), Some(self.skey));
        let mut established = Established::new(negotiated, keystreams);
        if let Some(decrypt) = &mut established.decrypt {
            decrypt.apply(behind);
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
            State::Vc => Step::Vc,
            State::CryptoProvide => Step::CryptoProvide,
            State::PadC { .. } => Step::PadC,
            State::IaLen(_) | State::Ia { .. } => Step::InitialPayload,
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
