//! Every field of steps 3 and 4, valid and not, from an independent implementation.

use tokio_mse::handshake::{Established, Initiator, MAX_IA_ACCEPTED, Machine, Negotiation, Responder};
use tokio_mse::{CryptoMethods, Encryption, HandshakeError, Mode, Policy, Step};

use crate::deliver::{self, done, feed_all, key, need_input, padded, public_key, refused, skey};
use crate::support::foreign::{Offer, Shared, step_4};

const OURS: [u8; 20] = [0x33; 20];
const THEIRS: [u8; 20] = [0x44; 20];

fn shared() -> Shared {
    deliver::shared(&THEIRS, &public_key(&OURS), &[0x42; 20])
}

/// Our responder, and the part of step 3 after the SKEY, which it reads next.
fn offered(policy: &Policy, offer: &Offer<'_>) -> (Negotiation, Vec<u8>) {
    let step_3 = offer.step_3(&mut shared());
    let (head, tail) = step_3.split_at(40);
    let responder = Responder::new(policy, key(OURS));
    let first = [&public_key(&THEIRS)[..], head].concat();
    let request = done(feed_all(responder, [first], &mut Vec::new()));
    (request.resolve(skey(), ""), tail.to_vec())
}

fn respond(offer: &Offer<'_>) -> Result<Option<Established>, HandshakeError> {
    let (negotiation, rest) = offered(&Policy::default(), offer);
    feed_all(negotiation, [rest], &mut Vec::new())
}

/// Our initiator, which waits for step 4.
fn waiting(policy: &Policy, ia: &'static str) -> Initiator {
    let initiator = Initiator::new(skey(), policy, ia, key(OURS), &mut Vec::new());
    need_input(initiator.process(&public_key(&THEIRS), &mut Vec::new()))
}

fn select(policy: &Policy, select: u32) -> Result<Option<Established>, HandshakeError> {
    let wire = step_4(&mut shared(), [0; 8], select, &[], 0);
    feed_all(waiting(policy, ""), [wire], &mut Vec::new())
}

fn assert_bad_selection(policy: &Policy, select_bits: u32) {
    let refusal = refused(select(policy, select_bits));
    assert!(
        matches!(refusal, HandshakeError::BadSelection { selected, .. } if selected == select_bits),
        "{refusal}"
    );
}

fn assert_pad_too_long(refusal: &HandshakeError, pad: Step, announced: u16) {
    assert!(
        matches!(refusal, HandshakeError::PadTooLong { step, len, .. } if (*step, *len) == (pad, announced)),
        "{refusal}"
    );
}

#[test]
fn a_wrong_vc_is_refused() {
    for position in 0..8 {
        let mut vc = [0; 8];
        vc[position] = 1;
        let offer = Offer {
            vc,
            ..Offer::default()
        };
        assert_eq!(refused(respond(&offer)), HandshakeError::BadVc);
    }
}

#[test]
fn unknown_bits_of_crypto_provide_are_ignored() {
    for (provide, mode) in [
        (0xFFFF_FFFF, Mode::Rc4),
        (0xFFFF_FFFE, Mode::Rc4),
        (0x8000_0001, Mode::HeaderOnly),
        (0x0000_0003, Mode::Rc4),
    ] {
        let offer = Offer {
            provide,
            ..Offer::default()
        };
        let end = done(respond(&offer));
        assert_eq!(end.negotiated.mode(), mode);
    }
}

#[test]
fn an_offer_without_a_known_method_is_refused() {
    for provided in [0, 4, 8, 0xFFFF_FFFC] {
        let offer = Offer {
            provide: provided,
            ..Offer::default()
        };
        let refusal = refused(respond(&offer));
        assert!(
            matches!(refusal, HandshakeError::NoCommonMethod { provided: seen, .. } if seen == provided),
            "{refusal}"
        );
    }
}

