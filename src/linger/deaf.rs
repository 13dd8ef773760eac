//! A machine that hears nothing.

use crate::error::{HandshakeError, Step};
use crate::handshake::{Machine, Progress, Sealed};

/// What a failed handshake goes on as: in the same loop, over the same link, it takes in whatever comes and answers
/// nothing, as any handshake does that waits for the rest of step 3.
pub(super) struct Deaf;

impl Sealed for Deaf {}

impl Machine for Deaf {
    type Done = std::convert::Infallible;

    fn process(
        self,
        _input: &[u8],
        _output: &mut Vec<u8>,
    ) -> Result<Progress<Self, Self::Done>, HandshakeError> {
        Ok(Progress::NeedInput(self))
    }

    fn step(&self) -> Step {
        Step::Sync
    }

    fn peer_answered(&self) -> bool {
        true
    }
}
