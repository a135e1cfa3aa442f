//! What a line looks like by itself: the lexer that pest makes of `ini.pest`, and its tokens as
//! spans.

use pest::Parser as _;

use crate::span::Span;
use crate::whitespace::{strip_end, strip_start};

/// What a line looks like by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// White space only.
    Blank,
    /// A comment only.
    Comment,
    /// `[name] trailing`
    Header {
        /// From `[` to the last `]`.
        brackets: Span,
        /// What is between them.
        name: Span,
        /// What follows them, stripped.
        trailing: Span,
    },
    /// `key = value`
    Option {
        /// The key, which may be empty.
        key: Span,
        /// The `=` or `:`.
        delimiter: Span,
        /// The value, stripped.
        value: Span,
    },
    /// None of these.
    Junk,
}

/// A line as lexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lexeme {
    /// From the first character that is not white space to the line end, with any comment.
    pub(super) text: Span,
    /// Its shape, with any comment.
    pub(super) shape: Shape,
}

/// What `at` looks like by itself, taken as the stripped text of one line without its comment.
pub fn shape(at: Span, text: &str) -> Shape {
    let lexeme = plain(at, text).filter(|lexeme| lexeme.shape != Shape::Comment);
    lexeme.unwrap_or_else(|| lex(Rule::statement, at, text)).shape
}

/// The line at `at`, which does not have its end.
pub(super) fn lex_line(at: Span, text: &str) -> Lexeme {
    plain(at, text).unwrap_or_else(|| lex(Rule::line, at, text))
}

/// A blank line, a comment, an option that begins with a letter, or a header and nothing else. The
/// grammar says the same of it, but nearly all lines are of these forms and this takes a tenth of
/// the time.
fn plain(at: Span, text: &str) -> Option<Lexeme> {
    let line = strip_start(at.of(text));
    let start = at.end - line.len() as u32;
    let place = |from: usize, to: usize| Span::new(at.file, start + from as u32..start + to as u32);
    let shape = match line.as_bytes() {
        [] => Shape::Blank,
        [b';' | b'#', ..] => Shape::Comment,
        [b'[', name @ .., b']'] if !name.is_empty() && !name.contains(&b']') => Shape::Header {
            brackets: place(0, line.len()),
            name: place(1, line.len() - 1),
            trailing: place(line.len(), line.len()),
        },
        bytes @ [b'a'..=b'z' | b'A'..=b'Z', ..] => {
            let delimiter = bytes.iter().position(|byte| matches!(byte, b'=' | b':'))?;
            Shape::Option {
                key: place(0, strip_end(&line[..delimiter]).len()),
                delimiter: place(delimiter, delimiter + 1),
                value: stripped(place(delimiter + 1, line.len()), text),
            }
        }
        _ => return None,
    };
    Some(Lexeme { text: Span { start, ..at }, shape })
}

/// `part` without the white space around it.
fn stripped(part: Span, text: &str) -> Span {
    let trimmed = strip_start(part.of(text));
    let start = part.end - trimmed.len() as u32;
    Span { start, end: start + strip_end(trimmed).len() as u32, ..part }
}

#[derive(pest_derive::Parser)]
#[grammar = "ini.pest"]
struct Lexer;

/// The line at `at` as the grammar reads it.
#[expect(clippy::expect_used, reason = "a fault of the grammar; the properties look for one")]
fn lex(rule: Rule, at: Span, text: &str) -> Lexeme {
    let pairs = Lexer::parse(rule, at.of(text)).expect("`junk` takes what no other rule takes");
    let mut tokens = pairs.filter(|pair| pair.as_rule() != Rule::EOI).map(|pair| {
        let span = pair.as_span();
        let place = at.start + span.start() as u32..at.start + span.end() as u32;
        (pair.as_rule(), Span::new(at.file, place))
    });
    let (rule, first) = tokens.next().expect("every line has a token");
    let mut second = || tokens.next().map_or(first, |(_, span)| span);
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other rule starts a line")]
    let shape = match rule {
        Rule::blank => Shape::Blank,
        Rule::comment => Shape::Comment,
        Rule::brackets => Shape::Header {
            brackets: first,
            name: Span { start: first.start + 1, end: first.end - 1, ..first },
            trailing: stripped(second(), text),
        },
        Rule::key => Shape::Option {
            key: Span { end: first.start + strip_end(first.of(text)).len() as u32, ..first },
            delimiter: Span { start: first.end, end: first.end + 1, ..first },
            value: stripped(second(), text),
        },
        _ => Shape::Junk,
    };
    Lexeme { text: Span { start: first.start, ..at }, shape }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::span::FileId;

    const PIECES: &[&str] = &[
        " ", "\t", "\u{a0}", "\u{1f}", "[", "]", "=", ":", ";", "#", "a", "Key", "[s]", "É", "\0",
    ];

    proptest! {
        #[test]
        fn plain_lines_are_what_the_grammar_says(
            pieces in proptest::collection::vec(select(PIECES), 0..9)
        ) {
            let text = pieces.concat();
            let at = Span::new(FileId(0), 0..text.len() as u32);
            if let Some(lexeme) = plain(at, &text) {
                prop_assert_eq!(lexeme, lex(Rule::line, at, &text));
                if let Shape::Header { .. } | Shape::Option { .. } = lexeme.shape {
                    let content = lexeme.text;
                    prop_assert_eq!(lexeme.shape, lex(Rule::statement, content, &text).shape);
                }
            }
        }
    }
}
