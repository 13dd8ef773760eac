//! The client, and how it dials. `listen.rs` has the accept loop, `session.rs` what follows.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_mse::{MseAcceptor, MseConnector, MseStream, Policy, SkeyIndex};
use tokio_util::sync::CancellationToken;

use crate::per_address::PerAddress;
use crate::{say, session};

/// How long a peer may take to send its BitTorrent handshake, after the MSE handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// One type for all peers: plaintext, header-only or encrypted.
pub(crate) type Peer = MseStream<TcpStream>;

pub(crate) struct Torrent {
    pub(crate) info_hash: [u8; 20],
    /// Replaces the client's policy when we dial, and narrows it when we accept.
    pub(crate) policy: Option<Policy>,
}

pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) torrents: SkeyIndex<Arc<Torrent>>,
    pub(crate) acceptor: MseAcceptor,
    pub(crate) addresses: PerAddress,
    pub(crate) stop: CancellationToken,
    connector: MseConnector,
    counters: Mutex<BTreeMap<String, u32>>,
}

impl Client {
    pub(crate) fn new(name: &'static str, policy: Policy) -> Arc<Self> {
        Arc::new(Self {
            name,
            torrents: SkeyIndex::new(),
            acceptor: MseAcceptor::new(policy.clone()), // one policy for both directions
            addresses: PerAddress::default(),
            stop: CancellationToken::new(),
            connector: MseConnector::new(policy),
            counters: Mutex::default(),
        })
    }

    /// Dials a peer, and redials if the policy allows it. The connector limits each wait of `connect_with`.
    pub(crate) async fn dial(&self, address: SocketAddr, torrent: &Torrent) -> io::Result<Peer> {
        let connector = match &torrent.policy {
            Some(policy) => self.connector.with_policy(policy.clone()),
            None => self.connector.clone(),
        };
        let connected = connector
            .connect_with(torrent.info_hash, self.handshake(torrent), |mode| {
                self.say(format_args!("dialling with {mode}"));
                TcpStream::connect(address)
            })
            .await;
        match &connected {
            Ok(peer) => self.count(peer.negotiated().mode().to_string()),
            Err(error) => self.count(error.label()),
        }
        let mut peer = connected.inspect_err(|error| self.say(error))?;
        self.greet(&mut peer, torrent)
            .await
            .inspect_err(|error| self.say(error))?;
        let outcome = session::dialled(&mut peer).await?;
        self.say(outcome);
        Ok(peer)
    }

    /// Reads the peer's BitTorrent handshake, which is first in every mode.
    pub(crate) async fn greet(&self, peer: &mut Peer, torrent: &Torrent) -> io::Result<()> {
        let mut theirs = [0; 68];
        timeout(HANDSHAKE, peer.read_exact(&mut theirs)).await??;
        // With MSE the peer has proved that it knows the info-hash. In plaintext nothing is proved.
        if theirs[28..48] != torrent.info_hash {
            return Err(io::Error::other("the peer answered for another torrent"));
        }
        let peer_id = theirs[48..].escape_ascii(); // a peer can put any bytes there
        self.say(format_args!("connected to {peer_id}: {}", peer.negotiated()));
        Ok(())
    }

    pub(crate) fn handshake(&self, torrent: &Torrent) -> Vec<u8> {
        let start = b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0";
        let peer_id = format!("-XX0100-{:.>12}", self.name);
        [start, &torrent.info_hash[..], peer_id.as_bytes()].concat()
    }

    pub(crate) fn count(&self, label: impl Into<String>) {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        *counters.entry(label.into()).or_default() += 1;
    }

    pub(crate) fn counters(&self) -> BTreeMap<String, u32> {
        self.counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn say(&self, line: impl std::fmt::Display) {
        say(format_args!("   {}: {line}", self.name));
    }
}
