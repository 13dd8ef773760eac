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
//!
//! For a client that can be told of a SOCKS5 proxy, and dials whom it likes:
//!
//! ```sh
//! cargo run --release --example bridge -- --socks5 127.0.0.1:1080 --outbound prefer
//! ```

#[path = "../cli/mod.rs"]
mod cli;
mod connection;
mod ended;
mod inbound;
mod opening;
mod outbound;
mod relay;
mod socks;
mod socks5;
mod totals;

use std::convert::Infallible;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio_mse::{CryptoMethods, Disguise, MseAcceptor, MseConnector, Policy};

use crate::cli::address::Address;
use crate::cli::disguise::Look;
use crate::cli::encryption::Wanted;
use crate::cli::info_hash::InfoHash;
use crate::cli::linger::Switch;
use crate::cli::report::Report;
use crate::cli::{exit, listen, log, seconds};
use crate::connection::Bridge;
use crate::inbound::Inbound;
use crate::outbound::Outbound;
use crate::socks::Proxy;
use crate::totals::Totals;

/// Lets a client without MSE speak to encrypted peers, either way round
#[derive(Parser)]
#[command(
    name = "bridge",
    version,
    override_usage = "bridge (--listen <ADDR> --connect <ADDR> [--info-hash <HEX>]... | --socks5 <ADDR>) [OPTIONS]"
)]
struct Arguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR", required_unless_present = "socks5")]
    listen: Option<Address>,
    /// Where every connection is led to
    #[arg(long, value_name = "ADDR", required_unless_present = "socks5")]
    connect: Option<Address>,
    /// Where to serve SOCKS5 instead: every connection is led to where it asks for, plaintext BitTorrent as --outbound
    /// says, anything else as it is
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["listen", "connect", "inbound", "info_hash"])]
    socks5: Option<Address>,
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
    /// What the handshakes on both sides look like to whoever watches
    #[arg(long, value_enum, default_value = "none")]
    disguise: Look,
    /// How a connection is left whose handshake failed
    #[arg(long, value_enum, default_value = "on")]
    linger: Switch,
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
    let totals = Arc::new(Totals::default());
    tokio::select! {
        outcome = run(arguments, &totals) => match outcome {
            Ok(never) => match never {},
            Err(message) => exit::failed(message),
        },
        ended = ended::ended() => match ended {
            Ok(()) => {
                // Whoever reads this may be gone already.
                let _ = writeln!(std::io::stderr(), "{totals}");
                ExitCode::SUCCESS
            }
            Err(error) => exit::failed(format_args!("no signals: {error}")),
        },
    }
}

async fn run(arguments: Arguments, totals: &Arc<Totals>) -> Result<Infallible, String> {
    let report = Report::start();
    if let Some(address) = &arguments.socks5 {
        let proxy = Arc::new(arguments.proxy(Arc::clone(totals)));
        let listener = listen::listen(address).await?;
        let serving = listen::serve(listener, &report, |tcp, from| {
            let (proxy, report) = (Arc::clone(&proxy), report.clone());
            async move { proxy.serve(tcp, from, &report).await }
        });
        return Ok(serving.await);
    }
    let (Some(address), Some(target)) = (&arguments.listen, &arguments.connect) else {
        return Err("neither --socks5 nor both --listen and --connect".to_owned());
    };
    let bridge = Arc::new(arguments.bridge(target.clone(), Arc::clone(totals)));
    let listener = listen::listen(address).await?;
    let serving = listen::serve(listener, &report, |tcp, from| {
        let (bridge, report) = (Arc::clone(&bridge), report.clone());
        async move { bridge.serve(tcp, from, &report).await }
    });
    Ok(serving.await)
}

impl Arguments {
    fn bridge(&self, target: Address, totals: Arc<Totals>) -> Bridge {
        let disguise = Disguise::from(self.disguise);
        let inbound = self.policy(self.inbound, &Policy::accept_any());
        Bridge {
            inbound: Inbound {
                acceptor: self.linger.prepare(
                    MseAcceptor::new(inbound)
                        .timeout(self.timeout)
                        .disguise(disguise.clone()),
                ),
                linger: self.linger.linger(),
                torrents: self.info_hash.iter().map(|torrent| torrent.0).collect(),
                timeout: self.timeout,
            },
            outbound: self.outbound(disguise),
            target,
            totals,
        }
    }

    fn proxy(&self, totals: Arc<Totals>) -> Proxy {
        Proxy {
            outbound: self.outbound(self.disguise.into()),
            timeout: self.timeout,
            totals,
        }
    }

    fn outbound(&self, disguise: Disguise) -> Outbound {
        let policy = self.policy(self.outbound, &Policy::default());
        Outbound {
            connector: MseConnector::new(policy).timeout(self.timeout).disguise(disguise),
        }
    }

    fn policy(&self, wanted: Wanted, unless_told: &Policy) -> Policy {
        let methods = self.methods.unwrap_or(unless_told.methods());
        Policy::new(wanted.into(), methods)
    }
}
