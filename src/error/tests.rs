//! Every error that exists: what it says, its label, and the redial that follows.

use std::collections::HashSet;
use std::error::Error as _;
use std::io;
use std::time::Duration;

use super::{ConnectError, Error, ErrorKind, HandshakeError, Reply, Step};
use crate::mode::{DialMode, Role};
use crate::policy::{Encryption, Policy};

const ROLES: [Role; 2] = [Role::Initiator, Role::Responder];
const AFTER: Duration = Duration::from_secs(7);

/// The errors of a transport that are the peer's doing. The end of the stream is [`ErrorKind::Closed`].
const BY_THE_PEER: [io::ErrorKind; 5] = [
    io::ErrorKind::ConnectionReset,
    io::ErrorKind::ConnectionAborted,
    io::ErrorKind::BrokenPipe,
    io::ErrorKind::UnexpectedEof,
    io::ErrorKind::TimedOut,
];

/// Every other error that a transport has been seen to return, and a few that none should.
const ON_OUR_SIDE: [io::ErrorKind; 20] = [
    io::ErrorKind::NotFound,
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::ConnectionRefused,
    io::ErrorKind::HostUnreachable,
    io::ErrorKind::NetworkUnreachable,
    io::ErrorKind::NotConnected,
    io::ErrorKind::AddrInUse,
    io::ErrorKind::AddrNotAvailable,
    io::ErrorKind::NetworkDown,
    io::ErrorKind::AlreadyExists,
    io::ErrorKind::WouldBlock,
    io::ErrorKind::InvalidInput,
    io::ErrorKind::InvalidData,
    io::ErrorKind::WriteZero,
    io::ErrorKind::StorageFull,
    io::ErrorKind::ResourceBusy,
    io::ErrorKind::Interrupted,
    io::ErrorKind::Unsupported,
    io::ErrorKind::OutOfMemory,
    io::ErrorKind::Other,
];

const STEPS: [Step; 12] = [
    Step::Start,
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

fn mode_not_allowed(mode: DialMode) -> Error {
    Error::new(
        Role::Initiator,
        Step::Start,
        false,
        ErrorKind::ModeNotAllowed(mode),
    )
}

fn no_initial_payload() -> Error {
    Error::new(Role::Initiator, Step::Start, false, ErrorKind::NoInitialPayload)
}

fn wrong_skey() -> Error {
    Error::new(Role::Responder, Step::Skey, true, ErrorKind::WrongSkey)
}

fn refusals() -> [HandshakeError; 16] {
    // A variant that is missing here fails to compile.
    match HandshakeError::BadVc {
        HandshakeError::PlaintextRefused
        | HandshakeError::MseRefused
        | HandshakeError::PlaintextAnswer
        | HandshakeError::NotPlaintext
        | HandshakeError::SelfConnection
        | HandshakeError::AnotherDialler
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
        HandshakeError::SelfConnection,
        HandshakeError::AnotherDialler,
        HandshakeError::DegenerateKey,
        HandshakeError::NoSyncMark,
        HandshakeError::UnknownSkey,
        HandshakeError::UnknownInfoHash,
        HandshakeError::BadVc,
        HandshakeError::NoCommonMethod {
            provided: 0x0C,
            accepted: Policy::default().accepted_methods(),
        },
        HandshakeError::BadSelection { selected: 0x0310 },
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
    ]
}

fn reset() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "reset by the test")
}

fn no_route() -> io::Error {
    io::Error::new(io::ErrorKind::NetworkUnreachable, "no route in the test")
}

/// The kinds of error that can end a wait.
fn interruptions() -> [ErrorKind; 4] {
    [
        ErrorKind::Closed,
        ErrorKind::TimedOut(AFTER),
        ErrorKind::Transport(reset()),
        ErrorKind::Transport(no_route()),
    ]
}

fn wrong_calls() -> [Error; 4] {
    [
        mode_not_allowed(DialMode::Mse),
        mode_not_allowed(DialMode::Plaintext),
        no_initial_payload(),
        wrong_skey(),
    ]
}

/// Every error that exists: both roles, at every step, answered and not.
fn every_error() -> Vec<Error> {
    // A variant that is missing below fails to compile.
    match ErrorKind::Closed {
        ErrorKind::Refused(_)
        | ErrorKind::Closed
        | ErrorKind::TimedOut(_)
        | ErrorKind::Transport(_)
        | ErrorKind::ModeNotAllowed(_)
        | ErrorKind::NoInitialPayload
        | ErrorKind::WrongSkey => {}
    }
    let mut errors: Vec<Error> = wrong_calls().into();
    for role in ROLES {
        errors.extend(refusals().map(|refusal| Error::refused(role, refusal)));
        for step in STEPS {
            for answered in [false, true] {
                errors.extend(interruptions().map(|kind| Error::new(role, step, answered, kind)));
            }
        }
    }
    errors
}

