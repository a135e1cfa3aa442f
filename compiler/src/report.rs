//! How findings are shown: one file a format. Nothing here decides what is a finding, and nothing
//! here writes anywhere.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use grammar::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::source::{Position, Sources};

mod checkstyle;
mod concise;
mod excerpt;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod sarif;

pub use excerpt::{Excerpt, excerpts};

/// The formats a report can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people: the source with what is wrong drawn under it.
    Full,
    /// `file:line:col: severity[CODE] message`, a line a finding.
    Concise,
    /// One JSON object, as `report/json.rs` lays it out.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines of a pull request.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// Checkstyle XML.
    Checkstyle,
    /// JUnit XML, a test case a finding.
    Junit,
}

/// Findings ready to be shown: those of one configuration, or of several as one document.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    findings: Vec<Finding<'a>>,
    base: PathBuf,
}

/// A finding and the files its places are in.
#[derive(Clone, Copy, Debug)]
struct Finding<'a> {
    diagnostic: &'a Diagnostic,
    sources: &'a Sources,
}

/// A span as a reader finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: String,
    /// Its first character; `None` for a whole file.
    range: Option<(Position, Position)>,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl Format {
    /// Every format by the name it is asked for.
    pub const ALL: [(&'static str, Format); 8] = [
        ("full", Format::Full),
        ("concise", Format::Concise),
        ("json", Format::Json),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("gitlab", Format::Gitlab),
        ("checkstyle", Format::Checkstyle),
        ("junit", Format::Junit),
    ];

    /// The format called `name`.
    pub fn find(name: &str) -> Option<Format> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|&(_, format)| format)
    }
}

impl<'a> Report<'a> {
    /// The findings in file order. Paths below `base` are shown relative to it.
    pub fn new(diagnostics: &'a Diagnostics, sources: &'a Sources, base: PathBuf) -> Self {
        let findings = diagnostics.in_file_order().into_iter();
        let findings = findings.map(|diagnostic| Finding { diagnostic, sources }).collect();
        Report { findings, base }
    }

    /// Adds the findings of a further configuration. What both find in a file they share is shown
    /// once.
    pub fn add(&mut self, diagnostics: &'a Diagnostics, sources: &'a Sources) {
        let identity = |finding: &Finding<'a>| {
            let range = finding.span().map(|span| (span.start, span.end));
            let path = finding.span().map(|span| finding.sources.path(span.file));
            (path.or(finding.diagnostic.file()), range, finding.code, &finding.diagnostic.message)
        };
        let shown: HashSet<_> = self.findings.iter().map(identity).collect();
        let further = diagnostics.in_file_order().into_iter();
        let further = further.map(|diagnostic| Finding { diagnostic, sources });
        let further: Vec<_> =
            further.filter(|finding| !shown.contains(&identity(finding))).collect();
        self.findings.extend(further);
    }

    /// The whole report as text; `colour` is for [`Format::Full`] alone.
    pub fn render(&self, format: Format, colour: bool) -> String {
        match format {
            Format::Full => human::render(self, colour),
            Format::Concise => concise::render(self),
            Format::Json => json::render(self),
            Format::Sarif => sarif::render(self),
            Format::Github => github::render(self),
            Format::Gitlab => gitlab::render(self),
            Format::Checkstyle => checkstyle::render(self),
            Format::Junit => junit::render(self),
        }
    }

    fn place_of(&self, finding: &Finding<'_>) -> Place {
        match (finding.span(), finding.file()) {
            (Some(span), _) => self.place(finding, span),
            (None, file) => {
                Place { path: self.shown(file.unwrap_or(Path::new(""))).into_owned(), range: None }
            }
        }
    }

    fn place(&self, finding: &Finding<'_>, span: Span) -> Place {
        let source = finding.sources.get(span.file);
        let range = Some((source.position(span.start), source.position(span.end)));
        Place { path: self.shown(source.path()).into_owned(), range }
    }

    fn shown<'p>(&self, path: &'p Path) -> Cow<'p, str> {
        path.strip_prefix(&self.base).unwrap_or(path).to_string_lossy()
    }

    fn counts(&self) -> Counts {
        let count = |severity| self.findings.iter().filter(|d| d.severity == severity).count();
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }
}

/// The JSON schema of [`Format::Json`].
pub fn json_schema() -> serde_json::Value {
    json::schema()
}

impl Deref for Finding<'_> {
    type Target = Diagnostic;

    fn deref(&self) -> &Diagnostic {
        self.diagnostic
    }
}

impl Place {
    /// Line and column to show, the start of the file for a whole file.
    fn start(&self) -> Position {
        self.range.map_or(Position { line: 1, column: 1 }, |(start, _)| start)
    }
}

/// Escapes text for an XML attribute or element.
fn xml_escaped(text: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, '&' | '<' | '>' | '"') || c.is_control();
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push('\t'),
            // XML 1.0 cannot hold other control characters at all.
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests;
