//! A TCP relay that records both directions of every connection.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Everything that was sent over one connection.
pub(crate) struct Recording {
    pub(crate) from_initiator: Vec<u8>,
    pub(crate) from_responder: Vec<u8>,
}

pub(crate) struct Tap {
    accepting: JoinHandle<()>,
    relays: Arc<Mutex<JoinSet<io::Result<Recording>>>>,
}

impl Tap {
    /// A tap that relays to `responder`, and the address to dial.
    pub(crate) async fn before(responder: SocketAddr) -> io::Result<(Self, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let relays = Arc::new(Mutex::new(JoinSet::new()));
        let started = Arc::clone(&relays);
        let accepting = tokio::spawn(async move {
            while let Ok((initiator, _)) = listener.accept().await {
                let mut relays = started.lock().unwrap_or_else(PoisonError::into_inner);
                relays.spawn(relay(initiator, responder));
            }
        });
        Ok((Self { accepting, relays }, address))
    }

    /// The recordings, in the order in which the connections ended. Waits until all of them have ended.
    pub(crate) async fn recordings(self) -> Vec<Recording> {
        self.accepting.abort();
        let relays = {
            let mut relays = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *relays)
        };
        let recordings = relays.join_all().await;
        recordings.into_iter().filter_map(Result::ok).collect()
    }
}

async fn relay(initiator: TcpStream, responder: SocketAddr) -> io::Result<Recording> {
    let responder = TcpStream::connect(responder).await?;
    initiator.set_nodelay(true)?;
    responder.set_nodelay(true)?;
    let (from_initiator, to_initiator) = initiator.into_split();
    let (from_responder, to_responder) = responder.into_split();
    let (from_initiator, from_responder) = tokio::join!(
        record(from_initiator, to_responder),
        record(from_responder, to_initiator)
    );
    Ok(Recording {
        from_initiator,
        from_responder,
    })
}

/// Relays and records until one of the two sides closes.
async fn record(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Vec<u8> {
    let mut recorded = Vec::new();
    loop {
        let before = recorded.len();
        recorded.reserve(64 * 1024);
        match from.read_buf(&mut recorded).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        if to.write_all(&recorded[before..]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
    recorded
}
