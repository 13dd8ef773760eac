//! H9 and H11: what is dialled again, and in which mode.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_mse::{
    ConnectError, DialMode, Encryption, Error, Mode, MseAcceptor, MseConnector, MseStream, Policy, Skey, Step,
};

use crate::support::serve::serve;
use crate::support::spawn::spawn_boxed;

use super::{INFO_HASH, bittorrent_handshake, listener};

/// A peer that accepts connections, and calls `behave` with the number of each.
fn peer<F>(listener: TcpListener, behave: impl Fn(usize, TcpStream) -> F + Send + 'static) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    spawn_boxed(async move {
        for connection in 0.. {
            let (tcp, _) = listener.accept().await.unwrap();
            spawn_boxed(behave(connection, tcp));
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
    Vec<DialMode>,
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
    assert_eq!(attempts, [DialMode::Mse, DialMode::Plaintext]);
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
        if let Ok(mut stream) = serve(&acceptor, tcp, Skey::from(INFO_HASH), "").await {
            let mut handshake = [0; 68];
            stream.read_exact(&mut handshake).await.unwrap();
            assert_eq!(handshake[..], bittorrent_handshake(1));
            stream.write_all(b"served").await.unwrap();
        }
    });
    let (outcome, attempts) = dial_with_redial(allow(), address).await;
    let mut stream = outcome.unwrap();
    assert_eq!(attempts, [DialMode::Plaintext, DialMode::Mse]);
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
    assert_eq!(attempts, [DialMode::Plaintext]);
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
        // It reads everything, so that its end is no reset: with a reset, Wine forgets the key.
        tcp.shutdown().await.unwrap();
        let _ = tcp.read_to_end(&mut Vec::new()).await;
    });
    let (outcome, attempts) = dial_with_redial(Policy::default(), address).await;
    let error = handshake_error(outcome);
    assert_eq!(attempts, [DialMode::Mse]);
    assert!(error.peer_answered());
    assert_eq!(Policy::default().redial(DialMode::Mse, &error), None);
    assert_eq!(error.step(), Step::Sync);
}

#[tokio::test]
async fn h9_require_and_forbidden_fallback_never_redial() {
    for policy in [Policy::full_rc4(), Policy::default().forbid_fallback()] {
        let (listener, address) = listener().await;
        let _peer = peer(listener, |_, tcp| async move { drop(tcp) });
        let (outcome, attempts) = dial_with_redial(policy, address).await;
        let error = handshake_error(outcome);
        assert_eq!(attempts, [DialMode::Mse]);
        // Another policy would redial after this error.
        let redial = Policy::default().redial(DialMode::Mse, &error);
        assert_eq!(redial, Some(DialMode::Plaintext));
    }
}

#[tokio::test]
async fn h9_a_dialler_that_fails_is_not_called_again() {
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
async fn h9_each_attempt_has_the_whole_timeout_and_a_dial_that_hangs_is_final() {
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
    assert_eq!(attempts, [DialMode::Mse, DialMode::Plaintext]);
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!(stream.negotiated().attempts(), 2);

    let hanging = connector.connect_with(INFO_HASH, "x", |_| {
        std::future::pending::<io::Result<TcpStream>>()
    });
    let outcome = hanging.await;
    assert!(matches!(outcome, Err(ConnectError::DialTimedOut(after)) if after.as_secs() == 10));
    assert_eq!(start.elapsed().as_secs(), 13);
}
