//! `mse-bridge`: MSE for a client that does not have it, in both directions.

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
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use mse_tools::cli::{Address, InfoHash, Look, Wanted, methods, seconds};
use mse_tools::{exit, log};
use tokio_mse::{CryptoMethods, Disguise, MseAcceptor, MseConnector, Policy, Skey, SkeyIndex};

use crate::bridge::Bridge;
use crate::ended::Signals;
use crate::inbound::Inbound;
use crate::linger::Switch;
use crate::outbound::Outbound;
use crate::report::Report;
use crate::socks::Proxy;
use crate::totals::Totals;

/// Adds MSE to a BitTorrent client that does not have it: speaks MSE to the peers, and plaintext to the client. MSE is
/// obfuscation, not security
#[derive(Parser)]
#[command(
    name = "mse-bridge",
    version,
    override_usage = "mse-bridge --listen <ADDR> --connect <ADDR> [--info-hash <HEX>]... [OPTIONS]\n       \
                      mse-bridge --socks5 <ADDR> [OPTIONS]",
    after_help = "Example, for a client that can use a SOCKS5 proxy:\n  \
                  mse-bridge --socks5 127.0.0.1:1080 --outbound prefer\n\n\
                  The client: all its incoming peers come from the address of the bridge, so let it accept several \
                  connections per address (libtorrent and qBittorrent: allow_multiple_connections_per_ip). Switch its uTP \
                  off: uTP bypasses the bridge.\n\n\
                  RUST_LOG=debug or RUST_LOG=tokio_mse=debug shows more on stderr."
)]
struct Arguments {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDR", required_unless_present = "socks5")]
    listen: Option<Address>,
    /// The address to which every connection is forwarded
    #[arg(long, value_name = "ADDR", required_unless_present = "socks5")]
    connect: Option<Address>,
    /// Serve SOCKS5 here instead, and forward each connection to the address that the client names. --outbound applies to
    /// BitTorrent; anything else passes through unchanged
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["listen", "connect", "inbound", "info_hash", "linger"])]
    socks5: Option<Address>,
    /// Whether connections that are accepted use MSE
    #[arg(long, value_enum, default_value = "allow")]
    inbound: Wanted,
    /// Whether connections that are dialled use MSE
    #[arg(long, value_enum, default_value = "prefer")]
    outbound: Wanted,
    /// The methods that MSE may negotiate on both sides, most preferred first: rc4, header-only (also called plaintext)
    #[arg(long, value_name = "LIST", default_value = "rc4", value_parser = methods)]
    methods: CryptoMethods,
    /// A torrent for which MSE is accepted: 40 or 64 hex digits, base32 or a magnet link; may be repeated. Without this
    /// option, only plaintext is accepted
    #[arg(long, value_name = "HEX", num_args = 1..)]
    info_hash: Vec<InfoHash>,
    /// How long each handshake may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    timeout: Duration,
    /// How long a dialled peer may take to answer before the other mode is tried [default: 5 for MSE, 10 for plaintext]
    #[arg(long, value_name = "SECS", allow_negative_numbers = true, value_parser = seconds)]
    answer_timeout: Option<Duration>,
    /// How long a connection that one end has closed may stay open without a byte from the other end
    #[arg(long, value_name = "SECS", default_value = "30", allow_negative_numbers = true, value_parser = seconds)]
    half_open: Duration,
    /// How the handshakes on both sides are disguised
    #[arg(long, value_enum, default_value = "none")]
    disguise: Look,
    /// What happens to an accepted connection whose handshake failed
    #[arg(long, value_enum, default_value = "on")]
    linger: Switch,
}

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return exit::failed(format_args!("cannot start: {error}")),
    };
    // Before anything else: a signal ends the program with its totals at any moment.
    let signals = {
        let _inside = runtime.enter();
        Signals::install()
    };
    let status = match signals {
        Ok(signals) => runtime.block_on(until_ended(signals)),
        Err(error) => exit::failed(format_args!("cannot receive signals: {error}")),
    };
    // A name that is being looked up cannot be interrupted, and is not waited for.
    runtime.shutdown_background();
    status
}

async fn until_ended(mut signals: Signals) -> ExitCode {
    let arguments: Arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    if arguments.linger == Switch::Strict && arguments.inbound != Wanted::Require {
        return exit::wrong_usage("--linger strict needs --inbound require");
    }
    if arguments.listen.is_some() && arguments.serves_no_mse() && arguments.inbound == Wanted::Require {
        return exit::wrong_usage("--inbound require needs --info-hash");
    }
    log::start();
    let totals = Arc::new(Totals::default());
    let report = Report::start();
    tokio::select! {
        outcome = run(arguments, &totals, &report) => match outcome {
            Ok(never) => match never {},
            Err(message) => exit::failed(message),
        },
        () = signals.ended() => {
            report.last(&totals);
            ExitCode::SUCCESS
        }
    }
}

async fn run(arguments: Arguments, totals: &Arc<Totals>, report: &Report) -> Result<Infallible, String> {
    if let Some(address) = &arguments.socks5 {
        let proxy = Arc::new(arguments.proxy(Arc::clone(totals)));
        let listener = listen::listen(address).await?;
        report.line("note: let the client use the proxy for peer connections, and switch uTP off: uTP bypasses the proxy");
        let serving = listen::serve(listener, report, |tcp, from| {
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
    for line in arguments.notes(target) {
        report.line(line);
    }
    let serving = listen::serve(listener, report, |tcp, from| {
        let (bridge, report) = (Arc::clone(&bridge), report.clone());
        async move { bridge.serve(tcp, from, &report).await }
    });
    Ok(serving.await)
}

impl Arguments {
    /// Whether no torrent can be served with MSE: a peer would be accepted up to its info-hash, and then refused.
    fn serves_no_mse(&self) -> bool {
        self.info_hash.is_empty() || self.inbound == Wanted::Forbid
    }

    /// What is served, and what the client that it is forwarded to needs.
    fn notes(&self, target: &Address) -> Vec<String> {
        let mut notes = Vec::new();
        match self.inbound {
            Wanted::Forbid => {}
            _ if self.info_hash.is_empty() => notes.push(
                "warning: without --info-hash, no torrent can be served with MSE: only plaintext is accepted, for every \
                 torrent, and a peer that dials with MSE is closed at once"
                    .to_owned(),
            ),
            inbound => {
                let torrents: Vec<_> = self.info_hash.iter().map(|torrent| hex::encode(torrent.0)).collect();
                let plaintext = match inbound {
                    Wanted::Require => "plaintext is refused",
                    _ => "plaintext is served for every torrent",
                };
                notes.push(format!("note: MSE is served for {}; {plaintext}", torrents.join(", ")));
            }
        }
        notes.push(format!(
            "note: all peers have one address for the client at {target}: let it accept several connections per address \
             (libtorrent and qBittorrent: allow_multiple_connections_per_ip), and switch uTP off: uTP bypasses the bridge"
        ));
        notes
    }

    fn bridge(&self, target: Address, totals: Arc<Totals>) -> Bridge {
        let inbound = if self.serves_no_mse() {
            Wanted::Forbid
        } else {
            self.inbound
        };
        let acceptor = MseAcceptor::new(self.policy(inbound))
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
            half_open: self.half_open,
            totals,
        }
    }

    fn proxy(&self, totals: Arc<Totals>) -> Proxy {
        Proxy {
            outbound: self.outbound(),
            timeout: self.timeout,
            half_open: self.half_open,
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
