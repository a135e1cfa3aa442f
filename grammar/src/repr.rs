//! `R(x)`: how the original quotes a text inside its messages (CFG-007).

use std::fmt::Write as _;

/// `text` quoted and escaped.
pub fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => escape(c, &mut out),
        }
    }
    out.push(quote);
    out
}

/// A quoted text with everything beyond ASCII escaped too; what `%(name)a` inserts.
pub fn ascii_only(repr: &str) -> String {
    let mut out = String::with_capacity(repr.len());
    for c in repr.chars() {
        if c.is_ascii() { out.push(c) } else { escape(c, &mut out) }
    }
    out
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    let written = match code {
        0..=0xff => write!(out, "\\x{code:02x}"),
        0x100..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
}

/// Whether `c` is shown as it is. The original's Unicode tables are older, so it escapes some
/// characters that were assigned since.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // What Rust escapes in a text is what Python does, but for a combining character that comes
    // first.
    format!("a{c}").escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_the_original() {
        // CFG-007
        let table = [
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "\"it's\""),
            ("say \"x\"", "'say \"x\"'"),
            ("it's \"x\"", "'it\\'s \"x\"'"),
            ("a\\b", "'a\\\\b'"),
            ("a\n\r\t", "'a\\n\\r\\t'"),
            ("\0\u{1b}\u{7f}\u{85}", "'\\x00\\x1b\\x7f\\x85'"),
            ("été 日本 😀", "'été 日本 😀'"),
            ("\u{a0}\u{ad}", "'\\xa0\\xad'"),
            ("\u{feff}\u{2028}", "'\\ufeff\\u2028'"),
            ("\u{e0001}\u{10ffff}", "'\\U000e0001\\U0010ffff'"),
        ];
        for (text, expected) in table {
            assert_eq!(python_repr(text), expected);
        }
    }

    #[test]
    fn ascii_escapes_the_rest() {
        // CFG-096
        assert_eq!(ascii_only(&python_repr("é日😀'")), "\"\\xe9\\u65e5\\U0001f600'\"");
    }
}
