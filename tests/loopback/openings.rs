//! How a connection begins: payloads, lookups, policies that meet and others.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_mse::{
    Error, HandshakeError, Incoming, Mode, MseAcceptor, MseConnector, MseStream, Negotiated, Policy, Skey,
    SkeyIndex,
};

use super::{INFO_HASH, accept_one, bittorrent_handshake, listener, modes};

#[tokio::test]
async fn responders_initial_payload_comes_first_and_once_in_every_mode() {
    for (policy, _) in modes() {
        let (listener, address) = listener().await;
        let acceptor = MseAcceptor::new(policy.clone());
        let accepted = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let skeys = SkeyIndex::from_iter([INFO_HASH]);
            acceptor
                .accept(tcp, &skeys)
                .initial_payload(|_| bittorrent_handshake(2))
                .await
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let dial = MseConnector::new(policy).connect(tcp, INFO_HASH);
        let mut a = dial.initial_payload(bittorrent_handshake(1)).await.unwrap();
        let mut b = accepted.await.unwrap().unwrap();
        assert_eq!(b.negotiated().skey(), Some(&Skey::from(INFO_HASH)));
        b.write_all(b"|").await.unwrap();
        b.shutdown().await.unwrap();
        let mut received = Vec::new();
        a.read_to_end(&mut received).await.unwrap();
        assert_eq!(received, [&bittorrent_handshake(2)[..], b"|"].concat());
        let mut handshake = [0; 68];
        b.read_exact(&mut handshake).await.unwrap();
        assert_eq!(handshake[..], bittorrent_handshake(1));
    }
}

#[tokio::test]
async fn a_plaintext_peer_of_an_unknown_torrent_is_refused_where_a_payload_is_to_be_sent() {
    let (listener, address) = listener().await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&bittorrent_handshake(1)).await.unwrap();
    let (io, _) = listener.accept().await.unwrap();
    let other = Skey::from([0; 20]);
    let accept = MseAcceptor::default()
        .accept(io, &other)
        .initial_payload(|_| bittorrent_handshake(2));
    let error = accept.await.unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::UnknownInfoHash)));
}

#[tokio::test]
async fn a_plaintext_peer_that_waits_behind_its_info_hash_is_answered() {
    let (listener, address) = listener().await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let theirs = bittorrent_handshake(1);
    let (up_to_info_hash, peer_id) = theirs.split_at(48);
    tcp.write_all(up_to_info_hash).await.unwrap();
    let (io, _) = listener.accept().await.unwrap();
    let skey = Skey::from(INFO_HASH);
    let accept = MseAcceptor::default()
        .accept(io, &skey)
        .initial_payload(|_| bittorrent_handshake(2));
    let mut peer = accept.await.unwrap();
    let mut answer = [0; 68];
    tcp.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[..], bittorrent_handshake(2));
    tcp.write_all(peer_id).await.unwrap();
    let mut handshake = [0; 68];
    peer.read_exact(&mut handshake).await.unwrap();
    assert_eq!(handshake[..], theirs);
}

#[tokio::test]
async fn lazy_accept_leaves_the_lookup_to_the_caller() {
    let (listener, address) = listener().await;
    let accepted = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        match MseAcceptor::default().accept_lazy(tcp).await.unwrap() {
            Incoming::Plaintext(_) => panic!("it is MSE"),
            Incoming::Pending(pending) => {
                assert_eq!(*pending.hash(), Skey::from(INFO_HASH).hash());
                tokio::task::yield_now().await;
                pending
                    .accept(INFO_HASH)
                    .initial_payload(bittorrent_handshake(2))
                    .await
                    .unwrap()
            }
        }
    });
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut a = MseStream::connect(tcp, INFO_HASH, &Policy::full_rc4())
        .await
        .unwrap();
    let mut received = [0; 68];
    a.read_exact(&mut received).await.unwrap();
    assert_eq!(received[..], bittorrent_handshake(2));
    let b = accepted.await.unwrap();
    assert_eq!(b.negotiated().mode(), Mode::Rc4);
}

#[tokio::test]
async fn lazy_accept_hands_over_a_plaintext_peer_with_all_its_bytes() {
    let (listener, address) = listener().await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&bittorrent_handshake(1)).await.unwrap();
    let (io, _) = listener.accept().await.unwrap();
    let Incoming::Plaintext(mut peer) = MseAcceptor::default().accept_lazy(io).await.unwrap() else {
        panic!("it is plaintext")
    };
    let mut handshake = [0; 68];
    peer.read_exact(&mut handshake).await.unwrap();
    assert_eq!(handshake[..], bittorrent_handshake(1));
    assert_eq!(peer.negotiated().mode(), Mode::Plaintext);
}

#[tokio::test]
async fn policies_that_do_not_meet_are_typed_errors() {
    let (listener, address) = listener().await;
    let accepted = accept_one(listener, Policy::full_rc4());
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&bittorrent_handshake(1)).await.unwrap();
    let error = accepted.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::PlaintextRefused)));
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let error = Error::downcast(error).unwrap();
    assert!(matches!(error, Error::Refused(HandshakeError::PlaintextRefused)));

    let (listener, address) = super::listener().await;
    let accepted = accept_one(listener, Policy::plaintext_only());
    let tcp = TcpStream::connect(address).await.unwrap();
    let dialled = MseStream::connect(tcp, INFO_HASH, &Policy::full_rc4()).await;
    assert!(dialled.is_err());
    let error = accepted.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::MseRefused)));
}

#[tokio::test]
async fn torrents_are_served_and_not_served_while_the_index_is_in_use() {
    let torrents = Arc::new(SkeyIndex::new());
    let serve = async |torrents: Arc<SkeyIndex>| -> Result<Negotiated, Error> {
        let (listener, address) = listener().await;
        let accepted = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let peer = MseAcceptor::default().accept(tcp, torrents).await?;
            Ok(peer.negotiated().clone())
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let _dialled = MseStream::connect(tcp, INFO_HASH, &Policy::full_rc4()).await;
        accepted.await.unwrap()
    };
    let refused = serve(Arc::clone(&torrents)).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(HandshakeError::UnknownSkey))
    ));
    assert!(torrents.insert(INFO_HASH));
    assert!(!torrents.insert(INFO_HASH));
    assert!(serve(Arc::clone(&torrents)).await.is_ok());
    assert!(torrents.remove(&Skey::from(INFO_HASH)));
    assert!(!torrents.remove(&Skey::from(INFO_HASH)));
    assert!(serve(torrents).await.is_err());
}
