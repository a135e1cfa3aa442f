//! Values in the notation the original's language prints them in: fault details and events show
//! arguments that way (RPC-182, RPC-188).

use std::fmt::{self, Display, Formatter, Write as _};

use super::Value;

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("None"),
            Value::Boolean(flag) => f.write_str(if *flag { "True" } else { "False" }),
            Value::Int(number) => number.fmt(f),
            Value::Double(number) => write_double(f, *number),
            Value::String(text) => f.write_str(text),
            Value::DateTime(text) => write_date(f, text),
            Value::Array(items) => write_array(f, items),
            Value::Struct(members) => write_struct(f, members),
        }
    }
}

/// A string in quotes, with escapes, as the original's language shows it in messages.
#[derive(Clone, Copy, Debug)]
pub struct Quoted<'a>(pub &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_quoted(f, self.0)
    }
}

/// A value inside a list or dictionary: strings are quoted there.
struct Nested<'a>(&'a Value);

impl Display for Nested<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            Some(text) => write_quoted(f, text),
            None => self.0.fmt(f),
        }
    }
}

fn write_array(f: &mut Formatter<'_>, items: &[Value]) -> fmt::Result {
    f.write_char('[')?;
    for (index, item) in items.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{}", Nested(item))?;
    }
    f.write_char(']')
}

fn write_struct(f: &mut Formatter<'_>, members: &[(String, Value)]) -> fmt::Result {
    f.write_char('{')?;
    for (index, (name, value)) in members.iter().enumerate() {
        f.write_str(if index > 0 { ", " } else { "" })?;
        write_quoted(f, name)?;
        write!(f, ": {}", Nested(value))?;
    }
    f.write_char('}')
}

fn write_double(f: &mut Formatter<'_>, number: f64) -> fmt::Result {
    if number.is_nan() {
        return f.write_str("nan");
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let sign = if exponent.starts_with('-') { '-' } else { '+' };
            let digits = exponent.trim_start_matches('-');
            write!(f, "{mantissa}e{sign}{digits:0>2}")
        }
        None => f.write_str(&text),
    }
}

/// `20260101T00:00:00` as `2026-01-01 00:00:00`.
fn write_date(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    match (text.get(..4), text.get(4..6), text.get(6..8), text.get(9..)) {
        (Some(year), Some(month), Some(day), Some(time)) => {
            write!(f, "{year}-{month}-{day} {time}")
        }
        _ => f.write_str(text),
    }
}

fn write_quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\\' => f.write_str("\\\\")?,
            c if c == quote => write!(f, "\\{c}")?,
            c if c.is_control() => write!(f, "\\x{:02x}", u32::from(c))?,
            c => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, expected: &str) {
        assert_eq!(value.into().to_string(), expected);
    }

    #[test]
    fn plain_values() {
        // RPC-079, RPC-182
        check(5, "5");
        check(true, "True");
        check(Value::Nil, "None");
        check("it's", "it's");
        check(Value::Double(1.0), "1.0");
        check(Value::Double(1e16), "1e+16");
        check(Value::Double(1e-7), "1e-07");
        check(Value::Double(f64::NAN), "nan");
        check(Value::Double(f64::NEG_INFINITY), "-inf");
        check(Value::DateTime("20260101T00:00:00".to_owned()), "2026-01-01 00:00:00");
    }

    #[test]
    fn strings_are_quoted_inside_others() {
        // RPC-182
        check(vec!["a", "it's", "'\"", "\n\\\u{1}"], r#"['a', "it's", '\'"', '\n\\\x01']"#);
        let members = vec![("a".to_owned(), 1.into()), ("b".to_owned(), "x".into())];
        check(Value::Struct(members), "{'a': 1, 'b': 'x'}");
    }
}
