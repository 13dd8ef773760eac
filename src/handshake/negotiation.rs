//! B, once it knows the SKEY: the rest of step 3, and step 4.

use std::fmt;

use bytes::Bytes;
use tracing::debug;

use super::established::{Established, Negotiated, Role, append};
use super::inbox::Inbox;
use super::initiator::VC;
use super::responder::{Keyed, SkeyRequest};
use super::{MAX_IA_ACCEPTED, Machine, Progress, pad_len};
use crate::crypto::derive;
use crate::crypto::keystream::Keystream;
use crate::error::{HandshakeError, Step};
use crate::policy::methods::{CryptoMethod, CryptoMethods};
use crate::skey::Skey;

/// The responder's side of the handshake, from the SKEY on.
pub struct Negotiation {
    skey: Skey,
    acceptable: CryptoMethods,
    initial_payload: Bytes,
    before_sync: Vec<u8>,
    pad_d_len: u16,
    encrypt: Keystream,
    decrypt: Keystream,
    inbox: Inbox,
    state: State,
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
    pub(super) fn new(request: SkeyRequest, skey: Skey, initial_payload: Bytes) -> Self {
        let Keyed {
            secret,
            before_sync,
            pad_d_len,
        } = request.keyed;
        let (decrypt, encrypt) = derive::keystreams(&secret, skey.as_bytes());
        Self {
            skey,
            acceptable: request.acceptable,
            initial_payload,
            before_sync,
            pad_d_len,
            encrypt,
            decrypt,
            inbox: request.inbox,
            state: State::Vc,
        }
    }

    /// Takes the next bytes of the peer.
    ///
    /// # Errors
    ///
    /// If the peer's bytes are refused; the machine is gone then, and nothing more is to be sent.
    pub fn process(
        mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        self.inbox.push(input);
        loop {
            self.state = match self.state {
                State::Vc => {
                    let Some(vc) = self.take_decrypted() else {
                        return Ok(Progress::NeedInput(self));
                    };
                    if vc != VC {
                        return Err(HandshakeError::BadVc);
                    }
                    State::CryptoProvide
                }
                State::CryptoProvide => {
                    let Some(header) = self.take_decrypted() else {
                        return Ok(Progress::NeedInput(self));
                    };
                    let [p0, p1, p2, p3, l0, l1] = header;
                    let provided = u32::from_be_bytes([p0, p1, p2, p3]);
                    let len = u16::from_be_bytes([l0, l1]);
                    debug!(provided, pad_c = len, "initiator offers");
                    let method = self
                        .acceptable
                        .choose(provided)
                        .ok_or(HandshakeError::NoCommonMethod { provided })?;
                    let len = pad_len(Step::PadC, len)?;
                    State::PadC { method, len }
                }
                State::PadC { method, len } => {
                    let Some(pad_c) = self.inbox.take(len) else {
                        return Ok(Progress::NeedInput(self));
                    };
                    self.decrypt.apply(pad_c);
                    State::IaLen(method)
                }
                State::IaLen(method) => {
                    let Some(len) = self.take_decrypted().map(u16::from_be_bytes) else {
                        return Ok(Progress::NeedInput(self));
                    };
                    debug!(ia = len, "initiator announces its initial payload");
                    if len > MAX_IA_ACCEPTED {
                        let cap = MAX_IA_ACCEPTED;
                        return Err(HandshakeError::InitialPayloadTooLong { len, cap });
                    }
                    State::Ia { method, len }
                }
                State::Ia { method, len } => {
                    let Some(ia) = self.inbox.take(usize::from(len)) else {
                        return Ok(Progress::NeedInput(self));
                    };
                    self.decrypt.apply(ia);
                    let ia = ia.to_vec();
                    return Ok(Progress::Done(self.establish(method, ia, output)));
                }
            };
        }
    }

    fn take_decrypted<const N: usize>(&mut self) -> Option<[u8; N]> {
        let mut bytes = self.inbox.take_array()?;
        self.decrypt.apply(&mut bytes);
        Some(bytes)
    }

    /// Step 4, in one write with PadB's second part and our own initial payload.
    fn establish(mut self, method: CryptoMethod, ia: Vec<u8>, output: &mut Vec<u8>) -> Established {
        let mut selection = Vec::with_capacity(14 + usize::from(self.pad_d_len));
        selection.extend_from_slice(&VC);
        selection.extend_from_slice(&method.bit().to_be_bytes());
        selection.extend_from_slice(&self.pad_d_len.to_be_bytes());
        selection.resize(selection.len() + usize::from(self.pad_d_len), 0);

        output.extend_from_slice(&self.before_sync);
        append(Some(&mut self.encrypt), &selection, output);

        let negotiated = Negotiated::new(Role::Responder, method.into(), Some(self.skey));
        let mut established = Established::new(negotiated, method, self.encrypt, self.decrypt);
        established.send(&self.initial_payload, output);
        established.received = ia;
        established.receive(self.inbox.unread());
        established
    }

    /// What is being waited for: the step at which it stopped, should the peer hang up now.
    pub const fn step(&self) -> Step {
        match self.state {
            State::Vc => Step::Vc,
            State::CryptoProvide => Step::CryptoProvide,
            State::PadC { .. } => Step::PadC,
            State::IaLen(_) | State::Ia { .. } => Step::InitialPayload,
        }
    }
}

impl Machine for Negotiation {
    type Done = Established;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Established>, HandshakeError> {
        Self::process(self, input, output)
    }

    fn step(&self) -> Step {
        Self::step(self)
    }

    fn peer_answered(&self) -> bool {
        true
    }
}

impl fmt::Debug for Negotiation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Negotiation")
            .field("step", &self.step())
            .finish_non_exhaustive()
    }
}
