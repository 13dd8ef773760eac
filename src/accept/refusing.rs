//! A responder that has refused already, and does not let the peer know.

use crate::error::{HandshakeError, Step};
use crate::handshake::{Machine, Progress, Responder, Sealed, SkeyRequest};

/// Answers the peer's first 96 bytes like any others, and fails then.
pub(super) struct Refusing {
    pub(super) responder: Responder,
    pub(super) refusal: HandshakeError,
}

impl Sealed for Refusing {}

impl Machine for Refusing {
    type Done = SkeyRequest;

    fn process(
        self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<Progress<Self, SkeyRequest>, HandshakeError> {
        let Self { responder, refusal } = self;
        match responder.process(input, output) {
            Ok(Progress::NeedInput(responder)) if !responder.peer_answered() => {
                Ok(Progress::NeedInput(Self { responder, refusal }))
            }
            _ => Err(refusal),
        }
    }

    fn step(&self) -> Step {
        self.responder.step()
    }

    fn peer_answered(&self) -> bool {
        self.responder.peer_answered()
    }
}
