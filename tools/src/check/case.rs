//! One test.

use super::fault::Fault;
use super::{Level, Verdict};

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

/// A verdict about all connections together.
pub(crate) fn held_unless(broken: Option<String>) -> Verdict {
    match broken {
        None => Verdict::Held,
        Some(seen) => Verdict::Broken { seen, fault: None },
    }
}
