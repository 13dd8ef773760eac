//! H7: one deadline over everything, from the start. The clock is Tokio's paused one.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::handshake::{Initiator, Machine};
use tokio_mse::{ConnectError, Encryption, Error, Incoming, MseAcceptor, MseConnector, Policy, Step};

use crate::support::exchange::skey;
use crate::support::pair::unfinished;
use crate::support::peer::{fresh, short_padding};

const ALLOWED: Duration = Duration::from_secs(10);

/// Sends one byte a second, and takes what comes.
async fn trickle(mut io: DuplexStream, bytes: Vec<u8>) {
    for byte in bytes {
        if io.write_all(&[byte]).await.is_err() {
            return;
        }
        let mut taken = [0; 4096];
        tokio::select! {
            () = sleep(Duration::from_secs(1)) => {}
            read = io.read(&mut taken) => {
                read.unwrap();
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
    std::future::pending::<()>().await;
}

fn timed_out<V>(outcome: &Result<V, Error>, began: Instant) -> (Step, bool) {
    let Err(Error::TimedOut {
        step,
        answered,
        after,
        ..
    }) = outcome
    else {
        panic!("no time-out");
    };
    assert_eq!(*after, ALLOWED);
    let elapsed = began.elapsed();
    assert!(elapsed >= ALLOWED, "{elapsed:?}");
    assert!(elapsed < ALLOWED + Duration::from_millis(5), "{elapsed:?}");
    (*step, *answered)
}

/// A peer that has written its first flight, which is all that it can send before it needs an answer.
fn initiator(flight: &mut Vec<u8>) -> Initiator {
    Initiator::new(skey(), &Policy::full_rc4(), "", fresh(short_padding()), flight)
}

fn first_flight() -> Vec<u8> {
    let mut flight = Vec::new();
    initiator(&mut flight);
    flight
}

/// Its first flight comes late but at once, so that the handshake has begun when the trickle does.
async fn begin_and_trickle(mut io: DuplexStream) {
    sleep(Duration::from_secs(4)).await;
    io.write_all(&first_flight()).await.unwrap();
    trickle(io, vec![0; 400]).await;
}

#[tokio::test(start_paused = true)]
async fn h7_a_trickling_peer_cannot_extend_the_sniff() {
    for first in [b"\x13BitTorrent protocol".to_vec(), first_flight(), vec![]] {
        let (io, peer) = duplex(4096);
        let trickling = tokio::spawn(trickle(peer, first));
        let began = Instant::now();
        let outcome = MseAcceptor::default().timeout(ALLOWED).accept(io, skey()).await;
        let (_, answered) = timed_out(&outcome, began);
        assert!(!answered);
        trickling.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn h7_a_trickling_peer_cannot_extend_the_handshake() {
    let (io, peer) = duplex(4096);
    let trickling = tokio::spawn(begin_and_trickle(peer));
    let began = Instant::now();
    let outcome = MseAcceptor::default().timeout(ALLOWED).accept(io, skey()).await;
    assert_eq!(timed_out(&outcome, began), (Step::Sync, true));
    trickling.abort();
}

#[tokio::test(start_paused = true)]
async fn h7_a_trickling_responder_cannot_extend_it_either() {
    let (io, peer) = duplex(4096);
    let trickling = tokio::spawn(begin_and_trickle(peer));
    let began = Instant::now();
    let outcome = MseConnector::default().timeout(ALLOWED).connect(io, skey()).await;
    assert_eq!(timed_out(&outcome, began), (Step::Sync, true));
    trickling.abort();
}

#[tokio::test(start_paused = true)]
async fn h7_the_deadline_goes_on_during_a_lazy_lookup() {
    let (io, mut peer) = duplex(4096);
    // An initiator that sends everything of step 3 up to the SKEY, and the rest by the byte.
    let trickling = tokio::spawn(async move {
        sleep(Duration::from_secs(3)).await;
        let mut output = Vec::new();
        let machine = initiator(&mut output);
        peer.write_all(&std::mem::take(&mut output)).await.unwrap();
        let mut key = vec![0; 4096];
        let len = peer.read(&mut key).await.unwrap();
        drop(unfinished(machine.process(&key[..len], &mut output)));
        let rest = output.split_off(2 + 40);
        peer.write_all(&output).await.unwrap();
        sleep(Duration::from_secs(4)).await;
        trickle(peer, rest).await;
    });
    let began = Instant::now();
    let acceptor = MseAcceptor::default().timeout(ALLOWED);
    let Ok(Incoming::Pending(pending)) = acceptor.accept_lazy(io).await else {
        panic!("not MSE");
    };
    assert_eq!(*pending.hash(), skey().hash());
    sleep(Duration::from_secs(4)).await;
    let outcome = pending.accept(skey()).await;
    let (step, answered) = timed_out(&outcome, began);
    assert!(answered && step != Step::Skey);
    trickling.abort();
}

#[tokio::test(start_paused = true)]
async fn h7_a_lookup_that_outlasts_the_deadline_is_too_late_even_if_everything_came() {
    let (io, peer) = duplex(4096);
    let connector = MseConnector::default().timeout(None);
    let dialling = tokio::spawn(connector.connect(peer, skey()).into_future());
    let began = Instant::now();
    let acceptor = MseAcceptor::default().timeout(ALLOWED);
    let Ok(Incoming::Pending(pending)) = acceptor.accept_lazy(io).await else {
        panic!("not MSE");
    };
    sleep(ALLOWED).await;
    let outcome = pending.accept(skey()).await;
    assert_eq!(timed_out(&outcome, began), (Step::Vc, true));
    dialling.abort();
}

#[tokio::test(start_paused = true)]
async fn h7_dialling_counts_and_every_attempt_has_its_own_deadline() {
    for (policy, attempts) in [
        (Policy::full_rc4(), 1),
        (Policy::default(), 2),
        (Policy::default().with_encryption(Encryption::Allow), 2),
    ] {
        let began = Instant::now();
        let mut peers = Vec::new();
        let encryption = policy.encryption();
        let connector = MseConnector::new(policy).timeout(ALLOWED).answer_timeout(None);
        let outcome = connector
            .connect_with(skey(), "hello", |_| {
                let (io, peer) = duplex(4096);
                peers.push(peer);
                async move {
                    sleep(Duration::from_secs(6)).await;
                    Ok::<_, std::io::Error>(io)
                }
            })
            .await;
        if encryption == Encryption::Prefer {
            // The plaintext redial has nothing to wait for.
            assert_eq!(outcome.unwrap().negotiated().attempts(), 2);
            assert_eq!(began.elapsed().as_secs(), 16);
        } else {
            let Err(ConnectError::Handshake(Error::TimedOut {
                answered: false,
                after: ALLOWED,
                ..
            })) = outcome
            else {
                panic!("no time-out");
            };
            assert_eq!(began.elapsed().as_secs(), 10 * attempts);
        }
        assert_eq!(peers.len() as u64, attempts);
    }
}

#[tokio::test(start_paused = true)]
async fn h7_a_dialler_that_never_comes_back_is_timed_out() {
    let began = Instant::now();
    let connector = MseConnector::default().timeout(ALLOWED);
    let mut dials = 0;
    let outcome = connector
        .connect_with(skey(), "hello", |_| {
            dials += 1;
            std::future::pending::<std::io::Result<DuplexStream>>()
        })
        .await;
    let outcome = outcome.map_err(|error| match error {
        ConnectError::Handshake(error) => error,
        other => panic!("{other:?}"),
    });
    assert_eq!(timed_out(&outcome, began), (Step::Dial, false));
    assert_eq!(dials, 1, "an address that does not answer is not dialled again");
}

#[tokio::test(start_paused = true)]
async fn h7_without_a_limit_a_slow_peer_is_served() {
    let (a, b) = duplex(1);
    let (acceptor, connector) = (MseAcceptor::default(), MseConnector::default());
    let dial = async {
        sleep(Duration::from_secs(100_000)).await;
        connector.timeout(None).connect(a, skey()).await
    };
    let (a, b) = tokio::join!(dial, acceptor.timeout(None).accept(b, skey()));
    assert!(a.is_ok() && b.is_ok());
}
