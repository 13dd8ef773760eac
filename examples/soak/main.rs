//! Load and abuse: thousands of idle connections, thousands of silent peers around honest ones, and broken handshakes by
//! the hundred thousand. Prints a report; status 0 only if everything held.
//!
//! ```sh
//! cargo run --release --example soak
//! ```

mod abuse;
#[path = "../cli/mod.rs"]
mod cli;
mod crowd;
#[path = "../../tests/heap/counting.rs"]
mod heap;
mod honest;
mod network;
mod report;
mod server;
mod silent;
mod traces;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio_mse::MseAcceptor;

use crate::cli::exit;
use crate::cli::progress::Progress;
use crate::network::Network;
use crate::report::Report;
use crate::server::Server;
use crate::traces::Traces;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

/// Loads and abuses connections in one process, and reports whether everything held
#[derive(Parser)]
#[command(name = "soak", version)]
struct Arguments {
    /// Encrypted connections at a time in the crowd
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    connections: usize,
    /// Silent and trickling peers that are held
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    silent: usize,
    /// Honest peers that transfer while the silent ones are held
    #[arg(long, value_name = "N", default_value_t = 100)]
    honest: usize,
    /// Bytes that each honest peer has echoed
    #[arg(long, value_name = "BYTES", default_value_t = 256 * 1024)]
    bytes: usize,
    /// Broken handshakes
    #[arg(long, value_name = "N", default_value_t = 200_000)]
    attacks: usize,
    /// Stop attacking after this many seconds
    #[arg(long, value_name = "SECS", default_value_t = 3600)]
    seconds: u64,
    /// A hundredth of everything, for a look and for tests
    #[arg(long)]
    short: bool,
}

impl Arguments {
    fn shortened(self) -> Self {
        if !self.short {
            return self;
        }
        Self {
            connections: self.connections.div_ceil(100),
            silent: self.silent.div_ceil(100),
            honest: self.honest.div_ceil(10),
            bytes: self.bytes.div_ceil(4),
            attacks: self.attacks.div_ceil(100),
            ..self
        }
    }
}

fn main() -> ExitCode {
    let arguments = match exit::arguments::<Arguments>() {
        Ok(arguments) => arguments.shortened(),
        Err(status) => return status,
    };
    let panics = traces::count_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::failed(format_args!("no runtime: {error}")),
    };
    let mut report = Report::default();
    let outcome = runtime.block_on(run(&arguments, &mut report, &Progress::start()));
    report.check("panics", panics.count(), panics.count() == 0);
    report.print();
    match outcome {
        Err(error) => exit::failed(error),
        Ok(()) if report.all_held() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
    }
}

async fn run(arguments: &Arguments, report: &mut Report, progress: &Progress) -> std::io::Result<()> {
    let limit = network::descriptors_allowed(4 * arguments.connections.max(arguments.silent) as u64);
    report.note("descriptors allowed", limit);
    // Threads, timers and blocks that are kept for reuse are no leak: they come with the first connections.
    crowd::run(16, limit, &mut Report::default()).await?;
    let before = Traces::now();

    progress.next(format!("a crowd of {} connections", arguments.connections));
    crowd::run(arguments.connections, limit, report).await?;

    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    // No deadline gets rid of the silent peers: they are there as long as the honest ones are.
    let patient = MseAcceptor::default().timeout(None).linger(None);
    let server = Server::start(listener, patient);
    progress.next(format!(
        "{} silent peers around {} honest ones",
        arguments.silent, arguments.honest
    ));
    silent::run(&network, &server, arguments, limit, report).await?;
    drop(network);
    server.stop(report).await;

    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    let server = Server::start(listener, MseAcceptor::default());
    let seconds = Duration::from_secs(arguments.seconds);
    progress.next(format!("{} broken handshakes", arguments.attacks));
    abuse::run(&network, &server, arguments.attacks, seconds, report).await?;
    drop(network);
    server.stop(report).await;

    progress.next("waiting for what is left behind to go");
    traces::compare(&before, report).await;
    Ok(())
}
