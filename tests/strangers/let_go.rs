//! L3: whoever would dial again is let go at once, unless the caller would rather hide that he was understood.

use std::future::IntoFuture;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_mse::{Encryption, Error, HandshakeError, Linger, Mode, MseAcceptor, MseConnector, Policy, Skey};

use super::spawned::tasks;
use super::{INFO_HASH, handshake, require, seconds, skey};

/// How long until the other side ends the connection.
async fn end_of(mut near: DuplexStream) -> Duration {
    let start = Instant::now();
    let _ = near.read_to_end(&mut Vec::new()).await;
    start.elapsed()
}

fn linger() -> Linger {
    Linger::new().until(seconds(30)..=seconds(30))
}

#[tokio::test(start_paused = true)]
async fn l3_plaintext_where_mse_is_required_is_closed_at_once() {
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let error = require().accept(far, skey()).linger(&linger()).await.unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::PlaintextRefused)));
    assert_eq!(end_of(near).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l3_mse_where_it_is_forbidden_is_closed_at_once() {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0xA5; 96]).await.unwrap();
    let acceptor = MseAcceptor::new(Policy::plaintext_only());
    let error = acceptor.accept(far, skey()).linger(&linger()).await.unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::MseRefused)));
    assert_eq!(end_of(near).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l3_a_plaintext_handshake_for_what_is_not_served_is_closed_at_once() {
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake([0xEE; 20])).await.unwrap();
    let accept = MseAcceptor::default()
        .accept(far, skey())
        .initial_payload(|_: &Skey| Bytes::from(handshake(INFO_HASH)));
    let error = accept.linger(&linger()).await.unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::UnknownInfoHash)));
    assert_eq!(end_of(near).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l3_an_allow_dialler_does_not_wait_at_a_require_acceptor() {
    let start = Instant::now();
    let linger = linger();
    let connector = MseConnector::new(Policy::default().with_encryption(Encryption::Allow));
    let peer = connector
        .connect_with(INFO_HASH, handshake(INFO_HASH), |_| {
            let (near, far) = duplex(4096);
            let accept = require().accept(far, skey()).linger(&linger);
            tokio::spawn(async move {
                let Ok(mut peer) = accept.await else { return };
                let _ = tokio::io::copy(&mut peer, &mut tokio::io::sink()).await;
            });
            std::future::ready(Ok::<_, std::io::Error>(near))
        })
        .await
        .unwrap();
    let negotiated = peer.negotiated();
    assert_eq!((negotiated.mode(), negotiated.attempts()), (Mode::Rc4, 2));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l3_where_plaintext_is_hidden_it_waits_and_that_is_the_price() {
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let acceptor = require().hide_plaintext(true).timeout(seconds(10));
    let error = acceptor.accept(far, skey()).linger(&linger()).await.unwrap_err();
    // 68 bytes are no key: nothing was looked at, and the time-out ends it.
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");

    let (mut near_long, far) = duplex(4096);
    let opening = [handshake(INFO_HASH), vec![0; 40]].concat();
    near_long.write_all(&opening).await.unwrap();
    let start = Instant::now();
    let error = acceptor.accept(far, skey()).linger(&linger()).await.unwrap_err();
    assert!(
        matches!(error, Error::Refused(HandshakeError::PlaintextRefused)),
        "{error}"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(end_of(near_long).await, seconds(30));
}

#[tokio::test(start_paused = true)]
async fn l3_whoever_is_let_go_needs_no_task() {
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let before = tasks();
    require().accept(far, skey()).linger(&linger()).await.unwrap_err();
    assert_eq!(tasks(), before);
}

#[tokio::test(start_paused = true)]
async fn nobody_who_lingers_ends_before_a_handshake_that_was_not_refused_would() {
    let (acceptor, early) = (
        require().timeout(seconds(7)),
        Linger::new().until(seconds(1)..=seconds(1)),
    );
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let error = acceptor.accept(far, skey()).linger(&early).await.unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::DegenerateKey)));
    assert_eq!(end_of(near).await, seconds(7));
}

#[tokio::test(start_paused = true)]
async fn l5_behind_the_deadline_hidden_plaintext_gets_no_more_of_an_answer_than_random_bytes() {
    for opening in [[handshake(INFO_HASH), vec![0; 40]].concat(), vec![0xA5; 108]] {
        let acceptor = require()
            .hide_plaintext(true)
            .timeout(seconds(10))
            .max_handshakes(1);
        let (mut holder, far) = duplex(4096);
        holder.write_all(&[0xA5; 96]).await.unwrap();
        let mut holding = tokio_test::task::spawn(acceptor.accept(far, skey()).into_future());
        assert!(holding.poll().is_pending());
        let (mut near, far) = duplex(4096);
        near.write_all(&opening).await.unwrap();
        let mut waiting =
            tokio_test::task::spawn(acceptor.accept(far, skey()).linger(&linger()).into_future());
        assert!(waiting.poll().is_pending());
        // The place is free and the time is over when it is looked at next.
        tokio::time::advance(seconds(11)).await;
        drop(holding);
        let Poll::Ready(Err(error)) = waiting.poll() else {
            panic!("it goes on");
        };
        assert!(matches!(error, Error::TimedOut { .. }), "{error}");
        let mut answer = Vec::new();
        near.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty(), "{} bytes", answer.len());
    }
}
