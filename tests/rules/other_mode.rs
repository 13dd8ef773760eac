//! H11: what is an answer to an attempt, and what shows that the peer speaks the other mode.

use std::io;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::ChaCha20Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_mse::handshake::{Initiator, Machine, Padding, PlaintextDial, Progress};
use tokio_mse::{
    ConnectError, DialMode, Encryption, Error, ErrorKind, HandshakeError, Mode, MseConnector, MseStream,
    Policy, Step,
};

use crate::support::cases::cases;
use crate::support::exchange::{XA, randomness, skey};
use crate::support::script::{Script, Scripted, Step as ScriptStep};
use crate::support::spawn::spawn_boxed;

const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";
const HELLO: &str = "the whole BitTorrent handshake, or what stands for it here";

fn allow() -> Policy {
    Policy::default().with_encryption(Encryption::Allow)
}

/// How many bytes are those with which a plaintext handshake begins.
fn alike(answer: &[u8]) -> usize {
    PROTOCOL
        .iter()
        .zip(answer)
        .take_while(|(ours, theirs)| ours == theirs)
        .count()
}

fn random_bytes(rng: &mut ChaCha20Rng, len: usize) -> Vec<u8> {
    (0..len).map(|_| rng.random()).collect()
}

/// The beginning of a plaintext handshake, then random bytes.
fn answer(rng: &mut ChaCha20Rng) -> Vec<u8> {
    let right = rng.random_range(0..=PROTOCOL.len());
    let rest = rng.random_range(1..200);
    [&PROTOCOL[..right], &random_bytes(rng, rest)].concat()
}

/// The lengths of the segments in which an answer comes. The last segment is as long as necessary.
fn segments(rng: &mut ChaCha20Rng) -> Vec<usize> {
    let count = rng.random_range(0..120);
    let len = |_| match rng.random_range(0..4) {
        0 => rng.random_range(1..=100),
        _ => rng.random_range(1..=4),
    };
    (0..count).map(len).collect()
}

fn cut<'a>(bytes: &'a [u8], segments: &[usize]) -> Vec<&'a [u8]> {
    let (mut rest, mut parts) = (bytes, Vec::new());
    for len in segments {
        let (part, more) = rest.split_at(rest.len().min(*len));
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Feeds a machine until it is done or refuses. Returns the outcome, and how many bytes it took.
fn feed<M: Machine>(mut machine: M, parts: &[&[u8]]) -> (Option<Result<M::Done, HandshakeError>>, usize) {
    let mut fed = 0;
    for part in parts {
        fed += part.len();
        machine = match machine.process(part, &mut Vec::new()) {
            Ok(Progress::NeedInput(machine)) => machine,
            Ok(Progress::Done(done)) => return (Some(Ok(done)), fed),
            Err(refusal) => return (Some(Err(refusal)), fed),
        };
    }
    (None, fed)
}

/// The end of the part that contains the byte with this number.
fn end_of_part(parts: &[&[u8]], byte: usize) -> usize {
    let ends = parts.iter().scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    });
    ends.into_iter().find(|end| *end > byte).expect("it is there")
}

#[test]
fn h11_a_plaintext_attempt_is_answered_by_the_beginning_of_a_plaintext_handshake_and_by_nothing_else() {
    cases(300, |rng| {
        let (answer, segments) = (answer(rng), segments(rng));
        let parts = cut(&answer, &segments);
        let mut output = Vec::new();
        let (outcome, fed) = feed(PlaintextDial::new(HELLO.as_bytes(), &mut output), &parts);
        assert_eq!(output, HELLO.as_bytes());
        // It is decided at the byte that decides it, and not later.
        match (alike(&answer), outcome) {
            (20, Some(Ok(established))) => {
                assert_eq!(fed, end_of_part(&parts, 19));
                assert_eq!(established.received, answer[..fed]);
                assert_eq!(established.negotiated.mode(), Mode::Plaintext);
                assert_eq!(established.negotiated.skey(), None);
            }
            (alike, Some(Err(refusal))) if alike < answer.len() => {
                assert_eq!(refusal, HandshakeError::NotPlaintext);
                assert_eq!(fed, end_of_part(&parts, alike));
            }
            (alike, None) => assert!(alike == answer.len() && alike < 20),
            (alike, outcome) => panic!("{alike} alike: {outcome:?}"),
        }
    });
}

fn initiator() -> Initiator {
    let randomness = randomness(XA, Padding::none());
    Initiator::new(skey(), &Policy::default(), "", randomness, &mut Vec::new())
}

#[test]
fn h11_an_mse_attempt_recognises_a_plaintext_answer_at_its_twentieth_byte() {
    cases(100, |rng| {
        let rest = rng.random_range(0..300);
        let answer = [&PROTOCOL[..], &random_bytes(rng, rest)].concat();
        let segments = segments(rng);
        let parts = cut(&answer, &segments);
        let (outcome, fed) = feed(initiator(), &parts);
        assert_eq!(
            outcome.map(Result::unwrap_err),
            Some(HandshakeError::PlaintextAnswer)
        );
        assert_eq!(fed, end_of_part(&parts, 19));
    });
}