/// The redial of each level of encryption after its first attempt, and after the other one.
fn redials(error: &Error) -> [[Option<DialMode>; 2]; 4] {
    [
        Encryption::Forbid,
        Encryption::Allow,
        Encryption::Prefer,
        Encryption::Require,
    ]
    .map(|encryption| {
        let policy = Policy::default().with_encryption(encryption);
        let first = policy.first_mode();
        let other = match first {
            DialMode::Mse => DialMode::Plaintext,
            DialMode::Plaintext => DialMode::Mse,
        };
        [policy.redial(first, error), policy.redial(other, error)]
    })
}

const NEVER: [[Option<DialMode>; 2]; 4] = [[None; 2]; 4];
const UNANSWERED: [[Option<DialMode>; 2]; 4] = [
    [None; 2],
    [Some(DialMode::Mse), None],
    [Some(DialMode::Plaintext), None],
    [None; 2],
];

fn assert_reply(error: &Error, reply: Reply) {
    assert_eq!(error.reply(), reply, "{error:?}");
    assert_eq!(error.peer_answered(), reply == Reply::Answered, "{error:?}");
    let expected = match reply {
        Reply::Silent | Reply::SomethingElse => UNANSWERED,
        Reply::Answered | Reply::NotAsked => NEVER,
    };
    assert_eq!(redials(error), expected, "{error:?}");
}

#[test]
fn h9_a_redial_follows_silence_and_nothing_follows_an_answer() {
    for role in ROLES {
        for step in STEPS {
            for answered in [false, true] {
                let reply = if answered { Reply::Answered } else { Reply::Silent };
                for error in [
                    Error::closed(role, step, answered),
                    Error::timed_out(role, step, answered, AFTER),
                    Error::transport(role, step, answered, reset()),
                ] {
                    assert_eq!((error.role(), error.step()), (role, step));
                    assert_reply(&error, reply);
                }
            }
        }
    }
}

#[test]
fn h13_exactly_six_kinds_of_failure_are_the_peers_doing() {
    let ends: HashSet<_> = BY_THE_PEER.iter().chain(&ON_OUR_SIDE).collect();
    assert_eq!(ends.len(), BY_THE_PEER.len() + ON_OUR_SIDE.len());
    for role in ROLES {
        // The sixth is the end of the stream.
        assert_reply(&Error::closed(role, Step::PublicKey, false), Reply::Silent);
        for kind in BY_THE_PEER {
            assert_reply(
                &Error::transport(role, Step::PublicKey, false, kind.into()),
                Reply::Silent,
            );
        }
        for kind in ON_OUR_SIDE {
            assert_reply(
                &Error::transport(role, Step::PublicKey, false, kind.into()),
                Reply::NotAsked,
            );
        }
        for kind in BY_THE_PEER.into_iter().chain(ON_OUR_SIDE) {
            assert_reply(
                &Error::transport(role, Step::Sync, true, kind.into()),
                Reply::Answered,
            );
        }
    }
}

#[test]
fn of_all_refusals_only_an_answer_in_the_other_mode_is_followed_by_a_redial() {
    for role in ROLES {
        for refusal in refusals() {
            let reply = match refusal {
                HandshakeError::PlaintextAnswer | HandshakeError::NotPlaintext => Reply::SomethingElse,
                _ => Reply::Answered,
            };
            let step = refusal.step();
            let error = Error::refused(role, refusal.clone());
            assert_eq!(error.refusal(), Some(&refusal));
            assert_eq!((error.role(), error.step()), (role, step));
            assert_reply(&error, reply);
        }
    }
}

#[test]
fn a_wrong_call_is_never_followed_by_a_redial() {
    for error in wrong_calls() {
        let reply = match error.kind() {
            // Only after the peer has asked for one.
            ErrorKind::WrongSkey => Reply::Answered,
            _ => Reply::NotAsked,
        };
        assert_reply(&error, reply);
    }
}

#[test]
fn a_policy_without_a_fallback_never_redials() {
    for policy in [
        Policy::full_rc4(),
        Policy::header_only(),
        Policy::plaintext_only(),
        Policy::default().forbid_fallback(),
        Policy::plaintext_only().allow_fallback().forbid_fallback(),
    ] {
        for mode in [DialMode::Mse, DialMode::Plaintext] {
            for error in every_error() {
                assert_eq!(policy.redial(mode, &error), None, "{policy}: {error:?}");
            }
        }
    }
}

