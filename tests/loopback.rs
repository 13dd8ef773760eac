//! The whole library over real sockets.

#![allow(clippy::unwrap_used)]

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_mse::{
    Attempt, ConnectError, Encryption, Error, HandshakeError, Incoming, Mode, MseAcceptor, MseConnector,
    MseStream, Negotiated, Policy, Role, Skey, SkeyIndex, Step,
};
use tokio_util::codec::{Framed, LengthDelimitedCodec};

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
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        MseAcceptor::new(policy).accept(tcp, Skey::from(INFO_HASH)).await
    })
}

/// Two ends of a connection by the same policy.
async fn pair(policy: &Policy) -> (MseStream<TcpStream>, MseStream<TcpStream>) {
    let (listener, address) = listener().await;
    let accepted = accept_one(listener, policy.clone());
    let tcp = TcpStream::connect(address).await.unwrap();
    let dialled = MseConnector::new(policy.clone())
        .connect(tcp, INFO_HASH)
        .initial_payload(bittorrent_handshake(1));
    (dialled.await.unwrap(), accepted.await.unwrap().unwrap())
}

fn modes() -> [(Policy, Mode); 3] {
    [
        (Policy::full_rc4(), Mode::Rc4),
        (Policy::header_only(), Mode::HeaderOnly),
        (Policy::plaintext_only(), Mode::Plaintext),
    ]
}

#[tokio::test]
async fn every_mode_carries_payload_both_ways() {
    for (policy, mode) in modes() {
        let (mut a, mut b) = pair(&policy).await;
        assert_eq!(a.negotiated().mode(), mode);
        assert_eq!(b.negotiated().mode(), mode);
        assert_eq!(
            (a.negotiated().role(), b.negotiated().role()),
            (Role::Initiator, Role::Responder)
        );
        assert_eq!((a.negotiated().attempts(), b.negotiated().attempts()), (1, 1));
        assert!(a.negotiated().elapsed().is_some() && b.negotiated().elapsed().is_some());
        // A plaintext handshake merely claims an info-hash.
        let verified = (mode != Mode::Plaintext).then(|| Skey::from(INFO_HASH));
        assert_eq!(a.negotiated().skey(), verified.as_ref());
        assert_eq!(b.negotiated().skey(), verified.as_ref());

        let mut handshake = [0; 68];
        b.read_exact(&mut handshake).await.unwrap();
        assert_eq!(handshake[..], bittorrent_handshake(1));
        b.write_all(b"from the responder").await.unwrap();
        let mut bytes = [0; 18];
        a.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"from the responder");
        a.write_all(b"from the initiator").await.unwrap();
        b.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"from the initiator");
    }
}

#[tokio::test]
async fn the_whole_handshake_of_a_peer_comes_in_one_read() {
    for (policy, _) in modes() {
        let (_a, mut b) = pair(&policy).await;
        let mut buffer = [0; 4096];
        // A plaintext peer's handshake may be cut by TCP; one write of 68 bytes over loopback is not.
        assert_eq!(b.read(&mut buffer).await.unwrap(), 68);
    }
}

#[tokio::test]
async fn half_close_works_both_ways() {
    for (policy, _) in modes() {
        let (mut a, mut b) = pair(&policy).await;
        a.shutdown().await.unwrap();
        let mut all = Vec::new();
        b.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, bittorrent_handshake(1));
        b.write_all(b"after the peer's end").await.unwrap();
        b.shutdown().await.unwrap();
        let mut rest = Vec::new();
        a.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"after the peer's end");
    }
}

