//! Listens, prints the address, and serves each peer in a separate task.

use std::convert::Infallible;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mse_tools::cli::Address;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tracing::debug;

use crate::outbound::keep_alive;
use crate::report::Report;

/// The pause after a failed accept. EMFILE: wait until a descriptor is free.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens, and prints `listening on ADDR:PORT` with the real port.
pub(crate) async fn listen(address: &Address) -> Result<TcpListener, String> {
    let unable = |error: io::Error| format!("cannot listen on {address}: {error}");
    let listener = TcpListener::bind(address.parts()).await.map_err(unable)?;
    let local = listener.local_addr().map_err(unable)?;
    // The pipe may be closed already.
    let mut stdout = io::stdout();
    let _ = writeln!(stdout, "listening on {local}").and_then(|()| stdout.flush());
    Ok(listener)
}

/// Accepts until the program ends.
pub(crate) async fn serve<F>(
    listener: TcpListener,
    report: &Report,
    mut peer: impl FnMut(TcpStream, SocketAddr) -> F,
) -> Infallible
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((tcp, from)) => {
                failing = false;
                if let Err(error) = tcp.set_nodelay(true) {
                    debug!(%from, %error, "TCP_NODELAY refused");
                }
                keep_alive(&tcp);
                tokio::spawn(peer(tcp, from));
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    report.line(format!("cannot accept: {error}"));
                }
                sleep(PAUSE).await;
            }
        }
    }
}
