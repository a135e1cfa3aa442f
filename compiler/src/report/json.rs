//! One JSON object: `{"version": 1, "findings": […], "summary": {…}}`. Lines and columns count from
//! 1, columns in characters; byte offsets are those of the file.

use serde_json::{Value, json};

use super::{Place, Report};
use crate::diagnostic::{Diagnostic, Fix, Label};

/// Grows when a reader of an older version could misread a newer report.
const VERSION: u32 = 1;

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let findings: Vec<Value> = report.findings.iter().map(|found| finding(report, found)).collect();
    let counts = report.counts();
    let summary = json!({
        "errors": counts.errors, "warnings": counts.warnings, "infos": counts.infos,
    });
    format!("{:#}\n", json!({ "version": VERSION, "findings": findings, "summary": summary }))
}

fn finding(report: &Report<'_>, diagnostic: &Diagnostic) -> Value {
    let mut value = json!({
        "code": diagnostic.code.id(),
        "name": diagnostic.code.slug(),
        "severity": diagnostic.severity.word(),
        "message": diagnostic.message,
        "help": diagnostic.help,
        "original": diagnostic.original,
    });
    value["location"] = location(&report.place_of(diagnostic));
    value["labels"] = diagnostic.labels().iter().map(|place| label(report, place)).collect();
    value["fix"] = diagnostic.fix.as_ref().map_or(Value::Null, |edits| fix(report, edits));
    value
}

fn label(report: &Report<'_>, label: &Label) -> Value {
    let mut value = location(&report.place(label.span));
    value["text"] = Value::from(label.text.as_str());
    value
}

fn location(place: &Place) -> Value {
    match place.range {
        None => json!({ "file": place.path }),
        Some((start, end)) => json!({
            "file": place.path,
            "line": start.line, "column": start.column,
            "end_line": end.line, "end_column": end.column,
        }),
    }
}

fn fix(report: &Report<'_>, fix: &Fix) -> Value {
    let edits: Vec<Value> = fix
        .edits
        .iter()
        .map(|(span, text)| {
            let mut value = location(&report.place(*span));
            value["start"] = span.start.into();
            value["end"] = span.end.into();
            value["text"] = Value::from(text.as_str());
            value
        })
        .collect();
    json!({ "title": fix.title, "safe": fix.safe, "edits": edits })
}
