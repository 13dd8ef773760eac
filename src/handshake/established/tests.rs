//! What an outcome says of itself.

use std::time::Duration;

use super::{Established, Mode, Negotiated, Role};
use crate::policy::hint::PeerHint;
use crate::policy::methods::CryptoMethod;
use crate::skey::Skey;

const MODES: [Mode; 3] = [Mode::Plaintext, Mode::HeaderOnly, Mode::Rc4];

fn skey() -> Skey {
    Skey::from([0x41; 20])
}

#[test]
fn an_outcome_gives_back_what_it_was_made_of() {
    for role in [Role::Initiator, Role::Responder] {
        for mode in MODES {
            for verified in [None, Some(skey())] {
                let negotiated = Negotiated::new(role, mode, verified.clone());
                assert_eq!((negotiated.role(), negotiated.mode()), (role, mode));
                assert_eq!(negotiated.skey(), verified.as_ref());
                assert_eq!((negotiated.attempts(), negotiated.elapsed()), (1, None));

                let elapsed = Duration::from_micros(35_220);
                let redialled = negotiated.with_attempts(2).with_elapsed(elapsed);
                assert_eq!((redialled.role(), redialled.mode()), (role, mode));
                assert_eq!(redialled.skey(), verified.as_ref());
                assert_eq!((redialled.attempts(), redialled.elapsed()), (2, Some(elapsed)));
            }
        }
    }
}

#[test]
fn an_outcome_is_one_readable_line() {
    let negotiated = Negotiated::new(Role::Responder, Mode::HeaderOnly, Some(skey()));
    assert_eq!(negotiated.to_string(), "header-only as responder");
    let negotiated = Negotiated::new(Role::Initiator, Mode::Rc4, Some(skey()))
        .with_attempts(2)
        .with_elapsed(Duration::from_micros(35_220));
    assert_eq!(
        negotiated.to_string(),
        "rc4 as initiator after 2 attempts in 35.2ms"
    );
}

#[test]
fn no_text_of_an_outcome_shows_the_skey() {
    for mode in MODES {
        let negotiated = Negotiated::new(Role::Initiator, mode, Some(skey()));
        let shown = format!("{negotiated} {negotiated:?} {negotiated:#?}");
        for secret in ["AAAA", "4141", "65, 65", "0x41"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn every_method_has_a_mode_and_plaintext_has_no_keystream() {
    let selected = CryptoMethod::ALL.iter().copied().map(Mode::from);
    let aes = cfg!(feature = "unstable-aes").then_some("aes");
    let named = aes.into_iter().chain(["rc4", "header-only"]);
    assert!(selected.map(|mode| mode.to_string()).eq(named));
    let clear = Established::plaintext(Role::Responder, None, b"seen".to_vec());
    assert_eq!(clear.negotiated.mode(), Mode::Plaintext);
    assert!(clear.encrypt.is_none() && clear.decrypt.is_none());
    assert_eq!(clear.received, b"seen");
}

#[test]
fn an_outcome_with_mse_is_a_hint_to_dial_with_mse() {
    for mode in MODES {
        let expected = if mode == Mode::Plaintext {
            PeerHint::Unknown
        } else {
            PeerHint::PrefersMse
        };
        let negotiated = Negotiated::new(Role::Responder, mode, None);
        assert_eq!(PeerHint::from(&negotiated), expected);
    }
}
