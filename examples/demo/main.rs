//! Runs every mode between two ends over real sockets. A tap in the middle checks which bytes are readable on the wire.
//!
//! ```sh
//! cargo run --release --example demo
//! ```

#[path = "../cli/mod.rs"]
mod cli;
mod exchange;
mod scenario;
mod tap;

use std::fmt::Write;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::timeout;

use crate::cli::print;
use crate::exchange::Torrent;
use crate::scenario::Outcome;

/// A scenario takes less than a second, unless it hangs.
const LIMIT: Duration = Duration::from_secs(120);

const BYTES_A_LINE: usize = 16;

const HELP: &str = "\
Runs every mode of MSE between two ends on this machine, and shows which bytes are readable on the wire

Usage: demo

Options:
  -h, --help     Print help
  -V, --version  Print version

Example:
  cargo run --release --example demo

RUST_LOG=tokio_mse=debug shows the steps of each handshake on stderr. NO_COLOR=1 switches colours off.
";

#[tokio::main]
async fn main() -> ExitCode {
    cli::command_line::no_arguments(HELP);
    cli::start_log();
    let torrent = Torrent::generate();
    row([
        "mode",
        "negotiated",
        "verified",
        "\"BitTorrent protocol\" readable?",
    ]);
    let (mut outcomes, mut failures) = (Vec::new(), Vec::new());
    for scenario in scenario::all() {
        let outcome = timeout(LIMIT, scenario.run(&torrent))
            .await
            .unwrap_or_else(|_| Err(format!("not done within {LIMIT:?}")));
        match outcome {
            Ok(outcome) => {
                row([
                    scenario.name,
                    &outcome.negotiated,
                    &format!("{} MB", outcome.verified / 1_000_000),
                    &scenario.visible.to_string(),
                ]);
                outcomes.push((scenario.name, outcome));
            }
            Err(what) => failures.push(format!("{}: {what}", scenario.name)),
        }
    }
    print("\nThe first bytes that the initiator sends, as seen on the wire:");
    hexdump(&outcomes, |outcome| &outcome.first);
    print("\nIts first bytes after the handshake (each time the same text):");
    hexdump(&outcomes, |outcome| &outcome.after_handshake);
    print("");
    verdict(outcomes.len(), &failures)
}

fn row([mode, negotiated, verified, visible]: [&str; 4]) {
    print(format_args!(
        "{mode:<12} {negotiated:<22} {verified:>8}  {visible}"
    ));
}

/// Prints bytes in hex, and as text.
fn hexdump(outcomes: &[(&str, Outcome)], bytes: impl Fn(&Outcome) -> &[u8]) {
    for (mode, outcome) in outcomes {
        for (number, line) in bytes(outcome).chunks(BYTES_A_LINE).enumerate() {
            let (mut hex, mut text) = (String::new(), String::new());
            for byte in line {
                // Writing to a string does not fail.
                let _ = write!(hex, "{byte:02x} ");
                let is_text = matches!(byte, b' '..=b'~');
                text.push(if is_text { char::from(*byte) } else { '.' });
            }
            let mode = if number == 0 { mode } else { "" };
            print(format_args!("{mode:<12} {hex:<48}|{text}|"));
        }
    }
}

fn verdict(held: usize, failures: &[String]) -> ExitCode {
    let all = held + failures.len();
    let (colour, verdict) = match failures {
        [] => ("32", format!("verdict: all {all} modes do what they promise")),
        _ => ("31", format!("verdict: {} of {all} modes failed", failures.len())),
    };
    if cli::is_coloured(&io::stdout()) {
        print(format_args!("\x1b[1;{colour}m{verdict}\x1b[0m"));
    } else {
        print(verdict);
    }
    if failures.is_empty() {
        print("MSE is obfuscation, not security.");
        ExitCode::SUCCESS
    } else {
        cli::failed(failures.join("; "))
    }
}