#[test]
fn refusals_name_their_step() {
    let steps = refusals().map(|refusal| refusal.step());
    let expected = [
        Step::Detect,
        Step::Detect,
        Step::Detect,
        Step::Detect,
        Step::PublicKey,
        Step::Sync,
        Step::PublicKey,
        Step::Sync,
        Step::Skey,
        Step::Detect,
        Step::Vc,
        Step::CryptoProvide,
        Step::CryptoSelect,
        Step::PadC,
        Step::PadD,
        Step::InitialPayload,
    ];
    assert_eq!(steps, expected);
}

#[test]
fn labels_are_these_words_and_no_two_failures_share_one() {
    let refused = [
        "plaintext-refused",
        "mse-refused",
        "plaintext-answer",
        "not-plaintext",
        "self-connection",
        "another-dialler",
        "degenerate-key",
        "no-sync-mark",
        "unknown-skey",
        "unknown-info-hash",
        "bad-vc",
        "no-common-method",
        "bad-selection",
        "pad-too-long",
        "pad-too-long",
        "payload-too-long",
    ];
    for role in ROLES {
        let labels = refusals().map(|refusal| Error::refused(role, refusal).label());
        assert_eq!(labels, refused);
        for answered in [false, true] {
            let unanswered = role == Role::Initiator && !answered;
            let words = if unanswered {
                [
                    "closed-unanswered",
                    "timed-out-unanswered",
                    "transport-unanswered",
                ]
            } else {
                ["closed", "timed-out", "transport"]
            };
            for step in STEPS {
                let errors = [
                    Error::closed(role, step, answered),
                    Error::timed_out(role, step, answered, AFTER),
                    Error::transport(role, step, answered, reset()),
                ];
                assert_eq!(errors.map(|error| error.label()), words);
            }
            // A failure on our own side says nothing about the peer.
            let error = Error::transport(role, Step::PublicKey, answered, no_route());
            assert_eq!(error.label(), "transport");
        }
    }
    let words = [
        "mode-not-allowed",
        "mode-not-allowed",
        "no-initial-payload",
        "wrong-skey",
    ];
    assert_eq!(wrong_calls().map(|error| error.label()), words);

    let all: HashSet<_> = every_error().iter().map(Error::label).collect();
    let unanswered = [
        "closed-unanswered",
        "timed-out-unanswered",
        "transport-unanswered",
    ];
    let waits = ["closed", "timed-out", "transport"];
    let expected = refused.into_iter().chain(unanswered).chain(waits).chain(words);
    assert_eq!(all, expected.collect());
}

#[test]
fn every_step_and_every_refusal_has_a_description_of_its_own() {
    let steps: HashSet<_> = STEPS.iter().map(ToString::to_string).collect();
    let refusals: HashSet<_> = refusals().iter().map(ToString::to_string).collect();
    assert_eq!((steps.len(), refusals.len()), (12, 16));
    assert!(steps.iter().chain(&refusals).all(|said| said.len() > 1));
}

#[test]
fn refusals_say_what_the_peer_sent() {
    for (refusal, fact) in refusals()[11..].iter().zip([
        "the peer offers 0xc, we accept rc4,header-only",
        "0x310",
        "PadC of 513 bytes",
        "PadD of 514 bytes",
        "16385 bytes, but the limit is 16384",
    ]) {
        let said = refusal.to_string();
        // With AES, 0x04 has a name.
        let fact = fact.replace(
            "0xc",
            if cfg!(feature = "unstable-aes") {
                "aes,0x8"
            } else {
                "0xc"
            },
        );
        assert!(said.contains(&fact), "{said}");
    }
}

#[test]
fn interrupted_handshakes_name_their_step() {
    for role in ROLES {
        for step in STEPS {
            for kind in interruptions() {
                let error = Error::new(role, step, true, kind);
                assert!(error.to_string().contains(&step.to_string()), "{error}");
            }
        }
    }
    let timed_out = Error::timed_out(Role::Initiator, Step::Sync, true, AFTER);
    assert!(timed_out.to_string().contains("7s"), "{timed_out}");
}

#[test]
fn an_error_of_the_transport_says_on_which_side_it_failed() {
    let said = |kind: io::ErrorKind| {
        let kind = ErrorKind::Transport(kind.into());
        Error::new(Role::Initiator, Step::PublicKey, false, kind).to_string()
    };
    let of_the_peer = said(io::ErrorKind::ConnectionReset);
    assert!(of_the_peer.starts_with("the connection broke"), "{of_the_peer}");
    assert!(of_the_peer.ends_with("it may not speak MSE"), "{of_the_peer}");
    let our_own = said(io::ErrorKind::PermissionDenied);
    assert!(
        our_own.starts_with("the transport failed on our side"),
        "{our_own}"
    );
    assert!(!our_own.contains("may not"), "{our_own}");
}

