//! A report as text and as JSON.

use serde_json::{Value, json};

use super::{Finding, Level, Report, Verdict};

/// One line of the table.
pub fn line(finding: &Finding) -> String {
    let (word, more) = match &finding.verdict {
        Verdict::Held => ("ok", String::new()),
        Verdict::Broken { seen, fault } => {
            let named = fault.map_or_else(String::new, |fault| format!("\n{:15}{fault}", ""));
            let word = match finding.level {
                Level::Required => "BROKEN",
                Level::Recommended => "advice",
            };
            (word, format!(": {seen}{named}"))
        }
        Verdict::Skipped(why) => ("skipped", format!(": {why}")),
        Verdict::NotShown(why) => ("not shown", format!(": {why}")),
    };
    format!("{word:<9} {:<5} {}{more}", finding.rule, finding.what)
}

/// What follows the table: the mistakes, the advice, and the verdict.
pub fn summary(report: &Report) -> String {
    let mut lines = Vec::new();
    let faults = report.faults();
    if !faults.is_empty() {
        lines.push("mistakes:".to_owned());
        lines.extend(faults.iter().map(|fault| format!("  {fault}")));
    }
    let advice = report.findings.iter().filter(|finding| {
        finding.level == Level::Recommended && matches!(finding.verdict, Verdict::Broken { .. })
    });
    let advice: Vec<_> = advice
        .map(|finding| format!("  {} {}. {}", finding.rule, finding.what, finding.advice))
        .collect();
    if !advice.is_empty() {
        lines.push("recommendations, which the verdict does not count:".to_owned());
        lines.extend(advice.iter().map(|line| line.trim_end().to_owned()));
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
    lines.push(format!(
        "verdict: {verdict} ({held} required tests held, {broken} broken, {skipped} skipped, {not_shown} not shown)"
    ));
    lines.join("\n")
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
