//! A runtime without timers: whether a handshake panics depends on the caller alone, and never on the peer.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::runtime::{Builder, Runtime};
use tokio_mse::{MseAcceptor, MseConnector, Policy};

use super::content::{Content, Kind};
use super::support::cases::cases;
use super::{INFO_HASH, handshake, linger, seconds, serve};

fn without_timers() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Whether the first poll of `future` panics.
fn first_poll_panics(future: impl Future) -> bool {
    let runtime = without_timers();
    let mut future = Box::pin(future);
    let poll = || {
        runtime.block_on(poll_fn(|cx| {
            let _ = future.as_mut().poll(cx);
            Poll::Ready(())
        }));
    };
    catch_unwind(AssertUnwindSafe(poll)).is_err()
}

/// What a peer has done by the time of the first poll.
fn peers() -> Vec<(&'static str, DuplexStream, Option<DuplexStream>)> {
    let sent = |bytes: &[u8]| {
        let (mut near, far) = duplex(1 << 16);
        without_timers().block_on(near.write_all(bytes)).unwrap();
        (near, far)
    };
    let mut peers = Vec::new();
    for (name, bytes) in [
        ("silent", Vec::new()),
        ("one byte", vec![0xA5]),
        ("a key", vec![0xA5; 96]),
        ("a degenerate key", vec![0; 96]),
        ("a flood", vec![0xA5; 30_000]),
        ("plaintext", handshake(INFO_HASH)),
    ] {
        let (near, far) = sent(&bytes);
        peers.push((name, far, Some(near)));
    }
    let (_, far) = sent(b"closed already");
    peers.push(("gone", far, None));
    peers
}

#[test]
fn with_a_timeout_the_first_poll_panics_whatever_the_peer_has_done() {
    for (name, far, _near) in peers() {
        let acceptor = MseAcceptor::default().timeout(seconds(10));
        assert!(first_poll_panics(acceptor.accept(far)), "{name}");
    }
    for (name, far, _near) in peers() {
        let connector = MseConnector::default().timeout(seconds(10));
        let connect = connector.connect(far, INFO_HASH, handshake(INFO_HASH));
        assert!(first_poll_panics(connect), "{name}");
    }
}

#[test]
fn with_lingering_the_first_poll_panics_whatever_the_peer_has_done() {
    for (name, far, _near) in peers() {
        let acceptor = MseAcceptor::default().no_timeout().linger(linger());
        assert!(first_poll_panics(acceptor.accept(far)), "{name}");
    }
}

#[test]
fn without_any_timeout_the_first_poll_does_not_panic() {
    for (name, far, _near) in peers() {
        let acceptor = MseAcceptor::default().no_timeout();
        assert!(!first_poll_panics(acceptor.accept(far)), "{name}");
    }
    for (name, far, _near) in peers() {
        let connector = MseConnector::default().no_timeout();
        let connect = connector.connect(far, INFO_HASH, handshake(INFO_HASH));
        assert!(!first_poll_panics(connect), "{name}");
    }
}

/// Writes `lens` bytes of `content`, takes note of what is answered meanwhile, and closes.
async fn send(io: DuplexStream, mut content: Content, lens: Vec<usize>) {
    let (mut read, mut write) = split(io);
    for len in lens {
        if write.write_all(&content.next(len)).await.is_err() {
            break;
        }
        let mut block = [0; 4096];
        // The acceptor is polled before each look.
        for _ in 0..4 {
            tokio::task::yield_now().await;
            while let Some(Ok(len @ 1..)) = futures_util::FutureExt::now_or_never(read.read(&mut block)) {
                content.hear(&block[..len]);
            }
        }
    }
}

fn lens(rng: &mut impl Rng) -> Vec<usize> {
    (0..rng.random_range(0..8))
        .map(|_| match rng.random_range(0..7) {
            0..4 => rng.random_range(1..=800),
            4..6 => *[20, 48, 68, 96, 136, 608, 628, 629].choose(rng).unwrap(),
            _ => 40_000,
        })
        .collect()
}

#[test]
fn without_any_timeout_nothing_panics_whatever_a_stranger_sends() {
    let mut kinds = Kind::WITHOUT_PLAINTEXT.to_vec();
    kinds.extend(Kind::ALL_PLAINTEXT);
    kinds.push(Kind::Random);
    cases(200, |rng| {
        let acceptor = if rng.random() {
            MseAcceptor::new(Policy::full_rc4()).hide_plaintext(true)
        } else {
            MseAcceptor::default()
        };
        let content = Content::new(*kinds.choose(rng).unwrap(), rng.random());
        let (near, far) = duplex(1 << 17);
        let peer = send(near, content, lens(rng));
        without_timers().block_on(async {
            let accept = async { drop(serve(acceptor.no_timeout(), far, Vec::new()).await) };
            tokio::join!(accept, peer);
        });
    });
}

/// A peer that knows the info-hash, and sends a lot at once.
#[test]
fn without_any_timeout_nothing_panics_when_an_honest_peer_floods() {
    without_timers().block_on(async {
        let (near, far) = duplex(64);
        let connector = MseConnector::new(Policy::full_rc4()).no_timeout();
        let accept = async {
            let acceptor = MseAcceptor::default().no_timeout();
            let mut peer = serve(acceptor, far, Vec::new()).await.unwrap();
            let mut got = Vec::new();
            peer.read_to_end(&mut got).await.unwrap();
            got.len()
        };
        let connect = async {
            let mut peer = connector.connect(near, INFO_HASH, Vec::new()).await.unwrap();
            peer.write_all(&vec![7; 300_000]).await.unwrap();
        };
        let (got, ()) = tokio::join!(accept, connect);
        assert_eq!(got, 300_000);
    });
}

/// So that the tests above do not hold because the runtime has timers after all.
#[test]
fn a_runtime_without_enable_time_has_no_timers() {
    assert!(first_poll_panics(async {
        tokio::time::sleep(seconds(1)).await;
    }));
}
