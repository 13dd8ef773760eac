//! L2: what lingers is bounded, and the oldest makes room for the newest.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_mse::{Error, HandshakeError, Linger, MseAcceptor};

use super::{require, seconds, skey};

async fn fail(acceptor: &MseAcceptor, linger: &Linger) -> DuplexStream {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    let error = acceptor.accept(far, skey()).linger(linger).await.unwrap_err();
    assert!(matches!(error, Error::Refused(HandshakeError::DegenerateKey)));
    tokio::task::yield_now().await;
    near
}

/// Whether the other side has ended it, while no time passes.
async fn is_over(near: &mut DuplexStream) -> bool {
    let mut rest = Vec::new();
    let read = near.read_to_end(&mut rest);
    tokio::time::timeout(std::time::Duration::from_millis(1), read)
        .await
        .is_ok()
}

#[tokio::test(start_paused = true)]
async fn l2_one_more_closes_the_oldest_at_once_and_nobody_else() {
    let (acceptor, linger) = (require(), Linger::new().at_most(3));
    let mut near = Vec::new();
    for _ in 0..4 {
        near.push(fail(&acceptor, &linger).await);
    }
    let mut over = Vec::new();
    for near in &mut near {
        over.push(is_over(near).await);
    }
    assert_eq!(over, [true, false, false, false]);
}

#[tokio::test(start_paused = true)]
async fn l2_failing_often_does_not_switch_lingering_off() {
    let (acceptor, linger) = (require(), Linger::new().at_most(3));
    let mut near = Vec::new();
    for _ in 0..1100 {
        near.push(fail(&acceptor, &linger).await);
    }
    let mut last = near.pop().unwrap();
    assert!(!is_over(&mut last).await);
}

#[tokio::test(start_paused = true)]
async fn l2_the_bound_is_96_unless_told_and_holds_over_clones() {
    let (acceptor, linger) = (require(), Linger::new());
    let mut near = Vec::new();
    for _ in 0..97 {
        near.push(fail(&acceptor.clone(), &linger.clone()).await);
    }
    assert!(is_over(&mut near[0]).await);
    assert!(!is_over(&mut near[1]).await);
}

#[tokio::test(start_paused = true)]
async fn without_a_seat_a_failed_connection_closes_at_once() {
    let mut near = fail(&require(), &Linger::new().at_most(0)).await;
    assert!(is_over(&mut near).await);
}

#[tokio::test(start_paused = true)]
async fn a_moment_that_no_clock_can_show_is_no_panic() {
    let forever = std::time::Duration::MAX;
    let linger = Linger::new().until(forever..=forever);
    let mut near = fail(&require(), &linger).await;
    let mut rest = Vec::new();
    let patience = tokio::time::timeout(seconds(100_000), near.read_to_end(&mut rest));
    assert!(patience.await.is_err(), "it ended");
}
