//! Bytes as the original shows them in its log and in events: text where they are text, else the
//! literal Python prints, which people's log filters know. Texts are quoted by
//! [`compiler::python_repr`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// A bytes literal: `b'...'`, printable ASCII as it is (LOG-014).
pub(crate) fn bytes(data: &[u8]) -> String {
    let quote = if data.contains(&b'\'') && !data.contains(&b'"') { '"' } else { '\'' };
    let mut quoted = format!("b{quote}");
    for &byte in data {
        push(&mut quoted, byte, quote);
    }
    quoted.push(quote);
    quoted
}

/// Bytes as UTF-8, or `Undecodable: b'...'` when they are not (LOG-011, EVT-030).
pub(crate) fn text(data: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(data) {
        Ok(text) => text.into(),
        Err(_) => format!("Undecodable: {}", bytes(data)).into(),
    }
}

fn push(quoted: &mut String, byte: u8, quote: char) {
    match byte {
        b'\\' => quoted.push_str("\\\\"),
        b'\n' => quoted.push_str("\\n"),
        b'\r' => quoted.push_str("\\r"),
        b'\t' => quoted.push_str("\\t"),
        byte if char::from(byte) == quote => quoted.extend(['\\', quote]),
        b' '..=b'~' => quoted.push(char::from(byte)),
        byte => write!(quoted, "\\x{byte:02x}").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_python_literals() {
        // LOG-012, LOG-014
        let check = |data: &[u8], expected: &str| assert_eq!(bytes(data), expected);
        check(b"READY\n", r"b'READY\n'");
        check(b"a\\b\r\t\x00\x1b\xff", r"b'a\\b\r\t\x00\x1b\xff'");
        check(b"it's", r#"b"it's""#);
        check(br#"it's "so""#, r#"b'it\'s "so"'"#);
    }

    #[test]
    fn only_invalid_utf8_is_undecodable() {
        // LOG-011, EVT-030
        assert_eq!(text(b"ok \xc3\xa4"), "ok \u{e4}");
        assert_eq!(text(b"no \xff"), r"Undecodable: b'no \xff'");
    }
}