#[test]
fn errors_name_the_likely_cause_for_their_role() {
    use Role::{Initiator, Responder};
    let closed = Error::closed;
    let timed_out = |role, step, answered| Error::timed_out(role, step, answered, AFTER);
    let refused = Error::refused;
    for (error, cause) in [
        (closed(Initiator, Step::PublicKey, false), "may not speak MSE"),
        (timed_out(Initiator, Step::PublicKey, false), "may not speak MSE"),
        (closed(Initiator, Step::Sync, true), "may not serve the info-hash"),
        (
            timed_out(Initiator, Step::Sync, true),
            "may not serve the info-hash",
        ),
        (
            refused(Initiator, HandshakeError::NoSyncMark),
            "may not serve the info-hash",
        ),
        (
            refused(Responder, HandshakeError::NoSyncMark),
            "may not speak MSE",
        ),
        (closed(Responder, Step::Sync, true), "may not speak MSE"),
        (closed(Initiator, Step::Payload, false), "may require MSE"),
        (
            timed_out(Initiator, Step::Payload, false),
            "not serve the info-hash",
        ),
        (refused(Responder, HandshakeError::UnknownSkey), "not served here"),
        (
            refused(Responder, HandshakeError::UnknownInfoHash),
            "not served here",
        ),
        (
            refused(Initiator, HandshakeError::PlaintextAnswer),
            "does not speak MSE",
        ),
        (refused(Initiator, HandshakeError::NotPlaintext), "require MSE"),
        (
            refused(Initiator, HandshakeError::SelfConnection),
            "leads back to this client",
        ),
        (
            refused(Initiator, HandshakeError::AnotherDialler),
            "both ends dialled",
        ),
        (
            refused(Responder, HandshakeError::PlaintextRefused),
            "incompatible policies",
        ),
        (
            refused(Responder, HandshakeError::MseRefused),
            "incompatible policies",
        ),
        (mode_not_allowed(DialMode::Mse), "does not allow MSE"),
        (no_initial_payload(), "needs an initial payload"),
    ] {
        assert!(error.to_string().contains(cause), "{error}");
    }
}

#[test]
fn no_text_leaves_it_to_the_reader_which_end_this_was() {
    for error in every_error() {
        let said = error.to_string();
        for vague in ["if we", "if they", "(if", " if the peer dialled"] {
            assert!(!said.contains(vague), "{said}");
        }
    }
    // Only an initiator's peer serves an info-hash, and only a cause on the peer's side is its fault.
    for step in STEPS {
        for answered in [false, true] {
            for kind in interruptions() {
                let said = Error::new(Role::Responder, step, answered, kind).to_string();
                assert!(!said.contains("serve"), "{said}");
            }
            for role in ROLES {
                let error = Error::new(role, step, false, ErrorKind::Transport(no_route()));
                assert!(error.to_string().contains("on our side"), "{error}");
                assert!(!error.to_string().contains("it may"), "{error}");
            }
        }
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
        match error.kind() {
            ErrorKind::Transport(cause) => {
                let source = error.source().map(ToString::to_string);
                assert_eq!(source, Some(cause.to_string()));
            }
            ErrorKind::Refused(refusal) => {
                assert!(error.to_string().contains(&refusal.to_string()), "{error}");
                assert!(error.source().is_none());
            }
            _ => assert!(error.source().is_none()),
        }
    }
}

#[test]
fn errors_pass_through_io_errors_and_lose_nothing() {
    for error in every_error() {
        let kind = match error.kind() {
            ErrorKind::Refused(_) => io::ErrorKind::InvalidData,
            ErrorKind::Closed => io::ErrorKind::UnexpectedEof,
            ErrorKind::TimedOut(_) => io::ErrorKind::TimedOut,
            ErrorKind::Transport(source) => source.kind(),
            ErrorKind::ModeNotAllowed(_) | ErrorKind::NoInitialPayload | ErrorKind::WrongSkey => {
                io::ErrorKind::InvalidInput
            }
        };
        let (said, shown) = (error.to_string(), format!("{error:?}"));
        let error = io::Error::from(error);
        assert_eq!((error.kind(), error.to_string()), (kind, said));
        let inside = Error::from_io(&error).expect("made from one");
        assert_eq!(format!("{inside:?}"), shown);
        let error = Error::downcast(error).expect("made from one");
        assert_eq!(format!("{error:?}"), shown);
        let label = error.label();
        let error = ConnectError::<io::Error>::from(error);
        assert_eq!(error.label(), label);
        let error = Error::downcast(error.into()).expect("made from one");
        assert_eq!(format!("{error:?}"), shown);
    }
    let foreign = io::Error::from(io::ErrorKind::NotFound);
    assert!(Error::from_io(&foreign).is_none());
    let foreign = Error::downcast(foreign).expect_err("not made from one");
    assert_eq!(foreign.kind(), io::ErrorKind::NotFound);
}
