//! Echoes every byte of every peer, encrypted or not.
//!
//! ```sh
//! cargo run --release --example echo_server -- \
//!     --listen 127.0.0.1:6881 --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```

#[path = "../cli/mod.rs"]
mod cli;
mod peer;

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio_mse::{CryptoMethods, MseAcceptor, Policy, SkeyIndex};

use crate::cli::address::Address;
use crate::cli::disguise::Look;
use crate::cli::encryption::Wanted;
use crate::cli::info_hash::InfoHash;
use crate::cli::linger::Switch;
use crate::cli::report::Report;
use crate::cli::{exit, listen, log, seconds};

/// Echoes every byte of every peer until the peer closes, its initial payload included
#[derive(Parser)]
#[command(name = "echo_server", version)]
struct Arguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    listen: Address,
    /// A torrent that is served, in 40 hex digits; any number of them
    #[arg(long, value_name = "HEX", required = true, num_args = 1..)]
    info_hash: Vec<InfoHash>,
    /// How much encryption is wanted
    #[arg(long, value_enum, default_value = "allow")]
    encryption: Wanted,
    /// What MSE may negotiate, most preferred first: rc4, or plaintext for header-only
    #[arg(long, value_name = "LIST", default_value_t = Policy::accept_any().methods())]
    methods: CryptoMethods,
    /// How long a handshake may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true,
          value_parser = seconds::seconds)]
    timeout: Duration,
    /// What the handshake looks like to whoever watches
    #[arg(long, value_enum, default_value = "none")]
    disguise: Look,
    /// How a connection is left whose handshake failed
    #[arg(long, value_enum, default_value = "on")]
    linger: Switch,
    /// How many handshakes may be under way at once [default: no limit]
    #[arg(long, value_name = "N")]
    max_handshakes: Option<usize>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    log::start();
    match run(arguments).await {
        Ok(never) => match never {},
        Err(message) => exit::failed(message),
    }
}

async fn run(arguments: Arguments) -> Result<Infallible, String> {
    let policy = Policy::new(arguments.encryption.into(), arguments.methods);
    let mut acceptor = MseAcceptor::new(policy)
        .timeout(arguments.timeout)
        .disguise(arguments.disguise.into());
    acceptor = arguments.linger.prepare(acceptor);
    if let Some(limit) = arguments.max_handshakes {
        acceptor = acceptor.max_handshakes(limit);
    }
    let linger = arguments.linger.linger();
    let torrents = arguments.info_hash.iter().map(|torrent| torrent.0);
    let torrents: Arc<SkeyIndex> = Arc::new(torrents.collect());
    let listener = listen::listen(&arguments.listen).await?;
    let report = Report::start();
    let serving = listen::serve(listener, &report, |tcp, from| {
        let (acceptor, torrents) = (acceptor.clone(), Arc::clone(&torrents));
        let (linger, report) = (linger.clone(), report.clone());
        async move { peer::serve(tcp, from, &acceptor, linger.as_ref(), &torrents, &report).await }
    });
    Ok(serving.await)
}
