//! Lets a client without MSE speak to encrypted peers, either way round.
//!
//! In front of a client that only speaks plaintext, for peers that dial it:
//!
//! ```sh
//! cargo run --release --example bridge -- --listen 0.0.0.0:6881 --connect 127.0.0.1:6882 \
//!     --outbound forbid --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```
//!
//! And the other way, for a client that dials a peer which wants to be spoken to in MSE:
//!
//! ```sh
//! cargo run --release --example bridge -- --listen 127.0.0.1:6882 --connect 192.0.2.1:6881 \
//!     --inbound forbid --outbound require
//! ```

#[path = "../cli/address.rs"]
mod address;
mod connection;
#[path = "../cli/encryption.rs"]
mod encryption;
#[path = "../cli/exit.rs"]
mod exit;
mod inbound;
#[path = "../cli/info_hash.rs"]
mod info_hash;
#[path = "../cli/listen.rs"]
mod listen;
#[path = "../cli/log.rs"]
mod log;
#[path = "../cli/mode.rs"]
mod mode;
mod opening;
mod outbound;
mod relay;
#[path = "../cli/report.rs"]
mod report;
#[path = "../cli/seconds.rs"]
mod seconds;

use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio_mse::{CryptoMethods, MseAcceptor, MseConnector, Policy};

use crate::address::Address;
use crate::connection::Bridge;
use crate::encryption::Wanted;
use crate::inbound::Inbound;
use crate::info_hash::InfoHash;
use crate::outbound::Outbound;
use crate::report::Report;

/// Lets a client without MSE speak to encrypted peers, either way round
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR")]
    listen: Address,
    /// Where every connection is led to
    #[arg(long, value_name = "ADDR")]
    connect: Address,
    /// How much encryption is wanted of those who connect here
    #[arg(long, value_enum, default_value = "allow")]
    inbound: Wanted,
    /// How much encryption is wanted where they are led to
    #[arg(long, value_enum, default_value = "prefer")]
    outbound: Wanted,
    /// What MSE may negotiate on both sides, most preferred first: rc4, or plaintext for header-only [default: inbound
    /// rc4,plaintext; outbound rc4]
    #[arg(long, value_name = "LIST")]
    methods: Option<CryptoMethods>,
    /// A torrent for which MSE is accepted, in 40 hex digits; any number of them. Plaintext names its own
    #[arg(long, value_name = "HEX", num_args = 1..)]
    info_hash: Vec<InfoHash>,
    /// How long each handshake may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true,
          value_parser = seconds::seconds)]
    timeout: Duration,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    if arguments.info_hash.is_empty() && matches!(arguments.inbound, Wanted::Require) {
        return exit::wrong_usage("--inbound require can serve nobody without --info-hash");
    }
    log::start();
    match run(arguments).await {
        Ok(never) => match never {},
        Err(message) => exit::failed(message),
    }
}

async fn run(arguments: Arguments) -> Result<Infallible, String> {
    let bridge = Arc::new(arguments.bridge());
    let listener = listen::listen(&arguments.listen).await?;
    let report = Report::start();
    let serving = listen::serve(listener, &report, |tcp, from| {
        let (bridge, report) = (Arc::clone(&bridge), report.clone());
        async move { bridge.serve(tcp, from, &report).await }
    });
    Ok(serving.await)
}

impl Arguments {
    fn bridge(&self) -> Bridge {
        let policy = |wanted: Wanted, unless_told: Policy| {
            let methods = self.methods.unwrap_or(unless_told.crypto_methods());
            Policy::new(wanted.into(), methods)
        };
        let inbound = policy(self.inbound, Policy::accept_any());
        let outbound = policy(self.outbound, Policy::full_rc4());
        Bridge {
            inbound: Inbound {
                acceptor: MseAcceptor::new(inbound).timeout(self.timeout),
                torrents: self.info_hash.iter().map(|torrent| torrent.0).collect(),
                timeout: self.timeout,
            },
            outbound: Outbound {
                connector: MseConnector::new(outbound).timeout(self.timeout),
                target: self.connect.clone(),
            },
        }
    }
}
