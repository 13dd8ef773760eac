//! Relays both directions of a connection independently.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_mse::MseStream;

use crate::totals::Totals;

const BUFFER: usize = 64 * 1024;

/// Copies both ways until both directions have ended. Returns how many bytes were sent to the peer and received from it.
pub(crate) async fn relay(
    client: MseStream<TcpStream>,
    peer: MseStream<TcpStream>,
    totals: &Totals,
) -> io::Result<(u64, u64)> {
    let (from_client, to_client) = client.into_split_with(TcpStream::into_split);
    let (from_peer, to_peer) = peer.into_split_with(TcpStream::into_split);
    tokio::try_join!(
        one_way(from_client, to_peer, totals.sent()),
        one_way(from_peer, to_client, totals.received())
    )
}

/// Copies one direction. When reading ends, shuts the writer down, so that a half-close passes through.
///
/// If a read fails, the whole connection ends. If a write fails, only this direction ends: the other may still have
/// bytes to deliver.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    total: &AtomicU64,
) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut copied = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            // If this fails, the other direction ends by itself.
            let _ = to.shutdown().await;
            return Ok(copied);
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return Ok(copied);
        }
        copied += read as u64;
        total.fetch_add(read as u64, Ordering::Relaxed);
    }
}
