//! What an error says of itself and of its causes, and the errors that there are.

mod redial;

use std::collections::HashSet;
use std::error::Error as _;
use std::io;
use std::time::Duration;

use super::{ConnectError, Error, HandshakeError, Step};

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

fn refusals() -> [HandshakeError; 14] {
    // A variant that is missing here fails to compile.
    match HandshakeError::BadVc {
        HandshakeError::PlaintextRefused
        | HandshakeError::MseRefused
        | HandshakeError::PlaintextAnswer
        | HandshakeError::NotPlaintext
        | HandshakeError::DegenerateKey
        | HandshakeError::NoSyncMark
        | HandshakeError::UnknownSkey
        | HandshakeError::UnknownInfoHash
        | HandshakeError::BadVc
        | HandshakeError::NoCommonMethod { .. }
        | HandshakeError::BadSelection { .. }
        | HandshakeError::PadTooLong { .. }
        | HandshakeError::InitialPayloadTooLong { .. } => {}
    }
    [
        HandshakeError::PlaintextRefused,
        HandshakeError::MseRefused,
        HandshakeError::PlaintextAnswer,
        HandshakeError::NotPlaintext,
        HandshakeError::DegenerateKey,
        HandshakeError::NoSyncMark,
        HandshakeError::UnknownSkey,
        HandshakeError::UnknownInfoHash,
        HandshakeError::BadVc,
        HandshakeError::no_common_method(0x0C),
        HandshakeError::bad_selection(0x0304),
        HandshakeError::pad_too_long(Step::PadC, 513),
        HandshakeError::pad_too_long(Step::PadD, 514),
        HandshakeError::initial_payload_too_long(16_385, 16_384),
    ]
}

/// What may end the wait at a step.
fn at(step: Step, answered: bool) -> [Error; 3] {
    let reset = io::Error::new(io::ErrorKind::ConnectionReset, "reset by the test");
    [
        Error::closed(step, answered),
        Error::timed_out(step, answered, Duration::from_secs(7)),
        Error::transport(step, answered, reset),
    ]
}

/// Every error there is, at every step, answered and not.
fn every_error() -> Vec<Error> {
    let mut errors = vec![Error::Crowded {
        step: Step::PublicKey,
    }];
    errors.extend(refusals().map(Error::from));
    for step in STEPS {
        for answered in [false, true] {
            errors.extend(at(step, answered));
        }
    }
    errors
}

#[test]
fn every_step_and_every_refusal_has_a_description_of_its_own() {
    let steps: HashSet<_> = STEPS.iter().map(ToString::to_string).collect();
    let refusals: HashSet<_> = refusals().iter().map(ToString::to_string).collect();
    assert_eq!((steps.len(), refusals.len()), (13, 14));
    assert!(steps.iter().chain(&refusals).all(|said| said.len() > 1));
}

