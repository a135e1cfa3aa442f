//! Suppression comments: `; planvisor: disable=SV006,SV022 -- reason`, on a line of their own.
//!
//! Above the first header one holds for the file; above another header or between a header and the
//! first option for that section; elsewhere for the next option, or for the one it stands in.

use grammar::{Span, ast};

use super::view::Config;
use crate::diagnostic::{Code, Diagnostic, Severity, codes};

/// The suppressions of a configuration, and which of them were of use.
#[derive(Debug)]
pub(super) struct Suppressions {
    list: Vec<Suppression>,
}

#[derive(Debug)]
struct Suppression {
    /// What is written after `disable=`, one code.
    written: Span,
    /// `None` when there is no such code.
    code: Option<Code>,
    /// The bytes it holds for.
    scope: Span,
    used: bool,
}

impl Suppressions {
    /// Reads the comments of every file.
    pub(super) fn read(config: &Config<'_>) -> Self {
        let mut list = Vec::new();
        for file in config.files() {
            let text = config.text(file.id);
            for &comment in
                file.comments.iter().filter(|comment| disabled(comment.of(text)).is_some())
            {
                if stands_alone(comment, text) {
                    for written in named(comment, text) {
                        let code = codes::find(written.of(text)).map(|row| row.code);
                        let scope = scope(comment, file, text);
                        list.push(Suppression { written, code, scope, used: false });
                    }
                }
            }
        }
        Suppressions { list }
    }

    /// Whether a finding is suppressed. What the original refuses cannot be.
    pub(super) fn covers(&mut self, finding: &Diagnostic) -> bool {
        let (Some(span), true) = (finding.span(), finding.severity < Severity::Error) else {
            return false;
        };
        let mut covered = false;
        for suppression in &mut self.list {
            let scope = suppression.scope;
            let inside = scope.file == span.file && (scope.start..scope.end).contains(&span.start);
            if inside && suppression.code == Some(finding.code) {
                suppression.used = true;
                covered = true;
            }
        }
        covered
    }

    /// The suppressions that suppressed nothing.
    pub(super) fn unused(self) -> impl Iterator<Item = Diagnostic> {
        self.list.into_iter().filter(|suppression| !suppression.used).map(|suppression| {
            let message = match suppression.code {
                None => "there is no such code",
                Some(_) => "this suppression suppresses nothing",
            };
            let code = codes::UNUSED_SUPPRESSION;
            Diagnostic::new(code, Severity::Warning, suppression.written, message)
                .help("remove it, or correct the code")
        })
    }
}

fn stands_alone(comment: Span, text: &str) -> bool {
    let before = &text[..comment.start as usize];
    let line = before.rfind(['\n', '\r']).map_or(before, |end| &before[end + 1..]);
    line.chars().all(char::is_whitespace)
}

/// The places of the codes in `; planvisor: disable=A,B -- reason`.
fn named(comment: Span, text: &str) -> Vec<Span> {
    let written = comment.of(text);
    let Some(list) = disabled(written) else { return Vec::new() };
    let list = list.split(" --").next().unwrap_or(list);
    let mut at = comment.start as usize + (written.len() - written_tail(written, list));
    let mut spans = Vec::new();
    for item in list.split(',') {
        let name = item.trim();
        let start = at + (item.len() - item.trim_start().len());
        if !name.is_empty() {
            let range = start as u32..(start + name.len()) as u32;
            spans.push(Span::new(comment.file, range));
        }
        at += item.len() + 1;
    }
    spans
}

/// What stands after `; planvisor: disable=`.
fn disabled(comment: &str) -> Option<&str> {
    let said = comment.trim_start_matches([';', '#']).trim_start();
    said.strip_prefix("planvisor:")?.trim_start().strip_prefix("disable=")
}

/// How many bytes of `whole` lie from the start of its part `part` on.
fn written_tail(whole: &str, part: &str) -> usize {
    whole.len() - (part.as_ptr() as usize - whole.as_ptr() as usize)
}

fn scope(comment: Span, file: &ast::File, text: &str) -> Span {
    let end_of_file = text.len() as u32;
    let over = |start: u32, end: u32| Span::new(file.id, start..end);
    let next = file.sections.partition_point(|section| section.header.start < comment.start);
    let header = |at: usize| file.sections.get(at).map_or(end_of_file, |s| s.header.start);
    if next == 0 {
        return over(0, end_of_file);
    }
    let entries = &file.sections[next - 1].entries;
    let following = entries.partition_point(|entry| entry.value_span().end < comment.start);
    match entries.get(following) {
        _ if entries.first().is_some_and(|first| comment.start < first.key.start) => {
            over(file.sections[next - 1].header.start, header(next))
        }
        Some(entry) => {
            let value_end = entry.value_span().end as usize;
            let line_end =
                text[value_end..].find(['\n', '\r']).map_or(text.len(), |at| value_end + at);
            over(entry.key.start.min(comment.start), line_end as u32)
        }
        None => over(comment.start, header(next + 1)),
    }
}
