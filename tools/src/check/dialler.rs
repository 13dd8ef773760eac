//! Tests of a peer that dials.

use std::time::Duration;

use num_bigint::BigUint;

use super::arithmetic::{Zeros, padded};
use super::backlog;
use super::case::{cut_keys, with};
use super::fault::Fault;
use super::initiator::Pad;
use super::overall::{fresh_keys, held_unless, inner_pads, pad_lengths, valid_keys};
use super::responder::{Key, Script, Seen, accept, converse};
use super::tester::{Suspects, Tester, mistaken_hands};
use super::wire::{Cut, End, Pieces, noise};
use super::{Connections, Findings, Level, Report, Verdict};
use crate::handshake::handshake;

/// How often the peer has to dial if it makes no mistake.
pub const CONNECTIONS: usize = 39;

/// After this many connections without a key in a row, no other one is waited for.
const MOST_WITHOUT_KEY: usize = 8;
const NO_KEY: &str = "the peer dialled 8 times without MSE";

/// What to test, and how patiently.
#[derive(Clone, Debug)]
pub struct Options {
    /// The torrent for which the peer dials.
    pub info_hash: [u8; 20],
    /// How long to wait for the peer at each step.
    pub wait: Duration,
}

/// What a test expects.
#[derive(Clone, Copy)]
enum Expect {
    /// The stream goes on.
    Continued,
    /// The peer closes, and sends nothing more.
    Refused,
}

type Case = super::case::Case<Script, Expect>;

/// Tests the peer that dials all `connections`.
pub async fn check<C: Connections>(
    connections: C,
    options: &Options,
    show: &mut dyn FnMut(&super::Finding),
) -> Report {
    let mut check = Check {
        connections,
        options,
        findings: Findings::new(show),
        seen: Vec::new(),
    };
    check.run().await;
    check.findings.into_report()
}

struct Check<'a, C> {
    connections: C,
    options: &'a Options,
    findings: Findings<'a>,
    seen: Vec<Seen>,
}

impl<'a, C: Connections> Tester<'a, Script, Expect> for Check<'a, C> {
    const PLAIN: (&'static str, &'static str) =
        ("S4.4", "RC4, no padding, our payload with the fourth message");
    const WORKS: Expect = Expect::Continued;
    const NOTHING_ELSE: &'static str = "the plain handshake does not work";

    async fn attempt(&mut self, script: &Script, expect: Expect) -> Result<Result<(), String>, String> {
        let seen = self.converse(script).await?;
        let as_expected = match expect {
            Expect::Continued => seen.continued(&self.options.info_hash),
            Expect::Refused => seen.key.is_some() && seen.more.is_empty() && seen.end == End::Closed,
        };
        Ok(if as_expected { Ok(()) } else { Err(seen.describe()) })
    }

    fn suspects(&self, base: &Script) -> Suspects<Script> {
        if self.seen.last().is_some_and(|seen| seen.ia.is_some()) {
            Suspects::Stream(streams(base))
        } else {
            Suspects::Arithmetic(hands(base))
        }
    }

    fn excuse(&self, _: Expect) -> Option<&'static str> {
        None
    }

    fn pieces(script: &Script) -> &Pieces {
        &script.pieces
    }

    fn findings(&mut self) -> &mut Findings<'a> {
        &mut self.findings
    }
}

