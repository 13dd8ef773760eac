//! L2: the number of connections that linger is bounded, and the oldest closes when one more comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{sleep, timeout};
use tokio_mse::{Linger, MseAcceptor, Policy};

use super::{linger, require, seconds, serve, time_to_end};

const TIMEOUT: Duration = seconds(10);

fn acceptor(linger: Linger) -> MseAcceptor {
    require().timeout(TIMEOUT).linger(linger)
}

/// A connection whose handshake fails at once, a millisecond after the one before.
async fn fail(acceptor: &MseAcceptor) -> DuplexStream {
    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).await.unwrap();
    tokio::spawn(serve(acceptor.clone(), far, Vec::new()));
    sleep(Duration::from_millis(1)).await;
    near
}

/// Whether the other side has ended the connection.
async fn has_ended(near: &mut DuplexStream) -> bool {
    let mut rest = Vec::new();
    let read = near.read_to_end(&mut rest);
    timeout(Duration::from_millis(1), read).await.is_ok()
}

async fn have_ended(near: &mut [DuplexStream]) -> Vec<bool> {
    let mut ended = Vec::new();
    for near in near {
        ended.push(has_ended(near).await);
    }
    ended
}

#[tokio::test(start_paused = true)]
async fn l2_one_more_closes_the_oldest_at_once_and_nobody_else() {
    let acceptor = acceptor(linger().at_most(3));
    let mut near = Vec::new();
    for _ in 0..4 {
        near.push(fail(&acceptor).await);
    }
    // 1 ms before the fourth times out, and 2 ms after.
    sleep(Duration::from_millis(9_998)).await;
    let mut fourth = near.pop().unwrap();
    assert!(!has_ended(&mut near[0]).await);
    sleep(Duration::from_millis(2)).await;
    assert_eq!(have_ended(&mut near).await, [true, false, false]);
    assert!(!has_ended(&mut fourth).await);
}

#[tokio::test(start_paused = true)]
async fn l2_a_connection_counts_only_from_the_end_of_its_timeout() {
    let acceptor = acceptor(linger().at_most(1));
    let mut near = Vec::new();
    for _ in 0..20 {
        near.push(fail(&acceptor).await);
    }
    sleep(seconds(9)).await;
    assert_eq!(have_ended(&mut near).await, [false; 20]);
    sleep(seconds(2)).await;
    let mut last = near.pop().unwrap();
    assert_eq!(have_ended(&mut near).await, [true; 19]);
    assert!(!has_ended(&mut last).await);
}

#[tokio::test(start_paused = true)]
async fn l2_a_connection_that_its_peer_ends_gives_its_slot_back() {
    let acceptor = acceptor(linger().at_most(1));
    let mut first = fail(&acceptor).await;
    let second = fail(&acceptor).await;
    drop(second);
    sleep(TIMEOUT).await;
    assert!(!has_ended(&mut first).await);
    assert_eq!(time_to_end(&mut first).await.as_secs(), 19);
}

#[tokio::test(start_paused = true)]
async fn l2_failing_often_does_not_switch_lingering_off() {
    let acceptor = acceptor(linger().at_most(3));
    let mut near = Vec::new();
    for _ in 0..1100 {
        near.push(fail(&acceptor).await);
    }
    sleep(seconds(12)).await;
    let ended = have_ended(&mut near).await;
    assert_eq!(ended.iter().filter(|ended| **ended).count(), 1097);
    assert_eq!(ended[1097..], [false; 3]);
}

#[tokio::test(start_paused = true)]
async fn l2_the_bound_is_96_by_default_and_holds_over_clones() {
    let acceptor = acceptor(Linger::new());
    let other_policy = acceptor.with_policy(Policy::default());
    let mut near = Vec::new();
    for number in 0..97 {
        near.push(match number % 3 {
            0 => fail(&acceptor).await,
            1 => fail(&acceptor.clone()).await,
            _ => fail(&other_policy).await,
        });
    }
    sleep(TIMEOUT).await;
    assert!(has_ended(&mut near[0]).await);
    assert!(!has_ended(&mut near[1]).await);
}