#[test]
fn a_responder_that_admits_plaintext_takes_header_only_as_its_last_choice() {
    let header_first: CryptoMethods = "header-only,rc4".parse().unwrap();
    for encryption in [Encryption::Allow, Encryption::Prefer] {
        for (methods, provide, mode) in [
            (Policy::full_rc4().methods(), 1, Mode::HeaderOnly),
            (Policy::full_rc4().methods(), 3, Mode::Rc4),
            (Policy::header_only().methods(), 3, Mode::HeaderOnly),
            (header_first, 3, Mode::HeaderOnly),
        ] {
            let offer = Offer {
                provide,
                ..Offer::default()
            };
            let (negotiation, rest) = offered(&Policy::new(encryption, methods), &offer);
            let end = done(feed_all(negotiation, [rest], &mut Vec::new()));
            assert_eq!(end.negotiated.mode(), mode, "{encryption}:{methods} of {provide}");
        }
    }
}

#[test]
fn under_require_a_responder_takes_exactly_the_methods_of_its_policy() {
    for (policy, provide) in [(Policy::full_rc4(), 1), (Policy::header_only(), 2)] {
        let offer = Offer {
            provide,
            ..Offer::default()
        };
        let (negotiation, rest) = offered(&policy, &offer);
        let refusal = refused(feed_all(negotiation, [rest], &mut Vec::new()));
        let HandshakeError::NoCommonMethod {
            provided, accepted, ..
        } = refusal
        else {
            panic!("{refusal}")
        };
        assert_eq!((provided, accepted), (provide, policy.methods()));
    }
}

#[test]
fn pad_c_of_512_is_accepted_and_of_513_refused_before_it_arrives() {
    for len in [0usize, 1, 511, 512] {
        let pad_c = vec![0x77; len];
        let offer = Offer {
            pad_c: &pad_c,
            ia: b"IA",
            ..Offer::default()
        };
        assert_eq!(done(respond(&offer)).received, b"IA");
    }
    for len in [513, u16::MAX] {
        let offer = Offer {
            pad_c_len: Some(len),
            ..Offer::default()
        };
        assert_pad_too_long(&refused(respond(&offer)), Step::PadC, len);
    }
}

#[test]
fn initial_payload_is_accepted_up_to_the_cap_and_refused_beyond_before_it_arrives() {
    for len in [
        0usize,
        1,
        20,
        48,
        68,
        69,
        1244,
        4096,
        usize::from(MAX_IA_ACCEPTED),
    ] {
        let ia: Vec<u8> = (0..len).map(|n| u8::try_from(n % 253).unwrap()).collect();
        let offer = Offer {
            ia: &ia,
            ..Offer::default()
        };
        assert_eq!(done(respond(&offer)).received, ia);
    }
    for len in [MAX_IA_ACCEPTED + 1, u16::MAX] {
        let offer = Offer {
            ia_len: Some(len),
            ..Offer::default()
        };
        let refusal = refused(respond(&offer));
        let HandshakeError::InitialPayloadTooLong { len: seen, cap, .. } = refusal else {
            panic!("{refusal}")
        };
        assert_eq!((seen, cap), (len, MAX_IA_ACCEPTED));
    }
}

#[test]
fn step_4_waits_for_the_whole_initial_payload() {
    let (negotiation, rest) = offered(
        &Policy::default(),
        &Offer {
            ia: b"whole",
            ..Offer::default()
        },
    );
    let mut step_4 = Vec::new();
    let (most, last) = rest.split_at(rest.len() - 1);
    let negotiation = need_input(negotiation.process(most, &mut step_4));
    assert!(step_4.is_empty());
    done(feed_all(negotiation, [last], &mut step_4));
    assert_eq!(step_4.len(), 14);
}

