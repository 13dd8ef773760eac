//! Every mode between two ends over real sockets, with a tap in the middle that checks what is visible on the wire.
//!
//! ```sh
//! cargo run --release --example demo
//! ```

mod end;
#[path = "../cli/exit.rs"]
mod exit;
#[path = "../cli/handshake.rs"]
mod handshake;
#[path = "../cli/log.rs"]
mod log;
#[path = "../cli/mode.rs"]
mod mode;
mod scenario;
#[path = "../cli/speed.rs"]
mod speed;
mod tap;
mod visible;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::time::timeout;

use crate::end::Torrent;
use crate::scenario::{Outcome, Scenario};
use crate::speed::megabytes_per_second;

/// A scenario takes less than a second, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs every mode between two ends over real sockets, with a tap in the middle
#[derive(Parser)]
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
        "MB/s",
        "\"BitTorrent protocol\" in the clear",
    ]);
    for scenario in scenario::all() {
        let failed = |what: String| format!("{}: {what}", scenario.name);
        let Ok(outcome) = timeout(PATIENCE, scenario.run(&torrent)).await else {
            return Err(failed(format!("not done within {PATIENCE:?}")));
        };
        print(&scenario, &outcome.map_err(failed)?);
    }
    Ok(())
}

fn print(scenario: &Scenario, outcome: &Outcome) {
    let speed = megabytes_per_second(outcome.verified, outcome.took);
    row([
        scenario.name,
        &outcome.negotiated,
        &outcome.verified.to_string(),
        &format!("{speed:.1}"),
        &scenario.visible.to_string(),
    ]);
}

fn row([mode, negotiated, verified, speed, visible]: [&str; 5]) {
    // The status tells it, too, if nobody reads this.
    let _ = writeln!(
        io::stdout(),
        "{mode:<12} {negotiated:<22} {verified:>14} {speed:>8}  {visible}"
    );
}
