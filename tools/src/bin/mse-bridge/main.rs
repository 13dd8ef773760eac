//! `mse-bridge`: MSE for a client without it, in both directions.

mod bridge;
mod ended;
mod inbound;
mod linger;
mod listen;
mod opening;
mod outbound;
mod relay;
mod report;
mod socks;
mod socks5;
mod totals;

use std::convert::Infallible;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use mse_tools::cli::{Address, InfoHash, Look, Wanted, methods, seconds};
use mse_tools::{exit, log};
use tokio_mse::{CryptoMethods, Disguise, MseAcceptor, MseConnector, Policy, Skey, SkeyIndex};

use crate::bridge::Bridge;
use crate::inbound::Inbound;
use crate::linger::Switch;
use crate::outbound::Outbound;
use crate::report::Report;
use crate::socks::Proxy;
use crate::totals::Totals;

/// Adds MSE to a BitTorrent client without it, for the connections that the client accepts or dials
#[derive(Parser)]
#[command(
    name = "mse-bridge",
    version,
    override_usage = "mse-bridge (--listen <ADDR> --connect <ADDR> [--info-hash <HEX>]... | --socks5 <ADDR>) [OPTIONS]",
    after_help = "Example, for a client that can use a SOCKS5 proxy:\n  \
                  mse-bridge --socks5 127.0.0.1:1080 --outbound prefer\n\n\
                  RUST_LOG=debug or RUST_LOG=tokio_mse=trace shows more on stderr."
)]
struct Arguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR", required_unless_present = "socks5")]
    listen: Option<Address>,
    /// Where to forward every connection
    #[arg(long, value_name = "ADDR", required_unless_present = "socks5")]
    connect: Option<Address>,
    /// Where to serve SOCKS5 instead. Dials the address that the client asks for; adds MSE to BitTorrent as --outbound
    /// says, and forwards everything else unchanged
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["listen", "connect", "inbound", "info_hash", "linger"])]
    socks5: Option<Address>,
    /// The encryption of connections that the bridge accepts
    #[arg(long, value_enum, default_value = "allow")]
    inbound: Wanted,
    /// The encryption of connections that the bridge dials
    #[arg(long, value_enum, default_value = "prefer")]
    outbound: Wanted,
    /// The methods of MSE on both sides, most preferred first: rc4, header-only
    #[arg(long, value_name = "LIST", default_value = "rc4", value_parser = methods)]
    methods: CryptoMethods,
    /// A torrent that MSE peers may ask for, in 40 hex digits; any number of them. Plaintext peers may ask for any torrent
    #[arg(long, value_name = "HEX", num_args = 1..)]
    info_hash: Vec<InfoHash>,
    /// How long each handshake may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    timeout: Duration,
    /// How long a dialled peer may take to answer before a redial in the other mode [default: 5 for MSE, 10 for plaintext]
    #[arg(long, value_name = "SECS", allow_negative_numbers = true, value_parser = seconds)]
    answer_timeout: Option<Duration>,
    /// The disguise of handshakes on both sides
    #[arg(long, value_enum, default_value = "none")]
    disguise: Look,
    /// When to close an accepted connection after a failed handshake
    #[arg(long, value_enum, default_value = "on")]
    linger: Switch,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    if arguments.linger == Switch::Strict && arguments.inbound != Wanted::Require {
        return exit::wrong_usage("--linger strict needs --inbound require");
    }
    if arguments.socks5.is_none() && arguments.info_hash.is_empty() {
        match arguments.inbound {
            Wanted::Forbid => {}
            Wanted::Require => return exit::wrong_usage("--inbound require needs --info-hash"),
            Wanted::Allow | Wanted::Prefer => {
                exit::warn("without --info-hash, no torrent can be served with MSE");
            }
        }
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
                // The pipe may be closed already.
                let _ = writeln!(std::io::stderr(), "{totals}");
                ExitCode::SUCCESS
            }
            Err(error) => exit::failed(format_args!("cannot receive signals: {error}")),
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
        let acceptor = MseAcceptor::new(self.policy(self.inbound))
            .timeout(self.timeout)
            .disguise(self.disguise());
        let torrents = SkeyIndex::new();
        for torrent in &self.info_hash {
            torrents.insert(Skey::from(torrent.0), ());
        }
        Bridge {
            inbound: Inbound {
                acceptor: self.linger.prepare(acceptor),
                torrents,
                timeout: self.timeout,
            },
            outbound: self.outbound(),
            target,
            totals,
        }
    }

    fn proxy(&self, totals: Arc<Totals>) -> Proxy {
        Proxy {
            outbound: self.outbound(),
            timeout: self.timeout,
            totals,
        }
    }

    fn outbound(&self) -> Outbound {
        let mut connector = MseConnector::new(self.policy(self.outbound))
            .timeout(self.timeout)
            .disguise(self.disguise());
        if let Some(answer_timeout) = self.answer_timeout {
            connector = connector.answer_timeout(answer_timeout);
        }
        Outbound { connector }
    }

    fn disguise(&self) -> Disguise {
        self.disguise.into()
    }

    fn policy(&self, wanted: Wanted) -> Policy {
        Policy::new(wanted.into(), self.methods)
    }
}
