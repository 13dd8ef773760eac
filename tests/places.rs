//! The limit on concurrent handshakes of an acceptor: who waits, for how long, and when a place is free again.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{Error, Incoming, MseAcceptor, MseConnector, Policy, Skey, Step};

const INFO_HASH: [u8; 20] = [0x5E; 20];

fn skey() -> Skey {
    Skey::from(INFO_HASH)
}

fn acceptor(limit: usize) -> MseAcceptor {
    MseAcceptor::default()
        .timeout(Duration::from_secs(10))
        .max_handshakes(limit)
}

/// Whether an honest peer is served at once, while no time passes.
async fn serves(acceptor: &MseAcceptor) -> bool {
    let (near, far) = duplex(4096);
    let skey = skey();
    let accept = acceptor.accept(far, &skey);
    let connect = MseConnector::new(Policy::full_rc4().require()).connect(INFO_HASH, near);
    let both = async { tokio::join!(accept, connect) };
    match tokio::time::timeout(Duration::from_millis(1), both).await {
        Ok((Ok(_), Ok(_))) => true,
        Err(_) => false,
        Ok((accepted, connected)) => panic!("{accepted:?}, {connected:?}"),
    }
}

fn silent(acceptor: &MseAcceptor) -> (impl Future<Output = Result<(), Error>> + use<>, DuplexStream) {
    let (near, far) = duplex(4096);
    let accept = acceptor.accept(far, skey());
    (accept.map(|accepted| accepted.map(drop)), near)
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_shared_by_clones_made_before_and_after_its_use() {
    let first = acceptor(2);
    let second = first.clone();
    let (mut one, _near_one) = silent(&first);
    assert!((&mut one).now_or_never().is_none());
    assert!(serves(&second).await);
    let (two, _near_two) = silent(&second.clone());
    let mut two = Box::pin(two);
    assert!((&mut two).now_or_never().is_none());
    for clone in [&first, &second, &first.clone(), &second.clone().timeout(None)] {
        assert!(!serves(clone).await);
    }
    drop(one);
    assert!(serves(&first).await && serves(&second).await);
}

#[tokio::test(start_paused = true)]
async fn a_limit_set_anew_is_a_limit_of_its_own() {
    let first = acceptor(1);
    let other = first.clone().max_handshakes(1);
    let (mut held, _near) = silent(&first);
    assert!((&mut held).now_or_never().is_none());
    assert!(serves(&other).await);
    assert!(!serves(&first).await);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_place_fails_at_its_own_deadline() {
    let first = acceptor(1);
    let (mut held, _near) = silent(&first);
    assert!((&mut held).now_or_never().is_none());
    let start = Instant::now();
    let (waiting, _near) = silent(&first.clone().timeout(Duration::from_secs(3)));
    let error = waiting.await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 3);
    assert!(matches!(
        error,
        Error::TimedOut {
            step: Step::Admission,
            answered: false,
            after
        } if after == Duration::from_secs(3)
    ));
    assert!(!error.peer_answered());
}

#[tokio::test(start_paused = true)]
async fn time_spent_waiting_for_a_place_counts_against_the_deadline() {
    let acceptor = acceptor(1);
    let (mut held, _near) = silent(&acceptor);
    assert!((&mut held).now_or_never().is_none());
    let start = Instant::now();
    let (waiting, _near) = silent(&acceptor);
    let waiting = tokio::spawn(waiting);
    sleep(Duration::from_secs(4)).await;
    drop(held);
    let error = waiting.await.unwrap().unwrap_err();
    assert!(
        matches!(
            error,
            Error::TimedOut {
                step: Step::Detect,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(start.elapsed().as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_after_success() {
    let acceptor = acceptor(1);
    let (near, far) = duplex(4096);
    let skey = skey();
    let connect = MseConnector::default().connect(INFO_HASH, near);
    let (accepted, connected) = tokio::join!(acceptor.accept(far, &skey), connect);
    let _open = (accepted.unwrap(), connected.unwrap());
    assert!(serves(&acceptor).await, "an established stream keeps no place");
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_after_a_plaintext_peer_and_after_both_kinds_of_lazy_accept() {
    let acceptor = acceptor(1);
    let plaintext = [&b"\x13BitTorrent protocol"[..], &[0; 8], &INFO_HASH, &[1; 20]].concat();
    let (mut near, far) = duplex(4096);
    near.write_all(&plaintext).await.unwrap();
    let _open = acceptor.accept(far, skey()).await.unwrap();
    assert!(serves(&acceptor).await);

    let (mut near, far) = duplex(4096);
    near.write_all(&plaintext).await.unwrap();
    let Incoming::Plaintext(_open) = acceptor.accept_lazy(far).await.unwrap() else {
        panic!("it is plaintext")
    };
    assert!(serves(&acceptor).await);

    let (near, far) = duplex(4096);
    let dialled = tokio::spawn(MseConnector::default().connect(INFO_HASH, near));
    let Incoming::Pending(pending) = acceptor.accept_lazy(far).await.unwrap() else {
        panic!("it is MSE")
    };
    assert!(
        !serves(&acceptor).await,
        "who waits for the caller keeps its place"
    );
    let _open = (
        pending.accept(INFO_HASH).await.unwrap(),
        dialled.await.unwrap().unwrap(),
    );
    assert!(serves(&acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_after_failure() {
    let acceptor = acceptor(1);
    // Closed by the peer.
    let (accept, near) = silent(&acceptor);
    drop(near);
    assert!(accept.await.is_err());
    assert!(serves(&acceptor).await);
    // Timed out.
    let (accept, _near) = silent(&acceptor);
    assert!(matches!(accept.await, Err(Error::TimedOut { .. })));
    assert!(serves(&acceptor).await);
    // Refused.
    let (accept, mut near) = silent(&acceptor);
    near.write_all(&[0x77; 1000]).await.unwrap();
    let refused = accept.await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    assert!(serves(&acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_again_after_a_drop_at_any_point() {
    let acceptor = acceptor(1);
    drop(silent(&acceptor));
    assert!(serves(&acceptor).await, "never polled");

    let (mut held, near) = silent(&acceptor);
    assert!((&mut held).now_or_never().is_none());
    {
        let (mut waiting, _near) = silent(&acceptor);
        assert!((&mut waiting).now_or_never().is_none());
    }
    drop((held, near));
    assert!(serves(&acceptor).await, "one held it, one waited");

    let (mut held, mut near) = silent(&acceptor);
    near.write_all(&[0x77; 96]).await.unwrap();
    assert!((&mut held).now_or_never().is_none());
    near.read_exact(&mut [0; 96]).await.unwrap();
    drop(held);
    assert!(serves(&acceptor).await, "between the keys and the mark");

    let (near, far) = duplex(4096);
    let _dialled = tokio::spawn(MseConnector::default().connect(INFO_HASH, near));
    let pending = acceptor.accept_lazy(far).await.unwrap();
    assert!(!serves(&acceptor).await);
    drop(pending);
    assert!(serves(&acceptor).await, "before the SKEY was named");
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_served_in_turn_and_all_of_them() {
    let acceptor = acceptor(3);
    let mut peers = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let acceptor = acceptor.clone();
        peers.spawn(async move {
            let (near, far) = duplex(4096);
            let skey = skey();
            let connect = MseConnector::default().connect(INFO_HASH, near);
            let (accepted, connected) = tokio::join!(acceptor.accept(far, &skey), connect);
            accepted.unwrap();
            connected.unwrap();
        });
    }
    while let Some(peer) = peers.join_next().await {
        peer.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_none_at_all_serves_nobody_and_a_huge_one_everybody() {
    let (waiting, _near) = silent(&acceptor(0));
    assert!(matches!(
        waiting.await,
        Err(Error::TimedOut {
            step: Step::Admission,
            ..
        })
    ));
    assert!(serves(&acceptor(usize::MAX)).await);
}
