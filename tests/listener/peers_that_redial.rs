//! L3: peers that would redial are closed at once even if the acceptor lingers, unless plaintext is hidden.

use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_mse::{
    Encryption, Error, ErrorKind, HandshakeError, Linger, Mode, MseAcceptor, MseConnector, Policy,
};

use super::{INFO_HASH, NOT_SERVED, handshake, linger, require, seconds, serve, skey, time_to_end};

/// How a connection that began with `opening` ended: with which error, when it was returned, and when the peer saw it.
async fn outcome(acceptor: MseAcceptor, opening: &[u8]) -> (Error, Duration, Duration) {
    let (mut near, far) = duplex(4096);
    near.write_all(opening).await.unwrap();
    let start = Instant::now();
    let accept = async {
        let error = serve(acceptor, far, handshake(INFO_HASH)).await.unwrap_err();
        (error, start.elapsed())
    };
    let see = async {
        let seen = time_to_end(&mut near).await;
        drop(near);
        seen
    };
    let ((error, returned), seen) = tokio::join!(accept, see);
    (error, returned, seen)
}

async fn assert_closed_at_once(acceptor: MseAcceptor, opening: &[u8], refusal: HandshakeError) {
    let (error, returned, seen) = outcome(acceptor.linger(linger()), opening).await;
    assert_eq!(error.refusal(), Some(&refusal));
    assert_eq!((returned, seen), (Duration::ZERO, Duration::ZERO), "{refusal}");
}

#[tokio::test(start_paused = true)]
async fn l3_plaintext_where_mse_is_required_is_closed_at_once() {
    let refusal = HandshakeError::PlaintextRefused;
    assert_closed_at_once(require(), &handshake(INFO_HASH), refusal).await;
}

#[tokio::test(start_paused = true)]
async fn l3_mse_where_it_is_forbidden_is_closed_at_once() {
    let forbid = MseAcceptor::new(Policy::plaintext_only());
    assert_closed_at_once(forbid, &[0xA5; 96], HandshakeError::MseRefused).await;
}

#[tokio::test(start_paused = true)]
async fn l3_a_plaintext_handshake_for_what_is_not_served_is_closed_at_once() {
    let opening = handshake(NOT_SERVED);
    assert_closed_at_once(MseAcceptor::default(), &opening, HandshakeError::UnknownInfoHash).await;
}

#[tokio::test(start_paused = true)]
async fn l3_plaintext_that_a_torrent_does_not_admit_is_closed_at_once() {
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let start = Instant::now();
    let acceptor = MseAcceptor::default().linger(linger());
    let incoming = acceptor.accept(far).await.unwrap();
    let accept = incoming
        .with_policy(&Policy::full_rc4())
        .accept(skey(), handshake(INFO_HASH));
    let error = accept.await.unwrap_err();
    assert_eq!(error.refusal(), Some(&HandshakeError::PlaintextRefused));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(time_to_end(&mut near).await, Duration::ZERO);
}

async fn discard_all(acceptor: MseAcceptor, far: DuplexStream) {
    if let Ok(mut peer) = serve(acceptor, far, Vec::new()).await {
        let _ = tokio::io::copy(&mut peer, &mut tokio::io::sink()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn l3_an_allow_dialler_does_not_wait_at_a_require_acceptor() {
    let start = Instant::now();
    let connector = MseConnector::new(Policy::default().with_encryption(Encryption::Allow));
    let acceptor = require().linger(linger());
    let peer = connector
        .connect_with(INFO_HASH, handshake(INFO_HASH), |_| {
            let (near, far) = duplex(4096);
            tokio::spawn(discard_all(acceptor.clone(), far));
            std::future::ready(Ok::<_, std::io::Error>(near))
        })
        .await
        .unwrap();
    let negotiated = peer.negotiated();
    assert_eq!((negotiated.mode(), negotiated.attempts()), (Mode::Rc4, 2));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l3_a_prefer_dialler_does_not_wait_at_a_forbid_acceptor() {
    let start = Instant::now();
    let acceptor = MseAcceptor::new(Policy::plaintext_only()).linger(linger());
    let peer = MseConnector::default()
        .connect_with(INFO_HASH, handshake(INFO_HASH), |_| {
            let (near, far) = duplex(4096);
            tokio::spawn(discard_all(acceptor.clone(), far));
            std::future::ready(Ok::<_, std::io::Error>(near))
        })
        .await
        .unwrap();
    assert_eq!(peer.negotiated().mode(), Mode::Plaintext);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l3_where_plaintext_is_hidden_it_waits_and_that_is_the_price() {
    let acceptor = require()
        .hide_plaintext(true)
        .timeout(seconds(10))
        .linger(linger());
    // 68 bytes are less than a key. There is nothing to refuse, so the connection ends at the timeout.
    let (error, returned, seen) = outcome(acceptor.clone(), &handshake(INFO_HASH)).await;
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)), "{error}");
    assert_eq!((returned, seen), (seconds(10), seconds(10)));

    let longer = [handshake(INFO_HASH), vec![0; 40]].concat();
    let (error, returned, seen) = outcome(acceptor.clone(), &longer).await;
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)), "{error}");
    assert_eq!((returned, seen), (seconds(30), seconds(30)));

    let more_than_padding = [handshake(INFO_HASH), vec![0; 561]].concat();
    let (error, returned, seen) = outcome(acceptor, &more_than_padding).await;
    assert_eq!(error.refusal(), Some(&HandshakeError::NoSyncMark));
    assert_eq!((returned, seen), (seconds(30), seconds(30)));
}

#[tokio::test(start_paused = true)]
async fn hiding_plaintext_has_no_effect_under_a_policy_that_serves_it() {
    for encryption in [Encryption::Forbid, Encryption::Allow, Encryption::Prefer] {
        let acceptor = MseAcceptor::new(Policy::default().with_encryption(encryption));
        let acceptor = acceptor.hide_plaintext(true).linger(linger());
        let (mut near, far) = duplex(4096);
        near.write_all(&handshake(INFO_HASH)).await.unwrap();
        let peer = serve(acceptor, far, Vec::new()).await.unwrap();
        assert_eq!(peer.negotiated().mode(), Mode::Plaintext, "{encryption:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_connection_that_lingers_ends_before_a_handshake_that_was_not_refused_would() {
    let early = Linger::new().until(seconds(1)..=seconds(1));
    let acceptor = require().timeout(seconds(7)).linger(early);
    let (error, returned, seen) = outcome(acceptor.clone(), &[0; 96]).await;
    assert_eq!(error.refusal(), Some(&HandshakeError::DegenerateKey));
    assert_eq!((returned, seen), (seconds(7), seconds(7)));
    let (error, returned, seen) = outcome(acceptor, &[0xA5; 96]).await;
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)), "{error}");
    assert_eq!((returned, seen), (seconds(7), seconds(7)));
}
