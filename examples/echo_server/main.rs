//! Accepts peers with MSE or in plaintext, and echoes every byte.
//!
//! ```sh
//! cargo run --release --example echo_server -- \
//!     --listen 127.0.0.1:6881 --info-hash 0123456789abcdef0123456789abcdef01234567
//! ```

mod arguments;
#[path = "../cli/mod.rs"]
mod cli;
mod per_address;
mod report;

use std::convert::Infallible;
use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_mse::{Error, Linger, Mode, MseAcceptor, MseStream, Policy, SkeyIndex};
use tracing::debug;

use crate::arguments::{Arguments, Switch};
use crate::per_address::PerAddress;
use crate::report::Report;

/// Below 1024, the usual limit of descriptors.
const MAX_CONNECTIONS: usize = 900;

/// The pause after an error of `accept`. It is usually EMFILE: wait until a descriptor is free.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a peer may send nothing, or read nothing, after the handshake.
const IDLE: Duration = Duration::from_secs(180);

/// The position in a BitTorrent handshake where the info-hash ends. The peer id follows.
const INFO_HASH_END: usize = 48;

/// How long the second part of an echoed handshake waits for the peer to send more.
const ANSWER_PAUSE: Duration = Duration::from_millis(500);

const BUFFER: usize = 64 * 1024;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse().unwrap_or_else(|stop| stop.exit());
    cli::start_log();
    match Server::bind(&arguments).await {
        Ok((server, listener)) => match server.run(listener).await {},
        Err(message) => cli::failed(message),
    }
}

struct Server {
    acceptor: MseAcceptor,
    torrents: SkeyIndex,
    addresses: PerAddress,
    report: Report,
}

impl Server {
    /// Listens, and prints `listening on ADDR:PORT` with the real port.
    async fn bind(arguments: &Arguments) -> Result<(Arc<Self>, TcpListener), String> {
        let policy = Policy::new(arguments.encryption, arguments.methods);
        let mut acceptor = MseAcceptor::new(policy)
            .timeout(arguments.timeout)
            .disguise(arguments.disguise)
            .hide_plaintext(arguments.linger == Switch::Strict);
        if arguments.linger != Switch::Off {
            acceptor = acceptor.linger(Linger::new());
        }
        let address = &arguments.listen;
        let unable = |error: io::Error| format!("cannot listen on {address}: {error}");
        let listener = TcpListener::bind(address.as_str()).await.map_err(unable)?;
        cli::print(format_args!(
            "listening on {}",
            listener.local_addr().map_err(unable)?
        ));
        let server = Self {
            acceptor,
            torrents: arguments.info_hashes.iter().map(|hash| (hash.0, ())).collect(),
            addresses: PerAddress::new(arguments.per_address.map(NonZeroUsize::get)),
            report: Report::start(),
        };
        Ok((Arc::new(server), listener))
    }

    /// Accepts until the process ends. No peer and no lack of descriptors can end it.
    async fn run(self: Arc<Self>, listener: TcpListener) -> Infallible {
        let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut is_failing = false;
        loop {
            // While all slots are taken, new peers wait in the kernel's queue.
            let slot = Arc::clone(&connections).acquire_owned().await;
            let (tcp, from) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !is_failing {
                        self.report.line(format!("cannot accept: {error}"));
                    }
                    is_failing = true;
                    sleep(PAUSE).await;
                    continue;
                }
            };
            is_failing = false;
            let Some(permit) = self.addresses.enter(from.ip()) else {
                self.report
                    .line(format!("{from} closed: its address has too many connections"));
                continue;
            };
            let server = Arc::clone(&self);
            tokio::spawn(async move {
                match server.shake_hands(tcp).await {
                    Ok(peer) => {
                        server
                            .report
                            .line(format!("{from} {}", cli::mode(peer.negotiated())));
                        match echo(peer).await {
                            Ok(bytes) => debug!(%from, bytes, "closed"),
                            Err(error) => debug!(%from, %error, "lost"),
                        }
                    }
                    Err(error) => server.report.line(format!("{from} {}", cli::chain(&error))),
                }
                // The connection has closed.
                drop((slot, permit));
            });
        }
    }

    async fn shake_hands(&self, tcp: TcpStream) -> Result<MseStream<TcpStream>, Error> {
        if let Err(error) = tcp.set_nodelay(true) {
            debug!(%error, "TCP_NODELAY refused");
        }
        let incoming = self.acceptor.accept(tcp).await?;
        let Some(skey) = self.torrents.skey(incoming.skey_hash()) else {
            return Err(incoming.refuse().await);
        };
        // Send no handshake of our own: the peer gets its own handshake back.
        incoming.accept(skey, "").await
    }
}

async fn echo(mut peer: MseStream<TcpStream>) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut echoed = 0;
    if peer.negotiated().mode() == Mode::Plaintext {
        echoed += echo_handshake(&mut peer, &mut buffer).await?;
    }
    loop {
        let read = timeout(IDLE, peer.read(&mut buffer)).await??;
        if read == 0 {
            timeout(IDLE, peer.shutdown()).await??;
            return Ok(echoed);
        }
        timeout(IDLE, peer.write_all(&buffer[..read])).await??;
        echoed += read as u64;
    }
}

/// Echoes a plaintext handshake in two parts, with a pause. The first part is an answer for a dialler that waits for one. If
/// the dialler received its whole handshake at once, it would conclude that it had dialled itself.
async fn echo_handshake(peer: &mut MseStream<TcpStream>, buffer: &mut [u8]) -> io::Result<u64> {
    let read = timeout(IDLE, peer.read(buffer)).await??;
    let (start, rest) = buffer.split_at_mut(INFO_HASH_END.min(read));
    timeout(IDLE, peer.write_all(start)).await??;
    let known = read - start.len();
    let more = match timeout(ANSWER_PAUSE, peer.read(&mut rest[known..])).await {
        Ok(more) => more?,
        Err(_) => 0,
    };
    timeout(IDLE, peer.write_all(&rest[..known + more])).await??;
    Ok((read + more) as u64)
}
