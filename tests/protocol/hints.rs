//! What is known about a peer, and how that changes the first attempt.

use tokio_mse::{
    CryptoMethod, CryptoMethods, DialMode, Encryption, Error, MseAcceptor, MseConnector, PeerHint, Policy,
    Role, Step,
};

use crate::deliver::{handshake, skey};

const HINTS: [PeerHint; 4] = [
    PeerHint::Unknown,
    PeerHint::TakesMse,
    PeerHint::PrefersMse,
    PeerHint::RequiresMse,
];

fn policy(encryption: Encryption) -> Policy {
    Policy::new(encryption, CryptoMethods::only(CryptoMethod::HeaderOnly))
}

/// What follows a first attempt that was not answered.
fn second_attempt(policy: &Policy) -> Option<DialMode> {
    policy.redial(
        policy.first_mode(),
        &Error::closed(Role::Initiator, Step::PublicKey, false),
    )
}

#[test]
fn hints_lead_to_the_attempts_of_the_table() {
    use DialMode::{Mse, Plaintext};
    let plaintext = (Plaintext, None);
    let plaintext_first = (Plaintext, Some(Mse));
    let mse_first = (Mse, Some(Plaintext));
    let mse = (Mse, None);
    let table = [
        (Encryption::Forbid, [plaintext; 4]),
        (
            Encryption::Allow,
            [plaintext_first, plaintext_first, mse_first, mse],
        ),
        (Encryption::Prefer, [mse_first, mse_first, mse_first, mse]),
        (Encryption::Require, [mse; 4]),
    ];
    for (encryption, row) in table {
        for (hint, (first, second)) in HINTS.into_iter().zip(row) {
            let hinted = policy(encryption).with_hint(hint);
            assert_eq!(hinted.first_mode(), first, "{encryption}, {hint:?}");
            assert_eq!(second_attempt(&hinted), second, "{encryption}, {hint:?}");
        }
    }
}

#[test]
fn forbid_and_require_are_never_changed_by_a_hint() {
    for hint in HINTS {
        for encryption in [Encryption::Forbid, Encryption::Require] {
            assert_eq!(policy(encryption).with_hint(hint), policy(encryption));
        }
    }
}

#[test]
fn a_hint_never_adds_an_attempt_and_leaves_the_methods_alone() {
    for hint in HINTS {
        for encryption in [Encryption::Allow, Encryption::Prefer] {
            let once = policy(encryption).forbid_fallback().with_hint(hint);
            assert_eq!(second_attempt(&once), None);
            let hinted = policy(encryption).with_hint(hint);
            assert_eq!(hinted.methods(), policy(encryption).methods());
        }
    }
}

#[test]
fn sources_are_read_as_they_are_documented() {
    assert_eq!(PeerHint::default(), PeerHint::Unknown);
    let crypto_flags = [
        (0, PeerHint::TakesMse),
        (1, PeerHint::RequiresMse),
        (2, PeerHint::Unknown),
    ];
    for (flag, hint) in crypto_flags {
        assert_eq!(PeerHint::from_crypto_flag(flag), hint);
    }
    let announces = [
        (false, false, PeerHint::Unknown),
        (true, false, PeerHint::TakesMse),
        (false, true, PeerHint::RequiresMse),
        (true, true, PeerHint::RequiresMse),
    ];
    for (support, require, hint) in announces {
        assert_eq!(PeerHint::from_announce(support, require), hint);
    }
    for flags in 0..=u8::MAX {
        let prefers = flags % 2 == 1;
        let hint = if prefers {
            PeerHint::PrefersMse
        } else {
            PeerHint::Unknown
        };
        assert_eq!(PeerHint::from_pex_flags(flags), hint);
    }
    let extension_handshakes = [
        (None, PeerHint::Unknown),
        (Some(0), PeerHint::Unknown),
        (Some(1), PeerHint::PrefersMse),
    ];
    for (e, hint) in extension_handshakes {
        assert_eq!(PeerHint::from_extension_handshake(e), hint);
    }
}

#[test]
fn of_several_sources_the_one_that_says_most_counts() {
    for (weight, hint) in HINTS.into_iter().enumerate() {
        for (other_weight, other) in HINTS.into_iter().enumerate() {
            assert_eq!(hint.join(other), HINTS[weight.max(other_weight)]);
        }
    }
    let joined = PeerHint::from_pex_flags(1).join(PeerHint::from_crypto_flag(1));
    assert_eq!(joined, PeerHint::RequiresMse);
}

#[tokio::test]
async fn an_earlier_connection_is_a_hint_to_both_ends() {
    let cases = [
        (Policy::full_rc4(), PeerHint::PrefersMse),
        (Policy::header_only(), PeerHint::PrefersMse),
        (Policy::plaintext_only(), PeerHint::Unknown),
    ];
    for (policy, hint) in cases {
        let (a, b) = tokio::io::duplex(4096);
        let dial = MseConnector::new(policy).connect(a, skey(), handshake([b'a'; 20]));
        let accept = async { MseAcceptor::default().accept(b).await?.accept(skey(), "").await };
        let (dialled, accepted) = tokio::join!(dial, accept);
        assert_eq!(PeerHint::from(dialled.unwrap().negotiated()), hint);
        assert_eq!(PeerHint::from(accepted.unwrap().negotiated()), hint);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connector_for_one_peer_dials_as_the_hint_says_and_the_shared_one_as_before() {
    use DialMode::{Mse, Plaintext};
    let connector = MseConnector::new(Policy::plaintext_only().allow_fallback());
    let cases: [(_, &[DialMode]); 4] = [
        (PeerHint::Unknown, &[Plaintext, Mse]),
        (PeerHint::TakesMse, &[Plaintext, Mse]),
        (PeerHint::PrefersMse, &[Mse, Plaintext]),
        (PeerHint::RequiresMse, &[Mse]),
    ];
    for (hint, expected) in cases {
        let mut attempts = Vec::new();
        let outcome = connector
            .for_peer(hint)
            .connect_with(skey(), "handshake", |attempt| {
                attempts.push(attempt);
                // Nobody at the other end.
                std::future::ready(std::io::Result::Ok(tokio::io::duplex(4096).0))
            })
            .await;
        assert_eq!(attempts, expected, "{hint:?}");
        drop(outcome);
    }
    assert_eq!(*connector.policy(), Policy::plaintext_only().allow_fallback());
}
