//! Tells what a peer accepts: plaintext, header-only MSE and RC4, each on a connection of its own.
//!
//! ```sh
//! cargo run --release --example probe -- --connect 127.0.0.1:6881 \
//!     --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```
//!
//! Exit status 0 if the peer accepts any of them, 1 if it accepts none, 2 after wrong arguments, 3 if nobody could be
//! reached.

mod attempt;
#[path = "../cli/mod.rs"]
mod cli;
mod json;
mod line;
mod recommended;
mod table;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio_mse::Step;

use crate::attempt::{MODES, Probe};
use crate::cli::address::Address;
use crate::cli::info_hash::InfoHash;
use crate::cli::{exit, log, seconds};

/// Tells what a peer accepts: plaintext, header-only MSE and RC4
#[derive(Parser)]
#[command(name = "probe", version)]
struct Arguments {
    /// The peer
    #[arg(long, value_name = "ADDR")]
    connect: Address,
    /// A torrent that it serves, in 40 hex digits
    #[arg(long, value_name = "HEX")]
    info_hash: InfoHash,
    /// How long each of the three attempts may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true,
          value_parser = seconds::seconds)]
    timeout: Duration,
    /// For programs: one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    log::start();
    let probe = Probe {
        target: arguments.connect.clone(),
        info_hash: arguments.info_hash.0,
        timeout: arguments.timeout,
    };
    let mut findings = Vec::new();
    for mode in MODES {
        findings.push(probe.attempt(mode).await);
    }
    let report = if arguments.json {
        json::report(&arguments.connect, &findings)
    } else {
        table::report(&findings)
    };
    // Whoever reads this may be gone already.
    let _ = writeln!(std::io::stdout(), "{report}");
    let refusals: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.outcome.as_ref().err())
        .collect();
    match refusals[..] {
        [.., refusal] if refusals.len() == findings.len() => {
            let target = &arguments.connect;
            if refusals.iter().all(|refusal| refusal.step() == Step::Dial) {
                exit::unreachable(format_args!("{target} could not be reached: {refusal}"))
            } else {
                exit::failed(format_args!("{target} accepts nothing; rc4: {refusal}"))
            }
        }
        _ => ExitCode::SUCCESS,
    }
}
