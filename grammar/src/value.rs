//! The notations inside values: templates, shell words, `KEY="value"` lists, comma lists. Each
//! parser takes a value's text and gives ranges in it; [`crate::Entry::locate`] finds those in the
//! file. Which option is written in which notation is not known here.

mod expand;
mod format;
mod lexer;
mod pairs;
mod template;
mod words;

use std::ops::Range;

pub use expand::{Bound, ExpandError, MOST_EXPANDED, Malformed, Names};
pub use pairs::{Pair, PairsError, Token, TokenKind, pairs};
pub use template::{Amount, Expansion, Flags, Piece, Template, template};
pub use words::{Word, WordsError, words};

use crate::whitespace::{strip, strip_start};

/// One item of a comma list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<'t> {
    /// Its text, stripped; may be empty.
    pub text: &'t str,
    /// Its place in the value.
    pub range: Range<u32>,
}

/// The items of a comma list (CFG-283): an empty text has none, and empty items are kept.
pub fn list(text: &str) -> Vec<Item<'_>> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut end = 0;
    let items = text.split(',').map(|part| {
        end += part.len() + 1;
        let item = strip(part);
        let start = end - 1 - strip_start(part).len();
        Item { text: item, range: start as u32..(start + item.len()) as u32 }
    });
    items.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_empty_items() {
        // CFG-283
        let items = |text| {
            list(text)
                .into_iter()
                .map(|item| (item.text.to_owned(), item.range))
                .collect::<Vec<_>>()
        };
        assert_eq!(items(""), []);
        assert_eq!(items(" "), [(String::new(), 1..1)]);
        assert_eq!(
            items("a,\u{a0}b c ,,"),
            [
                ("a".to_owned(), 0..1),
                ("b c".to_owned(), 4..7),
                (String::new(), 9..9),
                (String::new(), 10..10),
            ]
        );
    }
}
