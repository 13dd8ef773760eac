//! Peers that are at a limit, slow, broken or dialling us: one that closes every connection, one that closes after its
//! answer, one that answers plaintext after six seconds, one that resets instead of closing, and two that dial each
//! other.

use std::future::ready;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep};
use tokio_mse::Encryption::{Allow, Prefer, Require};
use tokio_mse::{ConnectError, DialMode, Encryption, Mode, MseConnector, Policy, Skey};

use super::ours::{INFO_HASH, dial, handshake, our_handshake, their_handshake};
use super::peer::{Stream, key};
use super::segments::{Far, Near, connection};
use crate::support::peer::{Cut, End, Peer, fresh, short_padding};
use crate::support::spawn::spawn_boxed;

fn policy(word: Encryption) -> Policy {
    Policy::default().with_encryption(word)
}

/// Dials a client that does `respond` on every connection. Returns the modes that were dialled, when, and the result.
async fn dial_all<F>(
    word: Encryption,
    respond: fn(Far) -> F,
) -> (
    Vec<(DialMode, u64)>,
    Result<tokio_mse::MseStream<Near>, ConnectError<io::Error>>,
)
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let (mut dialled, start) = (Vec::new(), Instant::now());
    let result = MseConnector::new(policy(word))
        .connect_with(INFO_HASH, our_handshake(), |mode| {
            dialled.push((mode, start.elapsed().as_secs()));
            let (near, far) = connection();
            spawn_boxed(respond(far));
            ready(io::Result::Ok(near))
        })
        .await;
    (dialled, result)
}

async fn close_at_once(_: Far) -> Option<()> {
    None
}

async fn answer_and_close(mut far: Far) -> Option<()> {
    far.take(96).await?;
    far.send(key(100));
    None
}

