//! From a tree back to text: sections, entries and comments in their order, in one layout.

use crate::ast::{Entry, File, Section};
use crate::span::Span;

/// What further lines of a value start with: deeper than their key, which starts its line.
const INDENT: &str = "  ";

/// The text of `file`, which was parsed from `text`. Parsing it gives the same sections, keys,
/// values and comments.
pub fn print(file: &File, text: &str) -> String {
    let mut printer =
        Printer { text, comments: &file.comments, out: String::with_capacity(text.len()) };
    for section in &file.sections {
        printer.section(section);
    }
    printer.whole_line_comments(text.len() as u32);
    printer.out
}

struct Printer<'t> {
    text: &'t str,
    /// Those not printed yet.
    comments: &'t [Span],
    out: String,
}

impl Printer<'_> {
    fn section(&mut self, section: &Section) {
        let Section { header, trailing, entries, .. } = section;
        self.whole_line_comments(header.start);
        self.push(*header);
        let end = if trailing.is_empty() { header.end } else { trailing.end };
        // Dropped by the language, but it may hold what makes the comment after it one.
        self.push(Span { start: header.end, end, ..*header });
        self.end_line(end);
        for entry in entries {
            self.entry(entry);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.whole_line_comments(entry.key.start);
        self.push(entry.key);
        self.push(entry.delimiter);
        self.push(entry.first);
        self.end_line(entry.first.end);
        for line in &entry.rest {
            self.whole_line_comments(line.start);
            if !line.is_empty() {
                self.out.push_str(INDENT);
                self.push(*line);
            }
            self.end_line(line.end);
        }
    }

    fn push(&mut self, span: Span) {
        self.out.push_str(span.of(self.text));
    }

    /// Prints the comments before `end`, which have lines of their own.
    fn whole_line_comments(&mut self, end: u32) {
        let count = self.comments.partition_point(|comment| comment.start < end);
        let (before, after) = self.comments.split_at(count);
        self.comments = after;
        for comment in before {
            self.push(*comment);
            self.out.push('\n');
        }
    }

    /// Ends the line whose content ends at `end`, after its comment if it has one. The comment is
    /// not only for the reader: without it, an earlier prefix in the line could start one
    /// (CFG-021).
    fn end_line(&mut self, end: u32) {
        if let Some((comment, after)) = self.comments.split_first()
            && let between = &self.text[end as usize..comment.start as usize]
            && !between.is_empty()
            && !between.contains(['\n', '\r'])
        {
            self.comments = after;
            self.out.push(' ');
            self.push(*comment);
        }
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileId, parse};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(print(&parse(FileId(0), text).file, text), expected);
    }

    #[test]
    fn lays_out_values_and_comments() {
        check(
            "; top\r\n\r\n[s]  x   # one\r\n   Key  =  a ;two\r\n ; three\r\n\r\n      b\r\n# end",
            "; top\n[s]  x # one\nKey=a ;two\n; three\n\n  b\n# end\n",
        );
    }

    #[test]
    fn keeps_the_comment_that_hides_another() {
        // CFG-438
        check("[s]\ncommand = a;b ;c    #d\n", "[s]\ncommand=a;b ;c #d\n");
    }

    #[test]
    fn leaves_out_what_is_no_language() {
        check("stray\n[s]\nfoo\na : 1\n", "[s]\na:1\n");
    }
}
