//! What a client is made of, and the first words of every connection.

use std::io;
use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_mse::{MseAcceptor, MseConnector, MseStream, PerAddress, Policy, Skey, SkeyIndex};

pub(crate) const INTERESTED: [u8; 5] = [0, 0, 0, 1, 2];
pub(crate) const UNCHOKE: [u8; 5] = [0, 0, 0, 1, 1];

/// One type for all peers: plaintext, header-only or encrypted.
pub(crate) type Peer = MseStream<TcpStream>;

pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) torrents: SkeyIndex,
    pub(crate) connector: MseConnector,
    pub(crate) acceptor: MseAcceptor,
    pub(crate) addresses: PerAddress,
}

impl Client {
    pub(crate) fn new(name: &'static str, dials: Policy, accepts: Policy) -> Arc<Self> {
        Arc::new(Self {
            name,
            torrents: SkeyIndex::new(),
            connector: MseConnector::new(dials),
            acceptor: MseAcceptor::new(accepts).max_handshakes(256),
            addresses: PerAddress::new(2), // some tens, on the internet
        })
    }

    pub(crate) fn handshake(&self, info_hash: &[u8; 20]) -> Vec<u8> {
        let peer_id = format!("-XX0100-{:.>12}", self.name).into_bytes();
        [
            b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0",
            &info_hash[..],
            &peer_id,
        ]
        .concat()
    }

    /// Reads the peer's BitTorrent handshake, which comes first in every mode. Gives its info-hash, which is a claim
    /// until it was looked up: only MSE has verified that the peer knows one of our SKEYs.
    pub(crate) async fn greet(&self, peer: &mut Peer) -> io::Result<[u8; 20]> {
        let (mut handshake, mut info_hash) = ([0; 68], [0; 20]);
        peer.read_exact(&mut handshake).await?;
        info_hash.copy_from_slice(&handshake[28..48]);
        if !self.torrents.contains(&Skey::from(info_hash)) {
            return Err(io::Error::other(
                "the peer wants a torrent that is not served here",
            ));
        }
        let peer_id = String::from_utf8_lossy(&handshake[56..]);
        let them = peer_id.trim_matches('.');
        println!("{}: connected to {them}: {}", self.name, peer.negotiated());
        Ok(info_hash)
    }
}
