//! `mse-probe`: shows which modes a peer accepts, and whether it follows the specification.
//!
//! Exit status 0 if the peer accepts any mode, or conforms; 1 if it does not; 2 after wrong arguments; 3 if it could not
//! be reached.

mod attempt;
mod check;
mod json;
mod line;
mod recommended;
mod table;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use mse_tools::cli::{Address, InfoHash, seconds};
use mse_tools::text::{Style, progress};
use mse_tools::{exit, log};

use crate::attempt::{MODES, Probe, describe};

/// Shows which modes a peer accepts: plaintext, header-only MSE and RC4, each on a connection of its own
#[derive(Parser)]
#[command(
    name = "mse-probe",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Example:\n  \
                  mse-probe --connect 127.0.0.1:6881 \\\n    \
                  --info-hash 0123456789abcdef0123456789abcdef01234567\n\n\
                  `mse-probe check` tests whether an implementation of MSE follows the specification.\n\n\
                  RUST_LOG=debug or RUST_LOG=tokio_mse=debug shows more on stderr."
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The peer
    #[arg(long, value_name = "ADDR", required = true)]
    connect: Option<Address>,
    /// A torrent that it serves: 40 or 64 hex digits, base32 or a magnet link
    #[arg(long, value_name = "HASH", required = true)]
    info_hash: Option<InfoHash>,
    /// How long each of the three attempts may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    timeout: Duration,
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Arguments = match exit::arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    log::start();
    match arguments {
        Arguments {
            command: Some(Command::Check(arguments)),
            ..
        } => arguments.run().await,
        Arguments {
            connect: Some(target),
            info_hash: Some(info_hash),
            timeout,
            json,
            ..
        } => {
            let probe = Probe {
                target,
                info_hash: info_hash.0,
                timeout,
            };
            show_modes(&probe, json).await
        }
        _ => exit::wrong_usage("--connect <ADDR> and --info-hash <HASH> are required"),
    }
}

async fn show_modes(probe: &Probe, json: bool) -> ExitCode {
    let mut findings = Vec::new();
    for (number, mode) in (1..).zip(MODES) {
        progress(format_args!("{number} of {}: {}", MODES.len(), mode.name()));
        findings.push(probe.attempt(mode).await);
    }
    progress("");
    let report = if json {
        json::report(&probe.target, &findings)
    } else {
        table::report(&findings, Style::of_stdout())
    };
    // The pipe may be closed already.
    let _ = writeln!(std::io::stdout(), "{report}");
    let refusals: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.outcome.as_ref().err())
        .collect();
    match refusals[..] {
        [.., refusal] if refusals.len() == findings.len() => {
            let target = &probe.target;
            let refusal = describe(refusal);
            if refusals.iter().all(|refusal| refusal.handshake().is_none()) {
                exit::unreachable(format_args!("{target} could not be reached: {refusal}"))
            } else {
                exit::failed(format_args!("{target} accepts nothing; rc4: {refusal}"))
            }
        }
        _ => ExitCode::SUCCESS,
    }
}
