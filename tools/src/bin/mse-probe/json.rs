//! Prints the findings as JSON.

use mse_tools::cli::Address;
use serde_json::{Value, json};
use tokio_mse::Error;

use crate::attempt::{Finding, describe};
use crate::recommended::{Recommended, recommended};

pub(crate) fn report(target: &Address, findings: &[Finding]) -> String {
    let attempts: Vec<_> = findings.iter().map(attempt).collect();
    let recommended = recommended(findings)
        .map(|Recommended { encryption, methods }| json!({ "encryption": encryption, "methods": methods }));
    json!({ "target": target.text(), "attempts": attempts, "recommended": recommended }).to_string()
}

fn attempt(finding: &Finding) -> Value {
    let accepted = finding.outcome.as_ref().ok();
    let peer_id = accepted.and_then(|accepted| accepted.peer_id);
    let error = finding.outcome.as_ref().err();
    let handshake = error.and_then(|error| error.handshake());
    let step = handshake.map_or_else(|| "Dial".to_owned(), |error| format!("{:?}", error.step()));
    json!({
        "mode": finding.mode.name(),
        "accepted": accepted.is_some(),
        "peer_id": peer_id.map(hex::encode),
        "error": error.map(describe),
        "step": error.map(|_| step),
        "peer_answered": accepted.is_some() || handshake.is_some_and(Error::peer_answered),
        "pad_b": finding.pads.pad_b,
        "pad_d": finding.pads.pad_d,
        "segments": finding.segments,
        "round_trips": finding.round_trips,
        "milliseconds": (finding.elapsed.as_secs_f64() * 1e4).round() / 10.0,
    })
}
