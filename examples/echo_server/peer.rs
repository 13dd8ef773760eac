//! One peer: the handshake, then everything back until it closes.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use tokio::io::{AsyncWriteExt, BufReader, copy_buf};
use tokio::net::TcpStream;
use tokio_mse::{Linger, MseAcceptor, MseStream, SkeyIndex};
use tracing::debug;

use crate::cli::mode::mode;
use crate::cli::report::Report;

const BUFFER: usize = 64 * 1024;

pub(crate) async fn serve(
    tcp: TcpStream,
    from: SocketAddr,
    acceptor: &MseAcceptor,
    linger: Option<&Linger>,
    torrents: &SkeyIndex,
    report: &Report,
) {
    // Nothing to say first. But to say anything takes the SKEY, so that a plaintext peer, too, has to ask for one that is
    // served.
    let mut handshake = acceptor.accept(tcp, torrents).initial_payload(|_| Bytes::new());
    if let Some(linger) = linger {
        handshake = handshake.linger(linger);
    }
    match handshake.await {
        Err(error) => report.line(format!("{from} {error}")),
        Ok(peer) => {
            report.line(format!("{from} {}", mode(peer.negotiated())));
            match echo(peer).await {
                Ok(bytes) => debug!(%from, bytes, "closed"),
                Err(error) => debug!(%from, %error, "lost"),
            }
        }
    }
}

async fn echo(peer: MseStream<TcpStream>) -> io::Result<u64> {
    let (reader, mut writer) = peer.into_split_with(TcpStream::into_split);
    let bytes = copy_buf(&mut BufReader::with_capacity(BUFFER, reader), &mut writer).await?;
    writer.shutdown().await?;
    Ok(bytes)
}
