//! L4: who holds a place for a handshake, for how long, and when it is free again.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_mse::{
    Error, HandshakeError, Incoming, Linger, MseAcceptor, MseConnector, MseStream, Policy, Step,
};

use super::{INFO_HASH, handshake, require, seconds, skey};

type Accepted = Result<MseStream<DuplexStream>, Error>;

fn acceptor(limit: usize) -> MseAcceptor {
    MseAcceptor::default().timeout(seconds(10)).max_handshakes(limit)
}

/// A connection that has sent its key, and its far end.
fn paid(acceptor: &MseAcceptor) -> (JoinHandle<Accepted>, DuplexStream) {
    let (mut near, far) = duplex(4096);
    let accept = acceptor.accept(far, skey()).into_future();
    let task = tokio::spawn(accept);
    let key = near.write_all(&[0xA5; 96]);
    futures_util::FutureExt::now_or_never(key)
        .expect("there is room")
        .unwrap();
    (task, near)
}

/// The same, once it has a place.
async fn placed(acceptor: &MseAcceptor) -> (JoinHandle<Accepted>, DuplexStream) {
    let (task, mut near) = paid(acceptor);
    near.read_exact(&mut [0; 96]).await.unwrap();
    (task, near)
}

async fn shake(acceptor: &MseAcceptor) -> (MseStream<DuplexStream>, MseStream<DuplexStream>) {
    let (near, far) = duplex(4096);
    let connect = MseConnector::new(Policy::full_rc4()).connect(near, INFO_HASH);
    tokio::try_join!(acceptor.accept(far, skey()).into_future(), connect.into_future()).unwrap()
}

/// Whether an honest peer is served at once, while no time passes.
async fn serves(acceptor: &MseAcceptor) -> bool {
    timeout(Duration::from_millis(1), shake(acceptor)).await.is_ok()
}

/// Lets what was dropped or ended be noticed.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn l4_the_limit_is_shared_by_clones_made_before_and_after_its_use() {
    let first = acceptor(2);
    let second = first.clone();
    let (one, _near_one) = placed(&first).await;
    assert!(serves(&second).await);
    let (_two, _near_two) = placed(&second.clone()).await;
    let other_policy = first.with_policy(Policy::full_rc4());
    for clone in [&first, &second, &second.clone().timeout(None), &other_policy] {
        assert!(!serves(clone).await);
    }
    one.abort();
    settle().await;
    assert!(serves(&first).await && serves(&second).await && serves(&other_policy).await);
}

#[tokio::test(start_paused = true)]
async fn l4_a_limit_set_anew_is_a_limit_of_its_own() {
    let first = acceptor(1);
    let other = first.clone().max_handshakes(1);
    let (_held, _near) = placed(&first).await;
    assert!(serves(&other).await);
    assert!(!serves(&first).await);
}

