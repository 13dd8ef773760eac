//! A listener on the open internet: what peers without the info-hash cost it, and what they learn from it (L1 to L6).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod content;
mod corrupted;
mod crowds;
mod no_tell;
mod nothing_spawned;
mod peers_that_redial;
mod prober;
mod slots;
#[path = "../support/mod.rs"]
mod support;
mod without_timers;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream};
use tokio::time::Instant;
use tokio_mse::{Error, Linger, MseAcceptor, MseStream, Policy, Skey};

const INFO_HASH: [u8; 20] = [0x5E; 20];

/// The info-hash of a torrent that is not served.
const NOT_SERVED: [u8; 20] = [0xEE; 20];

fn skey() -> Skey {
    Skey::from(INFO_HASH)
}

/// A BitTorrent handshake.
fn handshake(info_hash: [u8; 20]) -> Vec<u8> {
    [b"\x13BitTorrent protocol", &[0; 8][..], &info_hash, &[b'-'; 20]].concat()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn require() -> MseAcceptor {
    MseAcceptor::new(Policy::full_rc4())
}

/// Without chance: every connection that lingers closes 30 seconds after it began.
fn linger() -> Linger {
    Linger::new().until(seconds(30)..=seconds(30))
}

/// What an application does with a connection: it serves one torrent and refuses all others.
async fn serve<T>(acceptor: MseAcceptor, io: T, initial_payload: Vec<u8>) -> Result<MseStream<T>, Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let incoming = acceptor.accept(io).await?;
    if !incoming.skey_hash().matches(&skey()) {
        return Err(incoming.refuse().await);
    }
    incoming.accept(skey(), initial_payload).await
}

/// How long it takes from now until the other side ends the connection.
async fn time_to_end(near: &mut DuplexStream) -> Duration {
    let start = Instant::now();
    let _ = near.read_to_end(&mut Vec::new()).await;
    start.elapsed()
}

/// A runtime whose time passes only while everything waits.
fn block_on_paused<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}
