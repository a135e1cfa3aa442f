//! SARIF 2.1.0, which code hosts and editors read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Finding, Place, Report};
use crate::diagnostic::{Code, Fix, Severity, codes};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let used: BTreeSet<Code> = report.findings.iter().map(|found| found.code).collect();
    let used: Vec<Code> = used.into_iter().collect();
    let results: Vec<Value> =
        report.findings.iter().map(|found| result(report, found, &used)).collect();
    let rules: Vec<Value> = used.iter().map(|&code| rule(code)).collect();
    let driver = json!({
        "name": "planvisor",
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    let run = json!({
        "tool": { "driver": driver },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    format!("{:#}\n", json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(code: Code) -> Value {
    let row = codes::find(code.id());
    json!({
        "id": code.id(),
        "name": code.slug(),
        "shortDescription": { "text": row.map_or("", |row| row.doc) },
        "defaultConfiguration": { "level": level(row.map_or(Severity::Warning, |row| row.severity)) },
    })
}

fn result(report: &Report<'_>, finding: &Finding<'_>, rules: &[Code]) -> Value {
    let text = match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    };
    let mut value = json!({
        "ruleId": finding.code.id(),
        "ruleIndex": rules.binary_search(&finding.code).ok(),
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": physical(&report.place_of(finding)) }],
    });
    let related: Vec<Value> = finding
        .labels()
        .iter()
        .skip(1)
        .map(|label| {
            json!({
                "physicalLocation": physical(&report.place(finding, label.span)),
                "message": { "text": label.text },
            })
        })
        .collect();
    if !related.is_empty() {
        value["relatedLocations"] = related.into();
    }
    if let Some(fix) = &finding.fix {
        value["fixes"] = json!([changes(report, finding, fix)]);
    }
    value
}

fn changes(report: &Report<'_>, finding: &Finding<'_>, fix: &Fix) -> Value {
    let changes: Vec<Value> = fix
        .edits
        .iter()
        .map(|(span, text)| {
            let place = report.place(finding, *span);
            json!({
                "artifactLocation": { "uri": uri(&place.path) },
                "replacements": [{
                    "deletedRegion": region(&place),
                    "insertedContent": { "text": text },
                }],
            })
        })
        .collect();
    json!({ "description": { "text": fix.title }, "artifactChanges": changes })
}

fn physical(place: &Place) -> Value {
    let mut value = json!({ "artifactLocation": { "uri": uri(&place.path) } });
    if place.range.is_some() {
        value["region"] = region(place);
    }
    value
}

fn region(place: &Place) -> Value {
    let start = place.start();
    let end = place.range.map_or(start, |(_, end)| end);
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

/// A path as a relative or absolute URI reference.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(byte as char);
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
