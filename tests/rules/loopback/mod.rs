//! The whole library over real sockets.

mod carrying;
mod openings;
mod redial;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_mse::{Error, Mode, MseAcceptor, MseConnector, MseStream, Policy, Skey};

use crate::support::serve::serve;
use crate::support::spawn::spawn_boxed;

const INFO_HASH: [u8; 20] = [0x5E; 20];

fn bittorrent_handshake(peer_id: u8) -> Bytes {
    let parts = [
        &b"\x13BitTorrent protocol"[..],
        &[0; 8],
        &INFO_HASH,
        &[peer_id; 20],
    ];
    parts.concat().into()
}

async fn listener() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Accepts one connection with the policy.
fn accept_one(listener: TcpListener, policy: Policy) -> JoinHandle<Result<MseStream<TcpStream>, Error>> {
    spawn_boxed(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        serve(&MseAcceptor::new(policy), tcp, Skey::from(INFO_HASH), "").await
    })
}

/// Two ends of a connection with the same policy.
async fn pair(policy: &Policy) -> (MseStream<TcpStream>, MseStream<TcpStream>) {
    let (listener, address) = listener().await;
    let accepted = accept_one(listener, policy.clone());
    let tcp = TcpStream::connect(address).await.unwrap();
    let dialled = MseConnector::new(policy.clone()).connect(tcp, INFO_HASH, bittorrent_handshake(1));
    (dialled.await.unwrap(), accepted.await.unwrap().unwrap())
}

fn modes() -> [(Policy, Mode); 3] {
    [
        (Policy::full_rc4(), Mode::Rc4),
        (Policy::header_only(), Mode::HeaderOnly),
        (Policy::plaintext_only(), Mode::Plaintext),
    ]
}
