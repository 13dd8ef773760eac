//! The stream after a handshake, over a blocking socket: the early bytes first, then XOR with the keystreams.

use std::io::{Read, Write};
use std::net::TcpStream;

use tokio_mse::handshake::Established;
use tokio_mse::{Keystream, Mode, Role, Skey};

pub struct Stream {
    pub mode: Mode,
    pub role: Role,
    pub skey: Option<Skey>,
    sender: Sender,
    receiver: Receiver,
}

pub struct Sender {
    tcp: TcpStream,
    encrypt: Option<Keystream>,
}

pub struct Receiver {
    tcp: TcpStream,
    decrypt: Option<Keystream>,
    /// What arrived with the handshake, decrypted.
    early: Vec<u8>,
}

impl Stream {
    pub fn new(established: Established, tcp: TcpStream) -> Self {
        let negotiated = &established.negotiated;
        assert_eq!(negotiated.elapsed(), None, "the machines have no clock");
        assert_eq!(negotiated.attempts(), 1, "each attempt is the caller's");
        Self {
            mode: negotiated.mode(),
            role: negotiated.role(),
            skey: negotiated.skey().cloned(),
            sender: Sender {
                tcp: tcp.try_clone().unwrap(),
                encrypt: established.encrypt,
            },
            receiver: Receiver {
                tcp,
                decrypt: established.decrypt,
                early: established.received,
            },
        }
    }

    pub fn receive(&mut self, buf: &mut [u8]) {
        self.receiver.receive(buf);
    }

    /// Each direction has a keystream of its own.
    pub fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

impl Sender {
    pub fn send(&mut self, plain: &[u8]) {
        let mut wire = plain.to_vec();
        if let Some(encrypt) = &mut self.encrypt {
            encrypt.apply(&mut wire);
        }
        self.tcp.write_all(&wire).unwrap();
    }
}

impl Receiver {
    /// Fills `buf`, from the early bytes first.
    pub fn receive(&mut self, buf: &mut [u8]) {
        let len = buf.len().min(self.early.len());
        let (early, rest) = buf.split_at_mut(len);
        early.copy_from_slice(&self.early[..len]);
        self.early.drain(..len);
        // The timeout was for the handshake.
        self.tcp.set_read_timeout(None).unwrap();
        self.tcp.read_exact(rest).unwrap();
        if let Some(decrypt) = &mut self.decrypt {
            decrypt.apply(rest);
        }
    }
}
