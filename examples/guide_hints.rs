//! Hints from trackers and other peers choose the mode of the first attempt.

use std::io::{self, Write};
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio_mse::{DialMode, Encryption, MseAcceptor, MseConnector, PeerHint, Policy, Skey};

const INFO_HASH: [u8; 20] = [0x44; 20];

/// Dials, and returns the modes of the attempts. Keep the `hint` of a peer with its address.
async fn dial(peer: SocketAddr, hint: &mut PeerHint) -> io::Result<Vec<DialMode>> {
    // A client that dials in plaintext first.
    let connector = MseConnector::new(Policy::default().with_encryption(Encryption::Allow));
    let handshake = [
        b"\x13BitTorrent protocol\0\0\0\0\0\0\0\0",
        &INFO_HASH[..],
        b"-XX0100-............",
    ]
    .concat();
    let mut modes = Vec::new();
    let stream = connector
        .for_peer(*hint)
        .connect_with(INFO_HASH, handshake, |mode| {
            modes.push(mode);
            TcpStream::connect(peer)
        })
        .await?;
    say(format_args!(
        "   {hint:?}: dialled {modes:?}, got {}",
        stream.negotiated()
    ));
    *hint = hint.join(stream.negotiated().into()); // MSE worked, so it is dialled first the next time
    Ok(modes)
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let acceptor = MseAcceptor::new(Policy::full_rc4());
    loop {
        let (tcp, _) = listener.accept().await?;
        if let Ok(incoming) = acceptor.accept(tcp).await {
            let _ = incoming.accept(Skey::from(INFO_HASH), "").await;
        }
    }
}

/// Unlike `println!`, this does not panic if nobody reads the output.
fn say(line: impl std::fmt::Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let peer = listener.local_addr()?;
    tokio::spawn(serve(listener));

    say("A peer from a UDP tracker, the DHT or `peers6`. Nothing is known:");
    let mut hint = PeerHint::Unknown;
    assert_eq!(dial(peer, &mut hint).await?, [DialMode::Plaintext, DialMode::Mse]);

    say("The same peer again:");
    assert_eq!(dial(peer, &mut hint).await?, [DialMode::Mse]);

    say("A peer with hints from three sources. The strongest hint wins:");
    let from_tracker = PeerHint::from_crypto_flag(1); // `crypto_flags` of a tracker's answer: it requires MSE
    let from_exchange = PeerHint::from_pex_flags(0x01); // `added.f` of a peer exchange (BEP 11): it prefers MSE
    let from_itself = PeerHint::from_extension_handshake(Some(1)); // `e` of its extension handshake (BEP 10)
    let mut hint = from_tracker.join(from_exchange).join(from_itself);
    assert_eq!(hint, PeerHint::RequiresMse);
    assert_eq!(dial(peer, &mut hint).await?, [DialMode::Mse]);
    Ok(())
}
