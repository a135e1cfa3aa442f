//! Shapes and roles of lines, and what the linter asks of them.

use super::*;
use crate::ini::SyntaxErrorKind::{EmptyKey, MissingHeader, NoDelimiter};

const ID: FileId = FileId(0);

#[track_caller]
fn check(text: &str, expected: &[(&str, Role)]) {
    let found: Vec<_> = lines(ID, text).map(|line| (line.content.of(text), line.role)).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn every_line_has_a_role() {
    let text = "junk\n[s] x ; c\na=1 ; c\n\n  b=2\n # c\nfoo\n=1\n";
    check(
        text,
        &[
            ("junk", Role::Junk(MissingHeader)),
            ("[s] x", Role::Header),
            ("a=1", Role::Entry),
            ("", Role::Blank),
            ("b=2", Role::Continuation),
            ("", Role::Comment),
            ("foo", Role::Junk(NoDelimiter)),
            ("=1", Role::Junk(EmptyKey)),
        ],
    );
}

#[test]
fn swallowed_options_and_headers_keep_their_shape() {
    // CFG-028, CFG-444
    let text = "[s]\na=1\n  b = 2\n  [t]\n  c\n";
    let swallowed: Vec<_> = lines(ID, text).skip(2).collect();
    assert!(swallowed.iter().all(|line| line.role == Role::Continuation && line.indent == 2));
    let Shape::Option { key, delimiter, value } = swallowed[0].shape else {
        panic!("{swallowed:?}")
    };
    assert_eq!([key, delimiter, value].map(|span| span.of(text)), ["b", "=", "2"]);
    assert!(matches!(swallowed[1].shape, Shape::Header { .. }));
    assert_eq!(swallowed[2].shape, Shape::Junk);
}

#[test]
fn the_shape_is_that_of_the_text_before_the_comment() {
    // CFG-035, CFG-036
    let text = "[a ; b]\nkey ; = v\n[c] d ; e]\n";
    let shapes: Vec<_> = lines(ID, text).map(|line| line.shape).collect();
    assert_eq!(shapes[..2], [Shape::Junk, Shape::Junk]);
    let Shape::Header { brackets, name, trailing } = shapes[2] else { panic!("{shapes:?}") };
    assert_eq!([brackets, name, trailing].map(|span| span.of(text)), ["[c]", "c", "d"]);
}

#[test]
fn indentation_counts_characters() {
    // CFG-025, CFG-447
    let indents = |text| lines(ID, text).map(|line| line.indent).collect::<Vec<_>>();
    assert_eq!(indents("a\n b\n\t\tc\n\u{a0}\u{3000} d\r\n  ; e"), [0, 1, 2, 3, 2]);
}

#[test]
fn a_line_has_its_line_end() {
    let spans = |text| lines(ID, text).map(|line| line.span.of(text)).collect::<Vec<_>>();
    assert_eq!(spans("a\r\n\r\nb\rc\n\n d"), ["a\r\n", "\r\n", "b\r", "c\n", "\n", " d"]);
    assert_eq!(spans("a\r\r\n\n\r"), ["a\r", "\r\n", "\n", "\r"]);
}
