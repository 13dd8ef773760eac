//! Our four words against what others dial and take: how many connections, in which order, how long until the stream, and
//! what was shown in the clear. The times are paused ones: what is told is what we wait for, not what a machine needs.
//!
//! The outcome is a table, `redials.md`. Set `WRITE_REDIALS` to write it anew.

use std::fmt::Write as _;
use std::future::{Future, ready};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_mse::{Attempt, Encryption, MseConnector, MseStream, Policy};

use crate::mainline::{self, InPlaintext};
use crate::ours::{INFO_HASH, accept, our_handshake, their_handshake};
use crate::peer::Stream;
use crate::published::{self, Dials, PUBLISHED, Takes};
use crate::segments::{Far, Near, Shown, tapped};
use crate::{bittornado, rtorrent};

const WORDS: [Encryption; 4] = [
    Encryption::Forbid,
    Encryption::Allow,
    Encryption::Prefer,
    Encryption::Require,
];

/// Beyond any time-out of ours.
const GIVEN_UP: Duration = Duration::from_secs(600);

type Scene = Pin<Box<dyn Future<Output = Option<()>> + Send>>;

/// Someone who dials, and whom we dial.
struct Double {
    name: &'static str,
    dials: Dials,
    /// Dials again only where the connection was closed without a byte, not whenever it came to nothing.
    only_if_unanswered: bool,
    plaintext: fn(Far) -> Scene,
    mse: fn(Far) -> Scene,
    takes: Takes,
    respond: Box<dyn Fn(Far) -> Scene>,
}

fn doubles() -> Vec<Double> {
    let mut all: Vec<Double> = PUBLISHED
        .iter()
        .map(|published| {
            let takes = published.takes;
            Double {
                name: published.setting,
                dials: published.dials,
                only_if_unanswered: false,
                plaintext: |far| Box::pin(published::initiate_in_plaintext(far)),
                mse: |far| Box::pin(published::initiate_with_mse(far)),
                takes,
                respond: Box::new(move |far| Box::pin(published::respond(far, takes))),
            }
        })
        .collect();
    all.push(Double {
        name: "Mainline 5.2.2",
        dials: Dials::PlaintextThenMse,
        only_if_unanswered: true,
        plaintext: |far| Box::pin(mainline_in_plaintext(far)),
        mse: |far| Box::pin(mainline::initiate(far, 100)),
        takes: Takes::Either,
        respond: Box::new(|far| Box::pin(mainline_responds(far))),
    });
    all.push(Double {
        name: "BitTornado, nothing but MSE",
        dials: Dials::Mse,
        only_if_unanswered: false,
        plaintext: |far| Box::pin(published::initiate_in_plaintext(far)),
        mse: |far| Box::pin(bittornado::initiate(far)),
        takes: Takes::MseAlone,
        respond: Box::new(|far| Box::pin(bittornado::respond_to_mse_alone(far))),
    });
    all.push(Double {
        name: "rTorrent 0.16.1 to 0.16.17, try_outgoing and enable_retry",
        dials: Dials::MseThenPlaintext,
        only_if_unanswered: true,
        plaintext: |far| Box::pin(published::initiate_in_plaintext(far)),
        mse: |far| Box::pin(rtorrent::initiate_with_rc4(far)),
        takes: Takes::MseAlone,
        respond: Box::new(|far| Box::pin(rtorrent::respond_to_mse_alone(far))),
    });
    all
}

async fn mainline_in_plaintext(far: Far) -> Option<()> {
    match mainline::initiate_in_plaintext(far).await {
        InPlaintext::Talked => Some(()),
        InPlaintext::ClosedUnanswered | InPlaintext::Failed => None,
    }
}

async fn mainline_responds(mut far: Far) -> Option<()> {
    let first = far.take(20).await?;
    let plaintext = first == our_handshake()[..20];
    far.put_back(first);
    if plaintext {
        mainline::respond_behind(Stream::plaintext(far)).await
    } else {
        mainline::respond(far, 100).await
    }
}

/// What came of one of our words and one of them.
struct Outcome {
    attempts: Vec<Attempt>,
    /// When each of them was dialled.
    dialled: Vec<Duration>,
    /// What the stream is in, and when it was there.
    stream: Option<(String, Duration)>,
    shown: Vec<u8>,
}

impl Outcome {
    fn cell(&self) -> String {
        let order: Vec<_> = self
            .attempts
            .iter()
            .zip(&self.dialled)
            .map(|(attempt, at)| {
                let at = at.as_secs();
                if at == 0 {
                    attempt.to_string()
                } else {
                    format!("{attempt} at {at} s")
                }
            })
            .collect();
        let order = order.join(", ");
        match &self.stream {
            Some((mode, at)) => format!("{order}: {mode} at {} s", at.as_secs()),
            None => format!("{order}: none"),
        }
    }
}

