//! What an acceptor decides, by hand: plaintext or MSE, and which SKEY is asked for.

use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::handshake::{Detected, Detection, Randomness, Responder};
use tokio_mse::{Error, HandshakeError, Policy, Role, Skey, Step};

use crate::shake::Wire;
use crate::stream::Stream;

pub struct Listener {
    pub policy: Policy,
    pub served: Vec<Skey>,
    pub handshake: Vec<u8>,
    pub patience: Duration,
}

impl Listener {
    pub fn accept(&self, tcp: TcpStream) -> Result<Stream, Error> {
        let mut wire = Wire::new(tcp, self.patience);
        let detection = Detection::new(&self.policy).until_info_hash();
        match wire.shake(detection, Vec::new())? {
            Detected::Plaintext(seen) => {
                // What it claims is for the application to check.
                let asked: [u8; 20] = seen[28..48].try_into().unwrap();
                if !self.served.contains(&Skey::from(asked)) {
                    return Err(HandshakeError::UnknownInfoHash.into());
                }
                wire.output.extend(&self.handshake);
                wire.send()
                    .map_err(|error| Error::transport(Step::Payload, true, error))?;
                Ok(Stream::plaintext(Role::Responder, seen, wire.tcp))
            }
            Detected::Mse(seen) => self.respond(seen, wire),
            _ => panic!("something new came in"),
        }
    }

    fn respond(&self, seen: Vec<u8>, mut wire: Wire) -> Result<Stream, Error> {
        // Drawn now, and not before: a stranger's first 95 bytes are not worth a key pair.
        let responder = Responder::new(&self.policy, Randomness::generate());
        let request = wire.shake(responder, seen)?;
        let asked = |skey: &&Skey| request.hash().matches(skey);
        let skey = self.served.iter().find(asked).cloned();
        let skey = skey.ok_or(HandshakeError::UnknownSkey)?;
        let negotiation = request.resolve(skey, self.handshake.clone());
        let established = wire.shake(negotiation, Vec::new())?;
        Ok(Stream::new(established, wire.tcp))
    }
}
