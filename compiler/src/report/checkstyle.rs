//! Checkstyle XML: an element a file, an element a finding.

use std::fmt::Write;

use super::{Report, xml_escaped};

/// The report.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
    let mut open: Option<String> = None;
    for finding in &report.findings {
        let place = report.place_of(finding);
        let start = place.start();
        if open.as_ref() != Some(&place.path) {
            if open.is_some() {
                out.push_str("  </file>\n");
            }
            let _ = writeln!(out, "  <file name=\"{}\">", xml_escaped(&place.path));
            open = Some(place.path);
        }
        let _ = writeln!(
            out,
            "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"planvisor.{}\"/>",
            start.line,
            start.column,
            finding.severity.word(),
            xml_escaped(&finding.message),
            finding.code.id(),
        );
    }
    if open.is_some() {
        out.push_str("  </file>\n");
    }
    out.push_str("</checkstyle>\n");
    out
}