impl<C: Connections> Check<'_, C> {
    async fn run(&mut self) {
        let mut ours = handshake(&self.options.info_hash);
        // Extensions and the fast extension: most clients then send a message at once.
        (ours[25], ours[27]) = (0x10, 0x04);
        let base = Script::new(self.options.info_hash, ours.to_vec());
        let Some(base) = self.baseline(base).await else {
            return;
        };
        self.cut_keys(&base).await;
        let provide = self.seen.iter().rev().find_map(|seen| seen.provide);
        for case in cases(&base, provide.unwrap_or(2)) {
            self.case(&base, case).await;
        }
        self.backlog(&base).await;
        self.overall();
    }

    /// The next conversation in MSE. After a handshake that failed, a peer may redial in plaintext, or send nothing (as
    /// Transmission 3.00).
    async fn converse(&mut self, script: &Script) -> Result<Seen, String> {
        for _ in 0..MOST_WITHOUT_KEY {
            let io = self.connections.next().await;
            let io = io.map_err(|error| format!("no connection: {error}"))?;
            let seen = converse(io, script, self.options.wait).await;
            if seen.key.is_some() {
                self.seen.push(seen.clone());
                return Ok(seen);
            }
        }
        Err(NO_KEY.to_owned())
    }

    /// See [`super::listener`].
    async fn cut_keys(&mut self, base: &Script) {
        let info_hash = self.options.info_hash;
        let paused = self.converse(&with(base, |script| script.cut = Cut::Pause)).await;
        let paused = paused.map(|seen| (seen.before_key, seen.continued(&info_hash), seen.describe()));
        let ended = self.converse(&with(base, |script| script.cut = Cut::End)).await;
        cut_keys(
            &mut self.findings,
            paused,
            ended.map(|seen| (seen.before_key, seen.end)),
        );
    }

    /// More than the peer's transport takes at once, if the peer has something to fetch.
    async fn backlog(&mut self, base: &Script) {
        // Without the fast extension, the peer says in a bitfield what it has.
        let payload = handshake(&self.options.info_hash).to_vec();
        let script = with(base, |script| script.payload = payload);
        let wait = self.options.wait;
        let mut verdict = Verdict::NotShown(NO_KEY.to_owned());
        for _ in 0..MOST_WITHOUT_KEY {
            let io = match self.connections.next_narrow().await {
                Ok(io) => io,
                Err(error) => {
                    verdict = Verdict::NotShown(format!("no connection: {error}"));
                    break;
                }
            };
            let (seen, stream) = accept(io, &script, wait).await;
            if seen.key.is_none() {
                continue;
            }
            verdict = match stream {
                Some(stream) => stream.fetch(wait).await.verdict(),
                None => Verdict::Skipped(seen.describe()),
            };
            break;
        }
        self.findings.add("S3.6", Level::Required, backlog::WHAT, verdict);
    }

    /// Rules about what the peer sends.
    fn overall(&mut self) {
        let keys: Vec<_> = self.seen.iter().filter_map(|seen| seen.key).collect();
        let verdict = fresh_keys(&keys);
        self.findings
            .add("S3.2", Level::Required, "a new key for every connection", verdict);
        let verdict = valid_keys(&keys);
        self.findings
            .add("S3.3", Level::Required, "keys are from 2 to P-2", verdict);
        let offers = self.seen.iter().filter_map(|seen| seen.provide);
        let unusable = offers.into_iter().find(|offer| !has_known_method(*offer));
        self.findings.add(
            "S4.9",
            Level::Required,
            "crypto_provide has a known method",
            held_unless(unusable.map(|offer| format!("it offered {offer:#x}"))),
        );
        let lens = self.seen.iter().filter_map(|seen| seen.ia.as_ref().map(Vec::len));
        let odd = lens.into_iter().find(|len| ![0, 68].contains(len));
        self.findings.add_with_advice(
            "S4.12",
            Level::Recommended,
            "IA is a whole BitTorrent handshake, or empty",
            held_unless(odd.map(|len| format!("it had {len} bytes"))),
            "libtorrent, rTorrent and aria2 refuse more than 68 bytes; WebTorrent, BiglyBT and KTorrent fail on a part of a \
             handshake.",
        );
        let early = self.seen.iter().map(|seen| seen.early).find(|early| *early > 0);
        self.findings.add_with_advice(
            "S8.11",
            Level::Recommended,
            "nothing is sent after IA before the fourth message",
            held_unless(early.map(|early| format!("{early} bytes came"))),
            "rTorrent fails, and aria2 throws it away.",
        );
        let pads: Vec<_> = self.seen.iter().filter_map(|seen| seen.pad_a).collect();
        let advice = "Pads of one length make the handshake easy to recognise.";
        let what = "PadA has a random length";
        self.findings
            .add_with_advice("S2.8", Level::Recommended, what, pad_lengths(&pads), advice);
        let pads: Vec<_> = self.seen.iter().filter_map(|seen| seen.pad_c.clone()).collect();
        let advice = "They are reserved for extensions. libtorrent sends random bytes, too, and everyone accepts them.";
        let verdict = inner_pads(&pads);
        self.findings
            .add_with_advice("S2.9", Level::Recommended, "PadC is zeros", verdict, advice);
    }
}

const fn has_known_method(offer: u32) -> bool {
    offer & 3 != 0
}

