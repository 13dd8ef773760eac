//! A runtime without timers: whether a handshake panics there is the caller's doing, and never that of a peer.

use std::future::{Future, IntoFuture, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::runtime::{Builder, Runtime};
use tokio_mse::{Error, HandshakeError, Linger, MseAcceptor, MseConnector, Policy};

use super::content::{Content, Kind};
use super::{INFO_HASH, handshake, seconds, skey};

fn without_timers() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Whether the first poll of `future` panics.
fn first_poll_panics(future: impl IntoFuture) -> bool {
    let runtime = without_timers();
    let mut future = Box::pin(future.into_future());
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
    let said = |bytes: &[u8]| {
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
        let (near, far) = said(&bytes);
        peers.push((name, far, Some(near)));
    }
    let (_, far) = said(b"closed already");
    peers.push(("gone", far, None));
    peers
}

#[test]
fn with_a_time_out_the_first_poll_panics_whatever_the_peer_has_done() {
    for (name, far, _near) in peers() {
        let acceptor = MseAcceptor::default().timeout(seconds(10));
        assert!(first_poll_panics(acceptor.accept(far, skey())), "{name}");
    }
    for (name, far, _near) in peers() {
        let acceptor = MseAcceptor::default().timeout(seconds(10)).max_handshakes(1);
        assert!(first_poll_panics(acceptor.accept_lazy(far)), "{name}");
    }
    for (name, far, _near) in peers() {
        let connector = MseConnector::default().timeout(seconds(10));
        assert!(first_poll_panics(connector.connect(far, INFO_HASH)), "{name}");
    }
}

#[test]
fn without_any_time_out_the_first_poll_does_not_panic() {
    for (name, far, _near) in peers() {
        let acceptor = MseAcceptor::default().timeout(None);
        assert!(!first_poll_panics(acceptor.accept(far, skey())), "{name}");
    }
    for (name, far, _near) in peers() {
        let connector = MseConnector::default().timeout(None).answer_timeout(None);
        assert!(!first_poll_panics(connector.connect(far, INFO_HASH)), "{name}");
    }
}

/// Writes `lens` bytes of `content`, takes in what is answered meanwhile, and leaves.
async fn send(io: DuplexStream, mut content: Content, lens: Vec<usize>) {
    let (mut read, mut write) = split(io);
    for len in lens {
        if write.write_all(&content.next(len)).await.is_err() {
            break;
        }
        let mut block = [0; 4096];
        // The acceptor has the turn before each look.
        for _ in 0..4 {
            tokio::task::yield_now().await;
            while let Some(Ok(len @ 1..)) = futures_util::FutureExt::now_or_never(read.read(&mut block)) {
                content.hear(&block[..len]);
            }
        }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    let mut kinds = Kind::WITHOUT_PLAINTEXT.to_vec();
    kinds.extend([Kind::Random, Kind::Plaintext]);
    prop::sample::select(kinds)
}

fn lens() -> impl Strategy<Value = Vec<usize>> {
    let len = prop_oneof![
        4 => 1..=800usize,
        2 => prop::sample::select(vec![20, 48, 68, 96, 136, 608, 628, 629]),
        1 => Just(40_000),
    ];
    prop::collection::vec(len, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_any_time_out_nothing_panics_whatever_a_stranger_sends(
        kind in kind(), lens in lens(), lazily: bool, hide: bool, places: bool,
    ) {
        let mut acceptor = MseAcceptor::default().timeout(None).hide_plaintext(hide);
        if hide {
            acceptor = acceptor.with_policy(Policy::full_rc4());
        }
        if places {
            acceptor = acceptor.max_handshakes(1);
        }
        without_timers().block_on(async {
            let (near, far) = duplex(1 << 17);
            let accept = async {
                if lazily {
                    drop(acceptor.accept_lazy(far).await);
                } else {
                    drop(acceptor.accept(far, skey()).await);
                }
            };
            tokio::join!(accept, send(near, Content::new(kind), lens));
        });
    }
}

/// A peer that knows the info-hash, and floods at once.
#[test]
fn without_any_time_out_nothing_panics_when_an_honest_peer_floods() {
    without_timers().block_on(async {
        let (near, far) = duplex(64);
        let acceptor = MseAcceptor::default().timeout(None);
        let connector = MseConnector::new(Policy::full_rc4())
            .timeout(None)
            .answer_timeout(None);
        let accept = async {
            let mut peer = acceptor.accept(far, skey()).await.unwrap();
            let mut got = Vec::new();
            peer.read_to_end(&mut got).await.unwrap();
            got.len()
        };
        let connect = async {
            let mut peer = connector.connect(near, INFO_HASH).await.unwrap();
            peer.write_all(&vec![7; 300_000]).await.unwrap();
        };
        let (got, ()) = tokio::join!(accept, connect);
        assert_eq!(got, 300_000);
    });
}

/// Nor is there anything to spawn a task on.
#[test]
fn without_a_runtime_what_should_linger_closes_at_once_after_the_answer() {
    use futures_util::FutureExt;

    let (mut near, far) = duplex(4096);
    near.write_all(&[0; 96]).now_or_never().unwrap().unwrap();
    let accept = MseAcceptor::default().timeout(None).accept(far, skey());
    let outcome = accept.linger(&Linger::new()).into_future().now_or_never();
    assert!(matches!(
        outcome,
        Some(Err(Error::Refused(HandshakeError::DegenerateKey)))
    ));
    let mut answer = Vec::new();
    let end = near.read_to_end(&mut answer).now_or_never();
    assert!(matches!(end, Some(Ok(97..=416))), "{end:?}");
}

/// So that the tests above do not hold because the runtime has timers after all.
#[test]
fn a_runtime_that_was_told_nothing_has_no_timers() {
    assert!(first_poll_panics(async {
        tokio::time::sleep(seconds(1)).await;
    }));
}
