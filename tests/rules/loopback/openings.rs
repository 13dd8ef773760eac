//! How a connection begins: payloads, lookups, and policies that have something in common or nothing.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_mse::{
    Error, HandshakeError, Mode, MseAcceptor, MseConnector, MseStream, Negotiated, Policy, Skey, SkeyIndex,
};

use crate::support::serve::serve;
use crate::support::spawn::spawn_boxed;

use super::{INFO_HASH, accept_one, bittorrent_handshake, listener, modes};

#[tokio::test]
async fn responders_initial_payload_comes_first_and_once_in_every_mode() {
    for (policy, _) in modes() {
        let (listener, address) = listener().await;
        let acceptor = MseAcceptor::new(policy.clone());
        let accepted = spawn_boxed(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            serve(&acceptor, tcp, Skey::from(INFO_HASH), bittorrent_handshake(2)).await
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let connector = MseConnector::new(policy);
        let dialled = connector.connect(tcp, INFO_HASH, bittorrent_handshake(1));
        let mut a = dialled.await.unwrap();
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
async fn a_plaintext_peer_that_asks_for_an_unknown_torrent_is_refused() {
    let (listener, address) = listener().await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&bittorrent_handshake(1)).await.unwrap();
    let (io, _) = listener.accept().await.unwrap();
    let other = Skey::from([0; 20]);
    let served = serve(&MseAcceptor::default(), io, other, bittorrent_handshake(2));
    let error = served.await.unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::UnknownInfoHash));
    let mut received = Vec::new();
    // The system may turn the close into a reset.
    let _ = tcp.read_to_end(&mut received).await;
    assert_eq!(received, b"");
}

#[tokio::test]
async fn a_plaintext_peer_that_waits_after_its_info_hash_is_answered() {
    let (listener, address) = listener().await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    let theirs = bittorrent_handshake(1);
    let (up_to_info_hash, peer_id) = theirs.split_at(48);
    tcp.write_all(up_to_info_hash).await.unwrap();
    let (io, _) = listener.accept().await.unwrap();
    let skey = Skey::from(INFO_HASH);
    let served = serve(&MseAcceptor::default(), io, skey, bittorrent_handshake(2));
    let mut peer = served.await.unwrap();
    let mut answer = [0; 68];
    tcp.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer[..], bittorrent_handshake(2));
    tcp.write_all(peer_id).await.unwrap();
    let mut handshake = [0; 68];
    peer.read_exact(&mut handshake).await.unwrap();
    assert_eq!(handshake[..], theirs);
}

#[tokio::test]
async fn the_lookup_is_up_to_the_caller_and_may_take_its_time() {
    let (listener, address) = listener().await;
    let accepted = spawn_boxed(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let torrents = SkeyIndex::from_iter([(INFO_HASH, bittorrent_handshake(2))]);
        let incoming = MseAcceptor::default().accept(tcp).await.unwrap();
        assert!(incoming.is_encrypted());
        tokio::task::yield_now().await;
        let (skey, handshake) = torrents.get(incoming.skey_hash()).unwrap();
        incoming.accept(skey, handshake).await.unwrap()
    });
    let tcp = TcpStream::connect(address).await.unwrap();
    let policy = Policy::full_rc4();
    let mut a = MseStream::connect(tcp, INFO_HASH, "", &policy).await.unwrap();
    let mut received = [0; 68];
    a.read_exact(&mut received).await.unwrap();
    assert_eq!(received[..], bittorrent_handshake(2));
    let b = accepted.await.unwrap();
    assert_eq!(b.negotiated().mode(), Mode::Rc4);
}

#[tokio::test]
async fn a_plaintext_peer_is_served_with_all_its_bytes() {
    let (listener, address) = listener().await;
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&bittorrent_handshake(1)).await.unwrap();
    let (io, _) = listener.accept().await.unwrap();
    let incoming = MseAcceptor::default().accept(io).await.unwrap();
    assert_eq!(incoming.info_hash(), Some(INFO_HASH));
    let mut peer = incoming.accept(INFO_HASH, "").await.unwrap();
    let mut handshake = [0; 68];
    peer.read_exact(&mut handshake).await.unwrap();
    assert_eq!(handshake[..], bittorrent_handshake(1));
    assert_eq!(peer.negotiated().mode(), Mode::Plaintext);
}

#[tokio::test]
async fn policies_with_nothing_in_common_are_typed_errors() {
    let (listener, address) = listener().await;
    let accepted = accept_one(listener, Policy::full_rc4());
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&bittorrent_handshake(1)).await.unwrap();
    let error = accepted.await.unwrap().unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::PlaintextRefused));
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let error = Error::downcast(error).unwrap();
    assert_eq!(error.refusal(), Some(&HandshakeError::PlaintextRefused));

    let (listener, address) = super::listener().await;
    let accepted = accept_one(listener, Policy::plaintext_only());
    let tcp = TcpStream::connect(address).await.unwrap();
    let dialled = MseStream::connect(tcp, INFO_HASH, "", &Policy::full_rc4()).await;
    assert!(dialled.is_err());
    let error = accepted.await.unwrap().unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::MseRefused));
}

#[tokio::test]
async fn torrents_are_served_and_not_served_while_the_index_is_in_use() {
    let torrents = Arc::new(SkeyIndex::new());
    let accept = async |torrents: Arc<SkeyIndex>| -> Result<Negotiated, Error> {
        let (listener, address) = listener().await;
        let accepted = spawn_boxed(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            let policy = Policy::default();
            let peer = MseStream::accept(tcp, |hash| torrents.skey(hash), &policy).await?;
            Ok(peer.negotiated().clone())
        });
        let tcp = TcpStream::connect(address).await.unwrap();
        let _dialled = MseStream::connect(tcp, INFO_HASH, "", &Policy::full_rc4()).await;
        accepted.await.unwrap()
    };
    let refused = accept(Arc::clone(&torrents)).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(&HandshakeError::UnknownSkey));
    assert_eq!(torrents.insert(INFO_HASH, ()), None);
    assert_eq!(torrents.insert(INFO_HASH, ()), Some(()));
    assert!(accept(Arc::clone(&torrents)).await.is_ok());
    assert_eq!(torrents.remove(&Skey::from(INFO_HASH)), Some(()));
    assert_eq!(torrents.remove(&Skey::from(INFO_HASH)), None);
    assert!(accept(torrents).await.is_err());
}
