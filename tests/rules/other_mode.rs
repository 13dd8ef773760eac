//! H11: what is an answer to an attempt, and what shows that the peer speaks the other mode.

use std::io;
use std::time::Duration;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use tokio_mse::handshake::{Initiator, Machine, Padding, PlaintextDial, Progress};
use tokio_mse::{
    Attempt, ConnectError, Encryption, Error, HandshakeError, Mode, MseConnector, MseStream, Policy, Step,
};

use crate::support::exchange::{XA, randomness, skey};
use crate::support::script::{Script, Scripted, Step as ScriptStep};

const PROTOCOL: &[u8; 20] = b"\x13BitTorrent protocol";
const HELLO: &str = "the whole BitTorrent handshake, or what stands for it here";

fn allow() -> Policy {
    Policy::default().with_encryption(Encryption::Allow)
}

/// How many bytes are as a plaintext handshake begins.
fn alike(answer: &[u8]) -> usize {
    PROTOCOL
        .iter()
        .zip(answer)
        .take_while(|(ours, theirs)| ours == theirs)
        .count()
}

/// Answers that are right for a while, and then go on in any way.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    (0..=PROTOCOL.len(), prop::collection::vec(any::<u8>(), 1..200))
        .prop_map(|(right, rest)| [&PROTOCOL[..right], &rest].concat())
}

/// The lengths of the segments in which an answer comes; the last is as long as it takes.
fn segments() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![3 => 1..=4usize, 1 => 1..=100usize], 0..120)
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

/// Feeds a machine until it is done or refuses. What came of it, and how many bytes it had been fed then.
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

/// The end of the part in which the byte with this number comes.
fn end_of_part(parts: &[&[u8]], byte: usize) -> usize {
    let ends = parts.iter().scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    });
    ends.into_iter().find(|end| *end > byte).expect("it is there")
}

proptest! {
    #[test]
    fn h11_a_plaintext_attempt_is_answered_by_the_beginning_of_a_plaintext_handshake_and_by_nothing_else(
        answer in answer(),
        segments in segments(),
    ) {
        let parts = cut(&answer, &segments);
        let mut output = Vec::new();
        let (outcome, fed) = feed(PlaintextDial::new(HELLO.as_bytes(), &mut output), &parts);
        prop_assert_eq!(&output, HELLO.as_bytes());
        // It is told at the byte that tells it, and not later.
        match (alike(&answer), outcome) {
            (20, Some(Ok(established))) => {
                prop_assert_eq!(fed, end_of_part(&parts, 19));
                prop_assert_eq!(&established.received, &answer[..fed]);
                prop_assert_eq!(established.negotiated.mode(), Mode::Plaintext);
                prop_assert_eq!(established.negotiated.skey(), None);
            }
            (alike, Some(Err(refusal))) if alike < answer.len() => {
                prop_assert_eq!(refusal, HandshakeError::NotPlaintext);
                prop_assert_eq!(fed, end_of_part(&parts, alike));
            }
            (alike, None) => prop_assert!(alike == answer.len() && alike < 20),
            (alike, outcome) => prop_assert!(false, "{} alike: {:?}", alike, outcome),
        }
    }

    #[test]
    fn h11_an_mse_attempt_is_told_of_a_plaintext_answer_at_its_twentieth_byte(
        rest in prop::collection::vec(any::<u8>(), 0..300),
        segments in segments(),
    ) {
        let answer = [PROTOCOL.as_slice(), &rest].concat();
        let parts = cut(&answer, &segments);
        let randomness = randomness(XA, Padding::none());
        let initiator = Initiator::new(skey(), &Policy::default(), "", randomness, &mut Vec::new());
        let (outcome, fed) = feed(initiator, &parts);
        prop_assert_eq!(outcome.map(Result::unwrap_err), Some(HandshakeError::PlaintextAnswer));
        prop_assert_eq!(fed, end_of_part(&parts, 19));
    }

    /// One key in 256 begins with `0x13`, and one that goes on like the protocol's name is still a key.
    #[test]
    fn h11_a_key_that_begins_like_plaintext_is_a_key(
        right in 0..20usize,
        other in any::<u8>(),
        rest in prop::collection::vec(any::<u8>(), 96),
        segments in segments(),
    ) {
        let mut key = [&PROTOCOL[..right], &[other], &rest].concat();
        key.truncate(96);
        // No key, a plaintext answer, or none that is in range.
        prop_assume!(other != PROTOCOL[right] && key[..2] != [0xFF, 0xFF]);
        let randomness = randomness(XA, Padding::none());
        let mut machine = Initiator::new(skey(), &Policy::default(), "", randomness, &mut Vec::new());
        for part in cut(&key, &segments) {
            prop_assert!(!machine.peer_answered());
            machine = match machine.process(part, &mut Vec::new()) {
                Ok(Progress::NeedInput(machine)) => machine,
                outcome => panic!("{outcome:?}"),
            };
        }
        prop_assert!(machine.peer_answered());
        prop_assert_eq!(machine.step(), Step::Sync);
    }
}

