//! Both ends of a connection, by tokio-mse and by mtorrent.

use mtorrent_base::pe::{Crypto, inbound_handshake, outbound_handshake};
use tokio::net::TcpStream;
use tokio_mse::{CryptoMethod, CryptoMethods, Mode, MseStream, Policy, Skey};

pub const INFO_HASH: [u8; 20] = [7; 20];

pub async fn ours(
    method: CryptoMethod,
    (a, b): (TcpStream, TcpStream),
) -> (MseStream<TcpStream>, MseStream<TcpStream>) {
    let policy = Policy::full_rc4().with_methods(CryptoMethods::only(method));
    let skey = Skey::from(INFO_HASH);
    let (a, b) = tokio::try_join!(
        MseStream::connect(a, &skey, "", &policy),
        MseStream::accept(b, |_| Some(skey.clone()), &policy),
    )
    .unwrap();
    assert_eq!(a.negotiated().mode(), Mode::from(method));
    (a, b)
}

pub async fn mtorrent(a: &mut TcpStream, b: &mut TcpStream) -> (Crypto, Crypto) {
    let mut received: Vec<u8> = Vec::new();
    let (a, b) = tokio::try_join!(
        outbound_handshake(a, &INFO_HASH, &b""[..]),
        inbound_handshake(b, &INFO_HASH, &mut received),
    )
    .unwrap();
    (a.expect("encrypted"), b.expect("encrypted"))
}
