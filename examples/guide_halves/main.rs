//! A client that races TCP against uTP, and keeps each peer as two boxed halves. It drives redials by hand with `Dial`, so that
//! it knows which of the two transports won. `peer.rs` is the part to copy. The interop suite of the repository runs it against
//! real clients.

mod peer;

use std::io::{self, Write};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_mse::Policy;

use crate::peer::{BoxedRead, BoxedWrite, accept, dial, handshake};

const INFO_HASH: [u8; 20] = [0x22; 20];
const MESSAGE: &[u8] = b"\0\0\0\x01\x02";

/// Stands for a uTP library. Its peers speak MSE.
mod utp {
    use std::io;
    use std::net::SocketAddr;

    use tokio_mse::Policy;

    use super::{BoxedRead, BoxedWrite, answer};

    #[expect(clippy::unused_async, reason = "a uTP library waits for the peer")]
    pub(super) async fn connect(_: SocketAddr) -> io::Result<(BoxedRead, BoxedWrite)> {
        let (utp, far_end) = tokio::io::duplex(4096);
        tokio::spawn(answer(tokio::io::split(far_end), Policy::full_rc4()));
        let (reader, writer) = tokio::io::split(utp);
        Ok((Box::new(reader), Box::new(writer)))
    }
}

/// The peer: accepts one connection, and echoes.
async fn answer<R, W>(halves: (R, W), policy: Policy) -> io::Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let (mut reader, mut writer) = accept(halves, INFO_HASH, policy).await?;
    tokio::io::copy(&mut reader, &mut writer).await?;
    writer.shutdown().await
}

/// Unlike `println!`, this does not panic if nobody reads the output.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let without_mse = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(answer(tcp.into_split(), Policy::plaintext_only()));
        }
    });
    // This listener is dropped at once, so the address refuses connections.
    let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;

    for (what, address) in [
        ("A peer without MSE, over TCP:", without_mse),
        ("A peer that only uTP reaches:", closed),
    ] {
        say(what);
        let (mut reader, mut writer, kind) = dial(address, INFO_HASH).await?;
        // One task only writes, the other only reads.
        let write = tokio::spawn(async move {
            writer.write_all(MESSAGE).await?;
            writer.shutdown().await
        });
        let mut echo = Vec::new();
        reader.read_to_end(&mut echo).await?;
        write.await??;
        assert_eq!(echo, [&handshake(INFO_HASH), MESSAGE].concat());
        say(format_args!("   {} bytes came back over {kind:?}", echo.len()));
    }
    Ok(())
}
