//! L4: the library keeps no queue, counter or lock between connections, so that however many peers say nothing, wait in
//! the middle of a handshake, or were refused, an honest peer is served at once.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{MseAcceptor, MseConnector, Policy};

use super::{INFO_HASH, handshake, linger, require, seconds, serve};

fn open(acceptor: &MseAcceptor) -> DuplexStream {
    let (near, far) = duplex(4096);
    tokio::spawn(serve(acceptor.clone(), far, Vec::new()));
    near
}

async fn assert_serves_at_once(acceptor: &MseAcceptor) {
    let start = Instant::now();
    let connector = MseConnector::new(Policy::full_rc4());
    connector
        .connect(open(acceptor), INFO_HASH, handshake(INFO_HASH))
        .await
        .unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn l4_fifty_silent_or_trickling_connections_a_second_lock_nobody_out() {
    let acceptor = require();
    let flood = tokio::spawn({
        let acceptor = acceptor.clone();
        async move {
            let mut silent = Vec::new();
            for n in 0..1000_u64 {
                let mut near = open(&acceptor);
                if n % 2 == 0 {
                    tokio::spawn(async move {
                        while near.write_all(b"\xA5").await.is_ok() {
                            sleep(Duration::from_millis(200)).await;
                        }
                    });
                } else {
                    silent.push(near);
                }
                sleep(Duration::from_millis(20)).await;
            }
        }
    });
    for _ in 0..60 {
        sleep(Duration::from_millis(300)).await;
        assert_serves_at_once(&acceptor).await;
    }
    flood.abort();
}

#[tokio::test(start_paused = true)]
async fn l4_half_open_and_refused_handshakes_lock_nobody_out() {
    let acceptor = require().linger(linger());
    let mut held = Vec::new();
    for n in 0..300 {
        let mut near = open(&acceptor);
        near.write_all(&[[0, 0xA5][n % 2]; 96]).await.unwrap();
        near.read_exact(&mut [0; 97]).await.unwrap();
        held.push(near);
    }
    assert_serves_at_once(&acceptor).await;
    // Half of the time, the connections with a slot linger.
    sleep(seconds(15)).await;
    assert_serves_at_once(&acceptor).await;
}

#[tokio::test(start_paused = true)]
async fn l4_a_connection_that_waits_for_the_application_holds_up_no_other() {
    let acceptor = require();
    let (near, far) = duplex(4096);
    let connector = MseConnector::new(Policy::full_rc4());
    let dialled = tokio::spawn(connector.connect(near, INFO_HASH, Vec::new()));
    let incoming = acceptor.accept(far).await.unwrap();
    assert_serves_at_once(&acceptor).await;
    drop(incoming);
    assert!(dialled.await.unwrap().is_err());
}
