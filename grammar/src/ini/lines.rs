//! The physical lines of a text, each with its shape and the part it plays. The parser puts a
//! tree together from them; the linter asks them about what the tree leaves out.

use super::SyntaxErrorKind;
use super::comment::inline_comment;
use super::scan::line_length;
use super::shape::{Lexeme, Shape, lex_line, shape};
use crate::span::{FileId, Span};
use crate::whitespace::strip_end;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// One physical line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, counted from 1.
    pub number: u32,
    /// The whole line with its line end, if it has one.
    pub span: Span,
    /// Its stripped text without comment (CFG-025).
    pub content: Span,
    /// Its comment, from the prefix to the end of the line.
    pub comment: Option<Span>,
    /// How many white space characters come first; a TAB counts 1 (CFG-025).
    pub indent: u32,
    /// What the content looks like by itself.
    pub shape: Shape,
    /// What the line is in its place. A continuation may have the shape of an option or a header,
    /// which nearly always is a mistake.
    pub role: Role,
}

/// What a line is in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing, or an empty line of a value that goes on below (CFG-026).
    Blank,
    /// Nothing (CFG-024, CFG-027).
    Comment,
    /// The start of a section (CFG-030).
    Header,
    /// The start of an entry (CFG-036).
    Entry,
    /// A further line of the open entry's value (CFG-028).
    Continuation,
    /// A mistake. One with the shape of a header starts its section all the same.
    Junk(SyntaxErrorKind),
}

/// The lines of a text, in order. Their spans tile it.
#[derive(Debug)]
pub struct Lines<'t> {
    id: FileId,
    text: &'t str,
    /// Where the next line starts.
    start: u32,
    number: u32,
    place: Place,
}

/// The lines of `text`, the text of file `id`, which must be shorter than 4 GiB.
pub fn lines(id: FileId, text: &str) -> Lines<'_> {
    Lines { id, text, start: 0, number: 0, place: Place::default() }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let rest = &self.text.as_bytes()[self.start as usize..];
        if rest.is_empty() {
            return None;
        }
        let (length, commented) = line_length(rest);
        let end = self.start + length as u32;
        let lexeme = lex_line(Span::new(self.id, self.start..end), self.text);
        let span = Span::new(self.id, self.start..after_line_end(self.text, end));
        let indent = width(Span { end: lexeme.text.start, ..span }.of(self.text));
        self.start = span.end;
        self.number += 1;
        let (content, comment, shape) = self.without_comment(span, lexeme, commented);
        let (shape, role) = match self.marked_header(content) {
            Some(header) => {
                self.place.in_section = true;
                (header, Role::Junk(SyntaxErrorKind::MissingHeader))
            }
            None => (shape, self.place.role(shape, indent)),
        };
        Some(Line { number: self.number, span, content, comment, indent, shape, role })
    }
}

impl Lines<'_> {
    /// The header that a byte order mark hides from the original (CFG-013).
    fn marked_header(&self, content: Span) -> Option<Shape> {
        if self.number > 1 || !content.of(self.text).starts_with(BYTE_ORDER_MARK) {
            return None;
        }
        let start = content.start + BYTE_ORDER_MARK.len_utf8() as u32;
        let header = shape(Span { start, ..content }, self.text);
        matches!(header, Shape::Header { .. }).then_some(header)
    }

    /// The content, the comment, and the shape of the content.
    /// `commented` says whether the line holds anything that may begin one.
    fn without_comment(
        &self,
        line: Span,
        lexeme: Lexeme,
        commented: bool,
    ) -> (Span, Option<Span>, Shape) {
        let Lexeme { text: at, shape: whole } = lexeme;
        match whole {
            Shape::Blank => return (at, None, whole),
            Shape::Comment => return (Span { end: at.start, ..at }, Some(at), whole),
            Shape::Header { .. } | Shape::Option { .. } | Shape::Junk => {}
        }
        let raw = Span { start: line.start, ..at };
        match commented.then(|| inline_comment(raw.of(self.text))).flatten() {
            None => (strip_end_of(at, self.text), None, whole),
            Some(cut) => {
                let start = line.start + cut as u32;
                let content = strip_end_of(Span { end: start, ..at }, self.text);
                (content, Some(Span { start, ..at }), shape(content, self.text))
            }
        }
    }
}

/// What earlier lines left open.
#[derive(Debug, Default)]
struct Place {
    in_section: bool,
    in_entry: bool,
    /// The indentation of the last header or option line (CFG-029).
    reference: u32,
}

impl Place {
    fn role(&mut self, shape: Shape, indent: u32) -> Role {
        match shape {
            Shape::Blank => return Role::Blank,
            Shape::Comment => return Role::Comment,
            Shape::Header { .. } | Shape::Option { .. } | Shape::Junk => {}
        }
        if self.in_entry && indent > self.reference {
            return Role::Continuation;
        }
        self.reference = indent;
        match shape {
            Shape::Header { .. } => {
                self.in_section = true;
                self.in_entry = false;
                Role::Header
            }
            _ if !self.in_section => Role::Junk(SyntaxErrorKind::MissingHeader),
            Shape::Option { key, .. } if key.is_empty() => {
                self.in_entry = false;
                Role::Junk(SyntaxErrorKind::EmptyKey)
            }
            Shape::Option { .. } => {
                self.in_entry = true;
                Role::Entry
            }
            // The open entry stays open (CFG-055).
            Shape::Junk | Shape::Blank | Shape::Comment => Role::Junk(SyntaxErrorKind::NoDelimiter),
        }
    }
}

/// How many characters `blank` has.
fn width(blank: &str) -> u32 {
    if blank.is_empty() { 0 } else { blank.chars().count() as u32 }
}

/// Where the next line starts after the line end at `end`, if there is one. LF, CRLF and a lone CR
/// end a line (CFG-015).
fn after_line_end(text: &str, end: u32) -> u32 {
    match &text.as_bytes()[end as usize..] {
        [b'\r', b'\n', ..] => end + 2,
        [b'\r' | b'\n', ..] => end + 1,
        _ => end,
    }
}

fn strip_end_of(span: Span, text: &str) -> Span {
    let len = strip_end(span.of(text)).len();
    Span { end: span.start + len as u32, ..span }
}

#[cfg(test)]
mod tests;
