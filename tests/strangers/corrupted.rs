//! Corrupted ciphertext: the adapter itself does nothing that can be seen. MSE has no integrity; what a wrong byte leads
//! to is for the protocol above to decide, and for an observer to see.

use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};
use tokio_mse::handshake::{Initiator, Machine, Padding, PrivateKey, Progress, Randomness};
use tokio_mse::{Linger, MseConnector, MseStream, Policy};

use super::call_log::CallLog;
use super::{INFO_HASH, require, seconds, skey};

/// An acceptor's stream that writes its calls down, and the connector's, with a wire in between that a hand carries.
struct Tampered {
    initiator: MseStream<DuplexStream>,
    from_initiator: DuplexStream,
    to_responder: DuplexStream,
    responder: MseStream<CallLog<DuplexStream>>,
}

/// What is on its way, without waiting for more.
async fn on_the_way(io: &mut DuplexStream) -> Vec<u8> {
    let mut block = vec![0; 1 << 16];
    let read = timeout(std::time::Duration::from_millis(1), io.read(&mut block)).await;
    block.truncate(read.map_or(0, Result::unwrap));
    block
}

async fn established() -> Tampered {
    let (near, mut from_initiator) = duplex(1 << 16);
    let (mut to_responder, far) = duplex(1 << 16);
    let acceptor = require();
    let accept = tokio::spawn(async move { acceptor.accept(CallLog::new(far), skey()).await.unwrap() });
    let connector = MseConnector::new(Policy::full_rc4());
    let connect = tokio::spawn(async move { connector.connect(near, INFO_HASH).await.unwrap() });
    while !(accept.is_finished() && connect.is_finished()) {
        let there = on_the_way(&mut from_initiator).await;
        to_responder.write_all(&there).await.unwrap();
        let back = on_the_way(&mut to_responder).await;
        from_initiator.write_all(&back).await.unwrap();
    }
    Tampered {
        initiator: connect.await.unwrap(),
        from_initiator,
        to_responder,
        responder: accept.await.unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_the_handshake_wrong_bytes_are_passed_up_and_nothing_else_is_done(
        message in prop::collection::vec(any::<u8>(), 1..2000),
        spoilt in prop::collection::vec((any::<prop::sample::Index>(), 1..=255u8), 1..20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut wire = established().await;
            let calls = wire.responder.get_ref().calls();
            let before = calls.without_reads();

            wire.initiator.write_all(&message).await.unwrap();
            let mut ciphertext = on_the_way(&mut wire.from_initiator).await;
            let mut expected = message.clone();
            for (at, bits) in &spoilt {
                let at = at.index(message.len());
                ciphertext[at] ^= bits;
                expected[at] ^= bits;
            }
            wire.to_responder.write_all(&ciphertext).await.unwrap();
            let mut got = vec![0; message.len()];
            wire.responder.read_exact(&mut got).await.unwrap();
            prop_assert_eq!(got, expected);

            // What comes later is whole again, in both directions.
            wire.initiator.write_all(b"intact").await.unwrap();
            let intact = on_the_way(&mut wire.from_initiator).await;
            wire.to_responder.write_all(&intact).await.unwrap();
            let mut got = [0; 6];
            wire.responder.read_exact(&mut got).await.unwrap();
            prop_assert_eq!(&got, b"intact");
            let silence = timeout(seconds(3600), wire.responder.read(&mut got)).await;
            prop_assert!(silence.is_err());
            prop_assert_eq!(calls.without_reads(), before);
            prop_assert_eq!(on_the_way(&mut wire.to_responder).await, Vec::<u8>::new());
            Ok(())
        })?;
    }

    /// The peer sees an answer to its key, and then either what it would have seen anyway or nothing until the end that
    /// random bytes get.
    #[test]
    fn in_the_handshake_a_wrong_byte_leads_to_silence_or_changes_nothing(
        at in any::<prop::sample::Index>(), bits in 1..=255u8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (mut near, far) = duplex(1 << 16);
            let start = Instant::now();
            let accepted = tokio::spawn(async move {
                let linger = Linger::new().until(seconds(30)..=seconds(30));
                require().accept(far, skey()).linger(&linger).await
            });
            let mut sent = Vec::new();
            let padding = Padding::new(vec![0xA5; 50], vec![0; 30], 0).unwrap();
            let randomness = Randomness::new(PrivateKey::generate(), padding);
            let initiator = Initiator::new(skey(), &Policy::full_rc4(), super::handshake(INFO_HASH), randomness, &mut sent);
            near.write_all(&sent).await.unwrap();
            let answer = on_the_way(&mut near).await;
            prop_assert!(answer.len() >= 96);
            let mut step_3 = Vec::new();
            let Ok(Progress::NeedInput(_)) = initiator.process(&answer, &mut step_3) else {
                panic!("step 4 is missing");
            };
            let at = at.index(step_3.len());
            step_3[at] ^= bits;
            near.write_all(&step_3).await.unwrap();

            let step_4 = on_the_way(&mut near).await;
            if step_4.is_empty() {
                let mut rest = Vec::new();
                near.read_to_end(&mut rest).await.unwrap();
                prop_assert_eq!(rest, Vec::<u8>::new());
                prop_assert_eq!(start.elapsed(), seconds(30));
                prop_assert!(accepted.await.unwrap().is_err());
            } else {
                // PadC, or the initial payload: passed up as it came.
                let mut peer = accepted.await.unwrap().unwrap();
                let mut got = [0; 68];
                peer.read_exact(&mut got).await.unwrap();
                let wrong = got.iter().zip(super::handshake(INFO_HASH)).filter(|(got, sent)| *got != sent);
                prop_assert!(wrong.count() <= 1);
            }
            Ok(())
        })?;
    }
}
