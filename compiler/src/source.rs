//! The files of a compilation: path, text, syntax tree and, once somebody asks for a line, the
//! line index.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use grammar::{FileId, Parsed, Span};

/// The files of a compilation by [`FileId`], in the order they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<Source>>,
}

/// One file.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    text: String,
    parsed: Parsed,
    line_starts: OnceLock<Vec<u32>>,
}

/// A place as a reader counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Sources {
    /// Adds a file and numbers it.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Arc::new(Source::new(id, path, text)));
        id
    }

    /// The files, which are numbered in order from 0.
    pub(crate) fn of_files(files: Vec<Arc<Source>>) -> Self {
        Sources { files }
    }

    /// The file with this number, which must come from this very value.
    pub fn get(&self, id: FileId) -> &Arc<Source> {
        &self.files[id.0 as usize]
    }

    /// The path of a file as it was named or found.
    pub fn path(&self, id: FileId) -> &Path {
        &self.get(id).path
    }

    /// The text of a file.
    pub fn text(&self, id: FileId) -> &str {
        &self.get(id).text
    }

    /// The syntax tree of a file.
    pub fn tree(&self, id: FileId) -> &grammar::File {
        self.get(id).tree()
    }

    /// The text under a span.
    pub fn of(&self, span: Span) -> &str {
        span.of(self.text(span.file))
    }

    /// Where a reader finds byte `offset` of a file.
    pub fn position(&self, id: FileId, offset: u32) -> Position {
        self.get(id).position(offset)
    }

    /// The numbers of all files.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = FileId> + use<> {
        (0..u32::try_from(self.files.len()).unwrap_or(u32::MAX)).map(FileId)
    }
}

impl Source {
    /// File `id`, parsed.
    pub fn new(id: FileId, path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut parsed = grammar::parse(id, &text);
        // The tree lives as long as the daemon; what it grew by, it does not need.
        for section in &mut parsed.file.sections {
            section.entries.shrink_to_fit();
        }
        parsed.file.sections.shrink_to_fit();
        parsed.file.comments.shrink_to_fit();
        Source { path: path.into(), text, parsed, line_starts: OnceLock::new() }
    }

    /// The path as it was named or found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text. Bytes that are no UTF-8 have become `?`, one for one.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its syntax tree.
    pub fn tree(&self) -> &grammar::File {
        &self.parsed.file
    }

    /// The lines that are not part of the language.
    pub fn syntax_errors(&self) -> &[grammar::SyntaxError] {
        &self.parsed.errors
    }

    /// Where a reader finds byte `offset`.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_index(offset);
        let before = &self.text[self.line_starts()[line] as usize..offset as usize];
        let count = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Position { line: count(line), column: count(before.chars().count()) }
    }

    /// The line byte `offset` is on, from 0.
    pub fn line_index(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|&start| start <= offset) - 1
    }

    /// The first byte of each line. LF, CRLF and a lone CR end a line (CFG-015).
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let ends = bytes.iter().enumerate().filter(|&(at, &byte)| {
                byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
            });
            std::iter::once(0)
                .chain(ends.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX)))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: u32, line: u32, column: u32) {
        let mut sources = Sources::default();
        let id = sources.add("x.conf", text);
        assert_eq!(sources.position(id, offset), Position { line, column });
    }

    // CFG-015
    #[test]
    fn every_line_end_counts_once() {
        check("a\nb", 2, 2, 1);
        check("a\r\nb", 3, 2, 1);
        check("a\rb", 2, 2, 1);
        check("a\n\nb", 3, 3, 1);
        check("", 0, 1, 1);
        check("a\n", 2, 2, 1);
    }

    #[test]
    fn columns_are_characters() {
        check("é=ü", 3, 1, 3);
    }
}
