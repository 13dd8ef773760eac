//! What all machines have in common: the constants of the specification, and how a machine is fed.

use std::fmt;

use crate::error::{HandshakeError, Step};

/// VC, the verification constant.
pub(super) const VC: [u8; 8] = [0; 8];

/// The longest PadA, PadB, PadC or PadD, in bytes.
pub const MAX_PAD: usize = 512;

/// The most bytes of initial payload that an initiator sends inside the third message: a BitTorrent handshake. libtorrent,
/// rTorrent and aria2 refuse more, and KTorrent stalls. The rest follows after the fourth message.
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
/// A machine accepts the peer's bytes in any pieces and keeps what it cannot use yet. The trait is sealed: the machines
/// of [this module](crate::handshake) implement it.
pub trait Machine: Sized + sealed::Sealed {
    /// The result.
    type Done;

    /// Processes the next bytes of the peer, and appends to `output` what has to be sent. Empty input is allowed: the
    /// machine may have all that it needs already.
    ///
    /// # Errors
    ///
    /// If the peer's bytes are refused. Nothing has to be sent then. To hide the refusal from a prober, send what was
    /// appended to `output` in this call.
    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Self::Done>, HandshakeError>;

    /// What the machine waits for: the step to name in an error if the peer closes now.
    fn step(&self) -> Step;

    /// Whether the peer has answered: with the 96 bytes of its key to MSE, or with all 20 bytes of `0x13 "BitTorrent
    /// protocol"` to plaintext. No policy redials a peer that did ([`Policy::redial`](crate::Policy::redial)).
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

/// What a state makes of the bytes that have arrived.
pub(super) enum Turn<S, D> {
    Next(S),
    Starved(S),
    Done(D),
}

/// Goes from state to state as far as the bytes that have arrived allow.
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