#[tokio::test(start_paused = true)]
async fn l4_time_spent_waiting_for_a_place_counts_against_the_deadline() {
    let acceptor = acceptor(1);
    let (held, _near) = placed(&acceptor).await;
    let start = Instant::now();
    let (waiting, _near_waiting) = paid(&acceptor);
    sleep(seconds(4)).await;
    held.abort();
    let error = waiting.await.unwrap().unwrap_err();
    // It got its place, and its peer sent no more than a key.
    assert!(
        matches!(
            error,
            Error::TimedOut {
                step: Step::Sync,
                answered: true,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(start.elapsed(), seconds(10));
}

#[tokio::test(start_paused = true)]
async fn l4_fewer_than_96_bytes_hold_no_place() {
    let acceptor = acceptor(1);
    let (mut near, far) = duplex(4096);
    let accept = acceptor.accept(far, skey()).into_future();
    let accept = tokio::spawn(accept);
    for sent in 0..96 {
        assert!(serves(&acceptor).await, "{sent} bytes");
        near.write_all(&[0xA5]).await.unwrap();
        settle().await;
    }
    assert!(!serves(&acceptor).await, "96 bytes");
    accept.abort();
}

#[tokio::test(start_paused = true)]
async fn l4_an_established_stream_keeps_no_place() {
    let acceptor = acceptor(1);
    let _open = shake(&acceptor).await;
    assert!(serves(&acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn l4_a_plaintext_stream_keeps_no_place() {
    let acceptor = acceptor(1);
    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let _open = acceptor.accept(far, skey()).await.unwrap();
    assert!(serves(&acceptor).await);

    let (mut near, far) = duplex(4096);
    near.write_all(&handshake(INFO_HASH)).await.unwrap();
    let Incoming::Plaintext(_open) = acceptor.accept_lazy(far).await.unwrap() else {
        panic!("it is plaintext")
    };
    assert!(serves(&acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn l4_who_waits_for_the_caller_keeps_its_place_until_it_is_accepted_refused_or_dropped() {
    let acceptor = acceptor(1);
    for ending in ["accepted", "refused", "dropped"] {
        let (near, far) = duplex(4096);
        let connect = MseConnector::default().connect(near, INFO_HASH).into_future();
        let dialled = tokio::spawn(connect);
        let Incoming::Pending(pending) = acceptor.accept_lazy(far).await.unwrap() else {
            panic!("it is MSE")
        };
        assert!(!serves(&acceptor).await, "{ending}");
        match ending {
            "accepted" => drop(pending.accept(INFO_HASH).await.unwrap()),
            "refused" => drop(pending.refuse()),
            _ => drop(pending),
        }
        assert!(serves(&acceptor).await, "{ending}");
        drop(dialled.await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn l4_a_place_is_free_again_after_failure() {
    let acceptor = acceptor(1);
    // Closed by the peer.
    let (accept, near) = placed(&acceptor).await;
    drop(near);
    assert!(matches!(accept.await.unwrap(), Err(Error::Closed { .. })));
    assert!(serves(&acceptor).await);
    // Timed out.
    let (accept, _near) = placed(&acceptor).await;
    assert!(matches!(accept.await.unwrap(), Err(Error::TimedOut { .. })));
    assert!(serves(&acceptor).await);
    // Refused.
    let (accept, mut near) = placed(&acceptor).await;
    near.write_all(&[0x77; 1000]).await.unwrap();
    let refused = accept.await.unwrap();
    assert!(
        matches!(refused, Err(Error::Refused(HandshakeError::NoSyncMark))),
        "{refused:?}"
    );
    assert!(serves(&acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn l4_what_lingers_or_was_given_back_keeps_no_place() {
    let acceptor = require().max_handshakes(1);
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let accept = acceptor.accept(far, skey()).linger(&Linger::new());
    accept.await.unwrap_err();
    assert!(serves(&acceptor).await, "it lingers");

    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let failed = acceptor.accept(far, skey()).into_fallible().await.unwrap_err();
    assert!(serves(&acceptor).await, "{failed} is held");
}

#[tokio::test(start_paused = true)]
async fn l4_a_place_is_free_again_after_a_drop_at_any_point() {
    let acceptor = acceptor(1);
    let (_near, far) = duplex(4096);
    drop(acceptor.accept(far, skey()).into_future());
    assert!(serves(&acceptor).await, "never polled");

    let (held, _near_held) = placed(&acceptor).await;
    let (waiting, _near_waiting) = paid(&acceptor);
    settle().await;
    waiting.abort();
    settle().await;
    assert!(
        !serves(&acceptor).await,
        "the one that waited is gone, and not the other"
    );
    held.abort();
    settle().await;
    assert!(serves(&acceptor).await, "one held it, one waited");
}

#[tokio::test(start_paused = true)]
async fn l4_those_who_wait_are_served_and_all_of_them() {
    let acceptor = acceptor(3);
    let mut peers = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let acceptor = acceptor.clone();
        peers.spawn(async move { drop(shake(&acceptor).await) });
    }
    while let Some(peer) = peers.join_next().await {
        peer.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn l4_a_limit_of_none_at_all_serves_nobody_and_a_huge_one_everybody() {
    let (waiting, _near) = paid(&acceptor(0));
    assert!(matches!(
        waiting.await.unwrap(),
        Err(Error::TimedOut {
            step: Step::Admission,
            answered: true,
            ..
        })
    ));
    assert!(serves(&acceptor(usize::MAX)).await);
}