fn hands(base: &Script) -> Vec<(Fault, Script)> {
    let suspects = mistaken_hands().into_iter().map(|(fault, hand, exponent)| {
        let mut script = base.clone();
        script.hand = hand;
        if let Some(exponent) = exponent {
            script.key = Key::Exponent(exponent);
        }
        (fault, script)
    });
    suspects.collect()
}

/// Mistakes with the beginning of our stream.
fn streams(base: &Script) -> Vec<(Fault, Script)> {
    vec![
        (
            Fault::AfterPadDNotDecrypted,
            with(base, |script| script.payload_clear = true),
        ),
        (
            Fault::AfterPadDLost,
            with(base, |script| script.payload_apart = true),
        ),
        // Only the fourth message can be wrong otherwise: its cipher.
        (
            Fault::KeysExchanged,
            with(base, |script| script.hand.exchanged = true),
        ),
    ]
}

fn cases(base: &Script, provide: u32) -> Vec<Case> {
    [
        outer_pads(base),
        inner_pad_cases(base),
        segmentations(base),
        keys(base),
        selections(base, provide),
        degenerate_keys(base),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// PadB.
fn outer_pads(base: &Script) -> Vec<Case> {
    use Expect::Continued;
    use Level::Required;

    let mut cases = Vec::new();
    for len in [1, 511, 512] {
        let script = with(base, |script| script.pad_b = Pad::with_key(len));
        let shows = if len == 1 {
            Fault::VcNotSearched
        } else {
            Fault::PadRefused
        };
        let case = Case::new(
            "S4.7",
            Required,
            format!("PadB of length {len}, with the key"),
            script,
            Continued,
        )
        .shows(shows)
        .suspect(Fault::VcSearchedWithMovingCipher, |script| script.skip = 8 * len)
        .suspect(Fault::VcSearchedWithMovingCipher, |script| script.skip = len);
        cases.push(case);
    }
    for (with_key, before_mark) in [(0, 512), (200, 311)] {
        let what = format!("PadB of {with_key} bytes with the key, and {before_mark} before ENCRYPT(VC)");
        let script = with(base, |script| {
            script.pad_b = Pad {
                with_key,
                before_mark,
                begun_mark: 0,
            };
        });
        let case = Case::new("S8.2", Required, what, script, Continued).shows(Fault::PadRefused);
        cases.push(case.advice("BiglyBT sends its pads in two parts."));
    }
    let script = with(base, |script| script.pad_b.begun_mark = 7);
    let what = "PadB that ends like ENCRYPT(VC) begins";
    cases.push(Case::new("S4.7", Required, what, script, Continued).shows(Fault::PadRefused));
    cases
}

/// PadD, and what follows it.
fn inner_pad_cases(base: &Script) -> Vec<Case> {
    use Expect::Continued;
    use Level::Required;

    let mut cases = Vec::new();
    for len in [1, 511, 512] {
        let script = with(base, |script| script.pad_d = noise(len));
        let case = Case::new(
            "S8.4",
            Required,
            format!("PadD of length {len}, with any content"),
            script,
            Continued,
        )
        .shows(Fault::InnerPadRefused)
        .suspect(Fault::InnerPadNotDecrypted, |script| {
            script.pad_d_encrypted = false;
        });
        cases.push(case);
    }
    let script = with(base, |script| script.payload_apart = true);
    let what = "our payload in a segment of its own";
    cases.push(
        Case::new("S8.12", Required, what, script, Continued)
            .advice("libtorrent and aria2 send two segments."),
    );
    cases
}

/// The pieces in which messages arrive.
fn segmentations(base: &Script) -> Vec<Case> {
    use Expect::Continued;
    use Level::Required;

    let mut cases = Vec::new();
    for (what, pieces) in [
        ("in single bytes", Pieces::Each(1)),
        ("in pieces of 50 bytes", Pieces::Each(50)),
        ("cut at every field", Pieces::First(vec![8, 4, 2])),
        ("cut inside the fields", Pieces::First(vec![5, 5, 3, 30])),
    ] {
        let script = with(base, |script| script.pieces = pieces.clone());
        cases.push(
            Case::new("S4.15", Required, format!("messages {what}"), script, Continued)
                .advice("BiglyBT sends 50 to 149 bytes at a time."),
        );
    }
    cases
}

/// Yb and S.
fn keys(base: &Script) -> Vec<Case> {
    use Expect::Continued;
    use Level::Required;

    let mut cases = Vec::new();
    let script = with(base, |script| script.key = Key::SecretZero);
    let case = Case::new("S3.4", Required, "S with a leading zero byte", script, Continued);
    cases.push(
        case.suspect(Fault::ZerosStripped, |script| script.hand.zeros = Zeros::Stripped)
            .suspect(Fault::ZerosMovedInKeys, |script| {
                script.hand.zeros = Zeros::MovedInKeys(0);
            })
            .suspect(Fault::ZerosMovedInMask, |script| {
                script.hand.zeros = Zeros::MovedInMask;
            }),
    );
    let script = with(base, |script| script.key = Key::Begins(0));
    cases.push(Case::new(
        "S3.4",
        Required,
        "a key with a leading zero byte",
        script,
        Continued,
    ));
    for pieces in [Pieces::Whole, Pieces::First(vec![1])] {
        let what = match pieces {
            Pieces::Whole => "a key that begins with 0x13",
            _ => "a key that begins with 0x13, which comes alone",
        };
        let script = with(base, |script| {
            script.key = Key::Begins(0x13);
            script.pieces = pieces.clone();
        });
        cases.push(Case::new("S6.5", Required, what, script, Continued).shows(Fault::PlaintextOnOneByte));
    }
    cases
}

/// crypto_select, and pads that are too long.
fn selections(base: &Script, provide: u32) -> Vec<Case> {
    use Expect::{Continued, Refused};
    use Level::{Recommended, Required};

    let mut cases = Vec::new();
    for select in [1, 2] {
        if provide & select != 0 && provide & 3 != select {
            let what = match select {
                1 => "header-only: clear from the exact byte after PadD and IA",
                _ => "RC4 is selected although both were offered",
            };
            let script = with(base, |script| script.select = Some(select));
            cases.push(Case::new("S4.14", Required, what, script, Continued));
        }
    }
    let not_offered = if provide & 1 == 0 { 1 } else { 0x40 };
    for (select, level, what) in [
        (not_offered, Required, "a method that was not offered is refused"),
        (0, Recommended, "a selection of nothing is refused"),
        (
            provide | 0x8000_0000,
            Recommended,
            "a selection with an unknown bit is refused",
        ),
    ] {
        let rule = if level == Required { "S5.8" } else { "S8.6" };
        let script = with(base, |script| script.select = Some(select));
        cases.push(
            Case::new(rule, level, what, script, Refused)
                .advice("Transmission, libtorrent and BiglyBT accept more than one bit."),
        );
    }
    let script = with(base, |script| script.pad_b = Pad::with_key(513));
    let case = Case::new(
        "S5.7",
        Recommended,
        "PadB of length 513 is refused",
        script,
        Refused,
    );
    cases.push(case.advice("Without a limit, a peer can feed the search for ever."));
    let script = with(base, |script| script.pad_d = vec![0; 513]);
    let case = Case::new(
        "S8.5",
        Recommended,
        "PadD of length 513 is refused",
        script,
        Refused,
    );
    cases.push(case.advice("BiglyBT accepts up to 65535."));
    cases
}

/// Keys that have to be refused, and a half-close.
fn degenerate_keys(base: &Script) -> Vec<Case> {
    use Expect::{Continued, Refused};
    use Level::Recommended;

    let mut cases = Vec::new();
    let p = base.hand.group.modulus();
    for (name, public) in [
        ("0", BigUint::ZERO),
        ("1", BigUint::from(1_u8)),
        ("P-1", p - 1_u8),
        ("P", p.clone()),
        ("P+1", p + 1_u8),
    ] {
        let script = with(base, |script| {
            script.key = Key::Degenerate(Box::new(padded(&public)));
        });
        cases.push(
            Case::new(
                "S8.10",
                Recommended,
                format!("a key of {name} is refused"),
                script,
                Refused,
            )
            .advice("With such a key everybody knows S. Transmission, libtorrent and aria2 accept it."),
        );
    }
    let script = with(base, |script| script.half_close = true);
    cases.push(
        Case::new(
            "S1.1",
            Recommended,
            "a half-close after our payload: the peer still sends",
            script,
            Continued,
        )
        .advice("A BitTorrent client may well close then."),
    );
    cases
}
