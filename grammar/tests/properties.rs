//! What holds for every text: nothing panics, places are true, and what is printed reads the same.

use std::ops::Range;

use grammar::value::{Amount, Bound, Names, Piece, list, pairs, template, words};
use grammar::{Entry, File, FileId, Role, Span, decode, lines, parse, print, python_repr};
use proptest::prelude::*;
use proptest::sample::select;

const ID: FileId = FileId(7);

/// Pieces that mean something in a file, and some that do not.
const FILE_PIECES: &[&str] = &[
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "  ",
    "\t",
    "\u{a0}",
    "\u{1f}",
    "\u{feff}",
    "[s]",
    "[t]\n",
    "[",
    "]",
    "=",
    ":",
    ";",
    "#",
    " ;",
    " #",
    "key = value",
    "\n  more",
    "k=v\n",
    "a",
    "É",
    "\0",
];

/// Pieces of values of every notation.
const VALUE_PIECES: &[&str] = &[
    "%",
    "%%",
    "%(",
    ")",
    "(",
    "%(text)s",
    "%(int)",
    "%(none)d",
    "*",
    ".",
    "0",
    "7",
    "-",
    "+",
    "#",
    " ",
    "s",
    "d",
    "x",
    "g",
    "e",
    "c",
    "r",
    "a",
    "l",
    "A=1",
    "B=\"x\"",
    ",",
    "'",
    "\"",
    "\\",
    "=",
    "\n",
    "$",
    "é",
    "\u{1f600}",
];

fn text_of(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![9 => select(pieces).prop_map(str::to_owned), 1 => any::<String>()];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// What a file says: names, keys and values, comments.
#[derive(Debug, PartialEq)]
struct Said {
    sections: Vec<(String, Vec<(String, String)>)>,
    comments: Vec<String>,
}

fn said(file: &File, text: &str) -> Said {
    let entry = |entry: &Entry| (entry.key(text).into_owned(), entry.value(text).into_owned());
    let section = |section: &grammar::Section| {
        (section.name.of(text).to_owned(), section.entries.iter().map(entry).collect())
    };
    Said {
        sections: file.sections.iter().map(section).collect(),
        comments: file.comments.iter().map(|comment| comment.of(text).to_owned()).collect(),
    }
}

/// All spans of the tree, in the order of the file.
fn spans(file: &File) -> Vec<Span> {
    let entry = |entry: &Entry| {
        let mut spans = vec![entry.key, entry.delimiter, entry.first];
        spans.extend(&entry.rest);
        spans
    };
    let section = |section: &grammar::Section| {
        let mut spans = vec![section.name, section.trailing];
        spans.extend(section.entries.iter().flat_map(entry));
        spans
    };
    file.sections.iter().flat_map(section).collect()
}

fn covers(text: &str, range: &Range<u32>) -> bool {
    text.get(range.start as usize..range.end as usize).is_some()
}

struct Table;

impl Names for Table {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        match name {
            "text" => Some(Bound::Text("é'\"")),
            "int" => Some(Bound::Int(-12)),
            _ => None,
        }
    }

    fn table(&self) -> String {
        "{}".to_owned()
    }
}