#[tokio::test(start_paused = true)]
async fn l2_two_acceptors_with_their_own_linger_do_not_share_the_bound() {
    let (one, other) = (acceptor(linger().at_most(1)), acceptor(linger().at_most(1)));
    let mut near = [fail(&one).await, fail(&other).await];
    sleep(TIMEOUT).await;
    assert_eq!(have_ended(&mut near).await, [false, false]);
}

#[tokio::test(start_paused = true)]
async fn l2_without_a_slot_a_failed_connection_closes_at_its_timeout() {
    let mut near = fail(&acceptor(linger().at_most(0))).await;
    let after = time_to_end(&mut near).await;
    assert_eq!(after, Duration::from_millis(9_999));
}

#[tokio::test(start_paused = true)]
async fn a_moment_that_no_clock_can_show_is_no_panic() {
    let never = Linger::new().until(Duration::MAX..=Duration::MAX);
    let mut near = fail(&acceptor(never)).await;
    let mut rest = Vec::new();
    let end = timeout(seconds(100_000), near.read_to_end(&mut rest)).await;
    assert!(end.is_err(), "it ended");
}

/// Each half of the range misses all of 60 connections with a probability of 10^-18.
#[tokio::test(start_paused = true)]
async fn the_moment_of_the_end_is_drawn_for_each_connection_within_the_range() {
    let acceptor = acceptor(Linger::new());
    let mut ends = Vec::new();
    for _ in 0..60 {
        let mut near = fail(&acceptor).await;
        ends.push(time_to_end(&mut near).await + Duration::from_millis(1));
    }
    assert!(ends.iter().all(|end| (seconds(20)..=seconds(40)).contains(end)));
    assert!(ends.iter().any(|end| *end < seconds(30)));
    assert!(ends.iter().any(|end| *end > seconds(30)));
}

/// It reads on after its end, as closing with unread bytes would send a reset. But not for ever.
#[tokio::test(start_paused = true)]
async fn l6_after_its_end_a_lingering_connection_reads_256_kib_and_no_more() {
    const PIPE: usize = 4096;
    let (mut near, far) = duplex(PIPE);
    tokio::spawn(serve(acceptor(linger()), far, Vec::new()));
    near.write_all(&[0; 96]).await.unwrap();
    time_to_end(&mut near).await;
    let mut taken = 0;
    while let Ok(len) = near.write(&[0; 1000]).await {
        taken += len;
    }
    let drained = 256 * 1024;
    assert!((drained..=drained + PIPE).contains(&taken), "{taken}");
}

/// At full speed as long as it could be a handshake, and then at most 2 KiB every 50 ms.
#[tokio::test(start_paused = true)]
async fn l6_a_refused_peer_makes_us_read_40_kib_a_second() {
    let (near, far) = duplex(1024);
    let (mut answer, mut flood) = tokio::io::split(near);
    tokio::spawn(serve(acceptor(linger()), far, Vec::new()));
    let sent = Arc::new(AtomicUsize::new(0));
    let sending = tokio::spawn({
        let sent = Arc::clone(&sent);
        async move {
            // Ends even if everything is read.
            while sent.load(Relaxed) < 1 << 22 && flood.write_all(&[0xA5; 512]).await.is_ok() {
                sent.fetch_add(512, Relaxed);
            }
        }
    });
    let reading = tokio::spawn(async move { answer.read_to_end(&mut Vec::new()).await });
    sleep(Duration::from_millis(10)).await;
    let at_once = sent.load(Relaxed);
    assert!((24 * 1024..28 * 1024).contains(&at_once), "{at_once}");
    sleep(seconds(20)).await;
    let later = sent.load(Relaxed) - at_once;
    assert!((2 * 1024..=20 * 40 * 1024).contains(&later), "{later}");
    reading.await.unwrap().unwrap();
    sending.await.unwrap();
}
