//! The decision table.

use tokio_mse::{
    Attempt, CryptoMethod, CryptoMethods, Encryption, MseAcceptor, MseConnector, Opening, Policy,
};

use crate::deliver::skey;
use crate::vectors::Vector;

const ENCRYPTION: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

fn rc4(encryption: Encryption) -> Policy {
    Policy::new(encryption, CryptoMethods::only(CryptoMethod::Rc4))
}

#[test]
fn what_is_dialled_follows_the_table() {
    use Attempt::{Mse, Plaintext};
    let expected = [
        (Plaintext, None),
        (Plaintext, Some(Mse)),
        (Mse, Some(Plaintext)),
        (Mse, None),
    ];
    for (encryption, (first, second)) in ENCRYPTION.into_iter().zip(expected) {
        let policy = rc4(encryption);
        assert_eq!(policy.first_attempt(), first);
        assert_eq!(policy.second_attempt(), second);
        assert_eq!(policy.forbid_fallback().second_attempt(), None);
        assert_eq!(policy.forbid_fallback().allow_fallback(), policy);
    }
}

#[test]
fn what_is_admitted_follows_the_table() {
    let expected = [(true, false), (true, true), (true, true), (false, true)];
    for (encryption, (plaintext, mse)) in ENCRYPTION.into_iter().zip(expected) {
        let policy = rc4(encryption);
        assert_eq!(policy.admits(Opening::Plaintext), plaintext);
        assert_eq!(policy.admits(Opening::Mse), mse);
    }
}

#[test]
fn presets_and_builder_steps_say_what_they_are_called() {
    assert_eq!(Policy::plaintext_only().encryption(), Encryption::Forbid);
    let rc4_first = CryptoMethods::only(CryptoMethod::Rc4);
    let plaintext = CryptoMethods::only(CryptoMethod::Plaintext);
    assert_eq!(Policy::full_rc4(), Policy::new(Encryption::Prefer, rc4_first));
    assert_eq!(Policy::header_only(), Policy::new(Encryption::Prefer, plaintext));
    assert_eq!(Attempt::Mse.to_string(), "MSE");
    assert_eq!(Attempt::Plaintext.to_string(), "plaintext");
    let both = rc4_first.then(CryptoMethod::Plaintext);
    assert_eq!(Policy::accept_any(), Policy::new(Encryption::Allow, both));
    assert_eq!(Policy::full_rc4().require().encryption(), Encryption::Require);
    assert_eq!(Policy::full_rc4().allow().encryption(), Encryption::Allow);
    assert_eq!(Policy::plaintext_only().prefer().encryption(), Encryption::Prefer);
    assert_eq!(Policy::full_rc4().methods(both).crypto_methods(), both);
    assert_eq!(*MseConnector::default().policy(), Policy::full_rc4());
    assert_eq!(*MseAcceptor::default().policy(), Policy::accept_any());
}

#[test]
fn methods_keep_their_order_and_are_never_doubled() {
    let both = CryptoMethods::only(CryptoMethod::Plaintext)
        .then(CryptoMethod::Rc4)
        .then(CryptoMethod::Plaintext);
    let expected = [CryptoMethod::Plaintext, CryptoMethod::Rc4];
    assert!(both.iter().eq(expected));
    assert_eq!(both.to_string(), "plaintext,rc4");
    assert_eq!(format!("{both:?}"), "[Plaintext, Rc4]");
    assert_eq!("plaintext, rc4".parse(), Ok(both));
    assert_eq!(both.bits(), 3);
    assert_eq!(CryptoMethods::only(CryptoMethod::Rc4).bits(), 2);
}

#[test]
fn unreadable_methods_are_named_in_the_error() {
    for list in ["", "rc5", "rc4,", ",rc4", "rc4 plaintext"] {
        let error = list.parse::<CryptoMethods>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{list}`")));
    }
}

fn policy(kinds: &[String]) -> Policy {
    let methods = kinds
        .iter()
        .filter_map(|kind| match kind.as_str() {
            "RC4Full" => Some(CryptoMethod::Rc4),
            "RC4Header" => Some(CryptoMethod::Plaintext),
            _ => None,
        })
        .map(CryptoMethods::only)
        .reduce(|set, next| next.iter().fold(set, CryptoMethods::then));
    let plaintext = kinds.iter().position(|kind| kind == "PlainText");
    match (methods, plaintext) {
        (None, _) => Policy::plaintext_only(),
        (Some(methods), None) => Policy::new(Encryption::Require, methods),
        (Some(methods), Some(0)) => Policy::new(Encryption::Allow, methods),
        (Some(methods), Some(_)) => Policy::new(Encryption::Prefer, methods),
    }
}

#[tokio::test]
async fn the_policy_matrix_of_monotorrent_holds() {
    let matrix = Vector::load("monotorrent-policy-matrix");
    let handshake = [&b"\x13BitTorrent protocol"[..], &[0; 8], &[0x42; 20], &[b'1'; 20]].concat();
    let mut seen = 0;
    for case in matrix.each("cases") {
        let (outgoing, incoming) = (policy(&case.texts("outgoing")), policy(&case.texts("incoming")));
        for payload in [&handshake[..], &handshake[..20]] {
            let (a, b) = tokio::io::duplex(4096);
            let dial = MseConnector::new(outgoing)
                .connect(skey(), a)
                .initial_payload(payload.to_vec());
            // A refused dial would wait for its deadline.
            let (acceptor, skeys) = (MseAcceptor::new(incoming).linger(None), skey());
            let (dialled, accepted) = tokio::join!(dial, acceptor.accept(b, &skeys));
            let name = format!("{outgoing:?} against {incoming:?}");
            if case.flag("ok") {
                let method = match case.text("result").as_str() {
                    "RC4Full" => Some(CryptoMethod::Rc4),
                    "RC4Header" => Some(CryptoMethod::Plaintext),
                    _ => None,
                };
                assert_eq!(dialled.unwrap().negotiated().method(), method, "{name}");
                assert_eq!(accepted.unwrap().negotiated().method(), method, "{name}");
            } else {
                assert!(accepted.is_err(), "{name}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 28);
}