type Dialled = Result<MseStream<Scripted>, Error>;

/// One attempt whose peer sends `answer` in these segments, and then ends. What came of it, and how long it took.
async fn dial(attempt: Attempt, answer: &[u8], segments: Vec<ScriptStep>) -> (Dialled, Duration) {
    let io = Scripted::new(Script {
        incoming: answer.to_vec(),
        reads: segments,
        ..Script::default()
    });
    let start = Instant::now();
    let connect = MseConnector::new(allow())
        .connect(io, skey())
        .initial_payload(HELLO)
        .attempt(attempt);
    (connect.await, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn h11_the_drivers_tell_it_at_once_under_every_cut() {
    let plaintext = [PROTOCOL.as_slice(), &[0; 48]].concat();
    let key = [0x55; 96];
    for first in 1..68 {
        let segments = || vec![ScriptStep::Move(first), ScriptStep::Pending];
        let (outcome, elapsed) = dial(Attempt::Mse, &plaintext, segments()).await;
        let refused = matches!(outcome, Err(Error::Refused(HandshakeError::PlaintextAnswer)));
        assert!(refused && elapsed.is_zero(), "{first}: {outcome:?}");

        let (outcome, elapsed) = dial(Attempt::Plaintext, &key, segments()).await;
        let refused = matches!(outcome, Err(Error::Refused(HandshakeError::NotPlaintext)));
        assert!(refused && elapsed.is_zero(), "{first}: {outcome:?}");

        let (outcome, elapsed) = dial(Attempt::Plaintext, &plaintext, segments()).await;
        let mut read = Vec::new();
        outcome.unwrap().read_to_end(&mut read).await.unwrap();
        assert!(read == plaintext && elapsed.is_zero(), "{first}");
    }
}

/// Dials, and answers each attempt with these bytes behind what was sent first.
async fn meet(
    policy: Policy,
    answer: &'static [u8],
) -> (
    Result<MseStream<DuplexStream>, ConnectError<io::Error>>,
    Vec<Attempt>,
    Duration,
) {
    let (mut attempts, start) = (Vec::new(), Instant::now());
    let outcome = MseConnector::new(policy)
        .connect_with(skey(), HELLO, |attempt| {
            attempts.push(attempt);
            let (near, mut far) = duplex(4096);
            tokio::spawn(async move {
                far.read_exact(&mut [0; 1]).await.unwrap();
                far.write_all(answer).await.unwrap();
                // It stays, as one does that waits for more.
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
    assert_eq!(attempts, [Attempt::Mse, Attempt::Plaintext]);
    assert_eq!(elapsed, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn h11_require_ends_at_once_where_plaintext_answers_and_redials_nothing() {
    let (outcome, attempts, elapsed) = meet(Policy::full_rc4(), PROTOCOL).await;
    assert!(matches!(
        outcome,
        Err(ConnectError::Handshake(Error::Refused(
            HandshakeError::PlaintextAnswer
        )))
    ));
    assert_eq!((attempts, elapsed), (vec![Attempt::Mse], Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn h11_allow_redials_a_peer_that_takes_plaintext_for_a_key_at_once() {
    // A peer that takes nothing but MSE, whose key is as good as any: the redial fails for want of more.
    let (outcome, attempts, _) = meet(allow(), &[0x55; 96]).await;
    assert!(matches!(
        outcome,
        Err(ConnectError::Handshake(Error::TimedOut {
            step: Step::Sync,
            answered: true,
            ..
        }))
    ));
    assert_eq!(attempts, [Attempt::Plaintext, Attempt::Mse]);

    let start = Instant::now();
    let redialled = MseConnector::new(allow())
        .connect_with(skey(), HELLO, |attempt| {
            let (near, mut far) = duplex(4096);
            tokio::spawn(async move {
                if attempt == Attempt::Plaintext {
                    far.write_all(&[0x55; 96]).await.unwrap();
                    std::future::pending::<()>().await;
                }
                let peer = MseStream::accept(far, skey(), &Policy::full_rc4()).await.unwrap();
                tokio::io::copy(&mut { peer }, &mut tokio::io::sink()).await
            });
            std::future::ready(io::Result::Ok(near))
        })
        .await
        .unwrap();
    assert_eq!(redialled.negotiated().mode(), Mode::Rc4);
    assert_eq!(start.elapsed(), Duration::ZERO);
}
