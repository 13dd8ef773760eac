//! A listener among strangers: what peers without the info-hash cost it, and what they can learn from it (L1 to L6).

#![allow(clippy::unwrap_used)]

mod admission;
mod by_hand;
#[path = "../support/call_log.rs"]
mod call_log;
mod content;
mod corrupted;
mod let_go;
mod no_tell;
mod places;
mod prober;
mod seats;
mod spawned;
#[path = "../support/watched.rs"]
mod watched;
mod without_timers;

use std::time::Duration;

use tokio_mse::{MseAcceptor, Policy, Skey};

const INFO_HASH: [u8; 20] = [0x5E; 20];

fn skey() -> Skey {
    Skey::from(INFO_HASH)
}

/// Our own BitTorrent handshake.
fn handshake(info_hash: [u8; 20]) -> Vec<u8> {
    [b"\x13BitTorrent protocol", &[0; 8][..], &info_hash, &[b'-'; 20]].concat()
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn require() -> MseAcceptor {
    MseAcceptor::new(Policy::full_rc4())
}
