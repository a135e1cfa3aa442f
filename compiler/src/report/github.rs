//! Workflow commands, which GitHub shows beside the lines of a pull request.

use std::fmt::Write;

use super::{Finding, Report};
use crate::diagnostic::Severity;

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let place = report.place_of(finding);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let _ = write!(out, "::{command} file={}", property(&place.path));
        if let Some((start, end)) = place.range {
            let _ = write!(out, ",line={},col={}", start.line, start.column);
            // GitHub shows no annotation whose end is on another line and has a column.
            if end.line == start.line {
                let _ = write!(out, ",endLine={},endColumn={}", end.line, end.column);
            }
        }
        let title = format!("{} {}", finding.code.id(), finding.code.slug());
        let _ = writeln!(out, ",title={}::{}", property(&title), data(&text(finding)));
    }
    out
}

fn text(finding: &Finding<'_>) -> String {
    match &finding.help {
        Some(help) => format!("{}\nhelp: {help}", finding.message),
        None => finding.message.clone(),
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
