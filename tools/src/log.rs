//! The library's trace events on stderr.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Writes the events that `RUST_LOG` selects to stderr, for example `debug` or `tokio_mse=debug`. Without it, writes none.
pub fn start() {
    let asked = std::env::var("RUST_LOG").ok();
    let quiet = Targets::new().with_default(LevelFilter::OFF);
    let filter = asked.and_then(|filter| filter.parse().ok());
    let stderr = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(filter.unwrap_or(quiet))
        .with(stderr)
        .init();
}
