//! Whitespace as the original's language understands it (CFG-018): what `strip` removes and what
//! may stand before a comment.

/// Whether `c` is white space: Unicode's `White_Space` and the four ASCII separators
/// U+001C..U+001F.
#[inline]
pub fn is_space(c: char) -> bool {
    match c {
        '\t'..='\r' | '\u{1c}'..='\u{1f}' | ' ' => true,
        '\0'..='\u{7f}' => false,
        c => c.is_whitespace(),
    }
}

/// `text` without the white space around it.
pub fn strip(text: &str) -> &str {
    strip_end(strip_start(text))
}

/// `text` without the white space before it.
#[inline]
pub(crate) fn strip_start(text: &str) -> &str {
    // Most texts have none, and one byte tells.
    match text.as_bytes() {
        [b'!'..=b'~', ..] => text,
        [b' ', b'!'..=b'~', ..] => &text[1..],
        _ => text.trim_start_matches(is_space),
    }
}

/// `text` without the white space after it.
#[inline]
pub(crate) fn strip_end(text: &str) -> &str {
    match text.as_bytes() {
        [.., b'!'..=b'~'] => text,
        _ => text.trim_end_matches(is_space),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_unicode_blanks_are_space() {
        // CFG-018
        for c in
            "\t\n\u{b}\u{c}\r\u{1c}\u{1d}\u{1e}\u{1f} \u{85}\u{a0}\u{2003}\u{2028}\u{3000}".chars()
        {
            assert!(is_space(c), "{c:?}");
        }
        for c in "a\0\u{1b}\u{7f}\u{200b}\u{feff}\u{180e}".chars() {
            assert!(!is_space(c), "{c:?}");
        }
    }

    #[test]
    fn strip_takes_both_ends() {
        assert_eq!(strip("\u{a0}\u{1f} a b \u{85}"), "a b");
        assert_eq!(strip_start(" a "), "a ");
        assert_eq!(strip_end(" a "), " a");
    }
}
