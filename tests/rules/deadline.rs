//! H7: one deadline over everything, from the start, and a limit of its own for dialling. The clock is Tokio's paused
//! one.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::handshake::{Initiator, Machine};
use tokio_mse::{ConnectError, Encryption, Error, ErrorKind, MseAcceptor, MseConnector, Policy, Step};

use crate::support::exchange::skey;
use crate::support::pair::unfinished;
use crate::support::peer::{fresh, short_padding};
use crate::support::serve::serve;
use crate::support::spawn::spawn_boxed;

const ALLOWED: Duration = Duration::from_secs(10);

fn acceptor() -> MseAcceptor {
    MseAcceptor::default().timeout(ALLOWED)
}

/// Sends one byte a second, and reads everything.
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

fn timed_out<V>(outcome: Result<V, Error>, began: Instant) -> (Step, bool) {
    let Err(error) = outcome else {
        panic!("no timeout");
    };
    assert!(matches!(error.kind(), ErrorKind::TimedOut(ALLOWED)), "{error:?}");
    let elapsed = began.elapsed();
    assert!(elapsed >= ALLOWED, "{elapsed:?}");
    assert!(elapsed < ALLOWED + Duration::from_millis(5), "{elapsed:?}");
    (error.step(), error.peer_answered())
}

/// A peer that has written its first message, which is all that it can send before it needs an answer.
fn initiator(message: &mut Vec<u8>) -> Initiator {
    Initiator::new(skey(), &Policy::full_rc4(), "", fresh(short_padding()), message)
}

fn first_message() -> Vec<u8> {
    let mut message = Vec::new();
    initiator(&mut message);
    message
}

/// Its first message comes late but at once, so that the handshake has begun when the trickle does.
async fn begin_and_trickle(mut io: DuplexStream) {
    sleep(Duration::from_secs(4)).await;
    io.write_all(&first_message()).await.unwrap();
    trickle(io, vec![0; 400]).await;
}

#[tokio::test(start_paused = true)]
async fn h7_a_trickling_peer_cannot_extend_the_detection() {
    for first in [b"\x13BitTorrent protocol".to_vec(), first_message(), vec![]] {
        let (io, peer) = duplex(4096);
        let trickling = spawn_boxed(trickle(peer, first));
        let began = Instant::now();
        let (_, answered) = timed_out(acceptor().accept(io).await, began);
        assert!(!answered);
        trickling.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn h7_a_trickling_peer_cannot_extend_the_handshake() {
    let (io, peer) = duplex(4096);
    let trickling = spawn_boxed(begin_and_trickle(peer));
    let began = Instant::now();
    let outcome = acceptor().accept(io).await;
    assert_eq!(timed_out(outcome, began), (Step::Sync, true));
    trickling.abort();
}

#[tokio::test(start_paused = true)]
async fn h7_a_trickling_responder_cannot_extend_it_either() {
    let (io, peer) = duplex(4096);
    let trickling = spawn_boxed(begin_and_trickle(peer));
    let began = Instant::now();
    let outcome = MseConnector::default()
        .timeout(ALLOWED)
        .connect(io, skey(), "")
        .await;
    assert_eq!(timed_out(outcome, began), (Step::Sync, true));
    trickling.abort();
}

#[tokio::test(start_paused = true)]
async fn h7_the_deadline_goes_on_during_a_lookup() {
    let (io, mut peer) = duplex(4096);
    // An initiator that sends the third message up to the SKEY at once, and the rest byte by byte.
    let trickling = spawn_boxed(async move {
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
    let incoming = acceptor().accept(io).await.unwrap();
    assert!(incoming.skey_hash().matches(&skey()));
    sleep(Duration::from_secs(4)).await;
    let (step, answered) = timed_out(incoming.accept(skey(), "").await, began);
    assert!(answered && step != Step::Skey);
    trickling.abort();
}

/// However long dialling took, the handshake has its whole time.
#[tokio::test(start_paused = true)]
async fn h7_dialling_does_not_count_and_every_attempt_has_its_own_deadline() {
    for (encryption, times) in [
        (Encryption::Require, &[6 + 10][..]),
        (Encryption::Prefer, &[6 + 4, 6]),
        (Encryption::Allow, &[6 + 4, 6 + 10]),
    ] {
        let began = Instant::now();
        let mut peers = Vec::new();
        let policy = Policy::default().with_encryption(encryption);
        let connector = MseConnector::new(policy)
            .dial_timeout(Duration::from_secs(7))
            .answer_timeout(Duration::from_secs(4))
            .timeout(ALLOWED);
        let outcome = connector
            .connect_with(skey(), "hello", |_| {
                let (io, peer) = duplex(4096);
                peers.push(peer);
                async move {
                    sleep(Duration::from_secs(6)).await;
                    Ok::<_, io::Error>(io)
                }
            })
            .await;
        match outcome {
            // The plaintext redial has nothing to wait for.
            Ok(stream) => assert_eq!(
                (encryption, stream.negotiated().attempts()),
                (Encryption::Prefer, 2)
            ),
            Err(ConnectError::Handshake(error)) => {
                assert!(matches!(error.kind(), ErrorKind::TimedOut(ALLOWED)));
                assert!(!error.peer_answered());
            }
            Err(other) => panic!("{other}"),
        }
        assert_eq!(began.elapsed().as_secs(), times.iter().sum::<u64>());
        assert_eq!(peers.len(), times.len());
    }
}

#[tokio::test(start_paused = true)]
async fn h7_a_dial_that_never_ends_times_out_and_is_not_repeated() {
    let dial = async |connector: MseConnector| {
        let began = Instant::now();
        let mut dials = 0;
        let outcome = connector
            .connect_with(skey(), "hello", |_| {
                dials += 1;
                std::future::pending::<io::Result<DuplexStream>>()
            })
            .await;
        let Err(error @ ConnectError::DialTimedOut(after)) = outcome else {
            panic!("it did not time out");
        };
        assert_eq!((error.label(), dials), ("dial-timed-out", 1));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), after.as_secs());
        after
    };
    assert_eq!(dial(MseConnector::default()).await, Duration::from_secs(10));
    let short = MseConnector::default().timeout(Duration::from_secs(1));
    assert_eq!(dial(short).await, Duration::from_secs(10));
    let three = Duration::from_secs(3);
    assert_eq!(dial(MseConnector::default().dial_timeout(three)).await, three);
}

#[tokio::test(start_paused = true)]
async fn h7_without_a_timeout_a_slow_peer_is_served() {
    let (a, b) = duplex(1);
    let acceptor = MseAcceptor::default().no_timeout();
    let dial = async {
        sleep(Duration::from_secs(100_000)).await;
        MseConnector::default().no_timeout().connect(a, skey(), "").await
    };
    let (a, b) = tokio::join!(dial, serve(&acceptor, b, skey(), ""));
    assert!(a.is_ok() && b.is_ok());
}
