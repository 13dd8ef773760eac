//! The side that accepts: the handshake, the torrent, and the client's first message.

use std::time::Duration;

use bytes::Bytes;
use mse_tools::text::chain;
use tokio::net::TcpStream;
use tokio_mse::{Error, Mode, MseAcceptor, MseStream, Skey, SkeyIndex};

use crate::opening::{self, Enough};

pub(crate) struct Inbound {
    pub(crate) acceptor: MseAcceptor,
    pub(crate) torrents: SkeyIndex,
    pub(crate) timeout: Duration,
}

/// A client whose torrent is known.
pub(crate) struct Arrival {
    pub(crate) client: MseStream<TcpStream>,
    pub(crate) skey: Skey,
    /// Its BitTorrent handshake, already read.
    pub(crate) opening: Bytes,
}

impl Inbound {
    /// The error has a label for the totals, and a line.
    pub(crate) async fn receive(&self, tcp: TcpStream) -> Result<Arrival, (&'static str, String)> {
        let shaken = self.shake_hands(tcp).await;
        let (mut client, skey) = shaken.map_err(|error| (error.label(), chain(&error)))?;
        let enough = match client.negotiated().mode() {
            Mode::Plaintext => Enough::InfoHash,
            _ => Enough::Anything,
        };
        let opening = opening::read(&mut client, Vec::new(), enough, self.timeout).await;
        let opening = opening.map_err(|line| ("no-handshake", line))?;
        Ok(Arrival {
            client,
            skey,
            opening: opening.into(),
        })
    }

    /// MSE for the torrents that are known, plaintext for any torrent.
    async fn shake_hands(&self, tcp: TcpStream) -> Result<(MseStream<TcpStream>, Skey), Error> {
        let incoming = self.acceptor.accept(tcp).await?;
        let skey = match incoming.info_hash() {
            Some(claimed) => Some(Skey::from(claimed)),
            None => self.torrents.skey(incoming.skey_hash()),
        };
        let Some(skey) = skey else {
            return Err(incoming.refuse().await);
        };
        // Without a payload, the last message of the handshake is sent at once: aria2 and WebTorrent send nothing before it.
        let client = incoming.accept(skey.clone(), Bytes::new()).await?;
        Ok((client, skey))
    }
}

/// A plaintext client that connected through SOCKS5. Its BitTorrent handshake names the torrent; `read` has the bytes that were
/// read before.
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
