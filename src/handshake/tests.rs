//! The result of a handshake, and how a policy narrows a request.

use std::time::Duration;

use super::machine::pad_len;
use super::{Established, Negotiated, Padding};
use crate::error::{HandshakeError, Step};
use crate::mode::{Mode, Role};
use crate::policy::CryptoMethod;
use crate::policy::PeerHint;
use crate::skey::Skey;

const MODES: [Mode; 3] = [Mode::Plaintext, Mode::HeaderOnly, Mode::Rc4];

fn skey() -> Skey {
    Skey::from([0x41; 20])
}

#[test]
fn a_result_returns_what_it_was_made_from() {
    for role in [Role::Initiator, Role::Responder] {
        for mode in MODES {
            for verified in [None, Some(skey())] {
                let negotiated = Negotiated::new(role, mode, verified.clone());
                assert_eq!((negotiated.role(), negotiated.mode()), (role, mode));
                assert_eq!(negotiated.skey(), verified.as_ref());
                assert_eq!((negotiated.attempts(), negotiated.elapsed()), (1, None));

                let elapsed = Duration::from_micros(35_220);
                let mut redialled = negotiated;
                redialled.attempts = 2;
                redialled.elapsed = Some(elapsed);
                assert_eq!((redialled.role(), redialled.mode()), (role, mode));
                assert_eq!(redialled.skey(), verified.as_ref());
                assert_eq!((redialled.attempts(), redialled.elapsed()), (2, Some(elapsed)));
            }
        }
    }
}

#[test]
fn a_result_is_one_readable_line() {
    let negotiated = Negotiated::new(Role::Responder, Mode::HeaderOnly, Some(skey()));
    assert_eq!(negotiated.to_string(), "header-only as responder");
    let mut negotiated = Negotiated::new(Role::Initiator, Mode::Rc4, Some(skey()));
    negotiated.attempts = 2;
    negotiated.elapsed = Some(Duration::from_micros(35_220));
    assert_eq!(
        negotiated.to_string(),
        "rc4 as initiator after 2 attempts in 35.2ms"
    );
}

#[test]
fn no_text_of_a_result_shows_the_skey() {
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
    for mode in MODES {
        let encrypted = Negotiated::new(Role::Initiator, mode, None).is_encrypted();
        assert_eq!(encrypted, mode == Mode::Rc4);
    }
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
fn a_result_with_mse_is_a_hint_to_dial_with_mse() {
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

#[test]
fn a_pad_of_every_announced_length_is_accepted_up_to_512_bytes() {
    for len in 0..=u16::MAX {
        let outcome = pad_len(Step::PadC, len);
        let refusal = HandshakeError::PadTooLong {
            step: Step::PadC,
            len,
        };
        if len <= 512 {
            assert_eq!(outcome, Ok(usize::from(len)));
        } else {
            assert_eq!(outcome, Err(refusal));
        }
    }
}

#[test]
fn generated_padding_has_every_documented_length_and_stays_below_447_bytes() {
    use std::collections::HashSet;

    let mut lengths = [(); 3].map(|()| HashSet::new());
    for _ in 0..20_000 {
        let padding = Padding::generate();
        let (with_key, before_sync) = (padding.with_key.len(), padding.before_sync.len());
        assert!(with_key > 0 && with_key + before_sync <= 447);
        lengths[0].insert(with_key);
        lengths[1].insert(before_sync);
        lengths[2].insert(usize::from(padding.negotiated_len));
    }
    let expected = [(1..=320), (0..=127), (0..=255)].map(HashSet::from_iter);
    assert_eq!(lengths, expected);
}

#[cfg(feature = "tokio")]
mod narrowing {
    use super::super::{
        Initiator, Machine, Padding, PrivateKey, Progress, Randomness, Responder, SkeyRequest,
    };
    use super::skey;
    use crate::error::HandshakeError;
    use crate::mode::Mode;
    use crate::policy::Encryption;
    use crate::policy::Policy;

    fn policies() -> Vec<Policy> {
        let methods = ["rc4", "header-only", "rc4,header-only", "header-only,rc4"];
        [Encryption::Allow, Encryption::Prefer, Encryption::Require]
            .into_iter()
            .flat_map(|word| {
                methods.map(|methods| Policy::new(word, methods.parse().expect("a list of methods")))
            })
            .collect()
    }

    /// A request of an initiator that offers `offer`, at a responder with this policy.
    fn request(offer: &Policy, policy: &Policy) -> SkeyRequest {
        let randomness = |byte| Randomness::new(PrivateKey::from_bytes([byte; 20]), Padding::none());
        let (mut to_b, mut to_a) = (Vec::new(), Vec::new());
        let a = Initiator::new(skey(), offer, "", randomness(1), &mut to_b);
        let b = Responder::new(policy, randomness(2));
        let Ok(Progress::NeedInput(b)) = b.process(&to_b, &mut to_a) else {
            panic!("the key alone is not all")
        };
        let mut step_3 = Vec::new();
        let Ok(Progress::NeedInput(_)) = a.process(&to_a, &mut step_3) else {
            panic!("the key alone is not all")
        };
        let Ok(Progress::Done(request)) = b.process(&step_3, &mut to_a) else {
            panic!("step 3 names the SKEY")
        };
        request
    }

    fn result(request: SkeyRequest) -> Result<Mode, HandshakeError> {
        match request.resolve(skey(), "").process(&[], &mut Vec::new())? {
            Progress::Done(established) => Ok(established.negotiated.mode()),
            Progress::NeedInput(_) => panic!("step 3 has arrived"),
        }
    }

    #[test]
    fn a_narrowed_request_accepts_what_all_policies_accept_in_the_order_of_the_last() {
        let offers = ["rc4", "header-only", "rc4,header-only"]
            .map(|methods| Policy::full_rc4().with_methods(methods.parse().expect("a list of methods")));
        for offer in &offers {
            for first in policies() {
                for second in policies() {
                    for third in [None, Some(Policy::full_rc4()), Some(Policy::default())] {
                        let narrowed = [Some(second.clone()), third];
                        let narrowed: Vec<Policy> = narrowed.into_iter().flatten().collect();
                        let mut request = request(offer, &first);
                        for policy in &narrowed {
                            request.narrow(policy.accepted_methods());
                        }
                        let all = |bit: u32| {
                            let accepts = |policy: &Policy| policy.accepted_methods().bits() & bit != 0;
                            accepts(&first) && narrowed.iter().all(accepts)
                        };
                        let last = narrowed.last().expect("one at least").accepted_methods();
                        let expected = last
                            .iter()
                            .find(|method| offer.methods().contains(*method) && all(method.bit()))
                            .map(Mode::from);
                        match (result(request), expected) {
                            (Ok(mode), Some(expected)) => assert_eq!(mode, expected),
                            (Err(HandshakeError::NoCommonMethod { provided, .. }), None) => {
                                assert_eq!(provided, offer.methods().bits());
                            }
                            (result, _) => panic!("{first}, {narrowed:?}: {result:?} of {offer}"),
                        }
                    }
                }
            }
        }
    }
}
