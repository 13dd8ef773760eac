//! The sizes of the futures and of the stream, over a transport of two words.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::mem::{size_of, size_of_val};

use tokio::io::{DuplexStream, duplex};
use tokio_mse::{Linger, MseAcceptor, MseConnector, MseStream, Policy};

use super::support::exchange::{SKEY, skey};

#[test]
fn futures_and_streams_are_small_enough_to_have_thousands() {
    assert_eq!(size_of::<DuplexStream>(), 2 * size_of::<usize>());
    let transport = || duplex(1).0;
    let connector = MseConnector::default();
    let acceptor = MseAcceptor::default();
    let connect = size_of_val(&connector.connect(transport(), SKEY, Vec::new()));
    let dial = |_| -> Ready<Result<DuplexStream, Infallible>> { ready(Ok(transport())) };
    let connect_with = size_of_val(&connector.connect_with(SKEY, Vec::new(), dial));
    let accept = size_of_val(&acceptor.accept(transport()));
    let lingering = size_of_val(&acceptor.linger(Linger::new()).accept(transport()));
    let in_one = size_of_val(&MseStream::accept(
        transport(),
        |_| Some(skey()),
        &Policy::full_rc4(),
    ));
    let stream = size_of::<MseStream<DuplexStream>>();
    println!(
        "connect {connect}, connect_with {connect_with}, accept {accept}, with lookup {in_one}, stream {stream} bytes"
    );
    assert_eq!(accept, lingering);
    // The guide for listeners states about 1 KiB for a half-open handshake.
    assert!(accept <= 1024 && stream <= 1024);
}

#[tokio::test]
async fn an_incoming_and_what_follows_are_small() {
    let (near, far) = duplex(4096);
    let policy = Policy::full_rc4();
    let peer = tokio::spawn(MseStream::connect(near, SKEY, Vec::new(), &policy));
    let incoming = MseAcceptor::new(policy).accept(far).await.unwrap();
    let size = size_of_val(&incoming);
    let accept = incoming.accept(skey(), Vec::new());
    let accepting = size_of_val(&accept);
    println!("Incoming {size}, Incoming::accept {accepting} bytes");
    assert!(size <= 640);
    accept.await.unwrap();
    peer.await.unwrap().unwrap();
}