#[tokio::test]
async fn f4_copy_bidirectional_over_two_streams_ends() {
    for (policy, _) in modes() {
        let (mut near, mut middle_in) = pair(&policy).await;
        let (mut middle_out, mut far) = pair(&policy).await;
        let relay =
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut middle_in, &mut middle_out).await });
        let sent = vec![0xC3; 1 << 20];
        let payload = sent.clone();
        let far = tokio::spawn(async move {
            let mut received = Vec::new();
            far.read_to_end(&mut received).await.unwrap();
            far.write_all(b"done").await.unwrap();
            far.shutdown().await.unwrap();
            received
        });
        near.write_all(&payload).await.unwrap();
        near.shutdown().await.unwrap();
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"done");
        let expected = [&bittorrent_handshake(1)[..], &bittorrent_handshake(1)[..], &sent].concat();
        assert!(far.await.unwrap() == expected);
        relay.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn split_halves_work_in_two_tasks_and_outlive_each_other() {
    for (policy, _) in modes() {
        let (a, b) = pair(&policy).await;
        let (mut read_a, mut write_a) = a.into_split_with(TcpStream::into_split);
        let (mut read_b, mut write_b) = b.into_split_with(tokio::io::split);
        let writer = tokio::spawn(async move {
            write_a.write_all(&vec![7; 3 << 20]).await.unwrap();
            write_a.shutdown().await.unwrap();
            // Dropped here, while the other half still reads.
        });
        let reader = tokio::spawn(async move {
            let mut received = Vec::new();
            read_b.read_to_end(&mut received).await.unwrap();
            received
        });
        write_b.write_all(b"meanwhile").await.unwrap();
        let mut meanwhile = [0; 9];
        read_a.read_exact(&mut meanwhile).await.unwrap();
        assert_eq!(&meanwhile, b"meanwhile");
        writer.await.unwrap();
        let received = reader.await.unwrap();
        // The bytes that came with the handshake survive the split.
        assert_eq!(received[..68], bittorrent_handshake(1));
        assert!(received[68..] == vec![7; 3 << 20]);
        write_b.shutdown().await.unwrap();
        assert_eq!(read_a.read(&mut meanwhile).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn framed_works_unchanged() {
    for (policy, _) in modes() {
        let (a, mut b) = pair(&policy).await;
        b.read_exact(&mut [0; 68]).await.unwrap();
        let mut a = Framed::new(a, LengthDelimitedCodec::new());
        let mut b = Framed::new(b, LengthDelimitedCodec::new());
        for len in [0, 1, 16_397, 100_000] {
            let message = Bytes::from(vec![0x11; len]);
            a.send(message.clone()).await.unwrap();
            assert_eq!(b.next().await.unwrap().unwrap(), message);
            b.send(message.clone()).await.unwrap();
            assert_eq!(a.next().await.unwrap().unwrap(), message);
        }
    }
}

#[tokio::test]
async fn parts_give_the_unread_bytes_and_ciphers_that_go_on() {
    let policy = Policy::full_rc4();
    let (a, b) = pair(&policy).await;
    let (mut a, mut b) = (a.into_parts(), b.into_parts());
    assert_eq!(b.unread, bittorrent_handshake(1));
    let mut bytes = *b"by hand";
    a.encrypt.as_mut().unwrap().as_mut().unwrap().apply(&mut bytes);
    a.io.write_all(&bytes).await.unwrap();
    b.io.read_exact(&mut bytes).await.unwrap();
    b.decrypt.as_mut().unwrap().as_mut().unwrap().apply(&mut bytes);
    assert_eq!(&bytes, b"by hand");
}

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

/// A peer that accepts connections and does `behave` with each, and counts them.
fn peer<F>(listener: TcpListener, behave: impl Fn(usize, TcpStream) -> F + Send + 'static) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        for connection in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            tokio::spawn(behave(connection, tcp));
        }
    })
}

fn allow() -> Policy {
    Policy::default().with_encryption(Encryption::Allow)
}

fn handshake_error<T>(outcome: Result<MseStream<T>, ConnectError<io::Error>>) -> Error {
    match outcome {
        Err(ConnectError::Handshake(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("success"),
    }
}

async fn dial_with_redial(
    policy: Policy,
    address: std::net::SocketAddr,
) -> (
    Result<MseStream<TcpStream>, ConnectError<io::Error>>,
    Vec<Attempt>,
) {
    let mut attempts = Vec::new();
    let connector = MseConnector::new(policy);
    let outcome = connector
        .connect_with(INFO_HASH, bittorrent_handshake(1), |attempt| {
            attempts.push(attempt);
            TcpStream::connect(address)
        })
        .await;
    (outcome, attempts)
}

#[tokio::test]
async fn h9_prefer_redials_in_plaintext_when_the_peer_hangs_up_before_it_answers() {
    let (listener, address) = listener().await;
    let _peer = peer(listener, |connection, mut tcp| async move {
        let mut first = [0; 68];
        tcp.read_exact(&mut first).await.unwrap();
        if connection == 1 {
            assert_eq!(first[..], bittorrent_handshake(1));
            tcp.write_all(b"served").await.unwrap();
        }
    });
    let (outcome, attempts) = dial_with_redial(Policy::default(), address).await;
    let mut stream = outcome.unwrap();
    assert_eq!(attempts, [Attempt::Mse, Attempt::Plaintext]);
    assert_eq!(stream.negotiated().attempts(), 2);
    assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"served");
}

#[tokio::test]
async fn h9_allow_redials_with_mse_when_plaintext_is_not_answered() {
    let (listener, address) = listener().await;
    let _peer = peer(listener, |_, tcp| async move {
        let acceptor = MseAcceptor::new(Policy::full_rc4());
        if let Ok(mut stream) = acceptor.accept(tcp, &Skey::from(INFO_HASH)).await {
            let mut handshake = [0; 68];
            stream.read_exact(&mut handshake).await.unwrap();
            assert_eq!(handshake[..], bittorrent_handshake(1));
            stream.write_all(b"served").await.unwrap();
        }
    });
    let (outcome, attempts) = dial_with_redial(allow(), address).await;
    let mut stream = outcome.unwrap();
    assert_eq!(attempts, [Attempt::Plaintext, Attempt::Mse]);
    assert_eq!(stream.negotiated().attempts(), 2);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"served");
}

