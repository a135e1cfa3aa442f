//! One JSON object: `{"version": 1, "findings": […], "summary": {…}}`. Lines and columns count from
//! 1, columns in characters; byte offsets are those of the file.

use serde_json::{Value, json};

use super::{Finding, Place, Report};
use crate::diagnostic::{Fix, Label, codes};
use crate::schema::render::DIALECT;

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

/// The schema of the report.
pub(super) fn schema() -> Value {
    let text = json!({ "type": "string" });
    let optional = |description| json!({ "type": ["string", "null"], "description": description });
    let count = json!({ "type": "integer", "minimum": 0 });
    let ids: Vec<&str> = codes::ALL.iter().map(|row| row.code.id()).collect();
    let names: Vec<&str> = codes::ALL.iter().map(|row| row.code.slug()).collect();
    let label = json!({
        "allOf": [{ "$ref": "#/$defs/location" }],
        "properties": { "text": text },
        "required": ["text"],
    });
    let edit = json!({
        "allOf": [{ "$ref": "#/$defs/location" }],
        "description": "A replacement of bytes start to end of the file.",
        "properties": { "start": count, "end": count, "text": text },
        "required": ["start", "end", "text"],
    });
    let fix = json!({
        "type": ["object", "null"],
        "properties": {
            "title": text,
            "safe": { "type": "boolean", "description": "Whether --fix applies it." },
            "edits": { "type": "array", "items": edit },
        },
        "required": ["title", "safe", "edits"],
        "additionalProperties": false,
    });
    let finding = json!({
        "type": "object",
        "properties": {
            "code": { "enum": ids },
            "name": { "enum": names },
            "severity": { "enum": ["info", "warning", "error"] },
            "message": text,
            "help": optional("What to do about it."),
            "original": optional("What supervisor 4.3 prints after `Error: `, without the variables of the environment and what is in them."),
            "location": { "$ref": "#/$defs/location" },
            "labels": { "type": "array", "items": label },
            "fix": fix,
        },
        "required": [
            "code", "name", "severity", "message", "help", "original", "location", "labels", "fix",
        ],
        "additionalProperties": false,
    });
    let from_one = json!({ "type": "integer", "minimum": 1 });
    let location = json!({
        "type": "object",
        "description": "A file, and a range of it if the finding has one. Lines and columns count \
                        from 1, columns in characters.",
        "properties": {
            "file": text,
            "line": from_one, "column": from_one, "end_line": from_one, "end_column": from_one,
        },
        "required": ["file"],
    });
    json!({
        "$schema": DIALECT,
        "title": "supervisorc check --format json",
        "type": "object",
        "properties": {
            "version": { "const": VERSION },
            "findings": { "type": "array", "items": finding },
            "summary": {
                "type": "object",
                "properties": { "errors": count, "warnings": count, "infos": count },
                "required": ["errors", "warnings", "infos"],
                "additionalProperties": false,
            },
        },
        "required": ["version", "findings", "summary"],
        "additionalProperties": false,
        "$defs": { "location": location },
    })
}

fn finding(report: &Report<'_>, finding: &Finding<'_>) -> Value {
    let mut value = json!({
        "code": finding.code.id(),
        "name": finding.code.slug(),
        "severity": finding.severity.word(),
        "message": finding.message,
        "help": finding.help,
        "original": finding.original.as_ref().map(|_| finding.told()),
    });
    value["location"] = location(&report.place_of(finding));
    value["labels"] = finding.labels().iter().map(|place| label(report, finding, place)).collect();
    value["fix"] = finding.fix.as_ref().map_or(Value::Null, |edits| fix(report, finding, edits));
    value
}

fn label(report: &Report<'_>, finding: &Finding<'_>, label: &Label) -> Value {
    let mut value = location(&report.place(finding, label.span));
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

fn fix(report: &Report<'_>, finding: &Finding<'_>, fix: &Fix) -> Value {
    let edits: Vec<Value> = fix
        .edits
        .iter()
        .map(|(span, text)| {
            let mut value = location(&report.place(finding, *span));
            value["start"] = span.start.into();
            value["end"] = span.end.into();
            value["text"] = Value::from(text.as_str());
            value
        })
        .collect();
    json!({ "title": fix.title, "safe": fix.safe, "edits": edits })
}
