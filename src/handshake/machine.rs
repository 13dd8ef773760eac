//! The trait of all machines, and constants of the specification.

use std::fmt;

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

/// The result of one turn of a state.
pub(super) enum Turn<S, D> {
    Next(S),
    Starved(S),
    Done(D),
}

/// Advances from state to state until more bytes are needed.
pub(super) fn advance<S, D>(
    mut state: S,
    mut turn: impl FnMut(S) -> Result<Turn<S, D>, HandshakeError>,
) -> Result<Progress<S, D>, HandshakeError> {
    loop {
        match turn(state)? {
            Turn::Next(next) => state = next,
            Turn::Starved(state) => return Ok(Progress::NeedInput(state)),
            Turn::Done(done) => return Ok(Progress::Done(done)),
        }
    }
}

/// Prints the step alone, because a machine holds keys.
pub(super) fn debug(name: &str, machine: &impl Machine, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name)
        .field("step", &machine.step())
        .finish_non_exhaustive()
}
