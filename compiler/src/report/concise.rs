//! `file:line:col: severity[CODE] message`, a line a finding.

use std::fmt::Write;

use super::Report;

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let place = report.place_of(finding);
        let (severity, code) = (finding.severity.word(), finding.code.id());
        let message = finding.message.replace(['\n', '\r'], " ");
        // Writing to a string cannot fail.
        let _ = match place.range {
            Some((start, _)) => writeln!(
                out,
                "{}:{}:{}: {severity}[{code}] {message}",
                place.path, start.line, start.column
            ),
            None => writeln!(out, "{}: {severity}[{code}] {message}", place.path),
        };
    }
    out
}
