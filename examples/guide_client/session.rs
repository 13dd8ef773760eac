//! What happens with a connected peer: here, one message each way. Put your own client here.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::client::Peer;

/// How long a peer may be silent, or not read. Peers send a keep-alive every two minutes.
const IDLE: Duration = Duration::from_secs(180);

const INTERESTED: [u8; 5] = [0, 0, 0, 1, 2];
const UNCHOKE: [u8; 5] = [0, 0, 0, 1, 1];

/// The peer is used like the bare stream. It needs no flush.
pub(crate) async fn dialled(peer: &mut Peer) -> io::Result<String> {
    timeout(IDLE, peer.write_all(&INTERESTED)).await??;
    let mut message = [0; 5];
    timeout(IDLE, peer.read_exact(&mut message)).await??;
    Ok(format!("unchoked: {}", message == UNCHOKE))
}

pub(crate) async fn accepted(peer: &mut Peer) -> io::Result<()> {
    loop {
        let mut message = [0; 5];
        timeout(IDLE, peer.read_exact(&mut message)).await??;
        if message == INTERESTED {
            timeout(IDLE, peer.write_all(&UNCHOKE)).await??;
        }
    }
}