/// Speaks no MSE, and takes its time.
async fn answer_plaintext_after_six_seconds(mut far: Far) -> Option<()> {
    let first = far.take(20).await?;
    sleep(Duration::from_secs(6)).await;
    if first != our_handshake()[..20] {
        return None;
    }
    far.put_back(first);
    let mut stream = Stream::plaintext(far);
    stream.send(&their_handshake());
    stream.their_handshake_arrives(&[]).await?;
    stream.talk().await
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_every_connection_is_dialled_twice_at_most() {
    let (dialled, result) = dial_all(Require, close_at_once).await;
    assert_eq!(dialled, [(DialMode::Mse, 0)]);
    let error = result.unwrap_err();
    assert!(error.label().ends_with("-unanswered"), "{error}");

    let (dialled, result) = dial_all(Allow, close_at_once).await;
    assert_eq!(dialled, [(DialMode::Plaintext, 0), (DialMode::Mse, 0)]);
    assert!(!result.unwrap_err().handshake().unwrap().peer_answered());

    // The second attempt waits for no answer, so its end is found by the reader or by the write.
    let (dialled, result) = dial_all(Prefer, close_at_once).await;
    assert_eq!(dialled, [(DialMode::Mse, 0), (DialMode::Plaintext, 0)]);
    match result {
        Ok(mut stream) => assert_eq!(stream.read(&mut [0; 68]).await.unwrap(), 0),
        Err(error) => assert!(error.label().ends_with("-unanswered"), "{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_after_its_key_is_not_dialled_in_plaintext() {
    for word in [Prefer, Require] {
        let (dialled, result) = dial_all(word, answer_and_close).await;
        assert_eq!(dialled, [(DialMode::Mse, 0)]);
        let error = result.unwrap_err();
        assert!(error.handshake().unwrap().peer_answered(), "{error}");
        // The close is found by the reader, or by the write of step 3.
        assert!(["closed", "transport"].contains(&error.label()), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_plaintext_after_six_seconds_is_waited_for() {
    let (dialled, result) = dial_all(Allow, answer_plaintext_after_six_seconds).await;
    assert_eq!(dialled, [(DialMode::Plaintext, 0)]);
    let mut stream = result.unwrap();
    assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    let mut theirs = [0; 68];
    stream.read_exact(&mut theirs).await.unwrap();
    assert_eq!(theirs[..], their_handshake());

    // To MSE it would not answer at all: after five seconds it is dialled in plaintext.
    let (dialled, result) = dial_all(Prefer, answer_plaintext_after_six_seconds).await;
    assert_eq!(dialled, [(DialMode::Mse, 0), (DialMode::Plaintext, 5)]);
    let mut stream = result.unwrap();
    assert_eq!(stream.negotiated().attempts(), 2);
    stream.read_exact(&mut theirs).await.unwrap();
    stream.write_all(b"from the library").await.unwrap();
    stream.read_exact(&mut [0; 18]).await.unwrap();
}

/// A responder that resets the connection after so many bytes.
fn resetting(sends: usize) -> Peer {
    let cut = Cut::sending(sends, End::Fail(ErrorKind::ConnectionReset));
    let skey = Skey::from(INFO_HASH);
    Peer::responder(skey, &Policy::full_rc4(), "", fresh(short_padding()), cut)
}

#[tokio::test]
async fn a_reset_counts_as_a_close() {
    // Before 96 bytes of its key it has not answered, from then on it has.
    for (sends, dials) in [(0, 2), (1, 2), (95, 2), (96, 1), (99, 1), (110, 1)] {
        let mut dialled = Vec::new();
        let result = MseConnector::default()
            .connect_with(INFO_HASH, our_handshake(), |mode| {
                dialled.push(mode);
                ready(io::Result::Ok(resetting(sends)))
            })
            .await;
        assert_eq!(dialled.len(), dials, "after {sends} bytes");
        match result {
            // Under the default policy, plaintext waits for no answer.
            Ok(stream) => assert_eq!((dials, stream.negotiated().attempts()), (2, 2)),
            Err(error) => assert_eq!((dials, error.label()), (1, "transport")),
        }
    }
    for (said, dials) in [(0, 2), (1, 2), (19, 2), (20, 1)] {
        let mut dialled = Vec::new();
        let result = MseConnector::new(policy(Allow))
            .connect_with(INFO_HASH, our_handshake(), |mode| {
                dialled.push(mode);
                let said = &their_handshake()[..said];
                ready(io::Result::Ok(Peer::saying(
                    said,
                    End::Fail(ErrorKind::ConnectionReset),
                )))
            })
            .await;
        assert_eq!(dialled.len(), dials, "after {said} bytes");
        assert_eq!(result.is_ok(), dials == 1);
    }
}

/// A transport that leads back to this client.
async fn echo(mut far: Far) -> Option<()> {
    while let Some(segment) = far.read().await {
        far.send(segment);
    }
    None
}

#[tokio::test(start_paused = true)]
async fn h15_a_connection_to_ourselves_fails_at_once_in_either_mode() {
    for (word, mode) in [
        (Allow, DialMode::Plaintext),
        (Prefer, DialMode::Mse),
        (Require, DialMode::Mse),
    ] {
        let (dialled, result) = dial_all(word, echo).await;
        assert_eq!(dialled, [(mode, 0)]);
        let error = result.unwrap_err();
        assert_eq!(error.label(), "self-connection");
        assert!(error.handshake().unwrap().peer_answered());
    }
}

/// Both ends of one connection are diallers.
async fn dial_each_other(a: Policy, b: Policy) -> [Result<Mode, &'static str>; 2] {
    let (near, far) = tokio::io::duplex(4096);
    let connect = |policy: Policy, io, handshake| {
        let connect = MseConnector::new(policy).connect(io, INFO_HASH, handshake);
        async { connect.await.map(|stream| stream.negotiated().mode()) }
    };
    let (a, b) = tokio::join!(
        connect(a, near, our_handshake()),
        connect(b, far, their_handshake())
    );
    [a, b].map(|end| end.map_err(|error| error.label()))
}

#[tokio::test(start_paused = true)]
async fn h15_two_diallers_at_the_ends_of_one_connection_know_each_other() {
    let start = Instant::now();
    for _ in 0..20 {
        for policy in [Policy::default(), Policy::full_rc4()] {
            let ends = dial_each_other(policy.clone(), policy).await;
            // One of them may find the connection closed first.
            let known = |end: &Result<Mode, _>| matches!(end, Err("another-dialler"));
            assert!(ends.iter().any(known), "{ends:?}");
            let told = |end: &Result<Mode, _>| matches!(end, Err("another-dialler" | "closed" | "transport"));
            assert!(ends.iter().all(told), "{ends:?}");
        }
    }
    // In plaintext there is no difference between the two ends.
    let allow = policy(Allow);
    let ends = dial_each_other(allow.clone(), allow).await;
    assert_eq!(ends, [Ok(Mode::Plaintext), Ok(Mode::Plaintext)]);
    // One in plaintext and one with MSE: each sees the other mode.
    let ends = dial_each_other(policy(Allow), policy(Prefer)).await;
    assert_eq!(ends, [Err("not-plaintext"), Err("plaintext-answer")]);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_peer_with_our_reserved_bytes_and_info_hash_is_not_ourselves() {
    let (near, mut far) = connection();
    far.send(handshake(b"-the emulated side--"));
    let stream = dial(policy(Allow), near, our_handshake()).await.unwrap();
    assert_eq!(stream.negotiated().mode(), Mode::Plaintext);
    assert_eq!(far.take(68).await.unwrap(), our_handshake());
}
