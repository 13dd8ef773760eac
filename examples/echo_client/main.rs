//! Sends a BitTorrent handshake and random bytes, and checks that all of it comes back.
//!
//! ```sh
//! cargo run --release --example echo_client -- \
//!     --connect 127.0.0.1:6881 --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```

#[path = "../cli/mod.rs"]
mod cli;
mod exchange;
mod payload;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpStream;
use tokio_mse::{CryptoMethods, MseConnector, Policy};

use crate::cli::address::Address;
use crate::cli::disguise::Look;
use crate::cli::encryption::Wanted;
use crate::cli::info_hash::InfoHash;
use crate::cli::progress::Progress;
use crate::cli::{chain, exit, handshake, log, mode, seconds, speed};
use crate::exchange::exchange;
use crate::payload::Payload;

/// Sends a BitTorrent handshake and random bytes to an echo server, and checks that all of it comes back
#[derive(Parser)]
#[command(name = "echo_client", version)]
struct Arguments {
    /// The echo server
    #[arg(long, value_name = "ADDR")]
    connect: Address,
    /// The torrent to ask for, in 40 hex digits
    #[arg(long, value_name = "HEX")]
    info_hash: InfoHash,
    /// How much encryption is wanted
    #[arg(long, value_enum, default_value = "prefer")]
    encryption: Wanted,
    /// What MSE may negotiate, most preferred first: rc4, or plaintext for header-only
    #[arg(long, value_name = "LIST", default_value_t = Policy::default().methods())]
    methods: CryptoMethods,
    /// How many random bytes follow the BitTorrent handshake, 2^50 at most
    #[arg(long, value_name = "N", default_value_t = 1 << 20, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(..=1 << 50))]
    bytes: u64,
    /// How long a handshake may take, and how long the echo may stand still
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true,
          value_parser = seconds::seconds)]
    timeout: Duration,
    /// What the handshake looks like to whoever watches
    #[arg(long, value_enum, default_value = "none")]
    disguise: Look,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    log::start();
    match run(arguments).await {
        Ok(outcome) => {
            // The status tells it, too, if nobody reads this.
            let _ = writeln!(io::stdout(), "{outcome}");
            ExitCode::SUCCESS
        }
        Err(message) => exit::failed(message),
    }
}

async fn run(arguments: Arguments) -> Result<String, String> {
    let policy = Policy::new(arguments.encryption.into(), arguments.methods);
    let connector = MseConnector::new(policy)
        .timeout(arguments.timeout)
        .disguise(arguments.disguise.into());
    let InfoHash(info_hash) = arguments.info_hash;
    let payload = Payload::new(handshake::handshake(&info_hash), arguments.bytes);
    let peer = connector
        .connect_with(info_hash, payload.handshake(), |_| dial(&arguments.connect))
        .await
        .map_err(|error| chain::chain(&error))?;
    let mode = mode::mode(peer.negotiated());
    let took = exchange(peer, &payload, arguments.timeout, &Progress::start()).await?;
    let speed = speed::megabytes_per_second(payload.len(), took);
    Ok(format!(
        "negotiated: {mode}\n{} bytes came back, {speed:.1} MB/s",
        payload.len()
    ))
}

async fn dial(address: &Address) -> io::Result<TcpStream> {
    let dialled = TcpStream::connect(address.as_str()).await;
    let tcp = dialled.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))?;
    tcp.set_nodelay(true)?;
    Ok(tcp)
}