/// After both handshakes: a message each way.
async fn talk(stream: &mut MseStream<Near>) -> io::Result<()> {
    let mut handshake = [0; 68];
    stream.read_exact(&mut handshake).await?;
    assert_eq!(handshake[..], their_handshake());
    stream.write_all(b"from the library").await?;
    stream.read_exact(&mut [0; 18]).await?;
    Ok(())
}

fn policy(word: Encryption) -> Policy {
    Policy::full_rc4().with_encryption(word)
}

async fn we_dial(word: Encryption, double: &Double) -> Outcome {
    let (shown, start) = (Shown::default(), Instant::now());
    let (mut attempts, mut dialled, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    let connect = MseConnector::new(policy(word)).connect_with(INFO_HASH, our_handshake(), |attempt| {
        attempts.push(attempt);
        dialled.push(start.elapsed());
        let (near, far) = tapped(shown.clone());
        theirs.push(tokio::spawn((double.respond)(far)));
        ready(io::Result::Ok(near))
    });
    let outcome = timeout(GIVEN_UP, connect).await.expect("we never gave up");
    let mut stream = None;
    if let Ok(mut peer) = outcome {
        let at = start.elapsed();
        match talk(&mut peer).await {
            Ok(()) => stream = Some((peer.negotiated().mode().to_string(), at)),
            // Where nothing but plaintext is spoken, nothing is waited for before the stream.
            Err(error) => assert_eq!(word, Encryption::Forbid, "{}: {error}", double.name),
        }
    }
    for their in theirs {
        their.abort();
    }
    Outcome {
        attempts,
        dialled,
        stream,
        shown: shown.bytes(),
    }
}

async fn they_dial(word: Encryption, double: &Double) -> Outcome {
    let (shown, start) = (Shown::default(), Instant::now());
    let mut outcome = Outcome {
        attempts: Vec::new(),
        dialled: Vec::new(),
        stream: None,
        shown: Vec::new(),
    };
    let order: &[Attempt] = match double.dials {
        Dials::Plaintext => &[Attempt::Plaintext],
        Dials::Mse => &[Attempt::Mse],
        Dials::MseThenPlaintext => &[Attempt::Mse, Attempt::Plaintext],
        Dials::PlaintextThenMse => &[Attempt::Plaintext, Attempt::Mse],
    };
    for &attempt in order {
        let before = shown.bytes().len();
        outcome.attempts.push(attempt);
        outcome.dialled.push(start.elapsed());
        let (near, far) = tapped(shown.clone());
        let initiate = if attempt == Attempt::Plaintext {
            double.plaintext
        } else {
            double.mse
        };
        let theirs = tokio::spawn(initiate(far));
        let accepted = timeout(GIVEN_UP, accept(policy(word), near))
            .await
            .expect("we never gave up");
        if let Ok(mut peer) = accepted {
            outcome.stream = Some((peer.negotiated().mode().to_string(), start.elapsed()));
            let talked = talk(&mut peer).await;
            assert!(talked.is_ok(), "{word}, {}: {talked:?}", double.name);
            theirs.await.unwrap().expect("it hung up");
            break;
        }
        theirs.abort();
        if double.only_if_unanswered && shown.bytes().len() > before {
            break;
        }
    }
    outcome.shown = shown.bytes();
    outcome
}

fn speaks(word: Encryption, attempt: Attempt) -> bool {
    match word {
        Encryption::Forbid => attempt == Attempt::Plaintext,
        Encryption::Require => attempt == Attempt::Mse,
        _ => true,
    }
}

fn takes(double: &Double, attempt: Attempt) -> bool {
    match double.takes {
        Takes::Either => true,
        Takes::MseAlone => attempt == Attempt::Mse,
        Takes::PlaintextAlone | Takes::PlaintextAloneInSilence => attempt == Attempt::Plaintext,
    }
}

fn dials(double: &Double) -> &'static [Attempt] {
    match double.dials {
        Dials::Plaintext => &[Attempt::Plaintext],
        Dials::Mse => &[Attempt::Mse],
        Dials::MseThenPlaintext | Dials::PlaintextThenMse => &[Attempt::Plaintext, Attempt::Mse],
    }
}

/// What holds of every pair, whoever dialled.
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
async fn whoever_can_meet_does_whoever_dials_and_require_shows_nothing_in_the_clear() {
    for double in &doubles() {
        for word in WORDS {
            let both = [Attempt::Plaintext, Attempt::Mse];
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
async fn a_redial_costs_no_time_where_the_first_attempt_was_closed() {
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/quirks/redials.md");
    if std::env::var_os("WRITE_REDIALS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text);
}
