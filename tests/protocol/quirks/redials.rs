//! Our four levels of encryption with what other clients dial and accept: how many connections, in which order, how long
//! until the stream, and what was readable on the wire. Time is paused, so the table shows how long we wait, not how long
//! a computer takes.
//!
//! The result is the table `redials.md`. Set `WRITE_REDIALS` to write it again.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio_mse::{DialMode, Encryption};

use super::ours::INFO_HASH;
use super::pairs::{Double, Outcome, doubles, they_dial, we_dial};
use super::published::{Dials, Takes};

const WORDS: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

fn speaks(word: Encryption, attempt: DialMode) -> bool {
    match word {
        Encryption::Forbid => attempt == DialMode::Plaintext,
        Encryption::Require => attempt == DialMode::Mse,
        _ => true,
    }
}

fn takes(double: &Double, attempt: DialMode) -> bool {
    match double.takes {
        Takes::Either => true,
        Takes::MseAlone => attempt == DialMode::Mse,
        Takes::PlaintextAlone | Takes::PlaintextAloneInSilence => attempt == DialMode::Plaintext,
    }
}

fn dials(double: &Double) -> &'static [DialMode] {
    match double.dials {
        Dials::Plaintext => &[DialMode::Plaintext],
        Dials::Mse => &[DialMode::Mse],
        Dials::MseThenPlaintext | Dials::PlaintextThenMse => &[DialMode::Plaintext, DialMode::Mse],
    }
}

/// What holds for every pair, in both directions.
fn hold(word: Encryption, name: &str, outcome: &Outcome, can_meet: bool) {
    let clear = |what: &[u8]| outcome.shown.windows(what.len()).any(|shown| shown == what);
    assert_eq!(
        outcome.stream.is_some(),
        can_meet,
        "{word}, {name}: {}",
        outcome.cell()
    );
    if word == Encryption::Require {
        assert!(!clear(b"BitTorrent protocol"), "{name}: a handshake in the clear");
        assert!(!clear(&INFO_HASH), "{name}: the info-hash in the clear");
        assert!(!clear(b"from the library"), "{name}: the stream in the clear");
    }
    assert!(outcome.attempts.len() <= 2, "{word}, {name}");
}

#[tokio::test(start_paused = true)]
async fn every_pair_that_has_a_common_mode_connects_and_require_shows_nothing_in_the_clear() {
    for double in &doubles() {
        for word in WORDS {
            let both = [DialMode::Plaintext, DialMode::Mse];
            let ours = we_dial(word, double).await;
            let can_meet = both
                .iter()
                .any(|&attempt| speaks(word, attempt) && takes(double, attempt));
            hold(word, double.name, &ours, can_meet);
            assert!(
                ours.attempts.iter().all(|&attempt| speaks(word, attempt)),
                "{word}, {}",
                double.name
            );

            let theirs = they_dial(word, double).await;
            let can_meet = dials(double).iter().any(|&attempt| speaks(word, attempt));
            hold(word, double.name, &theirs, can_meet);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_redial_costs_no_time_where_the_first_mode_was_closed() {
    for double in &doubles() {
        for word in WORDS {
            if double.takes == Takes::PlaintextAloneInSilence {
                continue;
            }
            let outcome = we_dial(word, double).await;
            assert!(
                outcome.dialled.iter().all(Duration::is_zero),
                "{word}, {}",
                double.name
            );
        }
    }
}

fn table(title: &str, rows: &[(&str, [Outcome; 4])]) -> String {
    let mut text = format!("### {title}\n\n| |");
    for word in WORDS {
        write!(text, " `{word}` |").unwrap();
    }
    text.push_str("\n|---|---|---|---|---|\n");
    for (name, cells) in rows {
        write!(text, "| {name} |").unwrap();
        for cell in cells {
            write!(text, " {} |", cell.cell()).unwrap();
        }
        text.push('\n');
    }
    text
}

#[tokio::test(start_paused = true)]
async fn connections_their_order_and_the_time_until_the_stream_are_those_of_the_table() {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let doubles = doubles();
    for double in &doubles {
        let [a, b, c, d] = WORDS;
        let name = double.name;
        ours.push((
            name,
            [
                we_dial(a, double).await,
                we_dial(b, double).await,
                we_dial(c, double).await,
                we_dial(d, double).await,
            ],
        ));
        theirs.push((
            name,
            [
                they_dial(a, double).await,
                they_dial(b, double).await,
                they_dial(c, double).await,
                they_dial(d, double).await,
            ],
        ));
    }
    let text = [
        table("We dial, they take", &ours),
        table("They dial, we take", &theirs),
    ]
    .join("\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol/quirks/redials.md");
    if std::env::var_os("WRITE_REDIALS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
}
