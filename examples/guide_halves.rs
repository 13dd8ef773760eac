//! Owned halves, split and boxed before anybody knows whether there will be a handshake: how rqbit keeps its peers. One
//! that reads into both pieces of a ring at once goes on doing so: see `MseReadHalf::poll_read_vectored_with`.

#[path = "guides/usage.rs"]
mod usage;

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Join, join};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{MseStream, Policy, Skey};

type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;
type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;

/// As the client has them from its dialler or listener, of TCP, uTP or a proxy; joined again for the handshake.
fn joined(tcp: TcpStream) -> Join<BoxedRead, BoxedWrite> {
    let (reader, writer) = tcp.into_split();
    join(Box::new(reader), Box::new(writer))
}

/// One task that only reads, one that only writes and never flushes, and no lock between them.
async fn exchange(
    peer: MseStream<Join<BoxedRead, BoxedWrite>>,
    message: &'static [u8],
) -> io::Result<Vec<u8>> {
    let (reader, writer) = peer.into_split_with(Join::into_inner);
    let (mut reader, mut writer): (BoxedRead, BoxedWrite) = (Box::new(reader), Box::new(writer));
    let write = tokio::spawn(async move {
        for _ in 0..1000 {
            writer.write_all(message).await?; // what it has taken is on its way
        }
        writer.shutdown().await
    });
    let mut received = Vec::new();
    reader.read_to_end(&mut received).await?;
    write.await??;
    Ok(received)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Encrypts a transport that was split and boxed before the handshake.") {
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (skey, payload) = (Skey::from([0x22; 20]), b"\x13BitTorrent protocol, and so on");

    for policy in [Policy::full_rc4(), Policy::plaintext_only()] {
        let dialled = joined(TcpStream::connect(listener.local_addr()?).await?);
        let accepted = joined(listener.accept().await?.0);
        let dial = async {
            let connect = MseStream::connect(dialled, skey.clone(), &policy);
            connect.initial_payload(payload.as_slice()).await
        };
        let accept = async { MseStream::accept(accepted, &skey, &policy).await };
        let (dialled, accepted) = tokio::try_join!(dial, accept)?;
        let (here, there) = (exchange(dialled, b"from here"), exchange(accepted, b"from there"));
        let (here, there) = tokio::try_join!(here, there)?;
        assert_eq!(here, b"from there".repeat(1000));
        println!("{policy}: {} bytes there, {} bytes here", there.len(), here.len());
        // What was received during the handshake survives the split, and is read first.
        assert_eq!(there, [payload, &b"from here".repeat(1000)[..]].concat());
    }
    Ok(())
}
