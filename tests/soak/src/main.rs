//! Load and abuse: thousands of idle connections, thousands of silent peers around honest ones, broken handshakes by the
//! hundred thousand, and strangers who try to lock others out or to learn something. Prints a report. Exit status 0 only
//! if everything held.
//!
//! ```sh
//! cargo run --release -p mse-soak -- --all
//! cargo run --release -p mse-soak -- --only descriptors --only no-tell
//! ```

mod abuse;
mod content;
mod crowd;
mod descriptors;
mod eviction;
mod handshake;
mod honest;
mod network;
mod no_tell;
mod progress;
mod report;
mod server;
mod silent;
mod stranger;
mod traces;
mod trial;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use mse_oracle::heap;
use tokio_mse::{Linger, MseAcceptor};

use crate::network::Network;
use crate::progress::Progress;
use crate::report::Report;
use crate::server::Server;
use crate::traces::Traces;
use crate::trial::Trial;

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

/// Loads and abuses connections in one process, and reports whether everything held
#[derive(Parser)]
#[command(name = "mse-soak", version, arg_required_else_help = true)]
struct Arguments {
    /// Every trial: takes many minutes
    #[arg(long, conflicts_with = "only")]
    all: bool,
    /// This trial; may be given many times
    #[arg(long, value_name = "TRIAL", value_enum, required_unless_present_any = ["all", "serve_with_descriptors"])]
    only: Vec<Trial>,
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
    /// Strangers that fail one after the other, while 96 may linger
    #[arg(long, value_name = "N", default_value_t = 1030)]
    strangers: usize,
    /// How often each probe is sent, and random bytes in the same cuts
    #[arg(long, value_name = "N", default_value_t = 60)]
    probes: usize,
    /// A fraction of everything, for a look and for tests; times are reported, and not judged
    #[arg(long)]
    short: bool,
    /// The server of the trial of descriptors
    #[arg(long, hide = true)]
    serve_with_descriptors: Option<u64>,
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
            strangers: self.strangers.div_ceil(5),
            probes: self.probes.div_ceil(20),
            ..self
        }
    }

    fn wants(&self, trial: Trial) -> bool {
        self.all || self.only.contains(&trial)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse().shortened();
    let panics = traces::count_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(format_args!("no runtime: {error}")),
    };
    if let Some(descriptors) = arguments.serve_with_descriptors {
        return match runtime.block_on(descriptors::serve(descriptors)) {
            Ok(never) => match never {},
            Err(error) => failed(error),
        };
    }
    let mut report = Report::new(!arguments.short);
    let progress = Progress::start();
    let outcome = runtime.block_on(run(&arguments, &mut report, &progress));
    // Clears its line before the report.
    drop(progress);
    report.check("panics", panics.count(), panics.count() == 0);
    report.print();
    match outcome {
        Err(error) => failed(error),
        Ok(()) if report.all_held() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
    }
}

fn failed(message: impl std::fmt::Display) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

async fn run(arguments: &Arguments, report: &mut Report, progress: &Progress) -> io::Result<()> {
    let most = 4 * arguments.connections.max(arguments.silent).max(256);
    let limit = network::descriptors_allowed(most as u64);
    report.note("descriptors allowed", limit);
    // Threads, timers and blocks that are kept for reuse come with the first connections: they are not a leak.
    crowd::run(16, limit, &mut Report::new(false), progress).await?;
    let before = Traces::now();
    if arguments.wants(Trial::Crowd) {
        crowd::run(arguments.connections, limit, report, progress).await?;
    }
    if arguments.wants(Trial::Silent) {
        silent(arguments, limit, report, progress).await?;
    }
    if arguments.wants(Trial::Broken) {
        broken(arguments, report, progress).await?;
    }
    if arguments.wants(Trial::Descriptors) {
        descriptors::run(arguments.honest.min(20), report, progress).await?;
    }
    if arguments.wants(Trial::Eviction) {
        eviction::run(arguments.strangers, report, progress).await?;
    }
    if arguments.wants(Trial::NoTell) {
        no_tell::run(arguments.probes, report, progress).await?;
    }
    traces::compare(&before, report).await;
    Ok(())
}

async fn silent(
    arguments: &Arguments,
    limit: u64,
    report: &mut Report,
    progress: &Progress,
) -> io::Result<()> {
    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    // Without a deadline, the silent peers stay as long as the honest ones do.
    let server = Server::start(listener, MseAcceptor::default().no_timeout());
    silent::run(&network, &server, arguments, limit, report, progress).await?;
    drop(network);
    server.stop(report).await;
    Ok(())
}

async fn broken(arguments: &Arguments, report: &mut Report, progress: &Progress) -> io::Result<()> {
    let (network, listener) = Network::open().await?;
    let network = Arc::new(network);
    let server = Server::start(listener, MseAcceptor::default().linger(Linger::new()));
    let seconds = Duration::from_secs(arguments.seconds);
    abuse::run(&network, &server, arguments.attacks, seconds, report, progress).await?;
    drop(network);
    server.stop(report).await;
    Ok(())
}
