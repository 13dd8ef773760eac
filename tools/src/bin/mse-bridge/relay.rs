//! Both directions of a connection, each on its own until it ends.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_mse::MseStream;

use crate::totals::Traffic;

const BUFFER: usize = 64 * 1024;

/// Copies both ways until both directions have ended. Returns how many bytes were sent to the peer and received from it.
///
/// Once one direction has ended, the other one ends too when it has moved no byte for `half_open`.
pub(crate) async fn relay(
    client: MseStream<TcpStream>,
    peer: MseStream<TcpStream>,
    half_open: Duration,
    traffic: &Traffic,
) -> io::Result<(u64, u64)> {
    let (from_client, to_client) = client.into_split_with(TcpStream::into_split);
    let (from_peer, to_peer) = peer.into_split_with(TcpStream::into_split);
    both_ways((from_client, to_peer), (from_peer, to_client), half_open, traffic).await
}

async fn both_ways(
    up: (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    down: (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    half_open: Duration,
    traffic: &Traffic,
) -> io::Result<(u64, u64)> {
    let ended = watch::Sender::new(false);
    let way = |total| Way {
        total,
        half_open,
        ended: &ended,
    };
    let (sending, receiving) = (way(&traffic.sent), way(&traffic.received));
    tokio::try_join!(sending.copy(up.0, up.1), receiving.copy(down.0, down.1))
}

struct Way<'a> {
    total: &'a AtomicU64,
    half_open: Duration,
    /// Whether either direction has ended.
    ended: &'a watch::Sender<bool>,
}

impl Way<'_> {
    /// A half-close passes through: the end of what is read ends what is written.
    ///
    /// If a read fails, the whole connection ends. If a write fails, only this direction ends: the other may still have
    /// bytes to deliver.
    async fn copy(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> io::Result<u64> {
        let mut buffer = vec![0; BUFFER];
        let mut copied = 0;
        loop {
            let read = tokio::select! {
                read = from.read(&mut buffer) => read?,
                () = self.half_open() => return Ok(copied),
            };
            if read == 0 {
                // If this fails, the other direction ends by itself.
                let _ = to.shutdown().await;
                break;
            }
            let written = tokio::select! {
                written = to.write_all(&buffer[..read]) => written,
                () = self.half_open() => return Ok(copied),
            };
            if written.is_err() {
                break;
            }
            copied += read as u64;
            self.total.fetch_add(read as u64, Ordering::Relaxed);
        }
        self.ended.send_replace(true);
        Ok(copied)
    }

    /// Waits until the other direction has ended, and then as long as this one may do nothing.
    async fn half_open(&self) {
        // The sender is alive as long as this is.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
        sleep(self.half_open).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex, split};
    use tokio::time::{Instant, timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    /// The two far ends of a relay, which runs until it ends.
    fn relayed() -> (
        DuplexStream,
        DuplexStream,
        tokio::task::JoinHandle<io::Result<(u64, u64)>>,
    ) {
        let (client, near_client) = duplex(1024);
        let (peer, near_peer) = duplex(1024);
        let running = tokio::spawn(async move {
            let (from_client, to_client) = split(near_client);
            let (from_peer, to_peer) = split(near_peer);
            let traffic = Traffic::default();
            both_ways((from_client, to_peer), (from_peer, to_client), LIMIT, &traffic).await
        });
        (client, peer, running)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_whose_one_end_is_gone_ends_although_the_other_is_silent() {
        let (mut client, mut peer, running) = relayed();
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let began = Instant::now();
        let mut question = Vec::new();
        peer.read_to_end(&mut question).await.unwrap();
        assert_eq!(question, b"question");
        // The peer stays, and says nothing.
        assert_eq!(running.await.unwrap().unwrap(), (8, 0));
        assert_eq!(began.elapsed(), LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_half_closed_connection_lasts_as_long_as_bytes_come() {
        let (mut client, mut peer, running) = relayed();
        client.shutdown().await.unwrap();
        for _ in 0..20 {
            sleep(LIMIT / 2).await;
            peer.write_all(b"piece").await.unwrap();
        }
        drop(peer);
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        assert_eq!(received.len(), 100);
        running.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_no_longer_reads_does_not_hold_a_half_closed_connection() {
        let (mut client, mut peer, running) = relayed();
        peer.shutdown().await.unwrap();
        // More than the buffers hold.
        let _ = timeout(Duration::from_secs(1), client.write_all(&vec![0; 200_000])).await;
        running.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_with_both_ends_is_left_alone() {
        let (mut client, mut peer, running) = relayed();
        sleep(100 * LIMIT).await;
        peer.write_all(b"still here").await.unwrap();
        client.read_exact(&mut [0; 10]).await.unwrap();
        assert!(!running.is_finished());
    }
}
