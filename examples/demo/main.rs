//! Every mode between two ends over real sockets, with a tap in the middle that checks what is visible on the wire.
//!
//! ```sh
//! cargo run --release --example demo
//! ```

#[path = "../cli/mod.rs"]
mod cli;
mod end;
mod hexdump;
mod scenario;
mod tap;
mod visible;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::time::timeout;

use crate::cli::{exit, log};
use crate::end::Torrent;
use crate::scenario::{Outcome, Scenario};

/// A scenario takes less than a second, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs every mode between two ends over real sockets, with a tap in the middle
#[derive(Parser)]
#[command(name = "demo", version)]
struct Arguments {}

#[tokio::main]
async fn main() -> ExitCode {
    if let Err(status) = exit::arguments::<Arguments>() {
        return status;
    }
    log::start();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => exit::failed(message),
    }
}

async fn run() -> Result<(), String> {
    let torrent = Torrent::generate();
    row([
        "mode",
        "negotiated",
        "bytes verified",
        "\"BitTorrent protocol\" in the clear",
    ]);
    let mut firsts = Vec::new();
    for scenario in scenario::all() {
        let failed = |what: String| format!("{}: {what}", scenario.name);
        let Ok(outcome) = timeout(PATIENCE, scenario.run(&torrent)).await else {
            return Err(failed(format!("not done within {PATIENCE:?}")));
        };
        let outcome = outcome.map_err(failed)?;
        print(&scenario, &outcome);
        firsts.push((scenario.name, outcome.first));
    }
    line("\nthe first bytes of the initiator, as the tap saw them:");
    for (mode, first) in &firsts {
        for (at, row) in hexdump::rows(first).enumerate() {
            line(format_args!("{:<12} {row}", if at == 0 { mode } else { "" }));
        }
    }
    line(format_args!(
        "\nverdict: all {} modes do what they say; RC4 here hides from a look, not from an attack",
        firsts.len()
    ));
    Ok(())
}

fn print(scenario: &Scenario, outcome: &Outcome) {
    row([
        scenario.name,
        &outcome.negotiated,
        &outcome.verified.to_string(),
        &scenario.visible.to_string(),
    ]);
}

fn row([mode, negotiated, verified, visible]: [&str; 4]) {
    line(format_args!(
        "{mode:<12} {negotiated:<22} {verified:>14}  {visible}"
    ));
}

/// The status tells it, too, if nobody reads this.
fn line(text: impl Display) {
    let _ = writeln!(io::stdout(), "{text}");
}
