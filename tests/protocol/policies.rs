//! The decision table.

use std::str::FromStr;

use tokio::io::AsyncWriteExt;
use tokio_mse::{
    CryptoMethod, CryptoMethods, DialMode, Encryption, Error, Mode, MseAcceptor, MseConnector,
    ParsePolicyError, Policy, Role, Step,
};

use crate::deliver::{handshake, skey};
use crate::vectors::Vector;

const ENCRYPTION: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

#[test]
fn what_is_dialled_follows_the_table() {
    use DialMode::{Mse, Plaintext};
    let expected = [
        (Plaintext, None),
        (Plaintext, Some(Mse)),
        (Mse, Some(Plaintext)),
        (Mse, None),
    ];
    let silent = Error::closed(Role::Initiator, Step::PublicKey, false);
    for (encryption, (first, second)) in ENCRYPTION.into_iter().zip(expected) {
        let policy = Policy::default().with_encryption(encryption);
        assert_eq!(policy.first_mode(), first);
        assert_eq!(policy.redial(first, &silent), second);
        let once = policy.forbid_fallback();
        assert_eq!(once.first_mode(), first);
        assert_eq!(once.redial(first, &silent), None);
    }
}

#[test]
fn a_preset_speaks_nothing_but_what_it_is_named_after() {
    let (rc4, header_only) = (CryptoMethod::Rc4, CryptoMethod::HeaderOnly);
    let presets = [
        (Policy::full_rc4(), Encryption::Require, rc4),
        (Policy::header_only(), Encryption::Require, header_only),
        (Policy::plaintext_only(), Encryption::Forbid, rc4),
        (Policy::default(), Encryption::Prefer, rc4),
    ];
    for (preset, encryption, method) in presets {
        assert_eq!(preset.encryption(), encryption);
        assert_eq!(preset.methods(), CryptoMethods::only(method));
        assert_eq!(preset, Policy::new(encryption, CryptoMethods::only(method)));
    }
    assert_eq!(*MseConnector::default().policy(), Policy::default());
    assert_eq!(*MseAcceptor::default().policy(), Policy::default());
}

#[test]
fn a_fallback_is_added_and_taken_back_without_a_third_state() {
    use Encryption::{Allow, Forbid, Prefer, Require};
    for (word, with, without) in [
        (Forbid, Allow, Forbid),
        (Allow, Allow, Forbid),
        (Prefer, Prefer, Require),
        (Require, Prefer, Require),
    ] {
        let policy = Policy::full_rc4().with_encryption(word);
        let allowed = policy.clone().allow_fallback();
        let forbidden = policy.clone().forbid_fallback();
        assert_eq!((allowed.encryption(), forbidden.encryption()), (with, without));
        assert_eq!(allowed.clone().forbid_fallback(), forbidden);
        assert_eq!(forbidden.clone().allow_fallback(), allowed);
        for changed in [allowed, forbidden] {
            assert_eq!(changed.methods(), policy.methods());
            assert_eq!(changed.first_mode(), policy.first_mode());
        }
    }
}

#[test]
fn forbid_has_no_methods_and_a_fallback_from_it_takes_rc4() {
    let rc4 = CryptoMethods::only(CryptoMethod::Rc4);
    let forbid = Policy::header_only().with_encryption(Encryption::Forbid);
    assert_eq!(forbid, Policy::plaintext_only());
    assert_eq!(
        forbid.clone().with_methods(Policy::header_only().methods()),
        forbid
    );
    let allow = forbid.allow_fallback();
    assert_eq!((allow.encryption(), allow.methods()), (Encryption::Allow, rc4));
}

#[test]
fn methods_keep_their_order_and_are_never_doubled() {
    let both = CryptoMethods::only(CryptoMethod::HeaderOnly)
        .then(CryptoMethod::Rc4)
        .then(CryptoMethod::HeaderOnly);
    let expected = [CryptoMethod::HeaderOnly, CryptoMethod::Rc4];
    assert!(both.iter().eq(expected));
    assert_eq!(both.to_string(), "header-only,rc4");
    assert_eq!(format!("{both:?}"), "[HeaderOnly, Rc4]");
    assert_eq!("header-only, rc4,header-only".parse(), Ok(both));
    assert_eq!(both.bits(), 3);
    assert_eq!(CryptoMethods::only(CryptoMethod::Rc4).bits(), 2);
    assert_eq!(Policy::default().with_methods(both).methods(), both);
}

#[test]
fn a_dial_mode_has_a_name_that_can_be_padded() {
    assert_eq!(
        format!("{}, {:>10}", DialMode::Mse, DialMode::Plaintext),
        "MSE,  plaintext"
    );
}

