//! JUnit XML: a test case a finding; one that passes when there is none.

use std::fmt::Write;

use super::{Finding, Report, xml_escaped};
use crate::diagnostic::Severity;

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let counts = report.counts();
    let failures = counts.errors + counts.warnings;
    let tests = report.findings.len().max(1);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites>\n  <testsuite name=\"planvisor\" tests=\"{tests}\" failures=\"{failures}\">"
    );
    if report.findings.is_empty() {
        out.push_str("    <testcase name=\"configuration\" classname=\"planvisor\"/>\n");
    }
    for finding in &report.findings {
        test_case(&mut out, report, finding);
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

/// Advice does not fail: it is written to the output of a test case that passes.
fn test_case(out: &mut String, report: &Report<'_>, finding: &Finding<'_>) {
    let place = report.place_of(finding);
    let start = place.start();
    let at = format!("{}:{}:{}", place.path, start.line, start.column);
    let _ = writeln!(
        out,
        "    <testcase name=\"{} {} {}\" classname=\"{}\" file=\"{}\" line=\"{}\">",
        finding.code.id(),
        finding.code.slug(),
        xml_escaped(&at),
        xml_escaped(&place.path),
        xml_escaped(&place.path),
        start.line,
    );
    let message = xml_escaped(&finding.message);
    let help = finding.help.as_deref().unwrap_or_default();
    let text = xml_escaped(help);
    let _ = match finding.severity {
        Severity::Info => {
            writeln!(out, "      <system-out>{}: {message}</system-out>", xml_escaped(&at))
        }
        severity @ (Severity::Warning | Severity::Error) => writeln!(
            out,
            "      <failure type=\"{}\" message=\"{message}\">{}: {text}</failure>",
            severity.word(),
            xml_escaped(&at),
        ),
    };
    out.push_str("    </testcase>\n");
}
