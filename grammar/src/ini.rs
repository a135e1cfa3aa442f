//! From the text of one file to its tree: total, so that every fault of the file can be reported
//! at once. What the lines are is said in `ini.pest` and [`mod@lines`]; this puts them together.

mod comment;
mod lines;
mod scan;
mod shape;

use std::borrow::Cow;

use crate::ast::{Entry, File, Section};
use crate::span::{FileId, Span};

pub use lines::{Line, Lines, Role, lines};
pub use shape::{Shape, shape};

/// The tree of a file, and what in the file is no part of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Everything that could be read; complete when `errors` is empty.
    pub file: File,
    /// The faulty lines, in order. Only the first line before a header is listed.
    pub errors: Vec<SyntaxError>,
}

/// A line the original refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong with it.
    pub kind: SyntaxErrorKind,
    /// The whole line with its line end, if it has one.
    pub line: Span,
    /// Its number, counted from 1.
    pub number: u32,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyntaxErrorKind {
    /// Text before the first header (CFG-052). The original stops here.
    MissingHeader,
    /// Neither a header nor an option: no `=` and no `:` (CFG-053, CFG-055).
    NoDelimiter,
    /// An option without a key (CFG-054).
    EmptyKey,
}

/// Reads `text`, the text of file `id`, which must be shorter than 4 GiB.
///
/// ```
/// let parsed = grammar::parse(grammar::FileId(0), "[program:cat]\ncommand = /bin/cat\n");
/// assert!(parsed.errors.is_empty());
/// assert_eq!(parsed.file.sections[0].entries.len(), 1);
/// ```
pub fn parse(id: FileId, text: &str) -> Parsed {
    let mut builder = Builder::new(id);
    for line in lines(id, text) {
        builder.add(&line);
    }
    Parsed { file: builder.file, errors: builder.errors }
}

impl SyntaxError {
    /// The line as the original quotes it: with its indentation, and its line end as LF (CFG-015,
    /// CFG-016).
    pub fn raw<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let line = self.line.of(text);
        match line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\r')) {
            Some(stripped) => Cow::Owned(format!("{stripped}\n")),
            None => Cow::Borrowed(line),
        }
    }
}

struct Builder {
    file: File,
    errors: Vec<SyntaxError>,
    /// Blank lines since the last line of the open value: part of it if it goes on.
    blanks: Vec<Span>,
}

impl Builder {
    fn new(id: FileId) -> Self {
        let file = File { id, sections: Vec::new(), comments: Vec::new() };
        Builder { file, errors: Vec::new(), blanks: Vec::new() }
    }

    fn add(&mut self, line: &Line) {
        self.file.comments.extend(line.comment);
        match line.role {
            Role::Comment => {}
            Role::Blank => self.blanks.push(line.content),
            Role::Continuation => self.continue_value(line.content),
            Role::Header | Role::Entry => self.open(line.shape),
            Role::Junk(kind) => self.report(kind, line),
        }
    }

    fn open(&mut self, shape: Shape) {
        self.blanks.clear();
        match shape {
            Shape::Header { brackets: header, name, trailing } => {
                // Sections of one file are much alike.
                let likely = self.file.sections.last().map_or(0, |last| last.entries.len());
                let entries = Vec::with_capacity(likely);
                self.file.sections.push(Section { header, name, trailing, entries });
            }
            Shape::Option { key, delimiter, value } => {
                if let Some(section) = self.file.sections.last_mut() {
                    section.entries.push(Entry { key, delimiter, first: value, rest: Vec::new() });
                }
            }
            Shape::Blank | Shape::Comment | Shape::Junk => {}
        }
    }

    fn continue_value(&mut self, content: Span) {
        let entries = self.file.sections.last_mut().map(|section| &mut section.entries);
        if let Some(entry) = entries.and_then(|entries| entries.last_mut()) {
            entry.rest.append(&mut self.blanks);
            entry.rest.push(content);
        }
    }

    fn report(&mut self, kind: SyntaxErrorKind, line: &Line) {
        if kind != SyntaxErrorKind::MissingHeader || self.errors.is_empty() {
            self.errors.push(SyntaxError { kind, line: line.span, number: line.number });
        }
        // A byte order mark hides a header from the original; what follows it is still meant.
        if let Shape::Header { .. } = line.shape {
            self.open(line.shape);
        }
    }
}

#[cfg(test)]
mod tests;
