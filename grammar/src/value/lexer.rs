//! The lexer that pest makes of `value.pest`.

use std::ops::Range;

use pest::Parser as _;
use pest::iterators::Pairs;

#[derive(pest_derive::Parser)]
#[grammar = "value.pest"]
struct Lexer;

/// The tokens of `text` in the notation of `rule`, which takes any text.
#[expect(clippy::expect_used, reason = "a fault of the grammar; the properties look for one")]
pub(super) fn lex(rule: Rule, text: &str) -> Pairs<'_, Rule> {
    Lexer::parse(rule, text).expect("every notation has a rule for whatever is wrong")
}

/// The place of a token.
pub(super) fn range(span: &pest::Span<'_>) -> Range<u32> {
    span.start() as u32..span.end() as u32
}
