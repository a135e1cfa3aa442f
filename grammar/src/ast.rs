//! What one file says, as spans over its text: sections, their entries, comments. No meaning.
//!
//! The tree holds no text. Every accessor takes the text the tree was parsed from, so a tree and
//! its text can be kept, shared and dropped independently, and a file costs one allocation a
//! section.

use std::borrow::Cow;
use std::ops::Range;

use crate::span::{FileId, Span};

/// One parsed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The file the spans point into.
    pub id: FileId,
    /// Its sections in the order written; a name may occur again.
    pub sections: Vec<Section>,
    /// Whole-line and inline comments in the order written, from their `;` or `#` to the end of
    /// their line.
    pub comments: Vec<Span>,
}

/// A `[header]` and the entries below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The header from `[` to its last `]`.
    pub header: Span,
    /// The text between the brackets, verbatim (CFG-033).
    pub name: Span,
    /// What follows the last `]` on the line, which the language drops (CFG-030); often empty.
    pub trailing: Span,
    /// The entries in the order written; a key may occur again.
    pub entries: Vec<Entry>,
}

/// One `key = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key as written, right-stripped.
    pub key: Span,
    /// The `=` or `:`.
    pub delimiter: Span,
    /// The value on the key's own line, stripped, without an inline comment; may be empty.
    pub first: Span,
    /// The further lines of the value, stripped; an empty span stands for a blank line that is
    /// part of the value. Trailing blank lines are not listed.
    pub rest: Vec<Span>,
}

impl Entry {
    /// The key as it is looked up: lower case (CFG-037).
    pub fn key<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let key = self.key.of(text);
        // Without an early end this is a few instructions for many bytes.
        let differs = |byte: u8| !byte.is_ascii() | byte.is_ascii_uppercase();
        if key.bytes().fold(false, |found, byte| found | differs(byte)) {
            Cow::Owned(key.to_lowercase())
        } else {
            Cow::Borrowed(key)
        }
    }

    /// The value: its lines joined with LF (CFG-040).
    pub fn value<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.rest.is_empty() {
            return Cow::Borrowed(self.first.of(text));
        }
        let mut joined = String::with_capacity(self.value_span().len() as usize);
        joined.push_str(self.first.of(text));
        for line in &self.rest {
            joined.push('\n');
            joined.push_str(line.of(text));
        }
        Cow::Owned(joined)
    }

    /// The whole value as one span, from its first byte to its last.
    pub fn value_span(&self) -> Span {
        let end = self.rest.last().map_or(self.first.end, |line| line.end);
        Span { end, ..self.first }
    }

    /// The place in the file of byte `offset` of [`Entry::value`]. An offset at a line break
    /// points at the end of that line.
    pub fn locate(&self, offset: u32) -> u32 {
        let mut left = offset;
        for line in std::iter::once(&self.first).chain(&self.rest) {
            if left <= line.len() {
                return line.start + left;
            }
            left -= line.len() + 1;
        }
        self.value_span().end
    }
    /// The place in the file of bytes `range` of [`Entry::value`].
    pub fn place(&self, range: &Range<u32>) -> Span {
        Span::new(self.key.file, self.locate(range.start)..self.locate(range.end))
    }
}
