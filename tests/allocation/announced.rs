//! H8: lengths from the wire are capped before anything is allocated.

use tokio_mse::handshake::{Initiator, Machine, Padding, Progress, Responder};
use tokio_mse::{Error, Policy, Role};

use super::counting::allocated;
use super::support::exchange::{Cipher, XA, XB, randomness, s, skey, step_3_marks};

/// Step 3 up to and with the announcement of PadC or IA.
fn announcement(fields: &[u8]) -> Vec<u8> {
    let s = s();
    let mut wire = step_3_marks(&s);
    wire.extend(Cipher::a(&s).apply(fields));
    wire
}

#[test]
fn h8_an_announced_length_is_capped_before_anything_is_allocated() {
    for (fields, label) in [
        (
            [&[0; 8][..], &[0, 0, 0, 2], &[0xFF, 0xFF]].concat(),
            "pad-too-long",
        ),
        (
            [&[0; 8][..], &[0, 0, 0, 2], &[0, 0], &[0xFF, 0xFF]].concat(),
            "payload-too-long",
        ),
    ] {
        let mut key = Vec::new();
        let randomness_a = randomness(XA, Padding::none());
        Initiator::new(skey(), &Policy::full_rc4(), "", randomness_a, &mut key);
        let responder = Responder::new(&Policy::full_rc4(), randomness(XB, Padding::none()));
        let mut output = Vec::new();
        let wire = [key, announcement(&fields)].concat();
        let Ok(Progress::Done(request)) = responder.process(&wire, &mut output) else {
            panic!("not at the SKEY");
        };
        let negotiation = request.resolve(skey(), "");
        let (bytes, outcome) = allocated(|| negotiation.process(&[], &mut output));
        let error = Error::refused(Role::Responder, outcome.unwrap_err());
        assert_eq!(error.label(), label);
        assert!(bytes < 1024, "{bytes} bytes for a refused length");
    }
}
