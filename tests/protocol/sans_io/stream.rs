//! What follows a handshake, over a blocking socket: XOR with the keystreams, behind the bytes that came early.

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
    /// What came with the handshake, decrypted.
    early: Vec<u8>,
}

impl Stream {
    pub fn new(established: Established, tcp: TcpStream) -> Self {
        let negotiated = &established.negotiated;
        assert_eq!(negotiated.elapsed(), None, "nobody had a clock");
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

    /// A connection that never spoke MSE.
    pub fn plaintext(role: Role, early: Vec<u8>, tcp: TcpStream) -> Self {
        Self {
            mode: Mode::Plaintext,
            role,
            skey: None,
            sender: Sender {
                tcp: tcp.try_clone().unwrap(),
                encrypt: None,
            },
            receiver: Receiver {
                tcp,
                decrypt: None,
                early,
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
    /// Fills `buf`, with what came early first.
    pub fn receive(&mut self, buf: &mut [u8]) {
        let len = buf.len().min(self.early.len());
        let (early, rest) = buf.split_at_mut(len);
        early.copy_from_slice(&self.early[..len]);
        self.early.drain(..len);
        // The handshake's patience is over.
        self.tcp.set_read_timeout(None).unwrap();
        self.tcp.read_exact(rest).unwrap();
        if let Some(decrypt) = &mut self.decrypt {
            decrypt.apply(rest);
        }
    }
}
