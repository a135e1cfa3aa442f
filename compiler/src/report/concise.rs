//! `file:line:col: severity[CODE] message`, a line a finding. What is wrong with a whole file stands
//! at its first character, so that every line can be read alike.

use std::fmt::Write;

use super::Report;

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let place = report.place_of(finding);
        let start = place.start();
        let (severity, code) = (finding.severity.word(), finding.code.id());
        let message = finding.message.replace(['\n', '\r'], " ");
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{}:{}:{}: {severity}[{code}] {message}",
            place.path, start.line, start.column
        );
    }
    out
}
