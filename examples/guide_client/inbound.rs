//! Peers that dial us.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::client::{Client, INTERESTED, Peer, UNCHOKE};

impl Client {
    /// Listens for ever. No peer ends it, and no lack of descriptors.
    pub(crate) async fn listen(self: Arc<Self>, listener: TcpListener) {
        loop {
            let Ok((tcp, from)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await; // out of descriptors: they come back
                continue;
            };
            let Some(permit) = self.addresses.enter(from.ip()) else {
                println!("{}: closed, {} has enough connections", self.name, from.ip());
                continue;
            };
            let client = Arc::clone(&self);
            tokio::spawn(async move {
                let accepted = client.acceptor.accept(tcp, &client.torrents).await;
                let served = match accepted {
                    Ok(peer) => client.serve(peer).await,
                    Err(error) => Err(error.into()),
                };
                if let Err(error) = served {
                    println!("{}: {from} left: {error}", client.name);
                }
                drop(permit); // with the connection, and not before
            });
        }
    }

    async fn serve(&self, mut peer: Peer) -> io::Result<()> {
        let info_hash = self.greet(&mut peer).await?;
        peer.write_all(&self.handshake(&info_hash)).await?;
        loop {
            let mut message = [0; 5];
            peer.read_exact(&mut message).await?;
            if message == INTERESTED {
                peer.write_all(&UNCHOKE).await?;
            }
        }
    }
}
