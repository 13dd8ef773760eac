//! Two owned halves, boxed, whatever the transport and the mode: how rqbit keeps its peers.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{MseStream, Policy, Skey};

type BoxedRead = Box<dyn AsyncRead + Unpin + Send + 'static>;
type BoxedWrite = Box<dyn AsyncWrite + Unpin + Send + 'static>;

/// No lock between the halves. For uTP give `UtpStream::split`, for anything else `tokio::io::split`.
fn boxed(peer: MseStream<TcpStream>) -> (BoxedRead, BoxedWrite) {
    let (reader, writer) = peer.into_split_with(TcpStream::into_split);
    (Box::new(reader), Box::new(writer))
}

/// One task that only reads, one that only writes and never flushes.
async fn exchange(peer: MseStream<TcpStream>, message: &'static [u8]) -> io::Result<Vec<u8>> {
    let (mut reader, mut writer) = boxed(peer);
    let write = tokio::spawn(async move {
        for _ in 0..1000 {
            writer.write_all(message).await?; // what it has taken is on its way
        }
        writer.shutdown().await
    });
    let read = tokio::spawn(async move {
        let mut received = Vec::new();
        reader.read_to_end(&mut received).await?;
        Ok::<_, io::Error>(received)
    });
    write.await??;
    read.await?
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let skey = Skey::from([0x22; 20]);

    for policy in [Policy::full_rc4(), Policy::plaintext_only()] {
        let tcp = TcpStream::connect(listener.local_addr()?).await?;
        let handshake = [b"\x13BitTorrent protocol", &[0; 8][..], &[0x22; 20], &[b'-'; 20]].concat();
        let dial = MseStream::connect(tcp, skey.clone(), &policy).initial_payload(handshake.clone());
        let (incoming, _) = listener.accept().await?;
        let (dialled, accepted) = tokio::join!(dial, MseStream::accept(incoming, &skey, &policy));

        let (ours, theirs) = tokio::join!(
            exchange(dialled?, b"from here"),
            exchange(accepted?, b"from there")
        );
        assert_eq!(ours?, b"from there".repeat(1000));
        // What was received during the handshake survives the split.
        assert_eq!(theirs?, [handshake, b"from here".repeat(1000)].concat());
    }
    Ok(())
}