#[tokio::test]
async fn h9_h11_allow_replays_the_first_bytes_of_the_plaintext_answer() {
    let (listener, address) = listener().await;
    let _peer = peer(listener, |_, mut tcp| async move {
        tcp.read_exact(&mut [0; 68]).await.unwrap();
        tcp.write_all(&bittorrent_handshake(2)).await.unwrap();
    });
    let (outcome, attempts) = dial_with_redial(allow(), address).await;
    let mut stream = outcome.unwrap();
    assert_eq!(attempts, [Attempt::Plaintext]);
    assert_eq!(stream.negotiated().attempts(), 1);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, bittorrent_handshake(2));
}

#[tokio::test]
async fn h9_a_peer_that_answered_with_its_key_is_never_redialled() {
    let (listener, address) = listener().await;
    let _peer = peer(listener, |_, mut tcp| async move {
        tcp.read_exact(&mut [0; 96]).await.unwrap();
        tcp.write_all(&[0x55; 96]).await.unwrap();
    });
    let (outcome, attempts) = dial_with_redial(Policy::default(), address).await;
    let error = handshake_error(outcome);
    assert_eq!(attempts, [Attempt::Mse]);
    assert!(error.peer_answered());
    assert_eq!(Policy::default().redial(Attempt::Mse, &error), None);
    assert_eq!(error.step(), Step::Sync);
}

#[tokio::test]
async fn h9_require_and_forbidden_fallback_never_redial() {
    for policy in [Policy::full_rc4(), Policy::default().forbid_fallback()] {
        let (listener, address) = listener().await;
        let _peer = peer(listener, |_, tcp| async move { drop(tcp) });
        let (outcome, attempts) = dial_with_redial(policy, address).await;
        let error = handshake_error(outcome);
        assert_eq!(attempts, [Attempt::Mse]);
        // It would have been a reason to.
        let redial = Policy::default().redial(Attempt::Mse, &error);
        assert_eq!(redial, Some(Attempt::Plaintext));
    }
}

#[tokio::test]
async fn h9_a_dialler_that_fails_is_not_asked_again() {
    let mut dials = 0;
    let outcome = MseConnector::default()
        .connect_with(INFO_HASH, "", |_| {
            dials += 1;
            std::future::ready(Err::<TcpStream, _>(io::Error::from(
                io::ErrorKind::ConnectionRefused,
            )))
        })
        .await;
    assert!(
        matches!(outcome, Err(ConnectError::Dial(error)) if error.kind() == io::ErrorKind::ConnectionRefused)
    );
    assert_eq!(dials, 1);
}

#[tokio::test(start_paused = true)]
async fn h9_each_attempt_has_the_whole_time_out_and_a_dial_that_hangs_is_final() {
    let start = tokio::time::Instant::now();
    let mut attempts = Vec::new();
    let connector = MseConnector::default().timeout(Duration::from_secs(3));
    let mut far_ends = Vec::new();
    let stream = connector
        .connect_with(INFO_HASH, "x", |attempt| {
            attempts.push(attempt);
            let (near, far) = tokio::io::duplex(1024);
            far_ends.push(far);
            async { Ok::<_, io::Error>(near) }
        })
        .await
        .unwrap();
    assert_eq!(attempts, [Attempt::Mse, Attempt::Plaintext]);
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!(stream.negotiated().attempts(), 2);

    let hanging = connector.connect_with(INFO_HASH, "x", |_| {
        std::future::pending::<io::Result<TcpStream>>()
    });
    let error = handshake_error(hanging.await);
    assert!(matches!(error, Error::TimedOut { step: Step::Dial, .. }));
    assert_eq!(Policy::default().redial(Attempt::Mse, &error), None);
    assert_eq!(start.elapsed().as_secs(), 6);
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

    let (listener, address) = self::listener().await;
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
