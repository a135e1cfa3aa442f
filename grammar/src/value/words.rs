//! Command lines: POSIX shell words as the original splits them (CFG-231). Quotes and backslashes
//! only; no variables, no patterns, no operators, no comments.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use pest::iterators::Pair;

use super::lexer::{Rule, lex, range};

/// One word of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The word with its quotes and backslashes resolved; may be empty.
    pub text: Cow<'t, str>,
    /// Its place as written.
    pub range: Range<u32>,
    /// Whether any of it is quoted or escaped.
    pub quoted: bool,
}

/// Why a text is no command line. Displays as the original words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WordsError {
    /// A quote is never closed.
    NoClosingQuotation {
        /// The quote and everything after it.
        range: Range<u32>,
    },
    /// The text ends with a backslash.
    NoEscapedCharacter {
        /// The backslash, and before it the open quote it stands in.
        range: Range<u32>,
    },
}

/// The words of `text`.
pub fn words(text: &str) -> Result<Vec<Word<'_>>, WordsError> {
    lex(Rule::words, text).map(word).collect()
}

fn word(pair: Pair<'_, Rule>) -> Result<Word<'_>, WordsError> {
    let at = range(&pair.as_span());
    let mut word = Word { text: Cow::Borrowed(""), range: at, quoted: false };
    for part in pair.into_inner() {
        word.add(part)?;
    }
    Ok(word)
}

impl<'t> Word<'t> {
    fn add(&mut self, part: Pair<'t, Rule>) -> Result<(), WordsError> {
        let rule = part.as_rule();
        self.quoted |= rule != Rule::bare;
        if rule == Rule::bare {
            self.push(part.as_str());
        } else if rule == Rule::unclosed {
            return Err(WordsError::NoClosingQuotation { range: range(&part.as_span()) });
        } else if rule == Rule::unescaped {
            return Err(WordsError::NoEscapedCharacter { range: range(&part.as_span()) });
        } else {
            for inner in part.into_inner() {
                self.push(unescape(&inner));
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &'t str) {
        if self.text.is_empty() {
            self.text = Cow::Borrowed(text);
        } else {
            self.text.to_mut().push_str(text);
        }
    }
}

/// Inside double quotes a backslash goes only before a quote or another one.
fn unescape<'t>(inner: &Pair<'t, Rule>) -> &'t str {
    match (inner.as_rule(), inner.as_str()) {
        (Rule::double_escape, "\\\\" | "\\\"") => &inner.as_str()[1..],
        (_, text) => text,
    }
}

impl WordsError {
    /// Where the fault is.
    pub fn range(&self) -> &Range<u32> {
        match self {
            WordsError::NoClosingQuotation { range } | WordsError::NoEscapedCharacter { range } => {
                range
            }
        }
    }
}

impl fmt::Display for WordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WordsError::NoClosingQuotation { .. } => "No closing quotation",
            WordsError::NoEscapedCharacter { .. } => "No escaped character",
        })
    }
}

impl std::error::Error for WordsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = words(text).unwrap();
        let found: Vec<_> = words.iter().map(|word| &*word.text).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[track_caller]
    fn check_error(text: &str, range: Range<u32>, message: &str) {
        let error = words(text).unwrap_err();
        assert_eq!((error.range(), error.to_string().as_str()), (&range, message), "{text:?}");
    }

    #[test]
    fn splits_at_blanks_only() {
        // CFG-231
        check(" a\tb\r\nc ", &["a", "b", "c"]);
        check("a\u{a0}b\u{b}c", &["a\u{a0}b\u{b}c"]);
        check("", &[]);
        check(" \n", &[]);
        check("a#b #c $X *; | > &", &["a#b", "#c", "$X", "*;", "|", ">", "&"]);
    }

    #[test]
    fn quotes_and_backslashes() {
        // CFG-231
        check("a'b c'd \"e 'f'\" ''", &["ab cd", "e 'f'", ""]);
        check(r#"a\ b \"c\' '\d' "\e\"\\\$""#, &["a b", "\"c'", r"\d", r#"\e"\\$"#]);
        check("a\\\nb", &["a\nb"]);
        check("''\"\"", &[""]);
        check("''a", &["a"]);
        check("\u{1f600}'é'", &["\u{1f600}é"]);
    }

    #[test]
    fn words_know_their_places_and_quotes() {
        let text = "a 'b c'd é";
        let words = words(text).unwrap();
        let found: Vec<_> = words.iter().map(|word| (word.range.clone(), word.quoted)).collect();
        assert_eq!(found, [(0..1, false), (2..8, true), (9..11, false)]);
        assert!(matches!(words[0].text, Cow::Borrowed("a")));
    }

    #[test]
    fn open_ends() {
        // CFG-231, CFG-441
        check_error("bash -c \"foo", 8..12, "No closing quotation");
        check_error("a 'b\\", 2..5, "No closing quotation");
        check_error("a b\\", 3..4, "No escaped character");
        check_error("a \"b\\", 2..5, "No escaped character");
        check_error("a \"b\\\"", 2..6, "No closing quotation");
    }
}
