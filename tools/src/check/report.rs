//! A report as text and as JSON.

use serde_json::{Value, json};

use super::{Finding, Level, Report, Verdict};
use crate::text::wrapped;

/// One entry of the table: a line with the rule, and indented lines that explain the verdict.
pub fn entry(finding: &Finding) -> String {
    let (word, why, fault) = match &finding.verdict {
        Verdict::Held => ("ok", None, None),
        Verdict::Broken { seen, fault } => {
            let word = match finding.level {
                Level::Required => "BROKEN",
                Level::Recommended => "advice",
            };
            (word, Some(seen), *fault)
        }
        Verdict::Skipped(why) => ("skipped", Some(why), None),
        Verdict::NotShown(why) => ("not shown", Some(why), None),
    };
    let indent = format!("{:16}", "");
    let first = format!("{word:<9} {:<5} ", finding.rule);
    let mut lines = vec![wrapped(&first, &indent, &finding.what)];
    lines.extend(why.map(|why| wrapped(&indent, &indent, why)));
    lines.extend(fault.map(|fault| wrapped(&indent, &indent, &format!("mistake: {fault}"))));
    lines.join("\n")
}

/// What follows the table: the mistakes, the advice, and the verdict.
pub fn summary(report: &Report) -> String {
    let mut lines = Vec::new();
    let faults = report.faults();
    if !faults.is_empty() {
        lines.push("mistakes that were found:".to_owned());
        let mistakes = faults
            .iter()
            .map(|fault| wrapped("  ", "    ", &fault.to_string()));
        lines.extend(mistakes);
    }
    let advice = advice(report);
    if !advice.is_empty() {
        lines.push("recommendations that the peer does not follow, which do not count:".to_owned());
        lines.extend(advice.iter().map(|advice| wrapped("  ", "    ", advice)));
    }
    let required = |wanted: fn(&Verdict) -> bool| {
        let required = report
            .findings
            .iter()
            .filter(|finding| finding.level == Level::Required);
        required.filter(|finding| wanted(&finding.verdict)).count()
    };
    let held = required(|verdict| *verdict == Verdict::Held);
    let broken = required(|verdict| matches!(verdict, Verdict::Broken { .. }));
    let skipped = required(|verdict| matches!(verdict, Verdict::Skipped(_)));
    let not_shown = required(|verdict| matches!(verdict, Verdict::NotShown(_)));
    let verdict = if report.conforms() {
        "conforms"
    } else {
        "does not conform"
    };
    let counts = format!("{held} held, {broken} broken, {skipped} skipped, {not_shown} not shown");
    lines.push(format!("required tests: {counts}"));
    lines.push(format!("verdict: {verdict}"));
    lines.join("\n")
}

/// One line for each kind of advice, with the tests that it concerns.
fn advice(report: &Report) -> Vec<String> {
    let broken = report.findings.iter().filter(|finding| {
        finding.level == Level::Recommended && matches!(finding.verdict, Verdict::Broken { .. })
    });
    let mut grouped: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for finding in broken {
        match grouped.last_mut() {
            Some((rule, advice, tests)) if (*rule, *advice) == (finding.rule, finding.advice) => {
                tests.push(&finding.what);
            }
            _ => grouped.push((finding.rule, finding.advice, vec![&finding.what])),
        }
    }
    let line = |(rule, advice, tests): (&str, &str, Vec<&str>)| {
        let tests = tests.join("; ");
        format!("{rule} {tests}. {advice}").trim_end().to_owned()
    };
    grouped.into_iter().map(line).collect()
}

/// Everything in one object.
pub fn json(report: &Report) -> Value {
    let findings: Vec<_> = report.findings.iter().map(finding).collect();
    let faults: Vec<_> = report
        .faults()
        .into_iter()
        .map(|fault| json!({ "name": fault.name(), "what": fault.to_string() }))
        .collect();
    json!({ "conforms": report.conforms(), "faults": faults, "tests": findings })
}

fn finding(finding: &Finding) -> Value {
    let (verdict, detail, fault) = match &finding.verdict {
        Verdict::Held => ("held", None, None),
        Verdict::Broken { seen, fault } => ("broken", Some(seen), fault.map(super::fault::Fault::name)),
        Verdict::Skipped(why) => ("skipped", Some(why), None),
        Verdict::NotShown(why) => ("not-shown", Some(why), None),
    };
    json!({
        "rule": finding.rule,
        "required": finding.level == Level::Required,
        "what": finding.what,
        "verdict": verdict,
        "detail": detail,
        "fault": fault,
        "advice": (!finding.advice.is_empty()).then_some(finding.advice),
    })
}
