//! What all machines have in common: how they are fed, and how they get from one state to the next.

use std::fmt;

use crate::error::{HandshakeError, Step};

/// One side of a handshake, or a part of it, without IO: fed with the peer's bytes, by value.
///
/// It takes any split of the bytes and keeps what it cannot use yet. Implemented by the machines of
/// [this module](crate::handshake) and by nothing else.
pub trait Machine: Sized + sealed::Sealed {
    /// What comes of it.
    type Done;

    /// Takes the next bytes of the peer, and appends to `output` what is to be sent. Feeding it with no bytes is
    /// allowed: it may have all it needs already.
    ///
    /// # Errors
    ///
    /// If the peer's bytes are refused. The machine is gone then, and nothing more has to be sent. To hide from a
    /// prober that it was refused, send what was appended to `output` in this call.
    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Self::Done>, HandshakeError>;

    /// What is being waited for: the step to name in an error if the peer hangs up now.
    fn step(&self) -> Step;

    /// Whether the peer has answered: with all 96 bytes of its key, or with the beginning of a plaintext handshake to a
    /// plaintext handshake. A peer that answered is not dialled again in the other mode
    /// ([`Policy::redial`](crate::Policy::redial)).
    fn peer_answered(&self) -> bool;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// What a machine made of the bytes it was fed.
#[derive(Debug)]
pub enum Progress<M, D> {
    /// More bytes are needed.
    NeedInput(M),
    /// The machine's work is done.
    Done(D),
}

/// What a state made of the bytes that are there.
pub(super) enum Turn<S, D> {
    Next(S),
    Starved(S),
    Done(D),
}

/// Goes from state to state as far as the bytes that are there allow.
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

/// Of a machine, only where it is: it holds keys.
pub(super) fn debug(name: &str, machine: &impl Machine, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct(name)
        .field("step", &machine.step())
        .finish_non_exhaustive()
}
