//! `KEY="value",…` lists, the notation of `environment` (CFG-299 to CFG-314).
//!
//! The original cuts the text into tokens and takes them four at a time, the last of each four
//! unseen. So a comma is no separator but the usual fourth token, and an unquoted value ends at
//! the first character that is no word character.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use pest::iterators::{Pair as Lexed, Pairs};

use super::lexer::{Rule, lex, range};

/// One key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<'t> {
    /// The key, verbatim: quotes around it are part of it (CFG-306).
    pub key: Token<'t>,
    /// The `=`.
    pub equals: Token<'t>,
    /// The value as written; [`Pair::value`] is what it says.
    pub written: Token<'t>,
    /// The token after the value, whatever it is; it is dropped (CFG-303).
    pub separator: Option<Token<'t>>,
}

/// A token of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text; a comment inside is left out (CFG-302).
    pub text: Cow<'t, str>,
    /// Its place, from its first byte to its last.
    pub range: Range<u32>,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A run of word characters, and of quotes inside it (CFG-299, CFG-300).
    Word,
    /// From one quote to the next of its kind.
    Quoted,
    /// Any other character, alone.
    Symbol,
}

/// Why a text is no list of pairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PairsError {
    /// A quote is never closed (CFG-304).
    NoClosingQuotation {
        /// The quote and everything after it.
        range: Range<u32>,
    },
    /// Something else stands where `key=value` is expected (CFG-303).
    UnexpectedEnd {
        /// The one to three tokens that are no pair.
        range: Range<u32>,
    },
}

/// The pairs of `text`, in order; a key may occur again, and then the last counts (CFG-312).
pub fn pairs(text: &str) -> Result<Vec<Pair<'_>>, PairsError> {
    let tokens = without_remarks(lex(Rule::tokens, text));
    let tokens = tokens.map(token).collect::<Result<Vec<_>, _>>()?;
    let mut tokens = tokens.into_iter();
    let mut pairs = Vec::with_capacity(tokens.len().div_ceil(4));
    while let Some(key) = tokens.next() {
        pairs.push(pair(key, &mut tokens)?);
    }
    Ok(pairs)
}

impl Pair<'_> {
    /// The value: what is written without the quotes of either kind around it (CFG-305).
    pub fn value(&self) -> &str {
        self.written.text.trim_matches(['\'', '"'])
    }

    /// Whether the value was cut short: its separator is no comma and touches it, as in `A=$HOME`,
    /// which says `$` (CFG-309, CFG-310).
    pub fn is_cut(&self) -> bool {
        self.separator.as_ref().is_some_and(|separator| {
            separator.text != "," && separator.range.start == self.written.range.end
        })
    }
}

impl PairsError {
    /// Where the fault is.
    pub fn range(&self) -> &Range<u32> {
        match self {
            PairsError::NoClosingQuotation { range } | PairsError::UnexpectedEnd { range } => range,
        }
    }

    /// The original's message about `text`, the text the error is from; it repeats all of it.
    pub fn message(&self, text: &str) -> String {
        match self {
            PairsError::NoClosingQuotation { .. } => "No closing quotation".to_owned(),
            PairsError::UnexpectedEnd { .. } => {
                format!("Unexpected end of key/value pairs in value '{text}'")
            }
        }
    }
}

impl fmt::Display for PairsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PairsError::NoClosingQuotation { .. } => "No closing quotation",
            PairsError::UnexpectedEnd { .. } => "Unexpected end of key/value pairs",
        })
    }
}

impl std::error::Error for PairsError {}

fn pair<'t>(
    key: Token<'t>,
    tokens: &mut impl Iterator<Item = Token<'t>>,
) -> Result<Pair<'t>, PairsError> {
    let start = key.range.start;
    let (equals, written) = (tokens.next(), tokens.next());
    match (equals, written) {
        (Some(equals), Some(written)) if equals.text == "=" => {
            Ok(Pair { key, equals, written, separator: tokens.next() })
        }
        (equals, written) => {
            let end = written.or(equals).unwrap_or(key).range.end;
            Err(PairsError::UnexpectedEnd { range: start..end })
        }
    }
}

fn token(lexed: Lexed<'_, Rule>) -> Result<Token<'_>, PairsError> {
    let (rule, at) = (lexed.as_rule(), range(&lexed.as_span()));
    if rule == Rule::unclosed {
        return Err(PairsError::NoClosingQuotation { range: at });
    }
    if rule == Rule::symbols {
        return Ok(word(lexed));
    }
    let kind = if rule == Rule::quoted { TokenKind::Quoted } else { TokenKind::Symbol };
    Ok(Token { kind, text: Cow::Borrowed(lexed.as_str()), range: at })
}

/// A word is written in one piece, or in several with comments between.
fn word(lexed: Lexed<'_, Rule>) -> Token<'_> {
    let mut at = range(&lexed.as_span());
    let mut text = Cow::Borrowed("");
    for part in without_remarks(lexed.into_inner()) {
        text += part.as_str();
        at.end = part.as_span().end() as u32;
    }
    Token { kind: TokenKind::Word, text, range: at }
}

fn without_remarks<'t>(lexed: Pairs<'t, Rule>) -> impl Iterator<Item = Lexed<'t, Rule>> {
    lexed.filter(|part| part.as_rule() != Rule::remark)
}

#[cfg(test)]
mod tests;
