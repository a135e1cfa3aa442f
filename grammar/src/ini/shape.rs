//! What a line looks like by itself: the lexer that pest makes of `ini.pest`, and its tokens as
//! spans.

use pest::Parser as _;
use pest::iterators::Pairs;

use crate::span::Span;
use crate::whitespace::{strip, strip_end, strip_start};

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
#[derive(Clone, Copy, Debug)]
pub(super) struct Lexeme {
    /// From the first character that is not white space to the line end, with any comment.
    pub(super) text: Span,
    /// Its shape, with any comment.
    pub(super) shape: Shape,
}

/// What `at` looks like by itself, taken as the stripped text of one line without its comment.
pub fn shape(at: Span, text: &str) -> Shape {
    let mut lexemes = Vec::with_capacity(1);
    lex(Rule::statement, at.of(text), at, &mut lexemes);
    lexemes.first().map_or(Shape::Junk, |lexeme| lexeme.shape)
}

/// Lexes the whole lines of `input`, which stands at `at`. A line end at its end gives one more,
/// blank lexeme.
pub(super) fn lex_lines(input: &str, at: Span, lexemes: &mut Vec<Lexeme>) {
    lex(Rule::lines, input, at, lexemes);
}

#[derive(pest_derive::Parser)]
#[grammar = "ini.pest"]
struct Lexer;

#[expect(clippy::expect_used, reason = "a fault of the grammar; the properties look for one")]
fn lex(rule: Rule, input: &str, at: Span, lexemes: &mut Vec<Lexeme>) {
    let mut pairs = Lexer::parse(rule, input).expect("`junk` takes what no other rule takes");
    while let Some(lexeme) = lexeme(&mut pairs, at) {
        lexemes.push(lexeme);
    }
}

/// The next line's lexeme: one token, or two for a header and an option.
fn lexeme(pairs: &mut Pairs<'_, Rule>, at: Span) -> Option<Lexeme> {
    let first = pairs.next()?;
    let (rule, first) = (first.as_rule(), first.as_span());
    let mut second = || pairs.next().map_or(first, |pair| pair.as_span());
    let place =
        |from: usize, to: usize| Span::new(at.file, at.start + from as u32..at.start + to as u32);
    let stripped = |part: pest::Span<'_>| {
        let start = part.end() - strip_start(part.as_str()).len();
        place(start, start + strip(part.as_str()).len())
    };
    let mut end = first.end();
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other rule starts a line")]
    let shape = match rule {
        Rule::blank => Shape::Blank,
        Rule::comment => Shape::Comment,
        Rule::brackets => {
            let trailing = second();
            end = trailing.end();
            Shape::Header {
                brackets: place(first.start(), first.end()),
                name: place(first.start() + 1, first.end() - 1),
                trailing: stripped(trailing),
            }
        }
        Rule::key => {
            let value = second();
            end = value.end();
            Shape::Option {
                key: place(first.start(), first.start() + strip_end(first.as_str()).len()),
                delimiter: place(first.end(), first.end() + 1),
                value: stripped(value),
            }
        }
        _ => Shape::Junk,
    };
    Some(Lexeme { text: place(first.start(), end), shape })
}
