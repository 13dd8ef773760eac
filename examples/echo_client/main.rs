//! Sends a BitTorrent handshake and random bytes to an echo server, and checks that everything comes back.
//!
//! ```sh
//! cargo run --release --example echo_client -- \
//!     --connect 127.0.0.1:6881 --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```

#[path = "../cli/mod.rs"]
mod cli;
mod exchange;
mod payload;
mod progress;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpStream;
use tokio_mse::{CryptoMethods, MseConnector, Policy};

use crate::cli::values::{Address, InfoHash, Look, Wanted, methods, seconds};
use crate::exchange::exchange;
use crate::payload::Payload;
use crate::progress::Progress;

const HELP: &str = "Example:
  cargo run --release --example echo_client -- --connect 127.0.0.1:6881 \\
      --info-hash 0123456789abcdef0123456789abcdef01234567 --encryption require

RUST_LOG=tokio_mse=debug shows the steps of the handshake on stderr. NO_COLOR=1 switches colours off.";

/// Sends a BitTorrent handshake and random bytes to an echo server, and checks that everything comes back
#[derive(Parser)]
#[command(name = "echo_client", version, after_help = HELP)]
struct Arguments {
    /// The address of the echo server
    #[arg(long, value_name = "ADDR")]
    connect: Address,
    /// The torrent to ask for, in 40 hex digits
    #[arg(long, value_name = "HEX")]
    info_hash: InfoHash,
    /// The level of encryption
    #[arg(long, value_enum, default_value = "prefer")]
    encryption: Wanted,
    /// The methods to offer, most preferred first: rc4, header-only
    #[arg(long, value_name = "LIST", default_value = "rc4", value_parser = methods)]
    methods: CryptoMethods,
    /// How many random bytes follow the BitTorrent handshake, at most 2^50
    #[arg(long, value_name = "N", default_value_t = 1 << 20, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(..=1 << 50))]
    bytes: u64,
    /// Timeout of a handshake, and of the exchange if it makes no progress
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true,
          value_parser = seconds)]
    timeout: Duration,
    /// How long the peer may take to answer before a redial in the other mode [default: 5 for MSE, 10 for plaintext]
    #[arg(long, value_name = "SECS", allow_negative_numbers = true, value_parser = seconds)]
    answer_timeout: Option<Duration>,
    /// The disguise of the handshake
    #[arg(long, value_enum, default_value = "none")]
    disguise: Look,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match cli::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
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
    let policy = Policy::new(arguments.encryption.into(), arguments.methods);
    let mut connector = MseConnector::new(policy)
        .timeout(arguments.timeout)
        .disguise(arguments.disguise.into());
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
