//! Prints the findings as a table.

use std::fmt::Display;

use crate::attempt::{Finding, describe};
use crate::recommended::recommended;

pub(crate) fn report(findings: &[Finding]) -> String {
    let header = ["mode", "PadB", "PadD", "segments", "round trips", "ms", "result"];
    let rows = findings.iter().map(row);
    let lines = std::iter::once(header.map(str::to_owned)).chain(rows).map(
        |[mode, pad_b, pad_d, segments, round_trips, time, result]| {
            format!("{mode:<12}{pad_b:>6}{pad_d:>6}{segments:>10}{round_trips:>13}{time:>9}  {result}")
        },
    );
    let recommended = recommended(findings).map(|recommended| format!("recommended: {recommended}"));
    lines.chain(recommended).collect::<Vec<_>>().join("\n")
}

fn row(finding: &Finding) -> [String; 7] {
    [
        finding.mode.name().to_owned(),
        or_dash(finding.pads.pad_b),
        or_dash(finding.pads.pad_d),
        finding.segments.to_string(),
        finding.round_trips.to_string(),
        format!("{:.1}", finding.elapsed.as_secs_f64() * 1e3),
        result(finding),
    ]
}

fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn result(finding: &Finding) -> String {
    match &finding.outcome {
        Ok(accepted) => match accepted.peer_id {
            Some(peer_id) => format!("accepted by {}", peer_id[..8].escape_ascii()),
            None => "accepted, no BitTorrent handshake came".to_owned(),
        },
        Err(error) => describe(error),
    }
}
