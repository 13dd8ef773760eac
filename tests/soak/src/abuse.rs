//! Broken handshakes: random, truncated, replayed, with one bit flipped. After each thousand, an honest peer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rand::{Rng, RngExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::task::JoinSet;
use tokio_mse::{MseConnector, Policy};

use crate::handshake::handshake;
use crate::network::{Kind, Link, Network};
use crate::progress::Progress;
use crate::report::Report;
use crate::server::{INFO_HASH, Server};
use crate::{heap, honest};

/// Attacks between two honest peers, and how many of them run at a time.
const ROUND: usize = 1000;
const AT_A_TIME: usize = 256;
/// What the heap may grow by from the end of the first round to the end of the last.
const KEPT: isize = 512 * 1024;
/// A server that refuses a handshake lingers, and sends nothing more.
const GIVE_UP: Duration = Duration::from_millis(100);

/// What is done to the bytes that an honest initiator would send.
#[derive(Clone, Copy)]
enum Tampering {
    FlipBit(usize),
    CloseAfter(usize),
}

/// A link that counts what is written, and tampers with it.
struct Tampered {
    link: Link,
    sent: usize,
    tampering: Tampering,
    /// What was written, for a replay.
    recorded: Vec<u8>,
}

impl AsyncRead for Tampered {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().link).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tampered {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let mut bytes = buf.to_vec();
        match this.tampering {
            Tampering::FlipBit(bit) => {
                let byte = (bit / 8).checked_sub(this.sent).and_then(|at| bytes.get_mut(at));
                if let Some(byte) = byte {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Tampering::CloseAfter(len) => bytes.truncate(len.saturating_sub(this.sent)),
        }
        if bytes.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut this.link).poll_write(cx, &bytes).map_ok(|written| {
            this.sent += written;
            this.recorded
                .extend_from_slice(bytes.get(..written).unwrap_or_default());
            written
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().link).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().link).poll_shutdown(cx)
    }
}

async fn tamper(link: Link, tampering: Tampering) -> Option<Vec<u8>> {
    let tampered = Tampered {
        link,
        sent: 0,
        tampering,
        recorded: Vec::new(),
    };
    let connector = MseConnector::new(Policy::full_rc4()).timeout(GIVE_UP);
    let connected = connector
        .connect(tampered, INFO_HASH, handshake(&INFO_HASH).to_vec())
        .await;
    connected.ok().map(|peer| peer.into_parts().io.recorded)
}

/// Writes all of it, half-closes, and waits for the server to close.
async fn shove(mut link: Link, bytes: &[u8]) {
    let (mut reader, mut writer) = tokio::io::split(&mut link);
    let write = async {
        if writer.write_all(bytes).await.is_ok() {
            let _ = writer.shutdown().await;
        }
    };
    let mut ignored = [0; 2048];
    let read = async { while !matches!(reader.read(&mut ignored).await, Ok(0) | Err(_)) {} };
    tokio::join!(write, read);
}

async fn attack(network: Arc<Network>, number: usize, recording: Arc<Vec<u8>>) -> io::Result<()> {
    let link = network.dial(Kind::Pipe).await?;
    let random = |range: std::ops::Range<usize>| rand::rng().random_range(range);
    match number % 4 {
        0 => {
            let mut bytes = vec![0; random(0..1400)];
            rand::rng().fill_bytes(&mut bytes);
            shove(link, &bytes).await;
        }
        1 => {
            tamper(link, Tampering::CloseAfter(random(0..700))).await;
        }
        2 => {
            // Some replay all of it, some add bytes of their own.
            let mut bytes = recording.to_vec();
            bytes.truncate(random(90..bytes.len() + 400));
            shove(link, &bytes).await;
        }
        _ => {
            tamper(link, Tampering::FlipBit(random(0..8 * 600))).await;
        }
    }
    Ok(())
}

pub(crate) async fn run(
    network: &Arc<Network>,
    server: &Server,
    attacks: usize,
    time: Duration,
    report: &mut Report,
    progress: &Progress,
) -> io::Result<()> {
    let start = Instant::now();
    let far_end = usize::MAX / 2;
    let recording = tamper(network.dial(Kind::Pipe).await?, Tampering::CloseAfter(far_end)).await;
    let recording = Arc::new(recording.ok_or(io::ErrorKind::ConnectionRefused)?);
    let (mut begun, mut rounds, mut honest_ones) = (0, 0, 0);
    let mut after_first = None;
    let accepted_before = server.accepted();
    while begun < attacks && start.elapsed() < time {
        let mut running = JoinSet::new();
        let round = begun..attacks.min(begun + ROUND);
        begun = round.end;
        for number in round {
            progress.count("broken handshakes", number, attacks);
            running.spawn(attack(Arc::clone(network), number, Arc::clone(&recording)));
            if running.len() >= AT_A_TIME
                && let Some(ended) = running.join_next().await
            {
                ended??;
            }
        }
        while let Some(ended) = running.join_next().await {
            ended??;
        }
        rounds += 1;
        honest_ones += usize::from(honest::talk(network, Kind::Tcp, begun, 4096).await.is_ok());
        after_first.get_or_insert_with(heap::of_process);
    }
    let grown = after_first.map_or(0, |first| heap::of_process() - first);
    report.note(
        "broken handshakes: random, truncated, replayed, bit flipped",
        begun,
    );
    report.note("  milliseconds", start.elapsed().as_millis());
    let taken_up = server.accepted() - accepted_before - honest_ones;
    report.check("  taken up by the server", taken_up, taken_up == begun);
    report.check(
        "honest peers served, one after each thousand",
        honest_ones,
        honest_ones == rounds,
    );
    report.check(
        "heap grown from the first thousand to the last, bytes",
        grown,
        grown < KEPT,
    );
    Ok(())
}
