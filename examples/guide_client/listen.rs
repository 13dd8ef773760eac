//! The accept loop. No peer and no lack of descriptors can end it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_mse::Error;

use crate::client::{Client, Peer, Torrent};
use crate::session;

/// Below the limit of descriptors.
const MAX_CONNECTIONS: usize = 500;

impl Client {
    /// Accepts until `stop` is cancelled, and returns when all connections have closed.
    pub(crate) async fn listen(self: Arc<Self>, listener: TcpListener) {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut peers = JoinSet::new();
        loop {
            let (tcp, from, slot) = tokio::select! {
                () = self.stop.cancelled() => break,
                Some(_) = peers.join_next() => continue, // forget tasks that have ended
                accepted = accept(&listener, &connections) => accepted,
            };
            let Some(permit) = self.addresses.enter(from.ip()) else {
                self.say(format_args!("closed: {} has too many connections", from.ip()));
                self.count("address-limit");
                continue;
            };
            let client = Arc::clone(&self);
            peers.spawn(async move {
                // The handshake runs in the task of the connection, never in the accept loop.
                tokio::select! {
                    () = client.stop.cancelled() => {}
                    result = client.serve(tcp) => if let Err(error) = result {
                        client.say(format_args!("{from} left: {error}"));
                    },
                }
                drop((slot, permit)); // after the connection has closed
            });
        }
        while peers.join_next().await.is_some() {}
    }

    async fn serve(&self, tcp: TcpStream) -> io::Result<()> {
        let accepted = self.shake_hands(tcp).await;
        match &accepted {
            Ok((peer, _)) => self.count(peer.negotiated().mode().to_string()),
            Err(error) => self.count(error.label()),
        }
        let (mut peer, torrent) = accepted?;
        self.greet(&mut peer, &torrent).await?;
        session::accepted(&mut peer).await
    }

    /// The acceptor's timeout limits both awaits, and the lookup between them.
    async fn shake_hands(&self, tcp: TcpStream) -> Result<(Peer, Arc<Torrent>), Error> {
        let mut incoming = self.acceptor.accept(tcp).await?;
        let Some((skey, torrent)) = self.torrents.get(incoming.skey_hash()) else {
            return Err(incoming.refuse().await);
        };
        if let Some(policy) = &torrent.policy {
            incoming = incoming.with_policy(policy);
        }
        let peer = incoming.accept(skey, self.handshake(&torrent)).await?;
        Ok((peer, torrent))
    }
}

/// Waits for a free slot before it accepts. Until then, peers wait in the kernel's queue.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    let slot = Arc::clone(connections).acquire_owned().await.ok(); // never closed
    loop {
        match listener.accept().await {
            Ok((tcp, from)) => return (tcp, from, slot),
            // Usually EMFILE: wait until a descriptor is free.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}
