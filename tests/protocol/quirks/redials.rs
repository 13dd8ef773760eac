//! Our four levels of encryption with what other clients dial and accept: how many connections, in which order, how long
//! until the stream, and what was readable on the wire. Time is paused, so the table shows how long we wait, not how long
//! a computer takes.
//!
//! The result is the table `redials.md`. Set `WRITE_REDIALS` to write it again.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio_mse::{DialMode, Encryption};

use super::ours::INFO_HASH;
use super::pairs::{Outcome, doubles, they_dial, we_dial};
use super::published::{Dials, Takes};

const WORDS: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

fn speaks(word: Encryption, mode: DialMode) -> bool {
    match word {
        Encryption::Forbid => mode == DialMode::Plaintext,
        Encryption::Require => mode == DialMode::Mse,
        _ => true,
    }
}

/// One of the clients, and its results with each of our levels.
struct Pairs {
    name: &'static str,
    dials: Dials,
    takes: Takes,
    we_dial: [Outcome; 4],
    they_dial: [Outcome; 4],
}

/// All scenarios, played once for all tests of this file.
async fn all_pairs() -> &'static [Pairs] {
    static ALL: OnceCell<Vec<Pairs>> = OnceCell::const_new();
    ALL.get_or_init(async || {
        let mut all = Vec::new();
        for double in doubles() {
            let [a, b, c, d] = WORDS;
            all.push(Pairs {
                name: double.name,
                dials: double.dials,
                takes: double.takes,
                we_dial: [
                    we_dial(a, &double).await,
                    we_dial(b, &double).await,
                    we_dial(c, &double).await,
                    we_dial(d, &double).await,
                ],
                they_dial: [
                    they_dial(a, &double).await,
                    they_dial(b, &double).await,
                    they_dial(c, &double).await,
                    they_dial(d, &double).await,
                ],
            });
        }
        all
    })
    .await
}

fn takes(pairs: &Pairs, mode: DialMode) -> bool {
    match pairs.takes {
        Takes::Either => true,
        Takes::MseAlone => mode == DialMode::Mse,
        Takes::PlaintextAlone | Takes::PlaintextAloneInSilence => mode == DialMode::Plaintext,
    }
}

fn dials(pairs: &Pairs) -> &'static [DialMode] {
    match pairs.dials {
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
    for pairs in all_pairs().await {
        for (word, ours) in WORDS.into_iter().zip(&pairs.we_dial) {
            let both = [DialMode::Plaintext, DialMode::Mse];
            let common = |&mode: &DialMode| speaks(word, mode) && takes(pairs, mode);
            hold(word, pairs.name, ours, both.iter().any(common));
            let speaks = ours.attempts.iter().all(|&mode| speaks(word, mode));
            assert!(speaks, "{word}, {}", pairs.name);
        }
        for (word, theirs) in WORDS.into_iter().zip(&pairs.they_dial) {
            let common = dials(pairs).iter().any(|&mode| speaks(word, mode));
            hold(word, pairs.name, theirs, common);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_redial_costs_no_time_if_the_first_attempt_was_closed() {
    for pairs in all_pairs().await {
        if pairs.takes == Takes::PlaintextAloneInSilence {
            continue;
        }
        for (word, ours) in WORDS.into_iter().zip(&pairs.we_dial) {
            let at_once = ours.dialled.iter().all(Duration::is_zero);
            assert!(at_once, "{word}, {}", pairs.name);
        }
    }
}

fn table<'a>(title: &str, rows: impl Iterator<Item = (&'a str, &'a [Outcome; 4])>) -> String {
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
    let all = all_pairs().await;
    let text = [
        table(
            "We dial, they take",
            all.iter().map(|pairs| (pairs.name, &pairs.we_dial)),
        ),
        table(
            "They dial, we take",
            all.iter().map(|pairs| (pairs.name, &pairs.they_dial)),
        ),
    ]
    .join("\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol/quirks/redials.md");
    if std::env::var_os("WRITE_REDIALS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
}
