//! What is written about the codes: the text of `--explain` and the reference page.

use std::fmt::Write;

use super::{Depth, Meta, Rule, rules};
use crate::diagnostic::codes::{self, Registered};

/// What `--explain CODE` prints; `None` when there is no such code.
pub fn explain(name: &str) -> Option<String> {
    let row = codes::find(name)?;
    let title = format!("{} {} ({})\n\n", row.code.id(), row.code.slug(), row.severity.word());
    let rule = rules::ALL.iter().find(|rule| rule.meta().code == row.code);
    Some(title + &rule.map_or_else(|| format!("{}\n", row.doc), |rule| page(rule.meta())))
}

/// The reference page of all codes, in Markdown.
pub fn reference() -> String {
    let mut out = String::from(HEAD);
    let (rows, refusals): (Vec<&Registered>, Vec<&Registered>) =
        codes::ALL.iter().partition(|row| rule_of(row).is_some());
    out.push_str("| code | name | severity | what |\n| --- | --- | --- | --- |\n");
    for row in &rows {
        let (id, slug) = (row.code.id(), row.code.slug());
        let anchor = format!("{}-{slug}", id.to_lowercase());
        let _ =
            writeln!(out, "| [{id}](#{anchor}) | {slug} | {} | {} |", row.severity.word(), row.doc);
    }
    out.push_str("\n## Refusals\n\nWhat supervisor refuses to load beside the rules below.\n\n");
    out.push_str("| code | name | what |\n| --- | --- | --- |\n");
    for row in refusals {
        let _ = writeln!(out, "| {} | {} | {} |", row.code.id(), row.code.slug(), row.doc);
    }
    for row in rows {
        let _ = writeln!(out, "\n## {} {}\n", row.code.id(), row.code.slug());
        if let Some(rule) = rule_of(row) {
            out.push_str(&page(rule.meta()));
        }
    }
    out
}

/// A line a code: what `supervisorc rules` prints.
pub fn list() -> String {
    codes::ALL.iter().fold(String::new(), |mut out, row| {
        let (id, severity, slug) = (row.code.id(), row.severity.word(), row.code.slug());
        let _ = writeln!(out, "{id}  {severity:7}  {slug:29}  {}", row.doc);
        out
    })
}

const HEAD: &str = "# Diagnostics\n\n<!-- Generated from the rules; edit those. -->\n\n\
    An **error** is what supervisor 4.3 refuses to load, and nothing else. A **warning** loads, but \
    is almost surely not what was meant. An **info** is advice.\n\n\
    A comment on a line of its own suppresses warnings and advice: `; planvisor: disable=SV022 -- \
    reason`, above the first header for the file, at the head of a section for the section, \
    elsewhere for the next option.\n\n";

fn rule_of(row: &Registered) -> Option<&'static dyn Rule> {
    rules::ALL.iter().copied().find(|rule| rule.meta().code == row.code)
}

fn page(meta: &Meta) -> String {
    let mut out = format!(
        "{}\n\n**Why it is bad.** {}\n\n**Instead.** {}\n",
        meta.what, meta.why, meta.remedy
    );
    if meta.depth == Depth::Host {
        out.push_str("\nAsks the machine: it speaks at `--check=host` alone.\n");
    }
    for example in meta.examples {
        let _ = write!(
            out,
            "\n```ini\n{}```\n\nis better written\n\n```ini\n{}```\n",
            example.bad, example.good
        );
    }
    if !meta.seen.is_empty() {
        let _ = writeln!(out, "\nSeen in {}.", meta.seen.join(", "));
    }
    out
}
