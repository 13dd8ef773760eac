//! H7, for the peer's answer: a time-out of its own, and the whole time-out for whoever answers. The clock is Tokio's
//! paused one.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};
use tokio_mse::{Attempt, ConnectError, Encryption, Error, MseConnector, Policy, Step};

use crate::support::exchange::skey;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What an attempt failed with, and after how long: step, answered, the time that was allowed, the time that it took.
type End = (Step, bool, Duration, Duration);

fn end(error: &Error, start: Instant) -> End {
    let Error::TimedOut {
        step,
        answered,
        after,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    // Timers count in milliseconds, and round up.
    (
        *step,
        *answered,
        *after,
        Duration::from_secs(start.elapsed().as_secs()),
    )
}

/// One attempt whose peer sends these bytes at these seconds, and nothing else.
async fn meet(connector: MseConnector, attempt: Attempt, sends: &'static [(u64, &'static [u8])]) -> End {
    let (near, mut far) = duplex(4096);
    let peer = tokio::spawn(async move {
        let start = Instant::now();
        for (at, bytes) in sends {
            tokio::time::sleep_until(start + seconds(*at)).await;
            far.write_all(bytes).await.unwrap();
        }
        std::future::pending::<()>().await;
    });
    let start = Instant::now();
    let connect = connector.connect(near, skey()).attempt(attempt);
    let error = connect.initial_payload("hello").await.unwrap_err();
    peer.abort();
    end(&error, start)
}

fn require() -> MseConnector {
    MseConnector::new(Policy::full_rc4())
}

fn allow() -> MseConnector {
    MseConnector::new(Policy::default().with_encryption(Encryption::Allow))
}

#[tokio::test(start_paused = true)]
async fn h7_a_silent_peer_costs_the_answer_time_out_and_not_the_whole() {
    let five = seconds(5);
    let silent = meet(require(), Attempt::Mse, &[]).await;
    assert_eq!(silent, (Step::PublicKey, false, five, five));
    let silent = meet(allow(), Attempt::Plaintext, &[]).await;
    assert_eq!(silent, (Step::Payload, false, five, five));
    let two = seconds(2);
    let silent = meet(require().answer_timeout(two), Attempt::Mse, &[]).await;
    assert_eq!(silent, (Step::PublicKey, false, two, two));
}

#[tokio::test(start_paused = true)]
async fn h7_part_of_a_key_is_no_answer_and_trickling_it_does_not_help() {
    const TRICKLE: &[(u64, &[u8])] = &[(0, &[0x55; 60]), (2, &[0x55; 30]), (4, &[0x55; 5])];
    let trickled = meet(require(), Attempt::Mse, TRICKLE).await;
    assert_eq!(trickled, (Step::PublicKey, false, seconds(5), seconds(5)));
}

#[tokio::test(start_paused = true)]
async fn h7_whoever_answers_has_the_whole_time_out() {
    let late = meet(require(), Attempt::Mse, &[(4, &[0x55; 96])]).await;
    assert_eq!(late, (Step::Sync, true, seconds(10), seconds(10)));
    // As much as is there begins as plaintext does.
    let late = meet(allow(), Attempt::Plaintext, &[(4, b"\x13Bit")]).await;
    assert_eq!(late, (Step::Payload, true, seconds(10), seconds(10)));
}

#[tokio::test(start_paused = true)]
async fn h7_without_an_answer_time_out_or_with_a_longer_one_the_whole_counts() {
    for longer in [None, Some(seconds(11)), Some(Duration::MAX)] {
        let silent = meet(require().answer_timeout(longer), Attempt::Mse, &[]).await;
        assert_eq!(
            silent,
            (Step::PublicKey, false, seconds(10), seconds(10)),
            "{longer:?}"
        );
    }
    // And the other way round.
    let silent = meet(require().timeout(None), Attempt::Mse, &[]).await;
    assert_eq!(silent, (Step::PublicKey, false, seconds(5), seconds(5)));
}

#[tokio::test(start_paused = true)]
async fn h7_the_time_for_an_answer_begins_with_the_connection() {
    for (whole, expected) in [(20, (5, 11)), (10, (10, 10))] {
        let start = Instant::now();
        let connector = require().timeout(seconds(whole));
        let mut far_ends = Vec::new();
        let dialled = connector.connect_with(skey(), "hello", |_| {
            let (near, far) = duplex(4096);
            far_ends.push(far);
            async {
                sleep(seconds(6)).await;
                io::Result::Ok(near)
            }
        });
        let Err(ConnectError::Handshake(error)) = dialled.await else {
            panic!("no time-out");
        };
        let (after, took) = expected;
        let expected = (Step::PublicKey, false, seconds(after), seconds(took));
        assert_eq!(end(&error, start), expected);
    }
}

/// The moments at which a peer that is silent for good is dialled, and how it ended.
async fn redials(connector: MseConnector) -> (Vec<(Attempt, u64)>, Result<u32, Error>, u64) {
    let start = Instant::now();
    let (mut dials, mut far_ends) = (Vec::new(), Vec::<DuplexStream>::new());
    let outcome = connector
        .connect_with(skey(), "hello", |attempt| {
            dials.push((attempt, start.elapsed().as_secs()));
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
    assert_eq!(dials, [(Attempt::Mse, 0), (Attempt::Plaintext, 5)]);
    assert_eq!((outcome.unwrap(), took), (2, 5));

    let (dials, outcome, took) = redials(allow()).await;
    assert_eq!(dials, [(Attempt::Plaintext, 0), (Attempt::Mse, 5)]);
    assert!(matches!(outcome, Err(Error::TimedOut { answered: false, .. })));
    assert_eq!(took, 10);
}
