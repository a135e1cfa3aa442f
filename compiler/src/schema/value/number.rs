//! Kinds of number: integers, seconds, sizes, octal modes.

use super::{Invalid, Kind, Shown};
use crate::diagnostic::codes;
use crate::host::Inquiry;

/// A decimal integer (CFG-271). Numbers beyond 64 bits become the nearest that fits.
pub struct Integer;

/// A whole number of seconds.
pub struct Seconds;

/// A size in bytes, perhaps with `KB`, `MB` or `GB` (CFG-274).
pub struct Bytes;

/// A file mode or mask in octal digits (CFG-275).
pub struct Octal;

impl Kind for Integer {
    type Value = i64;

    const NAME: &'static str = "integer";
    const JSON: &'static str = "integer";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<i64, Invalid> {
        integer(text).ok_or_else(|| not_an_integer(text, text))
    }

    fn show(value: &i64) -> Shown {
        Shown::Number(*value)
    }
}

impl Kind for Seconds {
    type Value = i64;

    const NAME: &'static str = "seconds";
    const JSON: &'static str = "integer";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<i64, Invalid> {
        integer(text).ok_or_else(|| {
            let invalid = not_an_integer(text, text);
            match text.parse::<f64>() {
                Ok(_) => invalid.help("write a whole number of seconds"),
                Err(_) => invalid,
            }
        })
    }

    fn show(value: &i64) -> Shown {
        Shown::Number(*value)
    }
}

impl Kind for Bytes {
    type Value = i64;

    const NAME: &'static str = "size";
    const JSON: &'static str = "integer";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<i64, Invalid> {
        const UNITS: [(&str, i64); 3] = [("kb", 1 << 10), ("mb", 1 << 20), ("gb", 1 << 30)];
        let lower = text.to_lowercase();
        let unit =
            UNITS.iter().find_map(|&(unit, factor)| Some((lower.strip_suffix(unit)?, factor)));
        let (digits, factor) = unit.unwrap_or((&lower, 1));
        match integer(digits) {
            Some(number) => Ok(number.saturating_mul(factor)),
            None => {
                let invalid = not_an_integer(text, digits)
                    .help("write a whole number of bytes, or of `KB`, `MB`, `GB`");
                let unit = lower.ends_with(['k', 'm', 'g']);
                let number = lower.get(..lower.len().saturating_sub(1)).and_then(integer);
                Err(if unit && number.is_some() {
                    invalid.instead(format!("{text}B"))
                } else {
                    invalid
                })
            }
        }
    }

    fn show(value: &i64) -> Shown {
        Shown::Number(*value)
    }
}

impl Kind for Octal {
    type Value = i64;

    const NAME: &'static str = "octal mode";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<i64, Invalid> {
        octal(text).ok_or_else(|| {
            Invalid::new(
                codes::BAD_OCTAL,
                format!("`{text}` is not an octal number"),
                format!("{text} can not be converted to an octal type"),
            )
            .help("write digits from 0 to 7, as in `022`")
        })
    }

    fn show(value: &i64) -> Shown {
        let (sign, digits) = (if *value < 0 { "-" } else { "" }, value.unsigned_abs());
        // As people write modes: with a leading zero.
        let zero = if digits > 0o77 { "0" } else { "" };
        Shown::Text(format!("{sign}{zero}{digits:03o}"))
    }
}

/// The number `text` says, with the signs, blanks, underscores and digits of CFG-271.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.bytes().fold(0, |number, byte| number * 10 + i64::from(byte - b'0')));
    }
    let (negative, digits) = sign(grammar::strip(text));
    number(digits, 10, negative)
}

/// The number `text` says in base 8 (CFG-275).
pub(crate) fn octal(text: &str) -> Option<i64> {
    let (negative, digits) = sign(grammar::strip(text));
    let digits = match digits.strip_prefix("0o").or_else(|| digits.strip_prefix("0O")) {
        Some(rest) => rest.strip_prefix('_').unwrap_or(rest),
        None => digits,
    };
    number(digits, 8, negative)
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits of `base` with single underscores between them; the nearest number that fits.
fn number(text: &str, base: u32, negative: bool) -> Option<i64> {
    let mut number: i64 = 0;
    let mut after_digit = false;
    for c in text.chars() {
        if c == '_' && after_digit {
            after_digit = false;
            continue;
        }
        let digit = i64::from(decimal_digit(c).filter(|digit| *digit < base)?);
        let digit = if negative { -digit } else { digit };
        number = number.saturating_mul(i64::from(base)).saturating_add(digit);
        after_digit = true;
    }
    after_digit.then_some(number)
}

/// The value of a decimal digit of any script.
fn decimal_digit(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let code = u32::from(c);
    let next = ZEROS.partition_point(|zero| *zero <= code);
    let zero = *ZEROS.get(next.checked_sub(1)?)?;
    (code - zero < 10).then_some(code - zero)
}

/// The digits zero of Unicode's decimal scripts but the first; nine more follow each.
#[rustfmt::skip]
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// `written` is no number, which the original says of `digits`, the part it tried to read.
pub(crate) fn not_an_integer(written: &str, digits: &str) -> Invalid {
    Invalid::new(
        codes::BAD_NUMBER_FORMAT,
        format!("`{written}` is not a whole number"),
        format!("invalid literal for int() with base 10: {}", grammar::python_repr(digits)),
    )
}
