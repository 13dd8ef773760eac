//! One test.

use super::fault::Fault;
use super::overall::held_unless;
use super::wire::End;
use super::{Findings, Level, Verdict};

/// One test: a script `S`, and what is expected of the peer.
pub(crate) struct Case<S, E> {
    pub(crate) rule: &'static str,
    pub(crate) level: Level,
    pub(crate) what: String,
    pub(crate) script: S,
    pub(crate) expect: E,
    /// Mistakes, each with a script that a peer can follow that makes it.
    pub(crate) suspects: Vec<(Fault, S)>,
    /// What the failure shows if no suspect is confirmed.
    pub(crate) shows: Option<Fault>,
    pub(crate) advice: &'static str,
}

impl<S: Clone, E> Case<S, E> {
    pub(crate) fn new(
        rule: &'static str,
        level: Level,
        what: impl Into<String>,
        script: S,
        expect: E,
    ) -> Self {
        Self {
            rule,
            level,
            what: what.into(),
            script,
            expect,
            suspects: Vec::new(),
            shows: None,
            advice: "",
        }
    }

    pub(crate) fn shows(mut self, fault: Fault) -> Self {
        self.shows = Some(fault);
        self
    }

    pub(crate) fn suspect(mut self, fault: Fault, change: impl FnOnce(&mut S)) -> Self {
        self.suspects.push((fault, with(&self.script, change)));
        self
    }

    pub(crate) fn advice(mut self, advice: &'static str) -> Self {
        self.advice = advice;
        self
    }
}

/// The same script with a change.
pub(crate) fn with<S: Clone>(script: &S, change: impl FnOnce(&mut S)) -> S {
    let mut changed = script.clone();
    change(&mut changed);
    changed
}

/// What a peer does without the last byte of a key. `paused`: how many bytes came before that byte, whether the handshake was
/// finished after it, and what was seen. `ended`: how many bytes came if that byte never does, and how the peer left.
pub(crate) fn cut_keys(
    findings: &mut Findings<'_>,
    paused: Result<(usize, bool, String), String>,
    ended: Result<(usize, End), String>,
) {
    let what = "a key whose last byte comes late";
    let verdict = match &paused {
        Err(error) => Verdict::NotShown(error.clone()),
        Ok((_, true, _)) => Verdict::Held,
        Ok((early, false, seen)) => Verdict::Broken {
            seen: seen.clone(),
            fault: (*early > 0).then_some(Fault::KeyOnFirstRead),
        },
    };
    findings.add("S4.15", Level::Required, what, verdict);

    let verdict = match paused {
        Err(error) => Verdict::NotShown(error),
        Ok((early, ..)) => {
            held_unless((early > 0).then(|| format!("{early} bytes came after 95 bytes of the key")))
        }
    };
    let what = "no answer to a key before its last byte";
    let advice = "An answer to anything else than a whole key makes the peer easy to find for a scanner.";
    findings.add_with_advice("S4.1", Level::Recommended, what, verdict, advice);

    let verdict = match ended {
        Err(error) => Verdict::NotShown(error),
        Ok((early @ 1.., _)) => held_unless(Some(format!("{early} bytes came"))),
        Ok((_, end)) => held_unless((end != End::Closed).then(|| "the connection stayed open".to_owned())),
    };
    let what = "a connection that ends inside the key is closed unanswered";
    let advice = "Such connections use descriptors until a timeout.";
    findings.add_with_advice("S5.1", Level::Recommended, what, verdict, advice);
}