#[test]
fn refusals_say_what_the_peer_sent() {
    for (refusal, fact) in refusals()[9..].iter().zip([
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
fn errors_say_at_which_step_they_happened() {
    for error in every_error() {
        assert!(error.to_string().contains(&error.step().to_string()), "{error}");
    }
    let timed_out = Error::timed_out(Step::Sync, true, Duration::from_secs(7));
    assert!(timed_out.to_string().contains("7s"), "{timed_out}");
}

#[test]
fn errors_name_the_likely_cause() {
    let timed_out = |step, answered| Error::timed_out(step, answered, Duration::from_secs(7));
    for (error, cause) in [
        (Error::closed(Step::PublicKey, false), "may not speak MSE"),
        (timed_out(Step::PublicKey, false), "may not speak MSE"),
        (Error::closed(Step::Sync, true), "may not serve the info-hash"),
        (timed_out(Step::Sync, true), "may not serve the info-hash"),
        (Error::closed(Step::Payload, false), "may take nothing but MSE"),
        (timed_out(Step::Dial, false), "unreachable"),
        (timed_out(Step::Admission, false), "too many handshakes"),
        (HandshakeError::UnknownSkey.into(), "not served here"),
        (HandshakeError::PlaintextAnswer.into(), "does not speak MSE"),
        (HandshakeError::NotPlaintext.into(), "nothing but MSE"),
        (HandshakeError::PlaintextRefused.into(), "policies do not meet"),
        (HandshakeError::MseRefused.into(), "policies do not meet"),
        (HandshakeError::no_common_method(1).into(), "policies do not meet"),
    ] {
        assert!(error.to_string().contains(cause), "{error}");
    }
}

#[test]
fn no_text_repeats_that_of_its_source() {
    for error in every_error() {
        let error = ConnectError::<io::Error>::from(error);
        let said = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            assert!(!said.contains(&cause.to_string()), "{said}: {cause}");
            source = cause.source();
        }
    }
    let error = ConnectError::Dial(io::Error::other("no route"));
    assert!(!error.to_string().contains("no route"));
    assert_eq!(
        error.source().map(ToString::to_string).as_deref(),
        Some("no route")
    );
}

#[test]
fn a_failed_transport_is_the_source_and_a_refusal_is_in_the_text() {
    for error in every_error() {
        match &error {
            Error::Transport { .. } => {
                let source = error.source().map(ToString::to_string);
                assert_eq!(source.as_deref(), Some("reset by the test"));
            }
            Error::Refused(refusal) => {
                assert!(error.to_string().contains(&refusal.to_string()), "{error}");
                assert!(error.source().is_none());
            }
            _ => assert!(error.source().is_none()),
        }
    }
}

#[test]
fn a_refusal_behind_the_detection_means_that_the_peer_answered() {
    for refusal in refusals() {
        let detection = refusal.step() == Step::Detect;
        let error = Error::from(refusal);
        assert_eq!(error.peer_answered(), !detection, "{error}");
    }
    assert_eq!(HandshakeError::PlaintextAnswer.step(), Step::Detect);
    assert_eq!(HandshakeError::NotPlaintext.step(), Step::Detect);
    assert!(
        !Error::Crowded {
            step: Step::PublicKey
        }
        .peer_answered()
    );
}

#[test]
fn an_attempt_is_left_unanswered_where_the_peer_was_reached_and_did_not_answer_what_was_dialled() {
    for error in every_error() {
        let unanswered = match &error {
            Error::Refused(refusal) => {
                [HandshakeError::PlaintextAnswer, HandshakeError::NotPlaintext].contains(refusal)
            }
            // Made by acceptors alone.
            Error::Crowded { .. } => false,
            _ => !error.peer_answered() && ![Step::Dial, Step::Admission].contains(&error.step()),
        };
        assert_eq!(error.left_unanswered(), unanswered, "{error:?}");
    }
}

#[test]
fn errors_pass_through_io_errors_and_lose_nothing() {
    for error in every_error() {
        let kind = match &error {
            Error::Refused(_) => io::ErrorKind::InvalidData,
            Error::Closed { .. } => io::ErrorKind::UnexpectedEof,
            Error::TimedOut { .. } => io::ErrorKind::TimedOut,
            Error::Transport { .. } => io::ErrorKind::ConnectionReset,
            Error::Crowded { .. } => io::ErrorKind::ConnectionAborted,
        };
        let (said, shown) = (error.to_string(), format!("{error:?}"));
        let error = io::Error::from(error);
        assert_eq!((error.kind(), error.to_string()), (kind, said));
        let error = Error::downcast(error).expect("made from one");
        assert_eq!(format!("{error:?}"), shown);
        let error = io::Error::from(ConnectError::<io::Error>::from(error));
        let error = Error::downcast(error).expect("made from one");
        assert_eq!(format!("{error:?}"), shown);
    }
    let foreign = io::Error::from(io::ErrorKind::NotFound);
    let foreign = Error::downcast(foreign).expect_err("not made from one");
    assert_eq!(foreign.kind(), io::ErrorKind::NotFound);
}
