//! Corrupted ciphertext: the adapter itself does nothing that can be seen. MSE has no integrity; what a wrong byte leads
//! to is for the protocol above to decide, and for an observer to see.

use std::time::Duration;

use rand::{Rng, RngExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};
use tokio_mse::handshake::{Initiator, Machine, Padding, PrivateKey, Progress, Randomness};
use tokio_mse::{MseConnector, MseStream, Policy};

use super::support::call_log::CallLog;
use super::support::cases::cases;
use super::{INFO_HASH, block_on_paused, handshake, linger, require, seconds, serve, skey};

/// An acceptor's stream that logs its calls, the connector's stream, and the wire between them, which the test carries.
struct Tampered {
    initiator: MseStream<DuplexStream>,
    from_initiator: DuplexStream,
    to_responder: DuplexStream,
    responder: MseStream<CallLog<DuplexStream>>,
}

/// What is on its way, without waiting for more.
async fn on_the_way(io: &mut DuplexStream) -> Vec<u8> {
    let mut block = vec![0; 1 << 16];
    let read = timeout(Duration::from_millis(1), io.read(&mut block)).await;
    block.truncate(read.map_or(0, Result::unwrap));
    block
}

async fn established() -> Tampered {
    let (near, mut from_initiator) = duplex(1 << 16);
    let (mut to_responder, far) = duplex(1 << 16);
    let accept = tokio::spawn(serve(require(), CallLog::new(far), Vec::new()));
    let connector = MseConnector::new(Policy::full_rc4());
    let connect = tokio::spawn(connector.connect(near, INFO_HASH, Vec::new()));
    while !(accept.is_finished() && connect.is_finished()) {
        let there = on_the_way(&mut from_initiator).await;
        to_responder.write_all(&there).await.unwrap();
        let back = on_the_way(&mut to_responder).await;
        from_initiator.write_all(&back).await.unwrap();
    }
    Tampered {
        initiator: connect.await.unwrap().unwrap(),
        from_initiator,
        to_responder,
        responder: accept.await.unwrap().unwrap(),
    }
}

#[test]
fn after_the_handshake_wrong_bytes_are_passed_up_and_nothing_else_is_done() {
    cases(60, |rng| {
        let mut message = vec![0; rng.random_range(1..2000)];
        rng.fill_bytes(&mut message);
        let changes: Vec<(usize, u8)> = (0..rng.random_range(1..20))
            .map(|_| (rng.random_range(0..message.len()), rng.random_range(1..=255)))
            .collect();
        block_on_paused(wrong_bytes_are_passed_up(&message, &changes));
    });
}

async fn wrong_bytes_are_passed_up(message: &[u8], changes: &[(usize, u8)]) {
    let mut wire = established().await;
    let calls = wire.responder.get_ref().calls();
    let before = calls.without_reads();

    wire.initiator.write_all(message).await.unwrap();
    let mut ciphertext = on_the_way(&mut wire.from_initiator).await;
    let mut expected = message.to_vec();
    for (at, bits) in changes {
        ciphertext[*at] ^= bits;
        expected[*at] ^= bits;
    }
    wire.to_responder.write_all(&ciphertext).await.unwrap();
    let mut got = vec![0; message.len()];
    wire.responder.read_exact(&mut got).await.unwrap();
    assert_eq!(got, expected);

    // What comes later is right again.
    wire.initiator.write_all(b"intact").await.unwrap();
    let intact = on_the_way(&mut wire.from_initiator).await;
    wire.to_responder.write_all(&intact).await.unwrap();
    let mut got = [0; 6];
    wire.responder.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"intact");
    let silence = timeout(seconds(3600), wire.responder.read(&mut got)).await;
    assert!(silence.is_err());
    assert_eq!(calls.without_reads(), before);
    assert!(on_the_way(&mut wire.to_responder).await.is_empty());
}

/// The peer sees an answer to its key, and then either what it would have seen anyway, or nothing until the end that
/// random bytes get.
#[test]
fn in_the_handshake_a_wrong_byte_leads_to_silence_or_changes_nothing() {
    cases(60, |rng| {
        let (at, bits) = (rng.random::<u64>(), rng.random_range(1..=255));
        block_on_paused(a_wrong_byte_in_step_3(at, bits));
    });
}

/// `at` modulo the length of step 3 is where the byte is.
async fn a_wrong_byte_in_step_3(at: u64, bits: u8) {
    let (mut near, far) = duplex(1 << 16);
    let start = Instant::now();
    let accepted = tokio::spawn(serve(require().linger(linger()), far, Vec::new()));
    let mut sent = Vec::new();
    let padding = Padding::new(vec![0xA5; 50], vec![0; 30], 0).unwrap();
    let randomness = Randomness::new(PrivateKey::generate(), padding);
    let ours = handshake(INFO_HASH);
    let initiator = Initiator::new(skey(), &Policy::full_rc4(), ours.clone(), randomness, &mut sent);
    near.write_all(&sent).await.unwrap();
    let answer = on_the_way(&mut near).await;
    assert!(answer.len() >= 96);
    let mut step_3 = Vec::new();
    let Ok(Progress::NeedInput(_)) = initiator.process(&answer, &mut step_3) else {
        panic!("step 4 is missing");
    };
    let at = usize::try_from(at % step_3.len() as u64).unwrap();
    step_3[at] ^= bits;
    near.write_all(&step_3).await.unwrap();

    let step_4 = on_the_way(&mut near).await;
    if step_4.is_empty() {
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
        assert_eq!(start.elapsed(), seconds(30));
        assert!(accepted.await.unwrap().is_err());
    } else {
        // PadA, or the initial payload, which is passed up as it came.
        let mut peer = accepted.await.unwrap().unwrap();
        let mut got = [0; 68];
        peer.read_exact(&mut got).await.unwrap();
        let wrong = got.iter().zip(&ours).filter(|(got, sent)| got != sent);
        assert!(wrong.count() <= 1);
    }
}
