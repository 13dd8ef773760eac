//! Tests of a peer that is dialled.

use std::time::Duration;

use num_bigint::BigUint;
use tokio::io::{AsyncRead, AsyncWrite};

use super::arithmetic::{Group, Zeros, padded, random_exponent};
use super::backlog::{self, Outcome};
use super::case::{cut_keys, with};
use super::fault::Fault;
use super::initiator::{Ia, Key, Pad, Script, Seen, connect, converse, is_handshake};
use super::overall::{fresh_keys, inner_pads, pad_lengths, valid_keys};
use super::tester::{Suspects, Tester, is_key_cut, mistaken_hands};
use super::wire::{Cut, End, Pieces, Wire, noise};
use super::{Connections, Findings, Level, Report, Verdict};
use crate::handshake::{LEN, PROTOCOL, handshake};

/// What to test, and how patiently.
#[derive(Clone, Debug)]
pub struct Options {
    /// A torrent that the peer serves.
    pub info_hash: [u8; 20],
    /// How long to wait for the peer at each step.
    pub wait: Duration,
    /// At most this many connections to find an S that begins with a zero byte: one in 256 does.
    pub dials: usize,
}

/// What a test expects.
#[derive(Clone, Copy)]
enum Expect {
    /// The handshake is finished with one of the methods that were offered, and the BitTorrent handshake is answered.
    Served,
    /// The same, unless the policy of the peer refuses the offer.
    ServedIfOffered,
    /// The handshake is finished, and all of the payload gets to the BitTorrent layer.
    Whole,
    /// The same, unless the peer refuses so long an IA.
    WholeIfAccepted,
    /// There is no fourth message.
    Refused,
}

type Case = super::case::Case<Script, Expect>;

/// Tests the peer that is at the other end of all `connections`.
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
    /// Every conversation, for rules about all of them.
    seen: Vec<Seen>,
}

