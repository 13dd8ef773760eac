//! What a connector decides, by hand: what to speak first, whether to wait for an answer, whether to dial again.

use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::handshake::{Established, Initiator, PlaintextDial, Randomness};
use tokio_mse::{DialMode, Error, Policy, Role, Skey, Step};

use super::shake::Wire;
use super::stream::Stream;

pub struct Dialler {
    pub policy: Policy,
    pub skey: Skey,
    pub handshake: Vec<u8>,
    pub timeout: Duration,
}

impl Dialler {
    /// Dials until an attempt succeeds or the policy has no other.
    pub fn dial(&self, mut connect: impl FnMut(DialMode) -> TcpStream) -> Result<Stream, Error> {
        let mut attempt = self.policy.first_mode();
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

    fn attempt(&self, attempt: DialMode, tcp: TcpStream) -> Result<Stream, Error> {
        let mut wire = Wire::new(tcp, Role::Initiator, self.timeout);
        let established = match attempt {
            DialMode::Mse => {
                let initiator = Initiator::new(
                    self.skey.clone(),
                    &self.policy,
                    self.handshake.clone(),
                    Randomness::generate(),
                    &mut wire.output,
                );
                wire.shake(initiator, Vec::new())?
            }
            DialMode::Plaintext => {
                let dial = PlaintextDial::new(self.handshake.clone(), &mut wire.output);
                let unanswered = Error::closed(Role::Initiator, Step::Payload, false);
                if self.policy.redial(attempt, &unanswered).is_none() {
                    // There is nothing to decide, so it does not wait.
                    wire.send(Step::Payload, false)?;
                    let established = Established::plaintext(Role::Initiator, None, Vec::new());
                    return Ok(Stream::new(established, wire.tcp));
                }
                wire.shake(dial, Vec::new())?
            }
        };
        Ok(Stream::new(established, wire.tcp))
    }
}
