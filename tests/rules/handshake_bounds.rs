//! H8: lengths from the wire are capped. Tests with a counting allocator show that nothing is allocated for them.

use tokio_mse::handshake::{
    Established, Initiator, MAX_IA_ACCEPTED, Machine, Negotiation, Padding, Progress, Responder,
};
use tokio_mse::{CryptoMethods, HandshakeError, Policy, Step};

use crate::support::exchange::{Cipher, XA, XB, randomness, s, skey, step_3_marks};
use crate::support::pair::{finished, unfinished};

/// A responder with this policy accepts both methods.
fn both_methods() -> Policy {
    Policy::default()
}

/// A responder that has read everything up to the SKEY.
fn negotiation() -> Negotiation {
    let mut step_1 = Vec::new();
    let policy = both_methods();
    Initiator::new(skey(), &policy, "", randomness(XA, Padding::none()), &mut step_1);
    let responder = Responder::new(&policy, randomness(XB, Padding::none()));
    let wire = [step_1, step_3_marks(&s())].concat();
    finished(responder.process(&wire, &mut Vec::new())).resolve(skey(), "")
}

fn step_3(pad_c: u16, ia: u16) -> Vec<u8> {
    let mut fields = [0; 8].to_vec();
    fields.extend([0, 0, 0, 2]);
    fields.extend(pad_c.to_be_bytes());
    if pad_c <= 512 {
        fields.extend(vec![0; pad_c.into()]);
        fields.extend(ia.to_be_bytes());
    }
    Cipher::a(&s()).apply(&fields)
}

fn is_pad_too_long(refusal: &HandshakeError, pad: Step, length: u16) -> bool {
    matches!(refusal, HandshakeError::PadTooLong { step, len, .. } if (*step, *len) == (pad, length))
}

fn answer(wire: &[u8]) -> Result<Progress<Negotiation, Established>, HandshakeError> {
    negotiation().process(wire, &mut Vec::new())
}

#[test]
fn h8_pad_c_is_capped_at_512_when_it_is_announced() {
    for len in [0, 1, 511, 512] {
        assert!(
            matches!(answer(&step_3(len, 5)), Ok(Progress::NeedInput(_))),
            "{len}"
        );
    }
    for len in [513, 514, 1000, u16::MAX] {
        let refusal = answer(&step_3(len, 0)).unwrap_err();
        assert!(is_pad_too_long(&refusal, Step::PadC, len), "{refusal:?}");
    }
}

#[test]
fn h8_the_initial_payload_is_capped_when_it_is_announced() {
    assert!(matches!(
        answer(&step_3(0, MAX_IA_ACCEPTED)),
        Ok(Progress::NeedInput(_))
    ));
    for len in [MAX_IA_ACCEPTED + 1, u16::MAX] {
        let refusal = answer(&step_3(512, len)).unwrap_err();
        let HandshakeError::InitialPayloadTooLong {
            len: announced, cap, ..
        } = refusal
        else {
            panic!("{refusal:?}");
        };
        assert_eq!((announced, cap), (len, MAX_IA_ACCEPTED));
    }
}

#[test]
fn h8_pad_d_is_capped_at_512_when_it_is_announced() {
    for len in [0_u16, 1, 512, 513, u16::MAX] {
        let (mut step_1, mut key_b, mut step_3) = (Vec::new(), Vec::new(), Vec::new());
        let policy = Policy::new(
            tokio_mse::Encryption::Require,
            CryptoMethods::only(tokio_mse::CryptoMethod::Rc4),
        );
        let a = Initiator::new(skey(), &policy, "", randomness(XA, Padding::none()), &mut step_1);
        let b = Responder::new(&policy, randomness(XB, Padding::none()));
        drop(unfinished(b.process(&step_1, &mut key_b)));
        let a = unfinished(a.process(&key_b, &mut step_3));
        let fields = [&[0; 8][..], &[0, 0, 0, 2], &len.to_be_bytes()].concat();
        match a.process(&Cipher::b(&s()).apply(&fields), &mut step_3) {
            Ok(progress) => {
                assert!(len <= 512 && (len == 0) == matches!(progress, Progress::Done(_)));
            }
            Err(refusal) => {
                assert!(is_pad_too_long(&refusal, Step::PadD, len), "{refusal:?}");
                assert!(len > 512);
            }
        }
    }
}
