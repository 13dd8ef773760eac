//! A client that races TCP against uTP, and keeps each peer as two boxed halves. It drives redials by hand with `Dial`, so that
//! it knows which of the two transports won.

#[path = "cli/command_line.rs"]
mod command_line;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, Join, duplex, join, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_mse::{MseAcceptor, MseConnector, Policy, Skey};

const INFO_HASH: [u8; 20] = [0x22; 20];
const MESSAGE: &[u8] = b"\0\0\0\x01\x02";

fn handshake() -> Vec<u8> {
    [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0",
        &INFO_HASH[..],
        b"-XX0100-............",
    ]
    .concat()
}

type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;
type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;

#[derive(Debug)]
enum Kind {
    Tcp,
    Utp,
}

/// The client's own dialler: it tries uTP if TCP has not connected within 100 ms.
async fn race(tcp: SocketAddr) -> io::Result<(BoxedRead, BoxedWrite, Kind)> {
    tokio::select! {
        Ok(tcp) = TcpStream::connect(tcp) => {
            let (reader, writer) = tcp.into_split();
            Ok((Box::new(reader), Box::new(writer), Kind::Tcp))
        }
        () = sleep(Duration::from_millis(100)) => {
            let (utp, far_end) = duplex(4096); // stands for a uTP library
            tokio::spawn(answer(far_end, Policy::full_rc4()));
            let (reader, writer) = split(utp);
            Ok((Box::new(reader), Box::new(writer), Kind::Utp))
        }
    }
}

/// Dials until there is an encrypted peer, and splits it again.
async fn connect(tcp: SocketAddr) -> io::Result<(BoxedRead, BoxedWrite, Kind)> {
    let connector = MseConnector::new(Policy::default());
    let mut dial = connector.dial(INFO_HASH, handshake());
    let (peer, kind) = loop {
        // `Dial` does not make the connection, so the client must set this timeout.
        let (reader, writer, kind) = timeout(Duration::from_secs(10), race(tcp)).await??;
        say(format_args!("   {} over {kind:?}", dial.mode()));
        if let Some(peer) = dial.attempt(join(reader, writer)).await? {
            break (peer, kind);
        } // else dial again, in dial.mode()
    };
    say(format_args!("   {}", peer.negotiated()));
    // The halves share no lock. The first read returns the bytes that arrived with the handshake.
    let (reader, writer) = peer.into_split_with(Join::into_inner);
    Ok((Box::new(reader), Box::new(writer), kind))
}

/// The peer: accepts one connection, and echoes.
async fn answer<T>(io: T, policy: Policy) -> io::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let incoming = MseAcceptor::new(policy).accept(io).await?;
    let peer = incoming.accept(Skey::from(INFO_HASH), "").await?;
    let (mut reader, mut writer) = split(peer);
    tokio::io::copy(&mut reader, &mut writer).await?;
    writer.shutdown().await
}

/// Unlike `println!`, this does not panic if nobody reads the output.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> io::Result<()> {
    command_line::guide("Races two transports, and encrypts the halves of the one that wins");
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let without_mse = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(answer(tcp, Policy::plaintext_only()));
        }
    });
    // This listener is dropped at once, so the address refuses connections.
    let closed = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;

    for (what, address) in [
        ("A peer without MSE, over TCP:", without_mse),
        ("A peer that only uTP reaches:", closed),
    ] {
        say(what);
        let (mut reader, mut writer, kind) = connect(address).await?;
        // One task only writes, the other only reads.
        let write = tokio::spawn(async move {
            writer.write_all(MESSAGE).await?;
            writer.shutdown().await
        });
        let mut echo = Vec::new();
        reader.read_to_end(&mut echo).await?;
        write.await??;
        assert_eq!(echo, [&handshake(), MESSAGE].concat());
        say(format_args!("   {} bytes came back over {kind:?}", echo.len()));
    }
    Ok(())
}
