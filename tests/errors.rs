//! What errors, steps and names say, and what may be concluded from an error.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::error::Error as _;
use std::io;
use std::time::Duration;

use tokio_mse::handshake::Padding;
use tokio_mse::{Attempt, CryptoMethod, Error, HandshakeError, Role, Step};

const STEPS: [Step; 13] = [
    Step::Dial,
    Step::Admission,
    Step::Detect,
    Step::PublicKey,
    Step::Sync,
    Step::Skey,
    Step::Vc,
    Step::CryptoProvide,
    Step::PadC,
    Step::InitialPayload,
    Step::CryptoSelect,
    Step::PadD,
    Step::Payload,
];

const REFUSALS: [HandshakeError; 11] = [
    HandshakeError::PlaintextRefused,
    HandshakeError::MseRefused,
    HandshakeError::DegenerateKey,
    HandshakeError::NoSyncMark,
    HandshakeError::UnknownSkey,
    HandshakeError::BadVc,
    HandshakeError::NoCommonMethod { provided: 0x0C },
    HandshakeError::BadSelection { selected: 0x0304 },
    HandshakeError::PadTooLong {
        step: Step::PadC,
        len: 513,
    },
    HandshakeError::PadTooLong {
        step: Step::PadD,
        len: 514,
    },
    HandshakeError::InitialPayloadTooLong {
        len: 16_385,
        cap: 16_384,
    },
];

fn at(step: Step, answered: bool) -> [Error; 3] {
    let source = io::ErrorKind::ConnectionReset.into();
    let after = Duration::from_secs(7);
    [
        Error::Closed { step, answered },
        Error::TimedOut {
            step,
            answered,
            after,
        },
        Error::Transport {
            step,
            answered,
            source,
        },
    ]
}

#[test]
fn every_step_and_every_refusal_has_a_description_of_its_own() {
    let steps: HashSet<_> = STEPS.iter().map(ToString::to_string).collect();
    let refusals: HashSet<_> = REFUSALS.iter().map(ToString::to_string).collect();
    assert_eq!((steps.len(), refusals.len()), (STEPS.len(), REFUSALS.len()));
    assert!(
        steps
            .iter()
            .chain(&refusals)
            .all(|description| !description.is_empty())
    );
}

#[test]
fn refusals_say_what_the_peer_sent() {
    for (refusal, fact) in REFUSALS[6..].iter().zip([
        "0x0000000c",
        "0x00000304",
        "PadC of 513",
        "PadD of 514",
        "16385 bytes, 16384 at most",
    ]) {
        assert!(refusal.to_string().contains(fact), "{refusal}");
    }
}

#[test]
fn errors_say_at_which_step_they_happened_and_what_caused_them() {
    for step in STEPS {
        let [closed, timed_out, transport] = at(step, false);
        for error in [&closed, &timed_out, &transport] {
            assert!(error.to_string().contains(&step.to_string()), "{error}");
            assert_eq!(error.step(), step);
        }
        assert!(timed_out.to_string().contains("7s"));
        assert!(closed.source().is_none() && timed_out.source().is_none());
        let cause = transport.source().unwrap().downcast_ref::<io::Error>();
        assert_eq!(cause.unwrap().kind(), io::ErrorKind::ConnectionReset);
    }
    for refusal in REFUSALS {
        let error = Error::from(refusal);
        assert!(error.to_string().contains(&refusal.to_string()), "{error}");
        assert!(error.to_string().contains(&refusal.step().to_string()), "{error}");
        assert_eq!(error.source().unwrap().downcast_ref(), Some(&refusal));
    }
    let error = Error::Dial(io::ErrorKind::AddrInUse.into());
    assert!(error.to_string().starts_with("cannot dial: "));
    assert!(error.source().is_some());
}

#[test]
fn a_refusal_behind_the_detection_means_that_the_peer_answered() {
    for refusal in REFUSALS {
        let detection = matches!(
            refusal,
            HandshakeError::PlaintextRefused | HandshakeError::MseRefused
        );
        let error = Error::from(refusal);
        assert_eq!(error.peer_answered(), !detection, "{error}");
        assert!(!error.is_fallback_candidate(), "{error}");
    }
    assert!(!Error::Dial(io::ErrorKind::Other.into()).peer_answered());
}

#[test]
fn only_what_was_left_unanswered_on_an_open_connection_is_worth_a_redial() {
    for step in STEPS {
        for answered in [false, true] {
            for error in at(step, answered) {
                assert_eq!(error.peer_answered(), answered);
                let worth = !answered && step != Step::Dial;
                assert_eq!(error.is_fallback_candidate(), worth, "{error:?}");
            }
        }
    }
}

#[test]
fn errors_pass_through_io_errors_and_keep_their_kind() {
    let [closed, timed_out, transport] = at(Step::Sync, true);
    let refused = Error::from(HandshakeError::BadVc);
    let dial = Error::Dial(io::ErrorKind::AddrInUse.into());
    for (error, kind) in [
        (closed, io::ErrorKind::UnexpectedEof),
        (timed_out, io::ErrorKind::TimedOut),
        (transport, io::ErrorKind::ConnectionReset),
        (refused, io::ErrorKind::InvalidData),
        (dial, io::ErrorKind::AddrInUse),
    ] {
        let said = error.to_string();
        let error = io::Error::from(error);
        assert_eq!(error.kind(), kind);
        assert_eq!(Error::downcast(error).unwrap().to_string(), said);
    }
    let foreign = io::Error::from(io::ErrorKind::NotFound);
    assert_eq!(
        Error::downcast(foreign).unwrap_err().kind(),
        io::ErrorKind::NotFound
    );
}

#[test]
fn roles_attempts_and_methods_are_named() {
    assert_eq!(Role::Initiator.to_string(), "initiator");
    assert_eq!(Role::Responder.to_string(), "responder");
    assert_eq!(Attempt::Mse.to_string(), "MSE");
    assert_eq!(Attempt::Plaintext.to_string(), "plaintext");
    assert_eq!(CryptoMethod::Rc4.to_string(), "rc4");
    assert_eq!(CryptoMethod::Plaintext.to_string(), "plaintext");
}

#[test]
fn padding_that_is_too_long_is_told_the_limit() {
    let error = Padding::new(vec![0; 600], [], 0).unwrap_err();
    assert_eq!(error.to_string(), "a pad has 512 bytes at most");
}
