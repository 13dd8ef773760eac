//! Dial with fallback: MSE first, plaintext on a new connection where the peer leaves MSE unanswered.

#[path = "guides/usage.rs"]
mod usage;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{Mode, MseConnector, Policy};

const INFO_HASH: [u8; 20] = [0x11; 20];

#[tokio::main]
async fn main() -> io::Result<()> {
    if usage::answered("Dials a client that has no MSE: first with MSE, then in plaintext.") {
        return Ok(());
    }
    let old_client = TcpListener::bind("127.0.0.1:0").await?;
    let address = old_client.local_addr()?;
    tokio::spawn(client_without_mse(old_client));

    // One for all connections. Without `allow_fallback` it would never show the info-hash.
    let policy = Policy::full_rc4().allow_fallback();
    println!("the policy is {policy}");
    let connector = MseConnector::new(policy).timeout(Duration::from_secs(10));

    // The initial payload is sent exactly once, inside the MSE handshake or as it is. Give it all 68 bytes.
    let handshake = bittorrent_handshake(b"-XX0100-dialler.....");
    let mut peer = connector
        .connect_with(INFO_HASH, handshake, |attempt| {
            println!("dialling {address}: {attempt}");
            TcpStream::connect(address) // whatever makes a transport: TCP, uTP, a proxy
        })
        .await?; // an error that names the step; `?` makes an `io::Error` of it
    println!("connected: {}", peer.negotiated());

    // From here on it is the bare stream.
    let mut theirs = [0; 68];
    peer.read_exact(&mut theirs).await?;
    println!("received: {}", String::from_utf8_lossy(&theirs[48..]));
    assert_eq!(peer.negotiated().attempts(), 2);
    assert_eq!(peer.negotiated().mode(), Mode::Plaintext); // no MSE at all
    Ok(())
}

fn bittorrent_handshake(peer_id: &[u8; 20]) -> Vec<u8> {
    [b"\x13BitTorrent protocol", &[0; 8][..], &INFO_HASH, peer_id].concat()
}

/// Hangs up on everything that is not a plaintext handshake.
async fn client_without_mse(listener: TcpListener) -> io::Result<()> {
    loop {
        let (mut tcp, _) = listener.accept().await?;
        let mut handshake = [0; 68];
        tcp.read_exact(&mut handshake).await?;
        if handshake.starts_with(b"\x13BitTorrent protocol") {
            tcp.write_all(&bittorrent_handshake(b"-OLD100-listener...."))
                .await?;
        }
    }
}
