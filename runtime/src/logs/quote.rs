//! Text and bytes as the activity log quotes them: the forms Python prints, which people's log
//! filters know.

use std::fmt::Write;

/// A name in quotes: `'name'`, or `"na'me"` when it holds a single quote and no double one.
pub(crate) fn name(text: &str) -> String {
    let quote = quote_for(text.as_bytes());
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => push(&mut quoted, byte, quote),
            Ok(_) | Err(_) => quoted.push(character),
        }
    }
    quoted.push(quote);
    quoted
}

/// Bytes as a literal: `b'...'`, printable ASCII as it is (LOG-014).
pub(crate) fn bytes(data: &[u8]) -> String {
    let quote = quote_for(data);
    let mut quoted = format!("b{quote}");
    for &byte in data {
        push(&mut quoted, byte, quote);
    }
    quoted.push(quote);
    quoted
}

/// Output as text, or marked as undecodable and quoted when it is not UTF-8 (LOG-011).
pub(crate) fn output(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("Undecodable: {}", bytes(data)),
    }
}

fn quote_for(data: &[u8]) -> char {
    if data.contains(&b'\'') && !data.contains(&b'"') { '"' } else { '\'' }
}

fn push(quoted: &mut String, byte: u8, quote: char) {
    match byte {
        b'\\' => quoted.push_str("\\\\"),
        b'\n' => quoted.push_str("\\n"),
        b'\r' => quoted.push_str("\\r"),
        b'\t' => quoted.push_str("\\t"),
        byte if char::from(byte) == quote => {
            quoted.push('\\');
            quoted.push(quote);
        }
        b' '..=b'~' => quoted.push(char::from(byte)),
        byte => write!(quoted, "\\x{byte:02x}").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &[u8], expected: &str) {
        assert_eq!(bytes(data), expected);
    }

    #[test]
    fn bytes_are_quoted_as_python_does() {
        // LOG-012, LOG-014
        check(b"READY\n", r"b'READY\n'");
        check(b"a\\b\r\t\x00\xff", r"b'a\\b\r\t\x00\xff'");
        check(b"it's", r#"b"it's""#);
        check(b"it's \"x\"", r#"b'it\'s "x"'"#);
        assert_eq!(name("cat"), "'cat'");
        assert_eq!(name("c\u{e4}t's"), "\"c\u{e4}t's\"");
        assert_eq!(output(b"ok \xc3\xa4"), "ok \u{e4}");
        assert_eq!(output(b"no \xff"), r"Undecodable: b'no \xff'");
    }
}
