//! Code that `demo`, `echo_server` and `echo_client` share: command line, exit status and output.

#![allow(
    dead_code,
    reason = "each program includes the whole module and uses a part of it"
)]

pub(crate) mod command_line;
pub(crate) mod values;

use std::error::Error;
use std::fmt::{Display, Write as _};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use rand::RngExt;
use tokio_mse::Negotiated;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The first 20 bytes of a BitTorrent handshake.
pub(crate) const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";

/// The length of a BitTorrent handshake.
pub(crate) const HANDSHAKE_LEN: usize = 68;

/// The handshake of a peer without extensions, with a new peer id.
pub(crate) fn handshake(info_hash: &[u8; 20]) -> [u8; HANDSHAKE_LEN] {
    let peer_id = rand::rng().random::<[u8; 12]>();
    let mut handshake = [0; HANDSHAKE_LEN];
    let parts: [&[u8]; 5] = [PROTOCOL, &[0; 8], info_hash, b"-MS0100-", &peer_id];
    for (to, from) in handshake.iter_mut().zip(parts.into_iter().flatten()) {
        *to = *from;
    }
    handshake
}

/// Prints an error. Status 1.
pub(crate) fn failed(message: impl Display) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

/// Prints a line on stdout. Unlike `println!` it does not panic if the pipe is closed.
pub(crate) fn print(line: impl Display) {
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Writes the events that `RUST_LOG` selects to stderr, for example `debug` or `tokio_mse=trace`. Without it, writes none.
pub(crate) fn start_log() {
    let asked = std::env::var("RUST_LOG").ok();
    let quiet = Targets::new().with_default(LevelFilter::OFF);
    let filter = asked.and_then(|filter| filter.parse().ok());
    let stderr = tracing_subscriber::fmt::layer()
        .with_ansi(is_coloured(&io::stderr()))
        .with_writer(io::stderr);
    tracing_subscriber::registry()
        .with(filter.unwrap_or(quiet))
        .with(stderr)
        .init();
}

/// Whether to write colours: on a terminal, unless `NO_COLOR` is set.
pub(crate) fn is_coloured(to: &impl IsTerminal) -> bool {
    to.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(line, ": {error}");
        cause = error.source();
    }
    line
}

/// The negotiated mode: `plaintext` (no MSE), `header-only` or `rc4`, with a note after a redial.
pub(crate) fn mode(negotiated: &Negotiated) -> String {
    let redialled = if negotiated.attempts() > 1 {
        " (redialled)"
    } else {
        ""
    };
    format!("{}{redialled}", negotiated.mode())
}
