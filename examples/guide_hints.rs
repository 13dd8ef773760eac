//! What trackers and other peers say of a peer decides what is tried first.

#[path = "guides/usage.rs"]
mod usage;

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Attempt, Encryption, MseAcceptor, MseConnector, PeerHint, Policy, Skey};

const INFO_HASH: [u8; 20] = [0x44; 20];

/// `hint` is what is known of the peer, and kept with its address. Of several sources the one that says most counts.
async fn dial(peer: SocketAddr, hint: &mut PeerHint) -> io::Result<Vec<Attempt>> {
    // A client that dials plaintext first, for speed.
    let connector = MseConnector::new(Policy::default().with_encryption(Encryption::Allow));
    println!("what is known of {peer}: {hint:?}");
    let mut attempts = Vec::new();
    let handshake = b"\x13BitTorrent protocol, and so on".as_slice();
    let stream = connector
        .for_peer(*hint)
        .connect_with(INFO_HASH, handshake, |attempt| {
            println!("dialling: {attempt}");
            attempts.push(attempt);
            TcpStream::connect(peer)
        })
        .await?;
    *hint = hint.join(stream.negotiated().into()); // MSE that worked comes first the next time
    Ok(attempts)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Dials a peer that takes nothing but MSE, before and after that is known.") {
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let peer = listener.local_addr()?;
    let requires_mse = MseAcceptor::new(Policy::full_rc4());
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let _ = requires_mse.accept(tcp, &Skey::from(INFO_HASH)).await;
        }
    });

    // From a UDP tracker, the DHT or `peers6`, nothing is known.
    let mut hint = PeerHint::Unknown;
    let first = dial(peer, &mut hint).await?;
    assert_eq!(first, [Attempt::Plaintext, Attempt::Mse]);
    assert_eq!(dial(peer, &mut hint).await?, [Attempt::Mse]);

    let from_tracker = PeerHint::from_crypto_flag(1); // `crypto_flags`: nothing but MSE
    let from_exchange = PeerHint::from_pex_flags(0x01); // BEP 11, `added.f`
    let from_itself = PeerHint::from_extension_handshake(Some(1)); // BEP 10, `e`
    let mut hint = from_tracker.join(from_exchange).join(from_itself);
    assert_eq!(hint, PeerHint::RequiresMse);
    assert_eq!(dial(peer, &mut hint).await?, [Attempt::Mse]);
    Ok(())
}
