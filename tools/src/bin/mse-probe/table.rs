//! Prints the findings as a table.

use std::fmt::Display;

use mse_tools::text::{Colour, Style, WIDTH, wrapped};

use crate::attempt::{Finding, describe};
use crate::recommended::recommended;

pub(crate) fn report(findings: &[Finding], style: Style) -> String {
    let header = ["mode", "PadB", "PadD", "segments", "round trips", "ms", "result"];
    let line = |[mode, pad_b, pad_d, segments, round_trips, time, result]: [String; 7]| {
        format!("{mode:<12}{pad_b:>6}{pad_d:>6}{segments:>10}{round_trips:>13}{time:>9}  {result}")
    };
    let rows = findings.iter().map(|finding| {
        let (colour, short) = match finding.outcome {
            Ok(_) => (Colour::Green, "accepted:"),
            Err(_) => (Colour::Yellow, "failed:"),
        };
        let result = result(finding);
        let whole = line(row(finding, result.clone()));
        if whole.len() <= WIDTH {
            return style.paint(colour, &whole);
        }
        let short = line(row(finding, short.to_owned()));
        style.paint(colour, &format!("{short}\n{}", wrapped("  ", "  ", &result)))
    });
    let lines = std::iter::once(line(header.map(str::to_owned))).chain(rows);
    let recommended = recommended(findings).map(|recommended| format!("recommended: {recommended}"));
    lines.chain(recommended).collect::<Vec<_>>().join("\n")
}

fn row(finding: &Finding, result: String) -> [String; 7] {
    [
        finding.mode.name().to_owned(),
        or_dash(finding.pads.pad_b),
        or_dash(finding.pads.pad_d),
        finding.segments.to_string(),
        finding.round_trips.to_string(),
        format!("{:.1}", finding.elapsed.as_secs_f64() * 1e3),
        result,
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
