//! Peers that we dial.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, INTERESTED, Peer, UNCHOKE};

impl Client {
    /// Dials as the policy says, and once more in the other mode where the policy allows that.
    pub(crate) async fn dial(&self, address: SocketAddr, info_hash: [u8; 20]) -> io::Result<Peer> {
        let dial = |attempt| {
            println!("{}: dialling with {attempt}", self.name);
            TcpStream::connect(address)
        };
        let connect = self
            .connector
            .connect_with(info_hash, self.handshake(&info_hash), dial);
        let mut peer = connect.await?;
        self.greet(&mut peer).await?;
        // From here on it is the bare stream, and no flush is needed.
        peer.write_all(&INTERESTED).await?;
        let mut message = [0; 5];
        peer.read_exact(&mut message).await?;
        println!("{}: unchoked: {}", self.name, message == UNCHOKE);
        Ok(peer)
    }
}
