//! The findings for programs.

use serde_json::{Value, json};

use crate::attempt::Finding;
use crate::cli::address::Address;
use crate::cli::chain::chain;
use crate::recommended::{Recommended, recommended};

pub(crate) fn report(target: &Address, findings: &[Finding]) -> String {
    let attempts: Vec<_> = findings.iter().map(attempt).collect();
    let recommended = recommended(findings)
        .map(|Recommended { encryption, methods }| json!({ "encryption": encryption, "methods": methods }));
    json!({ "target": target.as_str(), "attempts": attempts, "recommended": recommended }).to_string()
}

fn attempt(finding: &Finding) -> Value {
    let accepted = finding.outcome.as_ref().ok();
    let peer_id = accepted.and_then(|accepted| accepted.peer_id);
    let error = finding.outcome.as_ref().err();
    json!({
        "mode": finding.mode.name(),
        "accepted": accepted.is_some(),
        "peer_id": peer_id.map(hex::encode),
        "error": error.map(|error| chain(error)),
        "step": error.map(|error| format!("{:?}", error.step())),
        "peer_answered": error.is_none_or(tokio_mse::Error::peer_answered),
        "pad_b": finding.pads.pad_b,
        "pad_d": finding.pads.pad_d,
        "segments": finding.segments,
        "round_trips": finding.round_trips,
        "milliseconds": (finding.elapsed.as_secs_f64() * 1e4).round() / 10.0,
    })
}
