//! H7 and H14: the timeout of the peer's answer. It applies only if a redial is possible, and a peer that answers has
//! the handshake's whole timeout. The clock is Tokio's paused one.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{ConnectError, DialMode, Encryption, Error, ErrorKind, MseConnector, Policy, Step};

use crate::support::exchange::skey;
use crate::support::spawn::spawn_boxed;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// How an attempt failed, and when: step, whether the peer answered, the timeout that passed, the time that it took.
type End = (Step, bool, Duration, Duration);

fn end(error: &Error, start: Instant) -> End {
    let ErrorKind::TimedOut(after) = error.kind() else {
        panic!("{error:?}");
    };
    // Timers count in milliseconds, and round up.
    let took = Duration::from_secs(start.elapsed().as_secs());
    (error.step(), error.peer_answered(), *after, took)
}

/// One attempt whose peer sends these bytes at these seconds, and nothing else.
async fn attempt(connector: MseConnector, mode: DialMode, sends: &'static [(u64, &'static [u8])]) -> End {
    let (near, mut far) = duplex(4096);
    let peer = spawn_boxed(async move {
        let start = Instant::now();
        for (at, bytes) in sends {
            tokio::time::sleep_until(start + seconds(*at)).await;
            far.write_all(bytes).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    let start = Instant::now();
    let error = connector
        .connect_as(mode, near, skey(), "hello")
        .await
        .unwrap_err();
    peer.abort();
    end(&error, start)
}

fn connector(encryption: Encryption) -> MseConnector {
    MseConnector::new(Policy::default().with_encryption(encryption))
}

fn allow() -> MseConnector {
    connector(Encryption::Allow)
}

fn prefer() -> MseConnector {
    connector(Encryption::Prefer)
}

fn require() -> MseConnector {
    connector(Encryption::Require)
}

#[tokio::test(start_paused = true)]
async fn h7_a_silent_peer_costs_the_answer_timeout_if_a_redial_is_possible() {
    let five = seconds(5);
    let silent = attempt(prefer(), DialMode::Mse, &[]).await;
    assert_eq!(silent, (Step::PublicKey, false, five, five));
    let ten = seconds(10);
    let patient = allow().timeout(seconds(60));
    let silent = attempt(patient, DialMode::Plaintext, &[]).await;
    assert_eq!(silent, (Step::Payload, false, ten, ten));
    let two = seconds(2);
    for (connector, mode, step) in [
        (prefer(), DialMode::Mse, Step::PublicKey),
        (allow(), DialMode::Plaintext, Step::Payload),
    ] {
        let silent = attempt(connector.answer_timeout(two), mode, &[]).await;
        assert_eq!(silent, (step, false, two, two));
    }
}

/// I2P, Tor and satellites take longer, and nothing is gained by giving up.
#[tokio::test(start_paused = true)]
async fn h14_without_a_possible_redial_the_answer_timeout_does_not_apply() {
    for connector in [require(), allow()] {
        for connector in [connector.clone(), connector.answer_timeout(seconds(2))] {
            let silent = attempt(connector.clone(), DialMode::Mse, &[]).await;
            assert_eq!(silent, (Step::PublicKey, false, seconds(10), seconds(10)));
            let patient = connector.timeout(seconds(90));
            let late = attempt(patient, DialMode::Mse, &[(60, &[0x55; 96])]).await;
            assert_eq!(late, (Step::Sync, true, seconds(90), seconds(90)));
        }
    }
    // These await no answer at all.
    for connector in [prefer(), connector(Encryption::Forbid)] {
        let (near, _silent) = duplex(4096);
        let start = Instant::now();
        let connector = connector.answer_timeout(Duration::ZERO);
        let connect = connector.connect_as(DialMode::Plaintext, near, skey(), "hello");
        connect.await.unwrap();
        assert!(start.elapsed().is_zero());
    }
}

#[tokio::test(start_paused = true)]
async fn h14_the_answer_timeout_is_never_longer_than_the_handshakes() {
    for longer in [seconds(10), seconds(11), Duration::MAX] {
        let silent = attempt(prefer().answer_timeout(longer), DialMode::Mse, &[]).await;
        assert_eq!(
            silent,
            (Step::PublicKey, false, seconds(10), seconds(10)),
            "{longer:?}"
        );
    }
    let three = seconds(3);
    for (connector, mode, step) in [
        (prefer(), DialMode::Mse, Step::PublicKey),
        (allow(), DialMode::Plaintext, Step::Payload),
    ] {
        let silent = attempt(connector.timeout(three), mode, &[]).await;
        assert_eq!(silent, (step, false, three, three));
    }
}

#[tokio::test(start_paused = true)]
async fn h7_part_of_an_answer_is_none_and_sending_it_slowly_does_not_help() {
    const PROTOCOL: &[(u64, &[u8])] = &[(0, b"\x13BitTorrent"), (2, b" pro"), (4, b"toco")];
    const KEY: &[(u64, &[u8])] = &[(0, &[0x55; 60]), (2, &[0x55; 30]), (4, &[0x55; 5])];
    let slow = attempt(prefer(), DialMode::Mse, KEY).await;
    assert_eq!(slow, (Step::PublicKey, false, seconds(5), seconds(5)));

    let connector = allow().answer_timeout(seconds(5));
    let slow = attempt(connector, DialMode::Plaintext, PROTOCOL).await;
    assert_eq!(slow, (Step::Payload, false, seconds(5), seconds(5)));
}

#[tokio::test(start_paused = true)]
async fn h7_a_peer_that_answers_has_the_whole_timeout() {
    let late = attempt(prefer(), DialMode::Mse, &[(4, &[0x55; 96])]).await;
    assert_eq!(late, (Step::Sync, true, seconds(10), seconds(10)));
}

#[tokio::test(start_paused = true)]
async fn without_timeouts_a_silent_peer_is_awaited_for_ever() {
    let (near, _silent) = duplex(4096);
    let connect = MseConnector::default().no_timeout().connect(near, skey(), "");
    let long = seconds(1_000_000);
    tokio::time::timeout(long, connect).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn h7_the_time_for_an_answer_begins_with_the_connection() {
    let start = Instant::now();
    let mut far_ends = Vec::new();
    let mut dials = Vec::new();
    let dialled = MseConnector::default().connect_with(skey(), "hello", |mode| {
        dials.push((mode, start.elapsed().as_secs()));
        let (near, far) = duplex(4096);
        far_ends.push(far);
        async {
            sleep(seconds(6)).await;
            io::Result::Ok(near)
        }
    });
    dialled.await.unwrap();
    assert_eq!(dials, [(DialMode::Mse, 0), (DialMode::Plaintext, 11)]);
    assert_eq!(start.elapsed().as_secs(), 17);
}

/// The moments at which a peer that stays silent is dialled, and how it ended.
async fn redials(connector: MseConnector) -> (Vec<(DialMode, u64)>, Result<u32, Error>, u64) {
    let start = Instant::now();
    let (mut dials, mut far_ends) = (Vec::new(), Vec::<DuplexStream>::new());
    let outcome = connector
        .connect_with(skey(), "hello", |mode| {
            dials.push((mode, start.elapsed().as_secs()));
            let (near, far) = duplex(4096);
            far_ends.push(far);
            std::future::ready(io::Result::Ok(near))
        })
        .await;
    let outcome = match outcome {
        Ok(stream) => Ok(stream.negotiated().attempts()),
        Err(ConnectError::Handshake(error)) => Err(error),
        Err(other) => panic!("{other}"),
    };
    (dials, outcome, start.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn h7_h9_the_redial_follows_as_soon_as_the_answer_is_overdue() {
    let (dials, outcome, took) = redials(MseConnector::default()).await;
    assert_eq!(dials, [(DialMode::Mse, 0), (DialMode::Plaintext, 5)]);
    assert_eq!((outcome.unwrap(), took), (2, 5));

    // H14: the second attempt has nothing to follow it.
    let (dials, outcome, took) = redials(allow().answer_timeout(seconds(5))).await;
    assert_eq!(dials, [(DialMode::Plaintext, 0), (DialMode::Mse, 5)]);
    let error = outcome.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TimedOut(after) if *after == seconds(10)));
    assert!(!error.peer_answered());
    assert_eq!(took, 15);
}
