//! What errors, steps and names say, and what may be concluded from an error.

#![allow(clippy::unwrap_used)]

use std::error::Error as _;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_mse::handshake::Padding;
use tokio_mse::{
    Attempt, ConnectError, CryptoMethod, Encryption, Error, HandshakeError, Mode, Policy, Role, Step,
};

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

fn at(step: Step, answered: bool) -> [Error; 3] {
    [
        Error::closed(step, answered),
        Error::timed_out(step, answered, Duration::from_secs(7)),
        Error::transport(step, answered, io::ErrorKind::ConnectionReset.into()),
    ]
}

/// The redial that each word makes of an error after its first attempt and after its second.
fn redials(error: &Error) -> [[Option<Attempt>; 2]; 4] {
    [
        Encryption::Forbid,
        Encryption::Allow,
        Encryption::Prefer,
        Encryption::Require,
    ]
    .map(|encryption| {
        let policy = Policy::default().with_encryption(encryption);
        let first = policy.first_attempt();
        let other = match first {
            Attempt::Mse => Attempt::Plaintext,
            _ => Attempt::Mse,
        };
        [policy.redial(first, error), policy.redial(other, error)]
    })
}

const NEVER: [[Option<Attempt>; 2]; 4] = [[None; 2]; 4];
const UNANSWERED: [[Option<Attempt>; 2]; 4] = [
    [None; 2],
    [Some(Attempt::Mse), None],
    [Some(Attempt::Plaintext), None],
    [None; 2],
];

#[test]
fn a_redial_follows_policy_attempt_and_error() {
    for step in STEPS {
        for answered in [false, true] {
            for error in at(step, answered) {
                assert_eq!((error.step(), error.peer_answered()), (step, answered));
                let reached = step != Step::Dial && step != Step::Admission;
                let expected = if reached && !answered { UNANSWERED } else { NEVER };
                assert_eq!(redials(&error), expected, "{error:?}");
            }
        }
    }
}

#[test]
fn of_all_refusals_only_an_answer_in_the_other_mode_is_followed_by_a_redial() {
    for refusal in refusals() {
        let other_mode = matches!(
            refusal,
            HandshakeError::PlaintextAnswer | HandshakeError::NotPlaintext
        );
        let expected = if other_mode { UNANSWERED } else { NEVER };
        assert_eq!(redials(&refusal.into()), expected);
    }
}

#[test]
fn a_policy_without_a_fallback_never_redials() {
    let unanswered = Error::closed(Step::PublicKey, false);
    let silent = Error::timed_out(Step::Payload, false, Duration::from_secs(7));
    for policy in [
        Policy::full_rc4(),
        Policy::header_only(),
        Policy::plaintext_only(),
        Policy::default().forbid_fallback(),
        Policy::accept_any().forbid_fallback(),
    ] {
        for attempt in [Attempt::Mse, Attempt::Plaintext] {
            assert_eq!(policy.redial(attempt, &unanswered), None, "{policy}");
            assert_eq!(policy.redial(attempt, &silent), None, "{policy}");
        }
    }
}

#[test]
fn a_text_stands_for_itself_without_its_source() {
    for step in STEPS {
        let [closed, timed_out, transport] = at(step, false);
        assert!(closed.source().is_none() && timed_out.source().is_none());
        let cause = transport.source().unwrap();
        assert!(!transport.to_string().contains(&cause.to_string()), "{transport}");
    }
    for refusal in refusals() {
        let error = Error::from(refusal.clone());
        assert!(error.to_string().contains(&refusal.to_string()), "{error}");
        assert!(error.source().is_none());
    }
}

/// What an application's dialler might return.
#[derive(Debug, PartialEq)]
struct NoRoute {
    tried: u32,
}

impl fmt::Display for NoRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "none of {} transports", self.tried)
    }
}

impl std::error::Error for NoRoute {}

impl From<NoRoute> for io::Error {
    fn from(error: NoRoute) -> Self {
        Self::new(io::ErrorKind::HostUnreachable, error)
    }
}

#[test]
fn a_diallers_own_error_comes_back_as_it_was() {
    let error = ConnectError::Dial(NoRoute { tried: 2 });
    assert!(error.handshake().is_none());
    assert!(!error.to_string().contains("transports"), "{error}");
    assert_eq!(
        error.source().unwrap().downcast_ref(),
        Some(&NoRoute { tried: 2 })
    );
    let error = io::Error::from(error);
    assert_eq!(error.kind(), io::ErrorKind::HostUnreachable);
    assert_eq!(error.downcast::<NoRoute>().unwrap(), NoRoute { tried: 2 });
}

#[test]
fn a_handshakes_error_passes_through_a_diallers_and_through_io_errors() {
    for refusal in refusals() {
        let error = ConnectError::<NoRoute>::from(Error::from(refusal.clone()));
        let said = error.to_string();
        assert_eq!(error.handshake().unwrap().to_string(), said);
        let error = io::Error::from(error);
        assert_eq!(
            (error.kind(), error.to_string()),
            (io::ErrorKind::InvalidData, said)
        );
        assert!(matches!(Error::downcast(error), Ok(Error::Refused(same)) if same == refusal));
    }
    let foreign = io::Error::from(io::ErrorKind::NotFound);
    let foreign = Error::downcast(foreign).unwrap_err();
    assert_eq!(foreign.kind(), io::ErrorKind::NotFound);
}

#[test]
fn roles_attempts_methods_and_modes_are_named() {
    assert_eq!(Role::Initiator.to_string(), "initiator");
    assert_eq!(Role::Responder.to_string(), "responder");
    assert_eq!(Attempt::Mse.to_string(), "MSE");
    assert_eq!(Attempt::Plaintext.to_string(), "plaintext");
    assert_eq!(CryptoMethod::Rc4.to_string(), "rc4");
    assert_eq!(CryptoMethod::Plaintext.to_string(), "plaintext");
    assert_eq!(Mode::Plaintext.to_string(), "plaintext");
    assert_eq!(Mode::from(CryptoMethod::Plaintext).to_string(), "header-only");
    assert_eq!(Mode::from(CryptoMethod::Rc4).to_string(), "rc4");
}

#[test]
fn padding_that_is_too_long_is_told_the_limit() {
    let error = Padding::new(vec![0; 600], [], 0).unwrap_err();
    assert_eq!(error.to_string(), "a pad has 512 bytes at most");
}
