//! Conformance: an end of MSE that follows the specification, can break each of its rules, and watches the other end.
//!
//! [`listener::check`] tests a peer that is dialled, [`dialler::check`] one that dials. Every test is a connection of its
//! own. The rules have the numbers of `tests/specification.md`.
//!
//! If a test fails, it is repeated with a known mistake made on purpose: a peer that can be spoken to only with the prime
//! of RFC 2409 uses that prime. In this way the mistake is named although only bytes on the wire can be seen.

pub mod arithmetic;
pub mod backlog;
mod case;
pub mod dialler;
pub mod fault;
pub mod initiator;
pub mod listener;
mod overall;
pub mod report;
pub mod responder;
mod tester;
pub mod wire;

use std::future::Future;
use std::io;

use tokio::io::{AsyncRead, AsyncWrite};

use fault::Fault;

/// Where the connections come from: they are dialled, or accepted.
pub trait Connections {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin;

    /// The next connection.
    fn next(&mut self) -> impl Future<Output = io::Result<Self::Io>>;

    /// The next connection, with buffers that are as small as possible: the peer's writes soon wait for our reads.
    fn next_narrow(&mut self) -> impl Future<Output = io::Result<Self::Io>> {
        self.next()
    }
}

/// How much depends on a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The specification demands it.
    Required,
    /// The specification leaves it open, or only some clients need it.
    Recommended,
}

/// What a test has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rule held.
    Held,
    /// The rule was broken.
    Broken {
        /// What was seen.
        seen: String,
        /// The mistake that explains it, if one is known.
        fault: Option<Fault>,
    },
    /// The peer does not offer what the rule is about, or the user did not want the test.
    Skipped(String),
    /// The test could not be carried out.
    NotShown(String),
}

/// One rule, and what was found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The number in `tests/specification.md`.
    pub rule: &'static str,
    /// How much depends on it.
    pub level: Level,
    /// What was tested.
    pub what: String,
    /// What was found.
    pub verdict: Verdict,
    /// Advice for a broken recommendation, with the clients that need it. May be empty.
    pub advice: &'static str,
}

/// All findings.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of the tests.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether every required rule held. A test that the peer's policy or the user ruled out does not count.
    pub fn conforms(&self) -> bool {
        let mut required = self
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Required);
        required.all(|finding| matches!(finding.verdict, Verdict::Held | Verdict::Skipped(_)))
    }

    /// The mistakes that were named, each once.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for finding in &self.findings {
            if let Verdict::Broken {
                fault: Some(fault), ..
            } = finding.verdict
                && !faults.contains(&fault)
            {
                faults.push(fault);
            }
        }
        faults
    }
}

/// Collects findings, and shows each one as soon as it is there.
pub(crate) struct Findings<'a> {
    report: Report,
    show: &'a mut dyn FnMut(&Finding),
}

impl<'a> Findings<'a> {
    pub(crate) fn new(show: &'a mut dyn FnMut(&Finding)) -> Self {
        Self {
            report: Report::default(),
            show,
        }
    }

    pub(crate) fn add(
        &mut self,
        rule: &'static str,
        level: Level,
        what: impl Into<String>,
        verdict: Verdict,
    ) {
        self.add_with_advice(rule, level, what, verdict, "");
    }

    pub(crate) fn add_with_advice(
        &mut self,
        rule: &'static str,
        level: Level,
        what: impl Into<String>,
        verdict: Verdict,
        advice: &'static str,
    ) {
        let finding = Finding {
            rule,
            level,
            what: what.into(),
            verdict,
            advice,
        };
        (self.show)(&finding);
        self.report.findings.push(finding);
    }

    /// The mistake that a failure shows, unless an earlier one explains it.
    pub(crate) fn blame(&self, shows: Option<Fault>, is_key_cut: bool) -> Option<Fault> {
        use Fault::{
            KeyOnFirstRead, PadRefused, PlaintextOnFirstRead, PlaintextOnOneByte, VcNotSearched,
            VcSearchedWithMovingCipher,
        };
        let earlier: &[Fault] = match shows {
            Some(PlaintextOnFirstRead | PlaintextOnOneByte) if is_key_cut => &[KeyOnFirstRead],
            // A peer that does not search for VC accepts no pad of any length.
            Some(PadRefused) => &[VcNotSearched, VcSearchedWithMovingCipher],
            _ => &[],
        };
        let mut named = self.report.faults().into_iter();
        named.find(|fault| earlier.contains(fault)).or(shows)
    }

    pub(crate) fn into_report(self) -> Report {
        self.report
    }
}
