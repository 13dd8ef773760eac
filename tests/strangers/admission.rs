//! L4: a place is taken by a peer that has sent its key, and silent ones lock nobody out.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};
use tokio_mse::{Error, MseAcceptor, MseConnector, Policy, Step};

use super::{INFO_HASH, require, seconds, skey};

fn accept(
    acceptor: &MseAcceptor,
    far: DuplexStream,
) -> tokio::task::JoinHandle<Result<tokio_mse::MseStream<DuplexStream>, Error>> {
    let acceptor = acceptor.clone();
    tokio::spawn(async move { acceptor.accept(far, skey()).await })
}

async fn serves_within_a_second(acceptor: &MseAcceptor) -> bool {
    let (near, far) = duplex(4096);
    let accepted = accept(acceptor, far);
    let connect = MseConnector::new(Policy::full_rc4()).connect(near, INFO_HASH);
    timeout(seconds(1), async {
        connect.await.is_ok() && accepted.await.unwrap().is_ok()
    })
    .await
    .unwrap_or(false)
}

#[tokio::test(start_paused = true)]
async fn l4_fifty_silent_or_trickling_connections_a_second_lock_nobody_out_of_16_places() {
    let acceptor = require().max_handshakes(16);
    let flood = tokio::spawn({
        let acceptor = acceptor.clone();
        async move {
            let mut open = Vec::new();
            for n in 0..1000_u64 {
                let (mut near, far) = duplex(4096);
                accept(&acceptor, far);
                if n % 2 == 0 {
                    tokio::spawn(async move {
                        while near.write_all(b"\xA5").await.is_ok() {
                            sleep(Duration::from_millis(200)).await;
                        }
                    });
                } else {
                    open.push(near);
                }
                sleep(Duration::from_millis(20)).await;
            }
            drop(open);
        }
    });
    for n in 0..60 {
        sleep(Duration::from_millis(300)).await;
        assert!(serves_within_a_second(&acceptor).await, "peer {n}");
    }
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn l4_the_oldest_that_has_not_sent_its_key_makes_room_and_closes_at_once() {
    let acceptor = require().max_handshakes(1);
    let mut held = Vec::new();
    for _ in 0..65 {
        let (near, far) = duplex(4096);
        held.push((near, accept(&acceptor, far)));
        // In the order in which they came.
        tokio::task::yield_now().await;
    }
    let (mut near, oldest) = held.remove(0);
    let start = Instant::now();
    assert!(matches!(oldest.await.unwrap(), Err(Error::Crowded { .. })));
    assert_eq!(near.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(held.iter().all(|(_, task)| !task.is_finished()));
}

#[tokio::test(start_paused = true)]
async fn l4_a_peer_that_has_sent_its_key_is_not_pushed_out_by_silent_ones() {
    let acceptor = require().max_handshakes(1);
    let (mut near, far) = duplex(4096);
    let paid = accept(&acceptor, far);
    near.write_all(&[0xA5; 96]).await.unwrap();
    near.read_exact(&mut [0; 97]).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..200 {
        let (near, far) = duplex(4096);
        silent.push((near, accept(&acceptor, far)));
        tokio::task::yield_now().await;
    }
    assert!(!paid.is_finished());
}

#[tokio::test(start_paused = true)]
async fn l4_who_waits_for_a_place_keeps_to_its_own_deadline() {
    let acceptor = require().max_handshakes(1).timeout(seconds(10));
    let (mut holder, far) = duplex(4096);
    let _held = accept(&acceptor.clone().timeout(None), far);
    holder.write_all(&[0xA5; 96]).await.unwrap();
    holder.read_exact(&mut [0; 97]).await.unwrap();

    let (mut near, far) = duplex(4096);
    let waiting = accept(&acceptor, far);
    near.write_all(&[0xA5; 96]).await.unwrap();
    let start = Instant::now();
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!((error.step(), start.elapsed()), (Step::Admission, seconds(10)));
}

#[tokio::test(start_paused = true)]
async fn l4_plaintext_needs_no_place() {
    let acceptor = MseAcceptor::default().max_handshakes(1).timeout(None);
    let (mut holder, far) = duplex(4096);
    let _held = accept(&acceptor, far);
    holder.write_all(&[0xA5; 96]).await.unwrap();
    holder.read_exact(&mut [0; 97]).await.unwrap();

    let (mut near, far) = duplex(4096);
    let plaintext = accept(&acceptor, far);
    near.write_all(&super::handshake(INFO_HASH)).await.unwrap();
    assert!(timeout(seconds(1), plaintext).await.unwrap().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn l4_of_those_that_wait_for_a_place_the_oldest_makes_room_and_closes_at_once() {
    let acceptor = require().max_handshakes(1);
    let mut held = Vec::new();
    for _ in 0..66 {
        let (mut near, far) = duplex(4096);
        near.write_all(&[0xA5; 96]).await.unwrap();
        held.push((near, accept(&acceptor, far)));
        // In the order in which they came.
        sleep(Duration::from_millis(1)).await;
    }
    let finished: Vec<usize> = (0..held.len()).filter(|at| held[*at].1.is_finished()).collect();
    // The first has the place, and 64 wait.
    assert_eq!(finished, [1]);
    let error = held.remove(1).1.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Crowded { .. }));
    assert_eq!(error.step(), Step::Admission);
}
