//! Listen for many torrents that are looked up asynchronously: the handshake waits at the SKEY for you.

#[path = "guides/usage.rs"]
mod usage;

use std::collections::HashMap;
use std::io;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Incoming, MseAcceptor, MseStream, Policy, Skey, SkeyHash};

/// A database, an actor, a remote service; keyed by `Skey::hash`, which never changes.
type Torrents = HashMap<SkeyHash, [u8; 20]>;

async fn find(torrents: &Torrents, wanted: &SkeyHash) -> Option<[u8; 20]> {
    tokio::task::yield_now().await;
    torrents.get(wanted).copied()
}

async fn serve(tcp: TcpStream, torrents: &Torrents) -> io::Result<MseStream<TcpStream>> {
    let acceptor = MseAcceptor::default(); // plaintext or MSE, whatever comes
    match acceptor.accept_lazy(tcp).await? {
        // Its handshake is unread still, and the info-hash in it is yours to check.
        Incoming::Plaintext(peer) => Ok(peer),
        Incoming::Pending(pending) => match find(torrents, pending.hash()).await {
            Some(info_hash) => {
                // In one write with the rest of the MSE handshake, as other clients do.
                let ours = bittorrent_handshake(info_hash, b"-XX0100-listener....");
                Ok(pending.accept(info_hash).initial_payload(ours).await?)
            }
            None => Err(pending.refuse().into()), // dropping it does the same
        },
    }
}

fn bittorrent_handshake(info_hash: [u8; 20], peer_id: &[u8; 20]) -> Vec<u8> {
    [b"\x13BitTorrent protocol", &[0; 8][..], &info_hash, peer_id].concat()
}

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Accepts peers whose torrent is looked up while the handshake waits.") {
        return Ok(());
    }
    let info_hashes = (0..=255).map(|byte| [byte; 20]);
    let torrents = info_hashes.map(|it| (Skey::from(it).hash(), it)).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await?;

    let unknown = *b"this is served never";
    let (rc4, plaintext) = (Policy::full_rc4(), Policy::plaintext_only());
    for (policy, info_hash) in [(&rc4, [7; 20]), (&plaintext, [7; 20]), (&rc4, unknown)] {
        let tcp = TcpStream::connect(listener.local_addr()?).await?;
        let theirs = bittorrent_handshake(info_hash, b"-XX0100-dialler.....");
        let dial = MseStream::connect(tcp, info_hash, policy).initial_payload(theirs.clone());
        let (incoming, _) = listener.accept().await?;
        let (dialled, served) = tokio::join!(dial, serve(incoming, &torrents));
        let Ok(mut peer) = served.inspect_err(|error| println!("refused: {error}")) else {
            assert_eq!(info_hash, unknown);
            continue;
        };
        let mut handshake = [0; 68];
        peer.read_exact(&mut handshake).await?; // comes first in every mode
        println!("accepted: {}", peer.negotiated());
        assert_eq!(handshake[..], theirs);
        assert_eq!(peer.negotiated().mode(), dialled?.negotiated().mode());
    }
    Ok(())
}
