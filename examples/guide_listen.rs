//! Listen for the torrents of an index, in a loop that nobody ends: no peer, and no lack of descriptors.

#[path = "guides/usage.rs"]
mod usage;

use std::{io, sync::Arc, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{MseAcceptor, MseStream, PerAddress, Policy, Skey, SkeyIndex};

async fn listen(listener: TcpListener, torrents: Arc<SkeyIndex>) {
    let acceptor = MseAcceptor::default().max_handshakes(256); // plaintext or MSE, whatever comes
    let addresses = PerAddress::new(3); // some tens, on the internet
    loop {
        let Ok((tcp, from)) = listener.accept().await else {
            // Out of descriptors, for one. They come back when peers leave.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Some(permit) = addresses.enter(from.ip()) else {
            println!("closed: {} has enough connections", from.ip());
            continue;
        };
        let (acceptor, torrents) = (acceptor.clone(), Arc::clone(&torrents));
        tokio::spawn(async move {
            match acceptor.accept(tcp, &torrents).await {
                Ok(peer) => serve(peer, &torrents).await,
                Err(error) => Err(error.into()),
            }
            .unwrap_or_else(|error| println!("left: {error}"));
            drop(permit); // with the connection, and not before
        });
    }
}

/// Here the client begins. The first 68 bytes are the peer's handshake, in every mode.
async fn serve(mut peer: MseStream<TcpStream>, torrents: &SkeyIndex) -> io::Result<()> {
    let (mut handshake, mut info_hash) = ([0; 68], [0; 20]);
    peer.read_exact(&mut handshake).await?;
    info_hash.copy_from_slice(&handshake[28..48]); // a claim, until it was looked up
    let served = torrents.contains(&Skey::from(info_hash));
    println!("accepted: {}, served here: {served}", peer.negotiated());
    if served {
        peer.write_all(&handshake).await?; // yours, in a client
        copy(&mut peer, &mut sink()).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Accepts peers in an ordinary loop, with a limit for each address.") {
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let torrents = Arc::new(SkeyIndex::from_iter([[1; 20], [2; 20]]));
    tokio::spawn(listen(listener, Arc::clone(&torrents)));
    torrents.insert([3; 20]); // while it is in use

    let mut connected = Vec::new();
    for (policy, torrent) in [("forbid", 1), ("require", 2), ("require", 3), ("require", 1)] {
        let policy: Policy = policy.parse().map_err(io::Error::other)?;
        let mut handshake = b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0".to_vec();
        handshake.resize(68, torrent); // info-hash and peer id
        let tcp = TcpStream::connect(address).await?;
        let dial = MseStream::connect(tcp, [torrent; 20], &policy);
        let Ok(mut peer) = dial.initial_payload(handshake).await else {
            break;
        };
        peer.read_exact(&mut [0; 68]).await?;
        connected.push(peer);
    }
    assert_eq!(connected.len(), 3); // and the fourth was one too many
    Ok(())
}
