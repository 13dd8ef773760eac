//! Makes the decisions of an acceptor by hand: plaintext or MSE, and which info-hash the peer wants.

use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::handshake::{Detected, Detection, Established, Randomness, Responder};
use tokio_mse::{Error, HandshakeError, Policy, Role, Skey, Step};

use super::shake::Wire;
use super::stream::Stream;

pub struct Listener {
    pub policy: Policy,
    pub served: Vec<Skey>,
    pub handshake: Vec<u8>,
    pub timeout: Duration,
}

impl Listener {
    pub fn accept(&self, tcp: TcpStream) -> Result<Stream, Error> {
        let mut wire = Wire::new(tcp, Role::Responder, self.timeout);
        let detection = Detection::new(&self.policy);
        match wire.shake(detection, Vec::new())? {
            Detected::Plaintext {
                info_hash, received, ..
            } => {
                let asked = Skey::from(info_hash);
                if !self.served.contains(&asked) {
                    return Err(refused(HandshakeError::UnknownInfoHash));
                }
                wire.output.extend(&self.handshake);
                wire.send(Step::Payload, true)?;
                let established = Established::plaintext(Role::Responder, Some(asked), received);
                Ok(Stream::new(established, wire.tcp))
            }
            Detected::Mse(seen) => self.respond(seen, wire),
            _ => panic!("something new came in"),
        }
    }

    fn respond(&self, seen: Vec<u8>, mut wire: Wire) -> Result<Stream, Error> {
        // Only now: a peer that has not sent its own key costs no key pair.
        let responder = Responder::new(&self.policy, Randomness::generate());
        let request = wire.shake(responder, seen)?;
        let asked = |skey: &&Skey| request.hash().matches(skey);
        let skey = self.served.iter().find(asked).cloned();
        let skey = skey.ok_or_else(|| refused(HandshakeError::UnknownSkey))?;
        let negotiation = request.resolve(skey, self.handshake.clone());
        let established = wire.shake(negotiation, Vec::new())?;
        Ok(Stream::new(established, wire.tcp))
    }
}

fn refused(refusal: HandshakeError) -> Error {
    Error::refused(Role::Responder, refusal)
}
