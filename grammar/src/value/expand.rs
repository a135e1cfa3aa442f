//! What a template says once its names are bound, and why it may say nothing. The order of the
//! faults is the original's, so that the same one is reported (CFG-103 to CFG-115).

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use super::template::{Amount, Expansion, Piece, Template, part};

/// What the names in a template stand for.
pub trait Names {
    /// What `name` stands for, if it is known.
    fn get(&self, name: &str) -> Option<Bound<'_>>;

    /// All names and what they stand for, as the original dumps them for an expansion without a
    /// name (CFG-101).
    fn table(&self) -> String;
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound<'v> {
    /// Text; all names but two (CFG-098).
    Text(&'v str),
    /// A whole number: `process_num` and `numprocs` (CFG-097).
    Int(i64),
    /// The table of all names as the original prints it: what an expansion without a name gets
    /// (CFG-101).
    Table(&'v str),
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
    /// The text becomes longer than [`MOST_EXPANDED`].
    TooLong,
}

/// More bytes than anything that can be expanded may have. The original tries any number.
pub const MOST_EXPANDED: usize = 64 << 20;

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

impl<'t> Template<'t> {
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
        for piece in self.pieces() {
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
        if out.len() + written.len() > MOST_EXPANDED {
            let (reason, range) = (Malformed::TooLong, expansion.range.clone());
            return Err(ExpandError::Malformed { reason, range });
        }
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

impl Bound<'_> {
    /// The original's name of the value's type.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Bound::Text(_) => "str",
            Bound::Int(_) => "int",
            Bound::Table(_) => "dict",
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
            Malformed::TooLong => f.write_str("longer than 64 MiB"),
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
