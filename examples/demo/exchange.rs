//! What both ends of a connection do after the handshake: send everything and receive everything, at the same time.

use std::io;

use bytes::Bytes;
use rand::{Rng, RngExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_mse::MseStream;

use crate::cli::{HANDSHAKE_LEN, handshake};

/// How many bytes each end sends, including both handshakes. Together the ends verify 16 MB.
const TOTAL: usize = 8_000_000;

/// What both ends send.
pub(crate) struct Torrent {
    pub(crate) info_hash: [u8; 20],
    pub(crate) handshake: [u8; HANDSHAKE_LEN],
    content: Vec<u8>,
}

impl Torrent {
    pub(crate) fn generate() -> Self {
        let mut generator = rand::rng();
        let info_hash = generator.random();
        let mut content = vec![0; TOTAL - 2 * HANDSHAKE_LEN];
        generator.fill_bytes(&mut content);
        Self {
            info_hash,
            handshake: handshake(&info_hash),
            content,
        }
    }

    /// The initial payload.
    pub(crate) fn handshake(&self) -> Bytes {
        Bytes::copy_from_slice(&self.handshake)
    }

    /// How many bytes follow the initial payload: the handshake once more, and the content. The second handshake shows the tap
    /// whether the stream is readable.
    pub(crate) const fn stream_len(&self) -> usize {
        self.handshake.len() + self.content.len()
    }

    async fn send(&self, to: &mut (impl AsyncWriteExt + Unpin)) -> io::Result<()> {
        to.write_all(&self.handshake).await?;
        to.write_all(&self.content).await?;
        to.shutdown().await
    }

    /// Receives everything that the other end sends, and returns how many bytes were verified.
    async fn receive(&self, from: &mut (impl AsyncReadExt + Unpin)) -> io::Result<u64> {
        let mut received = Vec::new();
        from.read_to_end(&mut received).await?;
        let sent = [&self.handshake, &self.handshake, &self.content[..]].concat();
        if received == sent {
            Ok(received.len() as u64)
        } else {
            Err(io::Error::other("the received bytes are not the sent bytes"))
        }
    }
}

/// Sends and receives on both ends. Returns how many bytes were verified.
pub(crate) async fn exchange(
    initiator: MseStream<TcpStream>,
    responder: MseStream<TcpStream>,
    torrent: &Torrent,
) -> Result<u64, String> {
    let one = one_end(initiator, torrent, "initiator");
    let other = one_end(responder, torrent, "responder");
    let (one, other) = tokio::try_join!(one, other)?;
    Ok(one + other)
}

async fn one_end(peer: MseStream<TcpStream>, torrent: &Torrent, role: &str) -> Result<u64, String> {
    let (mut reader, mut writer) = peer.into_split_with(TcpStream::into_split);
    let outcome = tokio::try_join!(torrent.send(&mut writer), torrent.receive(&mut reader));
    let ((), verified) = outcome.map_err(|error| format!("{role}: {error}"))?;
    Ok(verified)
}
