//! How a bound value is written by an expansion: the original's `%` operator on one text or one
//! integer (CFG-096, CFG-097, CFG-110 to CFG-114).

use std::borrow::Cow;

use super::expand::{Bound, Malformed};
use super::template::{Amount, Expansion};
use crate::repr::{ascii_only, python_repr};

/// The longest padding, in characters. The original tries any and runs out of memory.
const WIDEST: u64 = 1 << 16;

/// A converted value before padding.
#[derive(Default)]
struct Body<'v> {
    /// Set for a number: its sign, and what `#` puts before the digits. Zeros may pad it.
    number: Option<(&'static str, &'static str)>,
    text: Cow<'v, str>,
}

impl Expansion {
    /// `value` written as this expansion says, but for a `*` (see [`Amount::Star`]).
    ///
    /// # Errors
    /// The conversion is missing or unknown or does not take the type of `value`, or the result
    /// would be absurdly long.
    pub fn format<'v>(&self, value: Bound<'v>) -> Result<Cow<'v, str>, Malformed> {
        let conversion = self.conversion?;
        let body = match conversion {
            's' | 'r' | 'a' => text(conversion, value, self.precision()),
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.integer(conversion, value)?,
            'c' => character(value)?,
            _ => self.real(conversion, value)?,
        };
        self.pad(body)
    }

    fn precision(&self) -> Option<u64> {
        match self.precision {
            Some(Amount::Number(precision)) => Some(precision),
            Some(Amount::Star) | None => None,
        }
    }

    fn number_precision(&self) -> Result<Option<usize>, Malformed> {
        match self.precision() {
            Some(precision) if precision > WIDEST => Err(Malformed::PrecisionTooLarge),
            precision => Ok(precision.map(|precision| precision as usize)),
        }
    }

    fn integer<'v>(&self, conversion: char, value: Bound<'v>) -> Result<Body<'v>, Malformed> {
        let Bound::Int(int) = value else {
            let found = value.type_name();
            return Err(match conversion {
                'o' | 'x' | 'X' => Malformed::NotInteger { conversion, found },
                _ => Malformed::NotNumber { conversion, found },
            });
        };
        let magnitude = int.unsigned_abs();
        let (prefix, digits) = match conversion {
            'o' => ("0o", format!("{magnitude:o}")),
            'x' => ("0x", format!("{magnitude:x}")),
            'X' => ("0X", format!("{magnitude:X}")),
            _ => ("", magnitude.to_string()),
        };
        let least = self.number_precision()?.unwrap_or(0);
        let digits = "0".repeat(least.saturating_sub(digits.len())) + &digits;
        let prefix = if self.flags.alternate { prefix } else { "" };
        Ok(Body { number: Some((self.sign(int), prefix)), text: digits.into() })
    }

    fn real<'v>(&self, conversion: char, value: Bound<'v>) -> Result<Body<'v>, Malformed> {
        let Bound::Int(int) = value else {
            return Err(Malformed::NotReal { found: value.type_name() });
        };
        let magnitude = int.unsigned_abs() as f64;
        let precision = self.number_precision()?.unwrap_or(6);
        let point = self.flags.alternate;
        let digits = match conversion.to_ascii_lowercase() {
            'f' => fixed(&format!("{magnitude:.0}"), &"0".repeat(precision), point),
            'e' => {
                let (digits, exponent) = significant(magnitude, precision + 1);
                scientific(&digits, exponent, point)
            }
            _ => general(magnitude, precision.max(1), point),
        };
        let digits = if conversion.is_ascii_uppercase() { digits.to_uppercase() } else { digits };
        Ok(Body { number: Some((self.sign(int), "")), text: digits.into() })
    }

    fn sign(&self, int: i64) -> &'static str {
        match (int < 0, self.flags.plus, self.flags.blank) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    fn pad<'v>(&self, body: Body<'v>) -> Result<Cow<'v, str>, Malformed> {
        let Body { number, text } = body;
        let (sign, prefix) = number.unwrap_or_default();
        let width = match self.width {
            Some(Amount::Number(width)) if width > WIDEST => return Err(Malformed::WidthTooBig),
            Some(Amount::Number(width)) => width as usize,
            Some(Amount::Star) | None => 0,
        };
        let fill = width.saturating_sub(sign.len() + prefix.len() + text.chars().count());
        Ok(if fill == 0 && sign.is_empty() && prefix.is_empty() {
            text
        } else if self.flags.left {
            format!("{sign}{prefix}{text}{:fill$}", "").into()
        } else if self.flags.zero && number.is_some() {
            format!("{sign}{prefix}{}{text}", "0".repeat(fill)).into()
        } else {
            format!("{}{sign}{prefix}{text}", " ".repeat(fill)).into()
        })
    }
}

fn text(conversion: char, value: Bound<'_>, precision: Option<u64>) -> Body<'_> {
    let text = match (value, conversion) {
        (Bound::Int(int), _) => Cow::Owned(int.to_string()),
        (Bound::Text(text), 's') | (Bound::Table(text), 's' | 'r') => Cow::Borrowed(text),
        (Bound::Text(text), 'r') => Cow::Owned(python_repr(text)),
        (Bound::Text(text), _) => Cow::Owned(ascii_only(&python_repr(text))),
        (Bound::Table(text), _) => Cow::Owned(ascii_only(text)),
    };
    let shown = precision.and_then(|most| text.char_indices().nth(most as usize));
    let text = match (shown, text) {
        (Some((end, _)), Cow::Borrowed(text)) => Cow::Borrowed(&text[..end]),
        (Some((end, _)), Cow::Owned(text)) => Cow::Owned(text[..end].to_owned()),
        (None, text) => text,
    };
    Body { number: None, text }
}

fn character(value: Bound<'_>) -> Result<Body<'_>, Malformed> {
    let text = match value {
        Bound::Text(text) if text.chars().count() == 1 => Cow::Borrowed(text),
        Bound::Text(_) | Bound::Table(_) => return Err(Malformed::NotCharacter),
        Bound::Int(int) => {
            let c = u32::try_from(int).ok().and_then(char::from_u32);
            Cow::Owned(c.ok_or(Malformed::CharacterRange)?.to_string())
        }
    };
    Ok(Body { number: None, text })
}

/// The first `count` digits of a whole number, rounded, and its decimal exponent.
fn significant(magnitude: f64, count: usize) -> (String, usize) {
    // No magnitude here has more than 20 digits, so all further ones are zeros.
    let shown = format!("{magnitude:.*e}", count.min(20) - 1);
    let (mantissa, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let digits = mantissa.replace('.', "") + &"0".repeat(count.saturating_sub(20));
    (digits, exponent.parse().unwrap_or(0))
}

fn general(magnitude: f64, count: usize, point: bool) -> String {
    let (digits, exponent) = significant(magnitude, count);
    let kept = if exponent < count { exponent + 1 } else { 1 };
    let (whole, rest) = digits.split_at(kept);
    let rest = if point { rest } else { rest.trim_end_matches('0') };
    if exponent < count {
        fixed(whole, rest, point)
    } else {
        scientific(&format!("{whole}{rest}"), exponent, point)
    }
}

fn scientific(digits: &str, exponent: usize, point: bool) -> String {
    let (whole, rest) = digits.split_at(1);
    format!("{}e+{exponent:02}", fixed(whole, rest, point))
}

fn fixed(whole: &str, fraction: &str, point: bool) -> String {
    if fraction.is_empty() && !point { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests;
