//! Sends and checks at the same time, and gives up if there is no progress.

use std::future::Future;
use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_mse::MseStream;
use tracing::debug;

use crate::payload::Payload;
use crate::progress::Progress;

/// How long to wait for the peer to close after everything came back. It is no error if the peer does not close.
const GRACE: Duration = Duration::from_secs(2);

/// Sends what follows the handshake, and checks everything that comes back. Returns how long that took.
pub(crate) async fn exchange(
    peer: MseStream<TcpStream>,
    payload: &Payload,
    idle: Duration,
    progress: &Progress,
) -> Result<Duration, String> {
    let start = Instant::now();
    let (mut reader, mut writer) = peer.into_split_with(TcpStream::into_split);
    let sending = send(&mut writer, payload, idle);
    let checking = check(&mut reader, payload, idle, progress);
    tokio::try_join!(sending, checking)?;
    let took = start.elapsed();
    end(&mut reader, idle.min(GRACE)).await?;
    Ok(took)
}

async fn send(
    writer: &mut (impl AsyncWrite + Unpin),
    payload: &Payload,
    idle: Duration,
) -> Result<(), String> {
    let mut sent = payload.handshake().len() as u64;
    let failed = |sent: u64, what: String| format!("sending, after {sent} bytes: {what}");
    for block in payload.blocks() {
        let mut rest = &block[..];
        while !rest.is_empty() {
            let written = limited(idle, writer.write(rest)).await;
            let written = written.map_err(|what| failed(sent, what))?;
            if written == 0 {
                return Err(failed(sent, "the connection accepts no more bytes".to_owned()));
            }
            rest = &rest[written..];
            sent += written as u64;
        }
    }
    let closed = limited(idle, writer.shutdown()).await;
    closed.map_err(|what| failed(sent, what))
}

async fn check(
    reader: &mut (impl AsyncRead + Unpin),
    payload: &Payload,
    idle: Duration,
    progress: &Progress,
) -> Result<(), String> {
    let len = payload.len();
    let mut checked = 0_u64;
    let mut buffer = Vec::new();
    for expected in std::iter::once(payload.handshake().to_vec()).chain(payload.blocks()) {
        let mut expected = &expected[..];
        while !expected.is_empty() {
            buffer.resize(expected.len(), 0);
            let read = limited(idle, reader.read(&mut buffer)).await;
            let read =
                read.map_err(|what| format!("receiving the echo, after {checked} of {len} bytes: {what}"))?;
            if read == 0 {
                return Err(format!(
                    "receiving the echo: the peer closed the connection after {checked} of {len} bytes"
                ));
            }
            let (now, later) = expected.split_at(read);
            if let Some(wrong) = now.iter().zip(&buffer).position(|(sent, got)| sent != got) {
                let at = checked + wrong as u64;
                return Err(format!("checking the echo: byte {at} of {len} is wrong"));
            }
            expected = later;
            checked += read as u64;
            progress.set(|| format!("{} of {} MB came back", checked / 1_000_000, len / 1_000_000));
        }
    }
    Ok(())
}

/// Checks that nothing follows the echo.
async fn end(reader: &mut (impl AsyncRead + Unpin), grace: Duration) -> Result<(), String> {
    match limited(grace, reader.read(&mut [0])).await {
        Ok(0) => Ok(()),
        Ok(_) => Err("checking the echo: more came back than was sent".to_owned()),
        Err(what) => {
            debug!(what, "the peer did not close properly");
            Ok(())
        }
    }
}

/// Limits the time without progress.
async fn limited<O>(idle: Duration, operation: impl Future<Output = io::Result<O>>) -> Result<O, String> {
    match timeout(idle, operation).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no progress for {idle:?}")),
    }
}
