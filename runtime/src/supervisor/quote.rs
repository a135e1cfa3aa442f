//! Bytes in the quoted form the original prints: Python literals.

/// Bytes as a Python bytes literal (LOG-014).
#[must_use]
pub fn bytes(value: &[u8]) -> String {
    let quote = quote_mark(value.contains(&b'\''), value.contains(&b'"'));
    let mut out = String::with_capacity(value.len() + 3);
    out.push('b');
    out.push(quote);
    for &byte in value {
        push_byte(&mut out, byte, quote);
    }
    out.push(quote);
    out
}

/// Bytes as UTF-8 text, or `Undecodable: b'...'` when they are not (EVT-030).
#[must_use]
pub fn decoded(value: Vec<u8>) -> String {
    String::from_utf8(value).unwrap_or_else(|error| undecodable(error.as_bytes()))
}

/// `Undecodable: b'...'`.
#[must_use]
pub fn undecodable(value: &[u8]) -> String {
    format!("Undecodable: {}", bytes(value))
}

fn quote_mark(single: bool, double: bool) -> char {
    if single && !double { '"' } else { '\'' }
}

fn push_byte(out: &mut String, byte: u8, quote: char) {
    match byte {
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        b' '..=b'~' => {
            let c = char::from(byte);
            if c == quote {
                out.push('\\');
            }
            out.push(c);
        }
        _ => push_hex(out, byte),
    }
}

fn push_hex(out: &mut String, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push_str("\\x");
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], expected: &str) {
        assert_eq!(bytes(value), expected);
    }

    #[test]
    fn bytes_are_python_literals() {
        // LOG-014
        check(b"plain", "b'plain'");
        check(b"it's", r#"b"it's""#);
        check(br#"it's "so""#, r#"b'it\'s "so"'"#);
        check(b"\\ \n\r\t\x00\x1b\xff", r"b'\\ \n\r\t\x00\x1b\xff'");
    }

    #[test]
    fn only_invalid_utf8_is_undecodable() {
        // EVT-030
        assert_eq!(decoded("dé".into()), "dé");
        assert_eq!(decoded(vec![b'd', 0xe9]), r"Undecodable: b'd\xe9'");
    }
}
