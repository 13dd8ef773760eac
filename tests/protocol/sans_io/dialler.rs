//! What a connector decides, by hand: what to speak first, whether an answer is awaited, whether to dial again.

use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::handshake::{Initiator, PlaintextDial, Randomness};
use tokio_mse::{Attempt, Error, Policy, Role, Skey, Step};

use crate::shake::Wire;
use crate::stream::Stream;

pub struct Dialler {
    pub policy: Policy,
    pub skey: Skey,
    pub handshake: Vec<u8>,
    pub patience: Duration,
}

impl Dialler {
    /// Dials until an attempt succeeds or the policy has no other.
    pub fn dial(&self, mut connect: impl FnMut(Attempt) -> TcpStream) -> Result<Stream, Error> {
        let mut attempt = self.policy.first_attempt();
        loop {
            match self.attempt(attempt, connect(attempt)) {
                Ok(stream) => return Ok(stream),
                Err(error) => match self.policy.redial(attempt, &error) {
                    Some(next) => attempt = next,
                    None => return Err(error),
                },
            }
        }
    }

    fn attempt(&self, attempt: Attempt, tcp: TcpStream) -> Result<Stream, Error> {
        let mut wire = Wire::new(tcp, self.patience);
        let established = match attempt {
            Attempt::Mse => {
                let initiator = Initiator::new(
                    self.skey.clone(),
                    &self.policy,
                    self.handshake.clone(),
                    Randomness::generate(),
                    &mut wire.output,
                );
                wire.shake(initiator, Vec::new())?
            }
            Attempt::Plaintext => {
                let dial = PlaintextDial::new(&self.handshake, &mut wire.output);
                let unanswered = Error::closed(Step::Payload, false);
                if self.policy.redial(attempt, &unanswered).is_none() {
                    // Nothing would come of waiting.
                    wire.send()
                        .map_err(|error| Error::transport(Step::Payload, false, error))?;
                    return Ok(Stream::plaintext(Role::Initiator, Vec::new(), wire.tcp));
                }
                wire.shake(dial, Vec::new())?
            }
            _ => panic!("a new kind of attempt"),
        };
        Ok(Stream::new(established, wire.tcp))
    }
}
