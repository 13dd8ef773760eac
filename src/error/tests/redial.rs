//! The redial that an error leads to.

use std::time::Duration;

use super::{STEPS, at, refusals};
use crate::{Attempt, Encryption, Error, HandshakeError, Policy, Step};

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
            Attempt::Plaintext => Attempt::Mse,
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
