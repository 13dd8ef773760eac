//! The trait of all machines, and constants of the specification.

use crate::error::{HandshakeError, Step};

/// VC, the verification constant.
pub(super) const VC: [u8; 8] = [0; 8];

/// The longest PadA, PadB, PadC or PadD, in bytes.
pub const MAX_PAD: usize = 512;

/// The most bytes of initial payload that an initiator sends inside the third message: one BitTorrent handshake. The rest
/// follows after the fourth message, because libtorrent, rTorrent and aria2 refuse more, and KTorrent stalls.
pub const MAX_IA_SENT: usize = 68;

/// The most bytes of initial payload that a responder accepts.
pub const MAX_IA_ACCEPTED: u16 = 16 * 1024;

/// The announced length of PadC or PadD, if it is allowed.
pub(super) fn pad_len(step: Step, len: u16) -> Result<usize, HandshakeError> {
    match usize::from(len) {
        len if len <= MAX_PAD => Ok(len),
        _ => Err(HandshakeError::PadTooLong { step, len }),
    }
}

/// VC, `crypto_provide` or `crypto_select`, and a pad with its length, before encryption.
pub(super) fn header_and_pad(bits: u32, pad_len: u16) -> Vec<u8> {
    let mut header = Vec::with_capacity(16 + usize::from(pad_len) + MAX_IA_SENT);
    header.extend_from_slice(&VC);
    header.extend_from_slice(&bits.to_be_bytes());
    header.extend_from_slice(&pad_len.to_be_bytes());
    header.resize(header.len() + usize::from(pad_len), 0);
    header
}

/// The peer's `crypto_provide` or `crypto_select`, and the length of the pad that follows.
pub(super) fn bits_and_pad_len([b0, b1, b2, b3, l0, l1]: [u8; 6]) -> (u32, u16) {
    (u32::from_be_bytes([b0, b1, b2, b3]), u16::from_be_bytes([l0, l1]))
}

/// One side of a handshake, or a part of it, without IO.
///
/// A machine accepts the peer's bytes in any pieces, and keeps those that it cannot use yet. The trait is sealed; only the
/// machines of [this module](crate::handshake) implement it.
pub trait Machine: Sized + sealed::Sealed {
    /// The result.
    type Done;

    /// Processes the next bytes of the peer, and appends the bytes to send to `output`. `input` may be empty: the machine may
    /// already have the bytes that it needs.
    ///
    /// # Errors
    ///
    /// If the machine refuses the peer's bytes. You need not send anything then. To hide the refusal from a prober, send the
    /// bytes that this call appended to `output`.
    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Self::Done>, HandshakeError>;

    /// The step for which the machine waits. Name it in the error if the peer closes now.
    fn step(&self) -> Step;

    /// Whether the peer has answered: with the 96 bytes of its key to MSE, or with all 20 bytes of `0x13 "BitTorrent
    /// protocol"` to plaintext. No policy redials a peer that answered ([`Policy::redial`](crate::Policy::redial)).
    fn peer_answered(&self) -> bool;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// What [`Machine::process`] returns.
#[derive(Debug)]
pub enum Progress<M, D> {
    /// More bytes are needed.
    NeedInput(M),
    /// The machine is done.
    Done(D),
}

/// Seals machines, and prints their step alone, because they hold keys.
macro_rules! machines {
    ($($name:ident),*) => {$(
        impl machine::sealed::Sealed for $name {}

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("step", &self.step())
                    .finish_non_exhaustive()
            }
        }
    )*};
}

pub(super) use machines;
