//! Peers in this process: one that listens and echoes every byte, one that dials and checks the echo.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_mse::{ConnectError, MseAcceptor, MseConnector, Policy, SkeyIndex};

use crate::program::{INFO_HASH, PATIENCE, handshake};

/// Listens until it is dropped.
pub(crate) struct EchoServer {
    pub(crate) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for EchoServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl EchoServer {
    /// Serves the usual torrent under this policy.
    pub(crate) async fn start(policy: &str) -> Self {
        Self::serving(INFO_HASH, policy).await
    }

    pub(crate) async fn serving(info_hash: [u8; 20], policy: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = MseAcceptor::new(policy.parse().unwrap());
        let torrents = Arc::new(SkeyIndex::from_iter([(info_hash, ())]));
        let task = tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tokio::spawn(echo(tcp, acceptor.clone(), Arc::clone(&torrents)));
            }
        });
        Self { address, task }
    }
}

async fn echo(tcp: TcpStream, acceptor: MseAcceptor, torrents: Arc<SkeyIndex>) {
    let Ok(incoming) = acceptor.accept(tcp).await else {
        return;
    };
    let Some(skey) = torrents.skey(incoming.skey_hash()) else {
        incoming.refuse().await;
        return;
    };
    let Ok(peer) = incoming.accept(skey, "").await else {
        return;
    };
    let (mut reader, mut writer) = split(peer);
    let _ = copy(&mut reader, &mut writer).await;
    let _ = writer.shutdown().await;
}

/// Dials under this policy, sends a handshake and 100,000 bytes, and checks the echo. Returns the mode that was
/// negotiated, or the error.
pub(crate) async fn talk(address: SocketAddr, policy: &str, info_hash: [u8; 20]) -> Result<String, String> {
    let policy: Policy = policy.parse().unwrap();
    let connector = MseConnector::new(policy);
    let opening = handshake();
    let dial = connector.connect_with(info_hash, opening.clone(), |_| TcpStream::connect(address));
    let peer = dial.await.map_err(|error: ConnectError<_>| error.to_string())?;
    let mode = peer.negotiated().mode().to_string();
    let (mut reader, mut writer) = split(peer);
    let sent = vec![0xA7; 100_000];
    let mut received = Vec::new();
    let both = async {
        tokio::try_join!(
            async {
                writer.write_all(&sent).await?;
                writer.shutdown().await
            },
            reader.read_to_end(&mut received)
        )
    };
    let done = timeout(PATIENCE, both).await.map_err(|_| "no echo in time")?;
    done.map_err(|error| error.to_string())?;
    assert!(received == [opening, sent].concat(), "a wrong echo");
    Ok(mode)
}
