//! The stream after the handshake: `Read` and `Write` over a blocking socket.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tokio_mse::Negotiated;
use tokio_mse::handshake::Established;

/// How long a peer may be silent, or not read.
const IDLE: Duration = Duration::from_secs(180);

pub(crate) struct Peer {
    tcp: TcpStream,
    established: Established,
}

impl Peer {
    /// Sends the bytes that the handshake has left.
    pub(crate) fn new(mut tcp: TcpStream, established: Established, output: &[u8]) -> io::Result<Self> {
        tcp.write_all(output)?;
        tcp.set_read_timeout(Some(IDLE))?;
        tcp.set_write_timeout(Some(IDLE))?;
        Ok(Self { tcp, established })
    }

    pub(crate) fn negotiated(&self) -> &Negotiated {
        &self.established.negotiated
    }
}

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Established {
            received, decrypt, ..
        } = &mut self.established;
        // First return the bytes that arrived with the handshake. They are decrypted already.
        if !received.is_empty() {
            let len = received.len().min(buffer.len());
            buffer[..len].copy_from_slice(&received[..len]);
            received.drain(..len);
            return Ok(len);
        }
        let len = self.tcp.read(buffer)?;
        if let Some(keystream) = decrypt {
            keystream.apply(&mut buffer[..len]);
        }
        Ok(len)
    }
}

impl Write for Peer {
    /// Sends everything that it has encrypted, because a keystream cannot go back. After an error, drop the peer.
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let mut data = data.to_vec();
        if let Some(keystream) = &mut self.established.encrypt {
            keystream.apply(&mut data);
        }
        self.tcp.write_all(&data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