#[test]
fn payload_after_ia_is_read_in_the_selected_mode_from_the_exact_byte() {
    for (provide, clear) in [(2, false), (1, true)] {
        let mut shared = shared();
        let offer = Offer {
            provide,
            ia: b"IA,",
            ..Offer::default()
        };
        let step_3 = offer.step_3(&mut shared);
        let payload = if clear {
            b"and more".to_vec()
        } else {
            shared.a.apply(b"and more")
        };
        let (negotiation, _) = offered(&Policy::default(), &offer);
        let wire = [&step_3[40..], &payload].concat();
        let end = done(feed_all(negotiation, [wire], &mut Vec::new()));
        assert_eq!(end.received, b"IA,and more");
    }
}

#[test]
fn payload_after_pad_d_is_read_in_the_selected_mode_from_the_exact_byte() {
    let both = Policy::full_rc4().with_methods("rc4,header-only".parse::<CryptoMethods>().unwrap());
    for (selection, clear) in [(2, false), (1, true)] {
        let mut shared = shared();
        let mut wire = step_4(&mut shared, [0; 8], selection, &[9; 17], 17);
        wire.extend(if clear {
            b"payload".to_vec()
        } else {
            shared.b.apply(b"payload")
        });
        let end = done(feed_all(waiting(&both, ""), [wire], &mut Vec::new()));
        assert_eq!(end.received, b"payload");
        assert_eq!(end.encrypt.is_none(), clear);
    }
}

#[test]
fn a_selection_is_exactly_one_bit_that_was_offered() {
    let both = Policy::full_rc4().with_methods("rc4,header-only".parse::<CryptoMethods>().unwrap());
    assert_eq!(done(select(&both, 1)).negotiated.mode(), Mode::HeaderOnly);
    assert_eq!(done(select(&both, 2)).negotiated.mode(), Mode::Rc4);
    for selected in [0, 3, 4, 6, 0x8000_0002, u32::MAX] {
        assert_bad_selection(&both, selected);
    }
    assert_bad_selection(&Policy::full_rc4(), 1);
    assert_bad_selection(&Policy::header_only(), 2);
}

#[test]
fn pad_d_of_512_is_accepted_and_of_513_refused_before_it_arrives() {
    for len in [0u16, 1, 511, 512] {
        let mut shared = shared();
        let pad_d = vec![0x66; usize::from(len)];
        let mut wire = step_4(&mut shared, [0; 8], 2, &pad_d, len);
        wire.extend(shared.b.apply(b"payload"));
        let end = done(feed_all(
            waiting(&Policy::full_rc4(), ""),
            [wire],
            &mut Vec::new(),
        ));
        assert_eq!(end.received, b"payload");
    }
    for len in [513, u16::MAX] {
        let wire = step_4(&mut shared(), [0; 8], 2, &[], len);
        let outcome = feed_all(waiting(&Policy::full_rc4(), ""), [wire], &mut Vec::new());
        assert_pad_too_long(&refused(outcome), Step::PadD, len);
    }
}

#[test]
fn nothing_but_ia_is_sent_before_step_4_came() {
    let mut output = Vec::new();
    let long = [7u8; 200].to_vec();
    let initiator = Initiator::new(skey(), &Policy::full_rc4(), long, key(OURS), &mut output);
    output.clear();
    let initiator = need_input(initiator.process(&public_key(&THEIRS), &mut output));
    assert_eq!(output.len(), 56 + 68);
    output.clear();
    let wire = step_4(&mut shared(), [0; 8], 2, &[], 0);
    done(feed_all(initiator, [wire], &mut output));
    assert_eq!(output.len(), 200 - 68);
}

#[test]
fn pads_c_and_d_are_sent_as_zeros() {
    let mut output = Vec::new();
    let ours = padded(OURS, 0, 0, 40);
    let initiator = Initiator::new(skey(), &Policy::full_rc4(), "IA", ours, &mut output);
    output.clear();
    need_input(initiator.process(&public_key(&THEIRS), &mut output));
    let plain = shared().a.apply(&output[40..]);
    assert_eq!(plain[..14], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 40]);
    assert_eq!(plain[14..54], [0; 40]);
    assert_eq!(plain[54..], [0, 2, b'I', b'A']);
}
