//! A failure gives the transport back, and what lingers can be polled by the caller.

use std::error::Error as _;
use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_mse::{Error, Failed, HandshakeError, Incoming, Linger, MseConnector, PendingAccept, Policy, Step};

use super::spawned::tasks;
use super::{INFO_HASH, handshake, require, seconds, skey};

#[tokio::test(start_paused = true)]
async fn a_failed_accept_gives_the_transport_back_with_the_error() {
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let failed = require().accept(far, skey()).into_fallible().await.unwrap_err();
    assert!(matches!(
        failed.error(),
        Error::Refused(HandshakeError::PlaintextRefused)
    ));
    let (error, mut far) = failed.into_parts();
    assert_eq!(error.step(), Step::Detect);
    far.write_all(b"still open").await.unwrap();
    drop(far);
    let mut got = String::new();
    near.read_to_string(&mut got).await.unwrap();
    assert_eq!(got, "still open");
}

#[tokio::test(start_paused = true)]
async fn a_failed_connect_gives_the_transport_back_with_the_error() {
    let (near, mut far) = duplex(4096);
    far.shutdown().await.unwrap();
    let connect = MseConnector::new(Policy::full_rc4()).connect(near, INFO_HASH);
    let failed = connect.into_fallible().await.unwrap_err();
    assert!(matches!(failed.error(), Error::Closed { answered: false, .. }));
    let (_, mut near) = failed.into_parts();
    near.write_all(b"still open").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_lingers_can_be_polled_and_cancelled_by_the_caller() {
    let linger = Linger::new().until(seconds(30)..=seconds(30));
    let mut tasks = JoinSet::new();
    for cancelled in [false, true] {
        let (mut near, far) = duplex(4096);
        near.write_all(&[0; 96]).await.unwrap();
        let failed = require().accept(far, skey()).into_fallible().await.unwrap_err();
        let (error, lingering) = failed.linger(&linger);
        assert!(matches!(error, Error::Refused(HandshakeError::DegenerateKey)));
        let start = Instant::now();
        let task = tasks.spawn(lingering);
        tokio::task::yield_now().await;
        if cancelled {
            task.abort();
        }
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert!((97..=416).contains(&answer.len()));
        let lasted = if cancelled { seconds(0) } else { seconds(30) };
        assert_eq!(start.elapsed(), lasted);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pending_accept_shows_its_transport_and_gives_it_back() {
    let (near, far) = duplex(4096);
    tokio::spawn(async move {
        let connect = MseConnector::new(Policy::full_rc4()).connect(near, [0xEE; 20]);
        connect.await.unwrap_err()
    });
    let Incoming::Pending(pending) = require().accept_lazy(far).await.unwrap() else {
        panic!("it is MSE");
    };
    let _: &tokio::io::DuplexStream = pending.get_ref();
    assert!(!pending.hash().matches(&skey()));
    let failed = pending.into_failed();
    assert!(matches!(
        failed.error(),
        Error::Refused(HandshakeError::UnknownSkey)
    ));
}

/// An initiator that asks for `info_hash` and goes on waiting.
async fn asking_for(info_hash: [u8; 20], linger: &Linger) -> PendingAccept<DuplexStream> {
    let (near, far) = duplex(4096);
    tokio::spawn(async move {
        let connect = MseConnector::new(Policy::full_rc4()).connect(near, info_hash);
        connect.into_fallible().await
    });
    match require().accept_lazy(far).linger(linger).await.unwrap() {
        Incoming::Pending(pending) => pending,
        Incoming::Plaintext(_) => panic!("it is MSE"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_lazy_accept_with_the_wrong_skey_gives_the_transport_back_and_spawns_nothing() {
    let pending = asking_for([0xEE; 20], &Linger::new()).await;
    let before = tasks();
    let failed = pending.accept(skey()).into_fallible().await.unwrap_err();
    assert!(matches!(failed.error(), Error::Refused(HandshakeError::BadVc)));
    assert_eq!(tasks(), before);
    let (_, mut far) = failed.into_parts();
    far.write_all(b"still open").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lazy_accept_with_the_right_skey_does_not_fail_for_being_fallible() {
    let pending = asking_for(INFO_HASH, &Linger::new()).await;
    let peer = pending.accept(skey()).into_fallible().await.unwrap();
    assert!(peer.negotiated().skey().is_some());
}

/// A transport that breaks, and what it breaks with.
async fn broken_off() -> Failed<tokio_test::io::Mock> {
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    let transport = tokio_test::io::Builder::new().read_error(reset).build();
    require()
        .accept(transport, skey())
        .into_fallible()
        .await
        .unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_an_error_that_says_what_its_error_says() {
    let failed = broken_off().await;
    assert_eq!(failed.to_string(), failed.error().to_string());
    let source = failed
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::ConnectionReset));
    let error = Error::from(failed);
    assert!(matches!(error, Error::Transport { answered: false, .. }));
    let error = io::Error::from(broken_off().await);
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(matches!(Error::downcast(error), Ok(Error::Transport { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_failure_shows_its_transport() {
    let said = io::Cursor::new(handshake(INFO_HASH));
    let accept = require().accept(tokio::io::join(said, tokio::io::sink()), skey());
    let failed = accept.into_fallible().await.unwrap_err();
    // It is the one that was read from.
    assert!(failed.get_ref().reader().position() >= 20);
}
