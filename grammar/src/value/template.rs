//! Templates: values with `%(name)s` in them, the notation of the original's `%` operator (CFG-094
//! to CFG-115). Which names exist and what they stand for is the caller's.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use pest::iterators::Pair;

use super::format::Bound;
use super::lexer::{Rule, lex, range};

/// The text of a value cut into pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'t> {
    text: &'t str,
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

/// Why a template cannot be expanded whatever the names stand for, or whatever they are. Displays
/// as the original's reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The text ends inside an expansion (CFG-107).
    Incomplete,
    /// The text ends inside a name (CFG-108).
    IncompleteName,
    /// There is no such conversion (CFG-109).
    Unsupported {
        /// The letter.
        character: char,
        /// How many characters of the value come before it.
        index: usize,
    },
    /// `d`, `i` or `u` on something else than a number (CFG-110).
    NotNumber {
        /// The conversion.
        conversion: char,
        /// The original's name of the value's type.
        found: &'static str,
    },
    /// `o`, `x` or `X` on something else than a number (CFG-111).
    NotInteger {
        /// The conversion.
        conversion: char,
        /// The original's name of the value's type.
        found: &'static str,
    },
    /// `e`, `f` or `g` on something else than a number (CFG-112).
    NotReal {
        /// The original's name of the value's type.
        found: &'static str,
    },
    /// `c` on something else than one character or a number (CFG-113).
    NotCharacter,
    /// `c` on a number that is no character.
    CharacterRange,
    /// A `*` where the value is no number (CFG-114).
    StarWantsInt,
    /// No value is left: after a `*`, or for an expansion without a name after any other (CFG-101,
    /// CFG-114).
    NotEnoughArguments,
    /// The width is beyond measure.
    WidthTooBig,
    /// The precision is beyond measure.
    PrecisionTooBig,
    /// The precision is more than a number can be written with.
    PrecisionTooLarge,
}

/// Why an expansion failed, and where in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// Nothing is bound to the name (CFG-103).
    UnknownName {
        /// The name.
        name: String,
        /// Its place.
        range: Range<u32>,
    },
    /// Anything else (CFG-104).
    Malformed {
        /// The reason.
        reason: Malformed,
        /// The place of the expansion.
        range: Range<u32>,
    },
}

/// What the names in a template stand for.
pub trait Names {
    /// What `name` stands for, if it is known.
    fn get(&self, name: &str) -> Option<Bound<'_>>;

    /// All names and what they stand for, as the original dumps them for an expansion without a
    /// name (CFG-101).
    fn table(&self) -> String;
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

    /// The text with every expansion replaced by what its name stands for, once (CFG-099).
    ///
    /// # Errors
    /// The first piece that cannot be expanded.
    pub fn expand(&self, names: &impl Names) -> Result<Cow<'t, str>, ExpandError> {
        if let Some(literal) = self.as_literal() {
            return Ok(Cow::Borrowed(literal));
        }
        let mut out = String::with_capacity(self.text.len());
        // The table is the one argument of the first expansion; a name replaces it.
        let mut table = true;
        for piece in &self.pieces {
            match piece {
                Piece::Literal(range) => out.push_str(part(self.text, range)),
                Piece::Percent(_) => out.push('%'),
                Piece::Expansion(expansion) => {
                    self.expand_one(expansion, names, std::mem::take(&mut table), &mut out)?;
                }
                Piece::UnclosedName(range) => {
                    let reason = Malformed::IncompleteName;
                    return Err(ExpandError::Malformed { reason, range: range.clone() });
                }
            }
        }
        Ok(Cow::Owned(out))
    }

    fn expand_one(
        &self,
        expansion: &Expansion,
        names: &impl Names,
        table: bool,
        out: &mut String,
    ) -> Result<(), ExpandError> {
        let dump;
        let argument = match &expansion.name {
            Some(range) => Some(self.look_up(range, names)?),
            None if table => {
                dump = names.table();
                Some(Bound::Table(&dump))
            }
            None => None,
        };
        let written = expansion.apply(argument).map_err(|reason| {
            let range = expansion.range.clone();
            ExpandError::Malformed { reason, range }
        })?;
        out.push_str(&written);
        Ok(())
    }

    fn look_up<'n>(
        &self,
        range: &Range<u32>,
        names: &'n impl Names,
    ) -> Result<Bound<'n>, ExpandError> {
        let name = part(self.text, range);
        names
            .get(name)
            .ok_or_else(|| ExpandError::UnknownName { name: name.to_owned(), range: range.clone() })
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

impl Expansion {
    /// As [`Expansion::format`], with the original's order of faults and its use of arguments.
    fn apply<'v>(&self, mut argument: Option<Bound<'v>>) -> Result<Cow<'v, str>, Malformed> {
        let too_big = [
            (u64::MAX >> 1, Malformed::WidthTooBig),
            (i32::MAX as u64, Malformed::PrecisionTooBig),
        ];
        for (amount, (most, fault)) in [self.width, self.precision].into_iter().zip(too_big) {
            match amount {
                Some(Amount::Number(number)) if number > most => return Err(fault),
                Some(Amount::Star) => match argument.take() {
                    Some(Bound::Int(_)) => {}
                    Some(Bound::Text(_) | Bound::Table(_)) => return Err(Malformed::StarWantsInt),
                    None => return Err(Malformed::NotEnoughArguments),
                },
                Some(Amount::Number(_)) | None => {}
            }
        }
        if self.conversion == Err(Malformed::Incomplete) {
            return Err(Malformed::Incomplete);
        }
        self.format(argument.ok_or(Malformed::NotEnoughArguments)?)
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

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Incomplete => f.write_str("incomplete format"),
            Malformed::IncompleteName => f.write_str("incomplete format key"),
            Malformed::Unsupported { character, index } => {
                let (code, shown) = (u32::from(*character), shown(*character));
                write!(f, "unsupported format character '{shown}' ({code:#x}) at index {index}")
            }
            Malformed::NotNumber { conversion, found } => {
                write!(f, "%{conversion} format: a real number is required, not {found}")
            }
            Malformed::NotInteger { conversion, found } => {
                write!(f, "%{conversion} format: an integer is required, not {found}")
            }
            Malformed::NotReal { found } => write!(f, "must be real number, not {found}"),
            Malformed::NotCharacter => f.write_str("%c requires int or char"),
            Malformed::CharacterRange => f.write_str("%c arg not in range(0x110000)"),
            Malformed::StarWantsInt => f.write_str("* wants int"),
            Malformed::NotEnoughArguments => f.write_str("not enough arguments for format string"),
            Malformed::WidthTooBig => f.write_str("width too big"),
            Malformed::PrecisionTooBig => f.write_str("precision too big"),
            Malformed::PrecisionTooLarge => f.write_str("precision too large"),
        }
    }
}

impl std::error::Error for Malformed {}

impl ExpandError {
    /// Where in the value the fault is.
    pub fn range(&self) -> &Range<u32> {
        match self {
            ExpandError::UnknownName { range, .. } | ExpandError::Malformed { range, .. } => range,
        }
    }
}

fn shown(character: char) -> char {
    if matches!(character, '\u{1f}'..='~') { character } else { '?' }
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

fn part<'t>(text: &'t str, range: &Range<u32>) -> &'t str {
    &text[range.start as usize..range.end as usize]
}
