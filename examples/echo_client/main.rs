//! Sends a BitTorrent handshake and random bytes to an echo server, and checks that everything comes back.
//!
//! ```sh
//! cargo run --release --example echo_client -- \
//!     --connect 127.0.0.1:6881 --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```

mod arguments;
#[path = "../cli/mod.rs"]
mod cli;
mod exchange;
mod payload;
mod progress;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_mse::{MseConnector, Policy};

use crate::arguments::Arguments;
use crate::cli::values::{Address, InfoHash};
use crate::exchange::exchange;
use crate::payload::Payload;
use crate::progress::Progress;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse().unwrap_or_else(|stop| stop.exit());
    cli::start_log();
    match run(arguments).await {
        Ok(outcome) => {
            cli::print(outcome);
            ExitCode::SUCCESS
        }
        Err(message) => cli::failed(message),
    }
}

async fn run(arguments: Arguments) -> Result<String, String> {
    let policy = Policy::new(arguments.encryption, arguments.methods);
    let mut connector = MseConnector::new(policy)
        .timeout(arguments.timeout)
        .disguise(arguments.disguise);
    if let Some(timeout) = arguments.answer_timeout {
        connector = connector.answer_timeout(timeout);
    }
    let InfoHash(info_hash) = arguments.info_hash;
    let payload = Payload::new(cli::handshake(&info_hash), arguments.bytes);
    let peer = connector
        .connect_with(info_hash, payload.handshake(), |_mode| dial(&arguments.connect))
        .await
        .map_err(|error| cli::chain(&error))?;
    let mode = cli::mode(peer.negotiated());
    let took = exchange(peer, &payload, arguments.timeout, &Progress::start()).await?;
    let (bytes, speed) = (payload.len(), megabytes_per_second(payload.len(), took));
    let caution = if cfg!(debug_assertions) {
        " (debug build: build with --release for real figures)"
    } else {
        ""
    };
    Ok(format!(
        "negotiated: {mode}\n{bytes} bytes came back, {speed:.1} MB/s{caution}"
    ))
}

async fn dial(address: &Address) -> io::Result<TcpStream> {
    let dialled = TcpStream::connect(address.as_str()).await;
    let tcp = dialled.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// In units of 10^6 bytes.
#[expect(
    clippy::cast_precision_loss,
    reason = "a speed is printed with one decimal place"
)]
fn megabytes_per_second(bytes: u64, within: Duration) -> f64 {
    let seconds = within.as_secs_f64();
    if seconds > 0.0 {
        bytes as f64 / 1e6 / seconds
    } else {
        0.0
    }
}
