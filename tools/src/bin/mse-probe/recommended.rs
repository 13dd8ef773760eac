//! Recommends options for a peer.

use std::fmt;

use crate::attempt::{Finding, Mode};

/// Values for `--encryption` and `--methods`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recommended {
    pub(crate) encryption: &'static str,
    pub(crate) methods: Option<&'static str>,
}

/// The strongest encryption that the peer accepts, or `None` if it accepts nothing. If plaintext works too, keeps it as a
/// fallback, because another attempt may fail for other reasons.
pub(crate) fn recommended(findings: &[Finding]) -> Option<Recommended> {
    let accepts = |wanted: Mode| {
        let accepted = findings.iter().filter(|finding| finding.outcome.is_ok());
        accepted.into_iter().any(|finding| finding.mode == wanted)
    };
    let methods = match (accepts(Mode::Rc4), accepts(Mode::HeaderOnly)) {
        (true, _) => Some("rc4"),
        (false, true) => Some("header-only"),
        (false, false) => None,
    };
    let encryption = match (methods, accepts(Mode::Plaintext)) {
        (Some(_), true) => "prefer",
        (Some(_), false) => "require",
        (None, true) => "forbid",
        (None, false) => return None,
    };
    Some(Recommended { encryption, methods })
}

impl fmt::Display for Recommended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "--encryption {}", self.encryption)?;
        match self.methods {
            Some(methods) => write!(f, " --methods {methods}"),
            None => Ok(()),
        }
    }
}
