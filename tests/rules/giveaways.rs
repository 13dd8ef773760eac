//! S4: a search for secrets in a text, in every way in which bytes are printed.

use std::fmt::Debug;
use std::sync::LazyLock;

use crate::support::exchange::{Cipher, SKEY, XA, XB, s};
use crate::support::foreign::sha1;

// Not words, because a log contains words.
pub(crate) const PAYLOAD: &str = "zQ7#kW9!vJ5%pR3&tY8*";
pub(crate) const ANSWER: &str = "Xb4=mG6+cF2~hN1;dL0/";

/// How many consecutive bytes of a secret count as the secret.
const GIVEAWAY: usize = 5;

/// The secrets of the exchange with XA and XB.
fn secrets() -> Vec<(&'static str, Vec<u8>)> {
    let s = s();
    vec![
        ("SKEY", SKEY.to_vec()),
        ("HASH('req2', SKEY)", sha1(&[b"req2", &SKEY]).to_vec()),
        ("Xa", XA.to_vec()),
        ("Xb", XB.to_vec()),
        ("keyA", sha1(&[b"keyA", &s, &SKEY]).to_vec()),
        ("keyB", sha1(&[b"keyB", &s, &SKEY]).to_vec()),
        ("HASH('req3', S)", sha1(&[b"req3", &s]).to_vec()),
        ("keystream A", Cipher::a(&s).apply(&[0; 200])),
        ("keystream B", Cipher::b(&s).apply(&[0; 200])),
        ("the initiator's payload", PAYLOAD.into()),
        ("the responder's payload", ANSWER.into()),
        ("S", s),
    ]
}

/// The ways in which bytes get printed, without spaces and in lower case.
fn spellings(bytes: &[u8]) -> Vec<String> {
    let list = |format: fn(&u8) -> String| bytes.iter().map(format).collect::<Vec<_>>();
    let mut spellings = vec![
        list(|byte| format!("{byte:02x}")).concat(),
        list(|byte| format!("{byte}")).join(","),
        list(|byte| format!("0x{byte:x}")).join(","),
        list(|byte| format!("0x{byte:02x}")).join(","),
        list(|byte| format!("{byte:02x}")).join(":"),
        list(|byte| format!("{byte:02x}")).join(","),
        list(|byte| format!("{byte:x}")).join(","),
        bytes.escape_ascii().to_string(),
        format!("{:?}", bytes::Bytes::copy_from_slice(bytes))
            .trim_start_matches('b')
            .replace('"', ""),
        String::from_utf8_lossy(bytes).into_owned(),
    ];
    for spelling in &mut spellings {
        *spelling = normal(spelling);
    }
    // A spelling that lost bytes, or is very short, shows nothing.
    spellings.retain(|spelling| !spelling.contains('\u{fffd}') && spelling.len() >= GIVEAWAY - 1);
    spellings
}

fn normal(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Every part of every secret in every spelling, with the name of the secret.
static GIVEAWAYS: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let mut giveaways = Vec::new();
    for (name, secret) in secrets() {
        for part in secret.windows(GIVEAWAY) {
            giveaways.extend(spellings(part).into_iter().map(|spelling| (name, spelling)));
        }
    }
    giveaways
});

/// The first secret that can be seen in `text`, if any.
pub(crate) fn seen(text: &str) -> Option<&'static str> {
    let text = normal(text);
    let found = GIVEAWAYS.iter().find(|(_, spelling)| text.contains(spelling))?;
    Some(found.0)
}

#[track_caller]
pub(crate) fn says_nothing(text: &str) {
    assert_eq!(seen(text), None, "in {text}");
}

/// The value prints something, and no secret.
#[track_caller]
pub(crate) fn shows_nothing(value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}")] {
        assert!(!text.is_empty(), "a {}", std::any::type_name_of_val(value));
        says_nothing(&text);
    }
}

#[test]
fn s4_the_search_finds_what_it_looks_for() {
    assert_eq!(seen(&format!("x {SKEY:?}")), Some("SKEY"));
    assert_eq!(seen(&format!("{:#?}", s())), Some("S"));
    assert_eq!(seen(&format!("{XA:X?}")), Some("Xa"));
    assert_eq!(seen(&format!("{:?}", &SKEY[7..7 + GIVEAWAY])), Some("SKEY"));
    assert_eq!(seen("prefix 994AAC6C35 suffix"), Some("S"));
    assert_eq!(
        seen(&format!("{:?}", bytes::Bytes::from(PAYLOAD))),
        Some("the initiator's payload")
    );
    assert_eq!(seen("MseStream { mode: Rc4, unread: 20 }"), None);
}