impl<'a, C: Connections> Tester<'a, Script, Expect> for Check<'a, C> {
    const PLAIN: (&'static str, &'static str) = ("S4.3", "RC4, no padding, a BitTorrent handshake as IA");
    const WORKS: Expect = Expect::Served;
    const NOTHING_ELSE: &'static str = "the plain handshake does not work; does the peer serve this torrent?";

    async fn attempt(&mut self, script: &Script, expect: Expect) -> Result<Result<(), String>, String> {
        let seen = self.converse(script).await?;
        let served = is_served(&seen, script);
        let is_as_expected = match expect {
            Expect::Served | Expect::ServedIfOffered => served,
            Expect::Whole | Expect::WholeIfAccepted => served && is_whole(&seen, script),
            Expect::Refused => seen.selected.is_none(),
        };
        Ok(is_as_expected.then_some(()).ok_or_else(|| seen.describe()))
    }

    fn suspects(&self, base: &Script) -> Suspects<Script> {
        if self.seen.last().is_some_and(|seen| seen.pad_d.is_some()) {
            Suspects::Stream(payloads(base))
        } else {
            Suspects::Arithmetic(hands(base))
        }
    }

    fn excuse(&self, expect: Expect) -> Option<&'static str> {
        let last = self.seen.last()?;
        let is_refused = last.key.is_some() && last.selected.is_none();
        match expect {
            Expect::ServedIfOffered if is_refused => Some("the peer does not accept this offer"),
            Expect::WholeIfAccepted if is_refused => Some("the peer does not accept so long an IA"),
            _ => None,
        }
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
        let base = Script::new(
            self.options.info_hash,
            handshake(&self.options.info_hash).to_vec(),
        );
        let Some(base) = self.baseline(base).await else {
            return;
        };
        self.cut_keys(&base).await;
        for case in cases(&base) {
            self.case(&base, case).await;
        }
        self.backlog(&base).await;
        self.zeros(&base).await;
        self.plaintext().await;
        self.overall();
    }

    async fn converse(&mut self, script: &Script) -> Result<Seen, String> {
        // An S that begins with a zero byte has a test of its own. With products instead of powers, every S does.
        let mut chances = 4;
        let is_by_accident = |seen: &Seen| {
            let is_ordinary = !script.needs_zero && matches!(script.key, Key::Random | Key::Exponent(_));
            is_ordinary && seen.secret_zero
        };
        loop {
            let io = self.connections.next().await;
            let io = io.map_err(|error| format!("no connection: {error}"))?;
            let seen = converse(io, script, self.options.wait).await;
            chances -= 1;
            if chances == 0 || !is_by_accident(&seen) {
                self.seen.push(seen.clone());
                return Ok(seen);
            }
        }
    }

    /// The key without its last byte.
    async fn cut_keys(&mut self, base: &Script) {
        let paused = self.converse(&with(base, |script| script.cut = Cut::Pause)).await;
        let paused = paused.map(|seen| (seen.early, is_served(&seen, base), seen.describe()));
        let ended = self.converse(&with(base, |script| script.cut = Cut::End)).await;
        cut_keys(
            &mut self.findings,
            paused,
            ended.map(|seen| (seen.early, seen.end)),
        );
    }

    /// More than the peer's transport takes at once.
    async fn backlog(&mut self, base: &Script) {
        let verdict = match self.connections.next_narrow().await {
            Err(error) => Verdict::NotShown(format!("no connection: {error}")),
            Ok(io) => {
                let wait = self.options.wait;
                let (seen, stream) = connect(io, base, wait).await;
                let outcome = match stream.filter(|_| is_served(&seen, base)) {
                    None => Outcome::TooLittle(seen.describe()),
                    Some(stream) if seen.payload.starts_with(&base.ia) => stream.echo(wait).await,
                    Some(stream) => stream.fetch(wait).await,
                };
                outcome.verdict()
            }
        };
        self.findings.add("S3.6", Level::Required, backlog::WHAT, verdict);
    }

    /// S cannot be chosen by the end that sends its key first, so this dials until it happens.
    async fn zeros(&mut self, base: &Script) {
        let what = "S with a leading zero byte";
        if self.options.dials == 0 {
            let verdict = Verdict::Skipped("left out by --dials 0".to_owned());
            return self.findings.add("S3.4", Level::Required, what, verdict);
        }
        let mut script = base.clone();
        script.needs_zero = true;
        script.key = Key::Exponent(random_exponent());
        let mut verdict = None;
        let mut unanswered = 0;
        let mut left = self.options.dials;
        let mut suspects = [
            (Fault::ZerosStripped, Zeros::Stripped),
            (Fault::ZerosMovedInKeys, Zeros::MovedInKeys(0)),
            (Fault::ZerosMovedInMask, Zeros::MovedInMask),
        ]
        .into_iter();
        let mut suspected = None;
        while left > 0 {
            left -= 1;
            let seen = match self.converse(&script).await {
                Ok(seen) => seen,
                Err(error) => {
                    verdict = Some(Verdict::NotShown(error));
                    break;
                }
            };
            unanswered += usize::from(seen.key.is_none());
            // So many would take memory.
            self.seen.pop();
            if !seen.secret_zero {
                continue;
            }
            if is_served(&seen, &script) {
                match &mut verdict {
                    Some(Verdict::Broken { fault, .. }) => *fault = suspected,
                    verdict => *verdict = Some(Verdict::Held),
                }
                break;
            }
            if suspected.is_none() {
                let seen = seen.describe();
                verdict = Some(Verdict::Broken { seen, fault: None });
            }
            let Some((fault, zeros)) = suspects.next() else {
                break;
            };
            suspected = Some(fault);
            script.hand.zeros = zeros;
            left = self.options.dials;
        }
        let verdict = verdict.unwrap_or_else(|| {
            let dials = self.options.dials;
            Verdict::NotShown(format!(
                "there was none in {dials} connections, of which {unanswered} got no key"
            ))
        });
        self.findings.add("S3.4", Level::Required, what, verdict);
    }

    async fn plaintext(&mut self) {
        let whole = self.dial_in_plaintext(Pieces::Whole).await;
        let rule = "S6.5";
        let skipped = match whole {
            Err(error) => Some(Verdict::NotShown(error)),
            Ok(Err(_)) => Some(Verdict::Skipped("the peer does not accept plaintext".to_owned())),
            Ok(Ok(())) => None,
        };
        for (first, what) in [
            (vec![1], "a plaintext handshake whose first byte comes alone"),
            (vec![10, 20], "a plaintext handshake in three pieces"),
        ] {
            let verdict = match &skipped {
                Some(verdict) => verdict.clone(),
                None => match self.dial_in_plaintext(Pieces::First(first)).await {
                    Err(error) => Verdict::NotShown(error),
                    Ok(Ok(())) => Verdict::Held,
                    Ok(Err(seen)) => Verdict::Broken {
                        seen,
                        fault: Some(Fault::PlaintextOnFirstRead),
                    },
                },
            };
            self.findings.add(rule, Level::Required, what, verdict);
        }
    }

    async fn dial_in_plaintext(&mut self, pieces: Pieces) -> Result<Result<(), String>, String> {
        let io = self.connections.next().await;
        let io = io.map_err(|error| format!("no connection: {error}"))?;
        Ok(plaintext(io, &self.options.info_hash, pieces, self.options.wait).await)
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
        let pads: Vec<_> = self.seen.iter().filter_map(|seen| seen.pad_b).collect();
        let verdict = pad_lengths(&pads);
        let advice = "Pads of one length make the handshake easy to recognise.";
        let what = "PadB has a random length";
        self.findings
            .add_with_advice("S2.8", Level::Recommended, what, verdict, advice);
        let pads: Vec<_> = self.seen.iter().filter_map(|seen| seen.pad_d.clone()).collect();
        let verdict = inner_pads(&pads);
        let advice = "They are reserved for extensions. libtorrent sends random bytes, too, and everyone accepts them.";
        self.findings
            .add_with_advice("S2.9", Level::Recommended, "PadD is zeros", verdict, advice);
    }
}

