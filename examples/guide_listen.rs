//! Listen for many torrents that are looked up asynchronously: the handshake waits at the SKEY for you.

use std::collections::HashMap;
use std::io;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Incoming, MseAcceptor, MseStream, Policy, Skey, SkeyHash};

/// A database, an actor, a remote service; keyed by `Skey::hash`, which never changes.
type Torrents = HashMap<SkeyHash, [u8; 20]>;

async fn find(torrents: &Torrents, wanted: &SkeyHash) -> io::Result<[u8; 20]> {
    tokio::task::yield_now().await;
    let found = torrents.get(wanted).copied();
    found.ok_or(io::ErrorKind::NotFound.into())
}

async fn serve(tcp: TcpStream, torrents: &Torrents) -> io::Result<MseStream<TcpStream>> {
    let acceptor = MseAcceptor::default(); // plaintext or MSE, whatever comes
    match acceptor.accept_lazy(tcp).await? {
        // Its handshake is unread still, the info-hash in it is yours to check.
        Incoming::Plaintext(peer) => Ok(peer),
        Incoming::Pending(pending) => {
            // Dropping `pending` hangs up.
            let info_hash = find(torrents, pending.hash()).await?;
            let ours = bittorrent_handshake(info_hash, b"-XX0100-listener....");
            // In one write with the rest of the MSE handshake, as other clients do.
            Ok(pending.accept(info_hash).initial_payload(ours).await?)
        }
    }
}

fn bittorrent_handshake(info_hash: [u8; 20], peer_id: &[u8; 20]) -> Vec<u8> {
    [b"\x13BitTorrent protocol", &[0; 8][..], &info_hash, peer_id].concat()
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let info_hashes = (0..=255).map(|byte| [byte; 20]);
    let torrents = info_hashes.map(|it| (Skey::from(it).hash(), it)).collect();
    let listener = TcpListener::bind("127.0.0.1:0").await?;

    for policy in [Policy::full_rc4(), Policy::plaintext_only()] {
        let tcp = TcpStream::connect(listener.local_addr()?).await?;
        let theirs = bittorrent_handshake([7; 20], b"-XX0100-dialler.....");
        let dial = MseStream::connect(tcp, [7; 20], &policy).initial_payload(theirs.clone());
        let (incoming, _) = listener.accept().await?;
        let (dialled, peer) = tokio::join!(dial, serve(incoming, &torrents));
        let (dialled, mut peer) = (dialled?, peer?);

        let mut handshake = [0; 68];
        peer.read_exact(&mut handshake).await?; // comes first in every mode
        assert_eq!(handshake[..], theirs);
        assert_eq!(peer.negotiated().mode(), dialled.negotiated().mode());
    }
    Ok(())
}
