//! The same for those who dial themselves, with `MseConnector::dial`.

use std::io::ErrorKind;

use tokio::io::AsyncWriteExt;
use tokio_mse::{DialMode, Mode, MseConnector, Policy};

use super::answers::BY_THE_PEER;
use super::dial::{
    INFO_HASH, allow, assert_answered, assert_never_redialled, handshake, redials_after, seconds,
};
use super::far_end;
use super::wire::{Failure, Writes, closed, closed_duplex, wire};

#[tokio::test(start_paused = true)]
async fn h9_an_attempt_that_stays_unanswered_is_followed_by_one_in_the_other_mode() {
    for (first, second) in [
        (DialMode::Mse, DialMode::Plaintext),
        (DialMode::Plaintext, DialMode::Mse),
    ] {
        let connector = MseConnector::new(redials_after(first));
        let mut dial = connector.dial(INFO_HASH, handshake(1));
        assert_eq!(dial.mode(), first);
        assert!(dial.attempt(closed_duplex()).await.unwrap().is_none());
        assert_eq!(dial.mode(), second);
        // The caller may take its time.
        tokio::time::sleep(seconds(60)).await;
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let peer = async {
            if second == DialMode::Plaintext {
                return far_end::read_handshake(&mut far).await;
            }
            let (responder, key) = far_end::read_key(&mut far).await?;
            far.write_all(&key).await?;
            let (_, step_4) = far_end::read_step_3(&mut far, responder, handshake(2)).await?;
            far.write_all(&step_4).await
        };
        let (attempt, answered) = tokio::join!(dial.attempt(near), peer);
        answered.unwrap();
        let stream = attempt.unwrap().expect("it was answered");
        assert_eq!(stream.negotiated().attempts(), 2);
        assert_eq!(stream.negotiated().mode() == Mode::Rc4, second == DialMode::Mse);
    }
}

#[tokio::test(start_paused = true)]
async fn h9_the_last_attempt_ends_with_its_error() {
    // Plaintext that nothing follows waits for no answer, so it does not notice that nobody is there.
    let plaintext_then_mse = [DialMode::Plaintext, DialMode::Mse];
    for (policy, expected) in [
        (allow(), &plaintext_then_mse[..]),
        (Policy::full_rc4(), &plaintext_then_mse[1..]),
    ] {
        let mut dial = MseConnector::new(policy).dial(INFO_HASH, handshake(1));
        let mut modes = Vec::new();
        let error = loop {
            modes.push(dial.mode());
            match dial.attempt(closed()).await {
                Ok(None) => {}
                Ok(Some(_)) => panic!("nobody has answered"),
                Err(error) => break error,
            }
        };
        assert_eq!(modes, expected);
        assert!(!error.peer_answered());
    }
}

#[tokio::test(start_paused = true)]
async fn h12_an_answer_that_is_in_the_pipe_ends_the_dial() {
    for kind in BY_THE_PEER {
        let (near, mut far) = wire();
        far.deliver(&far_end::first_flight());
        far.set_writes(Writes::Fail(Failure::Kind(kind)));
        let mut dial = MseConnector::default().dial(INFO_HASH, handshake(1));
        assert_answered(&dial.attempt(near).await.unwrap_err());
        assert_eq!(dial.mode(), DialMode::Mse);
    }
}

#[tokio::test(start_paused = true)]
async fn h13_a_failure_of_our_own_side_ends_the_dial() {
    for mode in [DialMode::Mse, DialMode::Plaintext] {
        let (near, far) = wire();
        far.set_writes(Writes::Fail(Failure::Kind(ErrorKind::NetworkUnreachable)));
        let mut dial = MseConnector::new(redials_after(mode)).dial(INFO_HASH, handshake(1));
        assert_never_redialled(&dial.attempt(near).await.unwrap_err());
        assert_eq!(dial.mode(), mode);
    }
}

#[tokio::test(start_paused = true)]
async fn h11_allow_without_a_payload_is_an_error_of_the_first_attempt() {
    let (near, far) = wire();
    let mut dial = MseConnector::new(allow()).dial(INFO_HASH, "");
    let error = dial.attempt(near).await.unwrap_err();
    assert!(matches!(error.kind(), tokio_mse::ErrorKind::NoInitialPayload));
    assert_never_redialled(&error);
    assert_eq!(far.written(), b"");
}

/// Nothing follows MSE under Require, so a slow peer has the whole time.
#[tokio::test(start_paused = true)]
async fn h14_the_answer_timeout_of_an_attempt_applies_only_if_a_redial_is_possible() {
    let (near, mut far) = wire();
    let connector = MseConnector::new(Policy::full_rc4()).timeout(seconds(60));
    let mut dial = connector.dial(INFO_HASH, handshake(1));
    let peer = async {
        let (responder, key) = far_end::read_key(&mut far).await.unwrap();
        tokio::time::sleep(seconds(50)).await;
        far.deliver(&key);
        let step_3 = far_end::read_step_3(&mut far, responder, handshake(2));
        let (_, step_4) = step_3.await.unwrap();
        far.deliver(&step_4);
        far
    };
    let (attempt, _far) = tokio::join!(dial.attempt(near), peer);
    assert!(attempt.unwrap().is_some());
}