#[test]
fn policies_are_read_as_they_are_documented() {
    let rc4 = CryptoMethods::only(CryptoMethod::Rc4);
    let both = rc4.then(CryptoMethod::HeaderOnly);
    for (text, encryption, methods, written) in [
        ("forbid", Encryption::Forbid, rc4, "forbid"),
        ("allow", Encryption::Allow, rc4, "allow:rc4"),
        ("prefer", Encryption::Prefer, rc4, "prefer:rc4"),
        ("require", Encryption::Require, rc4, "require:rc4"),
        ("require:rc4", Encryption::Require, rc4, "require:rc4"),
        (
            "prefer:rc4,header-only",
            Encryption::Prefer,
            both,
            "prefer:rc4,header-only",
        ),
        (
            " prefer : rc4 , header-only ",
            Encryption::Prefer,
            both,
            "prefer:rc4,header-only",
        ),
    ] {
        let policy: Policy = text.parse().unwrap();
        assert_eq!((policy.encryption(), policy.methods()), (encryption, methods));
        assert_eq!(policy.to_string(), written);
    }
    assert_eq!(Encryption::default(), Encryption::Prefer);
}

#[test]
fn what_cannot_be_read_is_named_in_the_error_with_what_was_expected() {
    fn refused<T: FromStr<Err = ParsePolicyError>>(text: &str, found: &str, expected: &str) {
        let Err(error) = text.parse::<T>() else {
            panic!("{text} was read");
        };
        let said = error.to_string();
        assert!(said.contains(&format!("`{found}`")), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    for word in ["", "Prefer", "REQUIRE", "always", "prefer "] {
        refused::<Encryption>(word, word, "`require`");
    }
    for list in [
        "",
        "rc5",
        "rc4,",
        ",rc4",
        "rc4 header-only",
        "RC4",
        "rc4,,header-only",
    ] {
        refused::<CryptoMethods>(list, list, "comma-separated");
    }
    for (policy, found, expected) in [
        ("", "", "`require`"),
        ("rc4", "rc4", "`require`"),
        (":rc4", "", "`require`"),
        ("always:rc4", "always", "`require`"),
        ("require:", "", "comma-separated"),
        ("require:des", "des", "comma-separated"),
        ("require:rc4:header-only", "rc4:header-only", "comma-separated"),
        ("forbid:rc4", "forbid:rc4", "without methods"),
        ("forbid:rc5", "rc5", "comma-separated"),
        ("require:plaintext", "plaintext", "`header-only`"),
    ] {
        refused::<Policy>(policy, found, expected);
    }
}

#[test]
fn an_error_shows_only_the_beginning_of_a_long_text() {
    for text in [
        "ä\n".repeat(1000),
        "x".repeat(41),
        format!("require:{}", "y".repeat(99)),
    ] {
        let said = text.parse::<Policy>().unwrap_err().to_string();
        assert!(said.contains('…'), "{said}");
        assert!(said.chars().count() < 250 && !said.contains('\n'), "{said}");
    }
    let said = "x".repeat(40).parse::<Encryption>().unwrap_err().to_string();
    assert!(said.contains(&"x".repeat(40)) && !said.contains('…'), "{said}");
}

fn policy(kinds: &[String]) -> Policy {
    let methods = kinds
        .iter()
        .filter_map(|kind| match kind.as_str() {
            "RC4Full" => Some(CryptoMethod::Rc4),
            "RC4Header" => Some(CryptoMethod::HeaderOnly),
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
    let (ours, theirs) = (handshake([b'1'; 20]), handshake([b'0'; 20]));
    let mut seen = 0;
    for case in matrix.each("cases") {
        let (outgoing, incoming) = (policy(&case.texts("outgoing")), policy(&case.texts("incoming")));
        for payload in [&ours[..], &ours[..48]] {
            let (a, b) = tokio::io::duplex(4096);
            let dial = MseConnector::new(outgoing.clone()).connect(a, skey(), payload.to_vec());
            let acceptor = MseAcceptor::new(incoming.clone());
            let accept = async {
                let mut peer = acceptor.accept(b).await?.accept(skey(), "").await?;
                // A dialler in plaintext that would redial waits for this.
                peer.write_all(&theirs).await.unwrap();
                Ok::<_, Error>(peer)
            };
            let (dialled, accepted) = tokio::join!(dial, accept);
            let name = format!("{outgoing} against {incoming}");
            if case.flag("ok") {
                let mode = match case.text("result").as_str() {
                    "RC4Full" => Mode::Rc4,
                    "RC4Header" => Mode::HeaderOnly,
                    _ => Mode::Plaintext,
                };
                assert_eq!(dialled.unwrap().negotiated().mode(), mode, "{name}");
                assert_eq!(accepted.unwrap().negotiated().mode(), mode, "{name}");
            } else {
                assert!(accepted.is_err(), "{name}");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 28);
}
