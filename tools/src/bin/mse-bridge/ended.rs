//! The signals that end the program.

use std::io;

/// Waits for Ctrl-C or, on Unix, SIGTERM.
#[cfg(unix)]
pub(crate) async fn ended() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) async fn ended() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