/// One key in 256 begins with `0x13`, and one that continues like the protocol's name is still a key.
#[test]
fn h11_a_key_that_begins_like_plaintext_is_a_key() {
    cases(100, |rng| {
        let right = rng.random_range(0..20);
        let mut key = [&PROTOCOL[..right], &random_bytes(rng, 96 - right)].concat();
        // Not the protocol's next byte, and not so large that it is no key.
        key[right] = if PROTOCOL[right] == 0x55 { 0x56 } else { 0x55 };
        let mut machine = initiator();
        for part in cut(&key, &segments(rng)) {
            assert!(!machine.peer_answered());
            machine = match machine.process(part, &mut Vec::new()) {
                Ok(Progress::NeedInput(machine)) => machine,
                outcome => panic!("{outcome:?}"),
            };
        }
        assert!(machine.peer_answered());
        assert_eq!(machine.step(), Step::Sync);
    });
}

type Dialled = Result<MseStream<Scripted>, Error>;

/// One attempt whose peer sends `answer` in these segments, and then ends. Returns the outcome, and how long it took.
async fn dial(mode: DialMode, answer: &[u8], segments: Vec<ScriptStep>) -> (Dialled, Duration) {
    let io = Scripted::new(Script {
        incoming: answer.to_vec(),
        reads: segments,
        ..Script::default()
    });
    let start = Instant::now();
    let connect = MseConnector::new(allow()).connect_as(mode, io, skey(), HELLO);
    (connect.await, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn h11_the_drivers_decide_at_once_for_every_segmentation() {
    let plaintext = [PROTOCOL.as_slice(), &[0; 48]].concat();
    let key = [0x55; 96];
    for first in 1..68 {
        let segments = || vec![ScriptStep::Move(first), ScriptStep::Pending];
        let (outcome, elapsed) = dial(DialMode::Mse, &plaintext, segments()).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.refusal(), Some(&HandshakeError::PlaintextAnswer), "{first}");
        assert!(elapsed.is_zero() && !error.peer_answered());

        let (outcome, elapsed) = dial(DialMode::Plaintext, &key, segments()).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.refusal(), Some(&HandshakeError::NotPlaintext), "{first}");
        assert!(elapsed.is_zero() && !error.peer_answered());

        let (outcome, elapsed) = dial(DialMode::Plaintext, &plaintext, segments()).await;
        let mut read = Vec::new();
        outcome.unwrap().read_to_end(&mut read).await.unwrap();
        assert!(read == plaintext && elapsed.is_zero(), "{first}");
    }
}

/// Dials a peer that answers the first bytes of each attempt with `answer`.
async fn meet(
    policy: Policy,
    answer: &'static [u8],
) -> (
    Result<MseStream<DuplexStream>, ConnectError<io::Error>>,
    Vec<DialMode>,
    Duration,
) {
    let (mut attempts, start) = (Vec::new(), Instant::now());
    let outcome = MseConnector::new(policy)
        .connect_with(skey(), HELLO, |attempt| {
            attempts.push(attempt);
            let (near, mut far) = duplex(4096);
            spawn_boxed(async move {
                far.read_exact(&mut [0; 1]).await.unwrap();
                far.write_all(answer).await.unwrap();
                // It waits for more, and does not close.
                std::future::pending::<()>().await;
            });
            std::future::ready(Ok(near))
        })
        .await;
    (outcome, attempts, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn h11_prefer_redials_a_peer_that_answers_in_plaintext_at_once() {
    let (outcome, attempts, elapsed) = meet(Policy::default(), PROTOCOL).await;
    let negotiated = outcome.unwrap().negotiated().clone();
    assert_eq!((negotiated.mode(), negotiated.attempts()), (Mode::Plaintext, 2));
    assert_eq!(attempts, [DialMode::Mse, DialMode::Plaintext]);
    assert_eq!(elapsed, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn h11_require_fails_at_once_on_a_plaintext_answer_and_redials_nothing() {
    let (outcome, attempts, elapsed) = meet(Policy::full_rc4(), PROTOCOL).await;
    let error = outcome.unwrap_err();
    let refusal = error.handshake().and_then(Error::refusal);
    assert_eq!(refusal, Some(&HandshakeError::PlaintextAnswer));
    assert_eq!((attempts, elapsed), (vec![DialMode::Mse], Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn h11_allow_redials_a_peer_that_answers_plaintext_with_a_key_at_once() {
    // The peer accepts nothing but MSE. Any 96 bytes are a key, so the redial fails later.
    let (outcome, attempts, _) = meet(allow(), &[0x55; 96]).await;
    let error = outcome.unwrap_err();
    let error = error.handshake().unwrap();
    assert!(matches!(error.kind(), ErrorKind::TimedOut(_)), "{error}");
    assert_eq!((error.step(), error.peer_answered()), (Step::Sync, true));
    assert_eq!(attempts, [DialMode::Plaintext, DialMode::Mse]);

    let start = Instant::now();
    let redialled = MseConnector::new(allow())
        .connect_with(skey(), HELLO, |attempt| {
            let (near, mut far) = duplex(4096);
            spawn_boxed(async move {
                if attempt == DialMode::Plaintext {
                    far.write_all(&[0x55; 96]).await.unwrap();
                    std::future::pending::<()>().await;
                }
                let policy = Policy::full_rc4();
                let peer = MseStream::accept(far, |_| Some(skey()), &policy).await.unwrap();
                tokio::io::copy(&mut { peer }, &mut tokio::io::sink()).await
            });
            std::future::ready(io::Result::Ok(near))
        })
        .await
        .unwrap();
    assert_eq!(redialled.negotiated().mode(), Mode::Rc4);
    assert_eq!(start.elapsed(), Duration::ZERO);
}
