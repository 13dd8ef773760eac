//! `mse-probe`: shows which modes a peer accepts.
//!
//! Exit status 0 if the peer accepts any mode, 1 if it accepts none, 2 after wrong arguments, 3 if it could not be
//! reached.

mod attempt;
mod json;
mod line;
mod recommended;
mod table;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mse_tools::cli::{Address, InfoHash, seconds};
use mse_tools::{exit, log};

use crate::attempt::{MODES, Probe, describe};

/// Shows which modes a peer accepts: tries plaintext, header-only and RC4 on separate connections
#[derive(Parser)]
#[command(
    name = "mse-probe",
    version,
    after_help = "Example:\n  \
                  mse-probe --connect 127.0.0.1:6881 --info-hash 0123456789abcdef0123456789abcdef01234567\n\n\
                  RUST_LOG=debug or RUST_LOG=tokio_mse=trace shows more on stderr."
)]
struct Arguments {
    /// The address of the peer
    #[arg(long, value_name = "ADDR")]
    connect: Address,
    /// A torrent that the peer serves, in 40 hex digits
    #[arg(long, value_name = "HEX")]
    info_hash: InfoHash,
    /// How long each of the three attempts may take
    #[arg(long, value_name = "SECS", default_value = "10", allow_negative_numbers = true, value_parser = seconds)]
    timeout: Duration,
    /// Print one JSON object instead of the table
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
    // The pipe may be closed already.
    let _ = writeln!(std::io::stdout(), "{report}");
    let refusals: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.outcome.as_ref().err())
        .collect();
    match refusals[..] {
        [.., refusal] if refusals.len() == findings.len() => {
            let target = &arguments.connect;
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
