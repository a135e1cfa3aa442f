//! Templates: values with `%(name)s` in them, the notation of the original's `%` operator (CFG-094
//! to CFG-115). What they say is in `expand`.

use std::ops::Range;

use pest::iterators::Pair;

use super::expand::Malformed;
use super::lexer::{Rule, lex, range};

/// The text of a value cut into pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'t> {
    pub(super) text: &'t str,
    /// Empty when the text has no `%`.
    pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(Range<u32>),
    /// `%%`, which stands for `%` (CFG-095).
    Percent(Range<u32>),
    /// `%(name)s` and its relatives.
    Expansion(Expansion),
    /// `%(` and the rest of the text, for want of a `)` (CFG-108).
    UnclosedName(Range<u32>),
}

/// `%(name)` or `%` alone, flags, width, precision, conversion (CFG-094).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// All of it.
    pub range: Range<u32>,
    /// The name between the parentheses, if there are any.
    pub name: Option<Range<u32>>,
    /// The flags.
    pub flags: Flags,
    /// The least number of characters.
    pub width: Option<Amount>,
    /// The number after the `.`; 0 when only the `.` is there.
    pub precision: Option<Amount>,
    /// The conversion letter; [`Malformed::Unsupported`] or [`Malformed::Incomplete`] when there
    /// is no good one.
    pub conversion: Result<char, Malformed>,
}

/// The flags of an expansion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`: padding goes to the right.
    pub left: bool,
    /// `+`: a number always has its sign.
    pub plus: bool,
    /// A blank: a number has its sign or a blank.
    pub blank: bool,
    /// `#`: a number has its prefix or its point.
    pub alternate: bool,
    /// `0`: zeros pad a number.
    pub zero: bool,
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Digits; more than fit count as the most that fit.
    Number(u64),
    /// `*`, which asks for a second argument. There never is one, so this always is an error
    /// (CFG-114).
    Star,
}

/// Cuts `text` into pieces. The first malformed one is the last.
pub fn template(text: &str) -> Template<'_> {
    let mut pieces = Vec::new();
    if text.contains('%') {
        for lexed in lex(Rule::template, text) {
            let piece = piece(lexed, text);
            let last = piece.is_malformed();
            pieces.push(piece);
            if last {
                break;
            }
        }
    }
    Template { text, pieces }
}

impl<'t> Template<'t> {
    /// The whole text, if there is no `%` in it.
    pub fn as_literal(&self) -> Option<&'t str> {
        self.pieces.is_empty().then_some(self.text)
    }

    /// The pieces; none if the text is a literal.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The names asked for and their places, in order; a name may occur again.
    pub fn names(&self) -> impl Iterator<Item = (&'t str, Range<u32>)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expansion(Expansion { name: Some(name), .. }) => {
                Some((part(self.text, name), name.clone()))
            }
            Piece::Expansion(_)
            | Piece::Literal(_)
            | Piece::Percent(_)
            | Piece::UnclosedName(_) => None,
        })
    }
}

impl Piece {
    fn is_malformed(&self) -> bool {
        match self {
            Piece::Literal(_) | Piece::Percent(_) => false,
            Piece::UnclosedName(_) => true,
            Piece::Expansion(expansion) => expansion.conversion.is_err(),
        }
    }
}

impl Flags {
    fn new(written: &str) -> Self {
        let has = |flag| written.contains(flag);
        Flags {
            left: has('-'),
            plus: has('+'),
            blank: has(' '),
            alternate: has('#'),
            zero: has('0'),
        }
    }
}

impl Amount {
    fn new(written: &str) -> Self {
        match written {
            "*" => Amount::Star,
            digits => Amount::Number(digits.parse().unwrap_or(u64::MAX)),
        }
    }
}

fn piece(lexed: Pair<'_, Rule>, text: &str) -> Piece {
    let (rule, at) = (lexed.as_rule(), range(&lexed.as_span()));
    if rule == Rule::literal {
        Piece::Literal(at)
    } else if rule == Rule::percent {
        Piece::Percent(at)
    } else if rule == Rule::unclosed_name {
        Piece::UnclosedName(at)
    } else {
        Piece::Expansion(expansion(lexed, at, text))
    }
}

fn expansion(lexed: Pair<'_, Rule>, range: Range<u32>, text: &str) -> Expansion {
    let mut expansion = Expansion {
        range,
        name: None,
        flags: Flags::default(),
        width: None,
        precision: None,
        conversion: Err(Malformed::Incomplete),
    };
    for part in lexed.into_inner() {
        let written = part.as_str();
        #[expect(clippy::wildcard_enum_match_arm, reason = "an expansion has no other parts")]
        match part.as_rule() {
            Rule::name => expansion.name = Some(super::lexer::range(&part.as_span())),
            Rule::flags => expansion.flags = Flags::new(written),
            Rule::width => expansion.width = Some(Amount::new(written)),
            Rule::precision => {
                let digits = if written.is_empty() { "0" } else { written };
                expansion.precision = Some(Amount::new(digits));
            }
            _ => expansion.conversion = conversion(written, &text[..part.as_span().start()]),
        }
    }
    expansion
}

fn conversion(written: &str, before: &str) -> Result<char, Malformed> {
    let character = written.chars().next().ok_or(Malformed::Incomplete)?;
    if "sradiuoxXeEfFgGc".contains(character) {
        Ok(character)
    } else {
        Err(Malformed::Unsupported { character, index: before.chars().count() })
    }
}

pub(super) fn part<'t>(text: &'t str, range: &Range<u32>) -> &'t str {
    &text[range.start as usize..range.end as usize]
}

#[cfg(test)]
mod tests;
