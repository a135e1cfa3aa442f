//! GitLab's code quality report: a JSON array with a fingerprint a finding.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

use super::Report;
use crate::diagnostic::Severity;

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            let place = report.place_of(finding);
            // Without the line, so that a finding keeps its identity when lines move above it.
            let key = format!("{}\0{}\0{}", place.path, finding.code.id(), finding.message);
            let nth = seen.entry(key.clone()).and_modify(|count| *count += 1).or_insert(0);
            json!({
                "description": finding.message,
                "check_name": format!("{} {}", finding.code.id(), finding.code.slug()),
                "fingerprint": format!("{:032x}", xxh3_128(format!("{key}\0{nth}").as_bytes())),
                "severity": severity(finding.severity),
                "location": { "path": place.path, "lines": { "begin": place.start().line } },
            })
        })
        .collect();
    format!("{:#}\n", Value::from(findings))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