proptest! {
    #[test]
    fn line_spans_tile_the_text(text in text_of(FILE_PIECES)) {
        let mut end = 0;
        for (index, line) in lines(ID, &text).enumerate() {
            prop_assert_eq!(line.span.start, end);
            prop_assert_eq!(line.number as usize, index + 1);
            end = line.span.end;
            let body = line.span.of(&text).trim_end_matches(['\r', '\n']);
            prop_assert!(!line.span.is_empty() && !body.contains(['\r', '\n']));
            prop_assert!(line.content.start >= line.span.start && line.content.end <= line.span.end);
        }
        prop_assert_eq!(end as usize, text.len());
    }

    #[test]
    fn the_tree_holds_what_the_lines_say(text in text_of(FILE_PIECES)) {
        let parsed = parse(ID, &text);
        let roles: Vec<_> = lines(ID, &text).map(|line| line.role).collect();
        let entries = parsed.file.sections.iter().map(|section| section.entries.len()).sum::<usize>();
        prop_assert_eq!(entries, roles.iter().filter(|role| **role == Role::Entry).count());
        let faulty = roles.iter().any(|role| matches!(role, Role::Junk(_)));
        prop_assert_eq!(parsed.errors.is_empty(), !faulty);
    }

    #[test]
    fn tree_spans_are_in_order(text in text_of(FILE_PIECES)) {
        let mut end = 0;
        for span in spans(&parse(ID, &text).file) {
            prop_assert!(span.file == ID && span.start >= end && covers(&text, &(span.start..span.end)));
            end = span.end;
        }
    }

    #[test]
    fn values_are_found_in_the_file(text in text_of(FILE_PIECES)) {
        let file = parse(ID, &text).file;
        for entry in file.sections.iter().flat_map(|section| &section.entries) {
            let value = entry.value(&text);
            for (offset, c) in value.char_indices().filter(|(_, c)| *c != '\n') {
                let at = entry.locate(offset as u32) as usize;
                prop_assert!(text[at..].starts_with(c));
            }
        }
    }

    #[test]
    fn printed_files_read_the_same(text in text_of(FILE_PIECES)) {
        let parsed = parse(ID, &text);
        let printed = print(&parsed.file, &text);
        let again = parse(ID, &printed);
        prop_assert_eq!(&again.errors, &[]);
        prop_assert_eq!(said(&again.file, &printed), said(&parsed.file, &text));
        prop_assert_eq!(print(&again.file, &printed), printed);
    }

    #[test]
    fn decoding_refuses_at_the_first_wrong_byte(head in ".{0,20}", tail in any::<Vec<u8>>()) {
        let bytes = [head.as_bytes(), &tail].concat();
        match decode(&bytes) {
            Ok(text) => prop_assert_eq!(text.as_bytes(), &bytes),
            Err(error) => {
                prop_assert!(std::str::from_utf8(&bytes[..error.offset]).is_ok());
                prop_assert!(error.lines_before <= error.offset && error.position <= error.offset);
                prop_assert_eq!(bytes[error.offset], error.byte);
            }
        }
    }

    #[test]
    fn template_pieces_tile_the_text(text in text_of(VALUE_PIECES)) {
        let template = template(&text);
        prop_assert_eq!(template.as_literal().is_some(), !text.contains('%'));
        let mut end = 0;
        let mut malformed = false;
        for piece in template.pieces() {
            prop_assert!(!malformed);
            let range = match piece {
                Piece::Literal(range) | Piece::Percent(range) => range,
                Piece::UnclosedName(range) => { malformed = true; range }
                Piece::Expansion(expansion) => {
                    malformed = expansion.conversion.is_err();
                    &expansion.range
                }
            };
            prop_assert_eq!(range.start, end);
            prop_assert!(covers(&text, range));
            end = range.end;
        }
        prop_assert!(malformed || template.as_literal().is_some() || end as usize == text.len());
    }

    #[test]
    fn templates_expand_or_say_where_not(text in text_of(VALUE_PIECES)) {
        if let Err(error) = template(&text).expand(&Table) {
            prop_assert!(covers(&text, error.range()) && !error.range().is_empty() || text.contains("%()"));
        }
    }

    #[test]
    fn padding_reaches_the_width(
        flags in "[-+ #0]{0,3}",
        width in 0_u64..40,
        precision in 0..30,
        conversion in select(&['d', 'x', 'o', 'e', 'f', 'g', 's', 'r'][..]),
        int in any::<i64>(),
    ) {
        let text = format!("%(n){flags}{}.{precision}{conversion}", width.max(1));
        let template = template(&text);
        let [Piece::Expansion(expansion)] = template.pieces() else { panic!("{template:?}") };
        prop_assert_eq!(expansion.width, Some(Amount::Number(width.max(1))));
        let written = expansion.format(Bound::Int(int)).unwrap();
        prop_assert!(written.chars().count() as u64 >= width);
    }

    #[test]
    fn words_are_where_they_say(text in text_of(VALUE_PIECES)) {
        match words(&text) {
            Ok(words) => {
                for word in &words {
                    prop_assert!(covers(&text, &word.range) && !word.range.is_empty());
                    prop_assert!(word.quoted || word.text == text[word.range.start as usize..word.range.end as usize]);
                }
                prop_assert!(words.windows(2).all(|pair| pair[0].range.end < pair[1].range.start));
            }
            Err(error) => prop_assert!(covers(&text, error.range())),
        }
    }

    #[test]
    fn pairs_are_where_they_say(text in text_of(VALUE_PIECES)) {
        match pairs(&text) {
            Ok(pairs) => {
                let tokens = pairs.iter().flat_map(|pair| {
                    [Some(&pair.key), Some(&pair.equals), Some(&pair.written), pair.separator.as_ref()]
                });
                let mut end = 0;
                for token in tokens.flatten() {
                    prop_assert!(covers(&text, &token.range) && token.range.start >= end);
                    end = token.range.end;
                }
            }
            Err(error) => prop_assert!(covers(&text, error.range()) && !error.message(&text).is_empty()),
        }
    }

    #[test]
    fn list_items_are_where_they_say(text in text_of(VALUE_PIECES)) {
        for item in list(&text) {
            prop_assert_eq!(item.text, &text[item.range.start as usize..item.range.end as usize]);
        }
    }

    #[test]
    fn quoted_texts_are_one_printable_line(text in any::<String>()) {
        let quoted = python_repr(&text);
        prop_assert!(quoted.len() >= text.len() + 2 && !quoted.contains(char::is_control));
    }
}