fn is_served(seen: &Seen, script: &Script) -> bool {
    let is_one_of_ours = seen
        .selected
        .is_some_and(|selected| selected.is_power_of_two() && selected & script.provide & 3 != 0);
    is_one_of_ours && seen.answered(&script.skey)
}

/// An echo has everything. A BitTorrent client closes if a part of a message is missing.
fn is_whole(seen: &Seen, script: &Script) -> bool {
    let sent = [&script.ia[..], &script.then].concat();
    if seen.payload.starts_with(&script.ia[..LEN]) {
        seen.payload.starts_with(&sent)
    } else {
        seen.end != End::Closed
    }
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

/// Mistakes with IA.
fn payloads(base: &Script) -> Vec<(Fault, Script)> {
    vec![
        (
            Fault::PayloadNotDecrypted,
            with(base, |script| script.ia_is = Ia::Clear),
        ),
        (
            Fault::PayloadDecryptedTwice,
            with(base, |script| script.ia_is = Ia::Twice),
        ),
        // Once more, as part of the stream.
        (
            Fault::PayloadLost,
            with(base, |script| script.then = script.ia.clone()),
        ),
    ]
}

fn cases(base: &Script) -> Vec<Case> {
    [
        outer_pads(base),
        inner_pad_cases(base),
        initial_payloads(base),
        segmentations(base),
        keys(base),
        offers(base),
        refusals(base),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// PadA.
fn outer_pads(base: &Script) -> Vec<Case> {
    use Expect::{Refused, Served};
    use Level::{Recommended, Required};

    let mut cases = Vec::new();
    for len in [1, 511, 512] {
        let script = with(base, |script| script.pad_a = Pad::with_key(len));
        let case = Case::new(
            "S8.3",
            Required,
            format!("PadA of length {len}, with the key"),
            script,
            Served,
        );
        cases.push(case.shows(Fault::PadRefused));
    }
    for (with_key, before_mark) in [(0, 512), (200, 311)] {
        let what = format!("PadA of {with_key} bytes with the key, and {before_mark} before HASH('req1', S)");
        let script = with(base, |script| {
            script.pad_a = Pad {
                with_key,
                before_mark,
                begun_mark: 0,
            };
        });
        cases.push(Case::new("S8.2", Required, what, script, Served).shows(Fault::PadRefused));
    }
    let script = with(base, |script| script.pad_a.begun_mark = 19);
    let what = "PadA that ends like HASH('req1', S) begins";
    cases.push(Case::new("S4.6", Required, what, script, Served).shows(Fault::PadRefused));
    let script = with(base, |script| script.pad_a = Pad::with_key(513));
    let case = Case::new(
        "S5.3",
        Recommended,
        "PadA of length 513 is refused",
        script,
        Refused,
    );
    cases.push(case.advice("Without a limit, a prober can feed the search for ever."));
    cases
}

/// PadC.
fn inner_pad_cases(base: &Script) -> Vec<Case> {
    use Expect::{Refused, Served};
    use Level::{Recommended, Required};

    let mut cases = Vec::new();
    for len in [1, 511, 512] {
        let script = with(base, |script| script.pad_c = noise(len));
        let case = Case::new(
            "S8.4",
            Required,
            format!("PadC of length {len}, with any content"),
            script,
            Served,
        )
        .shows(Fault::InnerPadRefused)
        .suspect(Fault::InnerPadNotDecrypted, |script| {
            script.pad_c_encrypted = false;
        });
        cases.push(case);
    }
    let script = with(base, |script| script.pad_c = vec![0; 513]);
    cases.push(Case::new(
        "S8.5",
        Recommended,
        "PadC of length 513 is refused",
        script,
        Refused,
    ));
    cases
}

/// IA, and what follows it.
fn initial_payloads(base: &Script) -> Vec<Case> {
    use Expect::{Served, Whole, WholeIfAccepted};
    use Level::{Recommended, Required};

    let mut cases = Vec::new();
    let whole = base.ia.clone();
    for len in [0, 48] {
        let script = with(base, |script| {
            script.ia = whole[..len].to_vec();
            script.then = whole[len..].to_vec();
        });
        let what = format!("IA of {len} bytes, and the rest after the fourth message");
        cases.push(
            Case::new("S2.11", Required, what, script, Served)
                .advice("aria2, WebTorrent and Mainline send an empty IA."),
        );
    }
    let script = with(base, |script| script.ia.extend([0; 4]));
    cases.push(
        Case::new(
            "S2.11",
            Recommended,
            "IA of 72 bytes, with a keep-alive after the handshake",
            script,
            Served,
        )
        .advice("libtorrent, rTorrent and aria2 refuse more than 68 bytes, so nobody may send them."),
    );
    for len in [200, 1000] {
        let script = with(base, |script| long_payload(script, len, len));
        let what = format!("IA of {len} bytes, with a message of the extension protocol");
        cases
            .push(Case::new("S2.11", Recommended, what, script, Whole).advice(
                "libtorrent, rTorrent and aria2 refuse more than 68 bytes, so nobody may send them.",
            ));
    }
    let script = with(base, |script| long_payload(script, 73, 200));
    let what = "IA of 73 bytes that ends inside a message: nothing is lost";
    cases.push(
        Case::new("S4.4", Required, what, script, WholeIfAccepted).suspect(Fault::PayloadCut, |script| {
            script.then.splice(..0, script.ia[LEN..].to_vec());
        }),
    );
    let script = with(base, |script| script.after_ia = vec![0; 4]);
    cases.push(
        Case::new("S8.11", Recommended, "a message right after IA", script, Served)
            .advice("No client sends one; rTorrent fails and aria2 throws it away."),
    );
    cases
}

/// A handshake and a message of the extension protocol, `len` bytes in all, of which IA has the first `ia`. If a client takes
/// any other byte of that message for the first one of a message, it closes.
fn long_payload(script: &mut Script, ia: usize, len: usize) {
    script.ia[25] |= 0x10;
    let (head, tail) = (b"d1:mde1:v", b"e");
    // Length, id of the protocol, id of its handshake; the length of the text has three digits and a colon.
    let message = len - LEN;
    let text = message - 6 - head.len() - 4 - tail.len();
    script
        .ia
        .extend(u32::try_from(message - 4).unwrap_or(u32::MAX).to_be_bytes());
    script.ia.extend([20, 0]);
    script.ia.extend(head);
    script.ia.extend(format!("{text}:").bytes());
    script.ia.extend(vec![b'~'; text]);
    script.ia.extend(tail);
    script.then = script.ia.split_off(ia);
    script.watch = true;
}

/// The pieces in which messages arrive.
fn segmentations(base: &Script) -> Vec<Case> {
    use Expect::Served;
    use Level::Required;

    let mut cases = Vec::new();
    for (what, pieces) in [
        ("in single bytes", Pieces::Each(1)),
        ("in pieces of 50 bytes", Pieces::Each(50)),
        ("with a first piece of 20 bytes", Pieces::First(vec![20])),
        ("cut at every field", Pieces::First(vec![20, 20, 8, 4, 2, 2])),
        (
            "cut inside the fields",
            Pieces::First(vec![19, 2, 20, 5, 5, 3, 30]),
        ),
    ] {
        let script = with(base, |script| script.pieces = pieces.clone());
        let mut case = Case::new("S4.15", Required, format!("messages {what}"), script, Served);
        if pieces != Pieces::Each(1) {
            case = case.advice("BiglyBT sends 50 to 149 bytes at a time.");
        }
        if is_key_cut(&pieces) {
            case = case.shows(Fault::PlaintextOnFirstRead);
        }
        cases.push(case);
    }
    cases
}

/// Ya.
fn keys(base: &Script) -> Vec<Case> {
    use Expect::Served;
    use Level::Required;

    let mut cases = Vec::new();
    let odd = padded(&BigUint::from(0x13_u8));
    let begins_with = |byte: u8| {
        Group::find(&base.hand.group, &odd, 8192, |key, _| key[0] == byte).map_or(Key::Random, Key::Exponent)
    };
    for pieces in [Pieces::Whole, Pieces::First(vec![1])] {
        let what = match pieces {
            Pieces::Whole => "a key that begins with 0x13",
            _ => "a key that begins with 0x13, which comes alone",
        };
        let script = with(base, |script| {
            script.key = begins_with(0x13);
            script.pieces = pieces.clone();
        });
        cases.push(Case::new("S6.5", Required, what, script, Served).shows(Fault::PlaintextOnOneByte));
    }
    let script = with(base, |script| script.key = begins_with(0));
    cases.push(Case::new(
        "S3.4",
        Required,
        "a key with a leading zero byte",
        script,
        Served,
    ));
    cases
}

/// crypto_provide.
fn offers(base: &Script) -> Vec<Case> {
    use Expect::{Refused, Served, ServedIfOffered};
    use Level::Required;

    let mut cases = Vec::new();
    for (provide, what, expect) in [
        (3, "header-only and RC4 offered: one of them is selected", Served),
        (0x8000_0002, "an unknown bit beside RC4 is ignored", Served),
        (0x0000_0006, "the reserved bit 0x04 beside RC4 is ignored", Served),
        (
            1,
            "header-only: clear from the exact byte after IA and PadD",
            ServedIfOffered,
        ),
        (0, "an offer of nothing is refused", Refused),
        (0x8000_0000, "an offer of an unknown method is refused", Refused),
    ] {
        let rule = match provide {
            3 => "S4.10",
            1 => "S4.14",
            0 | 0x8000_0000 => "S5.6",
            _ => "S2.4",
        };
        let script = with(base, |script| {
            script.provide = provide;
            if provide == 1 {
                script.ia = base.ia[..48].to_vec();
                script.then = base.ia[48..].to_vec();
            }
        });
        cases.push(Case::new(rule, Required, what, script, expect));
    }
    cases
}

/// What has to be refused, and a half-close.
fn refusals(base: &Script) -> Vec<Case> {
    use Expect::{Refused, Served};
    use Level::{Recommended, Required};

    let mut cases = Vec::new();
    let script = with(base, |script| script.vc = [0, 0, 0, 0, 0, 0, 0, 1]);
    cases.push(Case::new(
        "S5.5",
        Required,
        "a wrong VC is refused",
        script,
        Refused,
    ));
    let script = with(base, |script| {
        script.skey = noise(20).try_into().unwrap_or([0xA5; 20]);
    });
    cases.push(Case::new(
        "S5.4",
        Required,
        "an unknown info-hash is refused",
        script,
        Refused,
    ));

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
            "a half-close after IA: the answer still comes",
            script,
            Served,
        )
        .advice("A BitTorrent client may well close then."),
    );
    cases
}

async fn plaintext<T: AsyncRead + AsyncWrite + Unpin>(
    io: T,
    info_hash: &[u8; 20],
    pieces: Pieces,
    wait: Duration,
) -> Result<(), String> {
    let mut wire = Wire::new(io, wait, pieces);
    wire.send(&handshake(info_hash)).await;
    wire.read_until(|received| received.len() >= 48).await;
    wire.finish().await;
    if is_handshake(&wire.received, info_hash) {
        return Ok(());
    }
    let end = match wire.end {
        End::Closed => "closed the connection",
        _ if wire.received.is_empty() => "was silent",
        _ if !wire.received.starts_with(PROTOCOL) => "answered with something else",
        _ => "named another torrent",
    };
    Err(format!("it {end}"))
}
