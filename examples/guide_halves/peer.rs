//! How a peer becomes two boxed halves: dialled over one of two transports, or accepted.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Join, join};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_mse::{MseAcceptor, MseConnector, Policy, Skey};

use crate::{say, utp};

pub(crate) type BoxedRead = Box<dyn AsyncRead + Send + Unpin>;
pub(crate) type BoxedWrite = Box<dyn AsyncWrite + Send + Unpin>;

#[derive(Debug)]
pub(crate) enum Kind {
    Tcp,
    Utp,
}

pub(crate) fn handshake(info_hash: [u8; 20]) -> Vec<u8> {
    [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0",
        &info_hash[..],
        b"-XX0100-............",
    ]
    .concat()
}

/// The client's own dialler: it tries uTP if TCP has not connected within 100 ms.
async fn race(address: SocketAddr) -> io::Result<(BoxedRead, BoxedWrite, Kind)> {
    tokio::select! {
        Ok(tcp) = TcpStream::connect(address) => {
            let (reader, writer) = tcp.into_split();
            Ok((Box::new(reader), Box::new(writer), Kind::Tcp))
        }
        () = sleep(Duration::from_millis(100)) => {
            let (reader, writer) = utp::connect(address).await?;
            Ok((reader, writer, Kind::Utp))
        }
    }
}

/// Dials until there is an encrypted peer, and splits it again.
pub(crate) async fn dial(
    address: SocketAddr,
    info_hash: [u8; 20],
) -> io::Result<(BoxedRead, BoxedWrite, Kind)> {
    let connector = MseConnector::new(Policy::default());
    let mut dial = connector.dial(info_hash, handshake(info_hash));
    let (peer, kind) = loop {
        // `Dial` does not make the connection, so the client must set this timeout.
        let (reader, writer, kind) = timeout(Duration::from_secs(10), race(address)).await??;
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

/// Accepts a peer whose transport comes in two halves, and splits it again.
pub(crate) async fn accept<R, W>(
    (reader, writer): (R, W),
    info_hash: [u8; 20],
    policy: Policy,
) -> io::Result<(BoxedRead, BoxedWrite)>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let incoming = MseAcceptor::new(policy).accept(join(reader, writer)).await?;
    let peer = incoming.accept(Skey::from(info_hash), "").await?;
    let (reader, writer) = peer.into_split_with(Join::into_inner);
    Ok((Box::new(reader), Box::new(writer)))
}
