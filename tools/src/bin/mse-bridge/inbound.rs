//! The side that is dialled: the handshake, the SKEY, and what the client says first.

use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio_mse::{Incoming, Linger, MseAcceptor, MseStream, Skey, SkeyIndex, SkeyResolver};

use crate::cli::chain::chain;
use crate::opening::{self, Enough};

pub(crate) struct Inbound {
    pub(crate) acceptor: MseAcceptor,
    pub(crate) linger: Option<Linger>,
    pub(crate) torrents: SkeyIndex,
    pub(crate) timeout: Duration,
}

/// A client that has said what it wants.
pub(crate) struct Arrival {
    pub(crate) client: MseStream<TcpStream>,
    pub(crate) skey: Skey,
    /// Its BitTorrent handshake, read off the stream.
    pub(crate) opening: Bytes,
}

impl Inbound {
    pub(crate) async fn receive(&self, tcp: TcpStream) -> Result<Arrival, String> {
        let mut accept = self.acceptor.accept_lazy(tcp);
        if let Some(linger) = &self.linger {
            accept = accept.linger(linger);
        }
        match accept.await {
            Ok(Incoming::Plaintext(client)) => plaintext(client, Vec::new(), self.timeout).await,
            Ok(Incoming::Pending(pending)) => {
                let Some(skey) = self.torrents.resolve(pending.hash()) else {
                    return Err(chain(&pending.refuse()));
                };
                // Step 4 goes out alone and at once: some clients (aria2, WebTorrent) say nothing before it came.
                let accepted = pending.accept(skey.clone()).await;
                self.mse(accepted.map_err(|error| chain(&error))?, skey).await
            }
            Err(error) => Err(chain(&error)),
        }
    }

    /// The SKEY came with the handshake.
    async fn mse(&self, mut client: MseStream<TcpStream>, skey: Skey) -> Result<Arrival, String> {
        let opening = opening::read(&mut client, Vec::new(), Enough::Anything, self.timeout).await?;
        Ok(Arrival {
            client,
            skey,
            opening: opening.into(),
        })
    }
}

/// The SKEY is the info-hash in the BitTorrent handshake, of which this much was read before.
pub(crate) async fn plaintext(
    mut client: MseStream<TcpStream>,
    read: Vec<u8>,
    within: Duration,
) -> Result<Arrival, String> {
    let opening = opening::read(&mut client, read, Enough::InfoHash, within).await?;
    let info_hash = opening::info_hash(&opening).ok_or("no info-hash")?;
    Ok(Arrival {
        client,
        skey: info_hash.into(),
        opening: opening.into(),
    })
}
