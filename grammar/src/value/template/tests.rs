//! Pieces, expansion and its faults, row by row of the specification.

use std::borrow::Cow;

use super::*;
use crate::value::{Bound, ExpandError, Names};

struct Table;

impl Names for Table {
    fn get(&self, name: &str) -> Option<Bound<'_>> {
        match name {
            "x" | "here" => Some(Bound::Text("abc")),
            "" => Some(Bound::Text("nothing")),
            "(x)" => Some(Bound::Text("nested")),
            " x" => Some(Bound::Text("blank")),
            "pct" => Some(Bound::Text("%(x)s ; #\n")),
            "n" => Some(Bound::Int(5)),
            _ => None,
        }
    }

    fn table(&self) -> String {
        "{'x': 'abc'}".to_owned()
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(template(text).expand(&Table).as_deref(), Ok(expected), "{text:?}");
}

/// Checks the reason of a fault, and the piece it is in.
#[track_caller]
fn check_malformed(text: &str, piece: &str, expected: &str) {
    match template(text).expand(&Table) {
        Err(ExpandError::Malformed { reason, range }) => {
            assert_eq!((part(text, &range), reason.to_string().as_str()), (piece, expected));
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

#[track_caller]
fn check_unknown(text: &str, expected: &str) {
    match template(text).expand(&Table) {
        Err(ExpandError::UnknownName { name, range }) => {
            assert_eq!((part(text, &range), name.as_str()), (expected, expected));
        }
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn literals_are_borrowed() {
    for text in ["", "a b", "é (x)s"] {
        assert_eq!(template(text).as_literal(), Some(text));
        assert!(matches!(template(text).expand(&Table), Ok(Cow::Borrowed(_))));
    }
    assert_eq!(template("a%%").as_literal(), None);
}

#[test]
fn expands_names_once() {
    // CFG-094, CFG-099, CFG-100
    check("a %(x)s b%(n)02d", "a abc b05");
    check("%((x))s%()s%( x)s", "nestednothingblank");
    check("[%(pct)s]", "[%(x)s ; #\n]");
    check("%(x)hs%(x)ls%(x)Ls", "abcabcabc");
}

#[test]
fn percent_is_doubled() {
    // CFG-095
    check("100%%", "100%");
    check("%%(x)s", "%(x)s");
    check("%%%%%(x)s", "%%abc");
    for (text, piece, index) in
        [("%5%", "%5%", 2), ("%(x)%", "%(x)%", 4), ("a % %", "% %", 4), ("é%(x)5%", "%(x)5%", 6)]
    {
        let reason = format!("unsupported format character '%' (0x25) at index {index}");
        check_malformed(text, piece, &reason);
    }
}

#[test]
fn nameless_expansions_get_the_table() {
    // CFG-101, CFG-458
    check("date +%s", "date +{'x': 'abc'}");
    check("%r|%(x)s", "{'x': 'abc'}|abc");
    check_malformed("%(x)s %s", "%s", "not enough arguments for format string");
    check_malformed("%s %s", "%s", "not enough arguments for format string");
}

#[test]
fn unknown_names_come_first() {
    // CFG-103
    check_unknown("%(nope)s", "nope");
    check_unknown("a%(X)", "X");
    check_unknown("%(nope)*%", "nope");
    check_unknown("%(x)s%(y z)Q", "y z");
}

#[test]
fn reasons() {
    // CFG-107, CFG-108, CFG-109, CFG-110, CFG-111, CFG-112, CFG-113, CFG-114, CFG-115
    let enough = "not enough arguments for format string";
    let rows = [
        ("100%", "%", "incomplete format"),
        ("%(x)-", "%(x)-", "incomplete format"),
        ("a%5.", "%5.", "incomplete format"),
        ("%(n)*", "%(n)*", "incomplete format"),
        ("a%(x", "%(x", "incomplete format key"),
        ("%((x)s", "%((x)s", "incomplete format key"),
        ("date +%Y", "%Y", "unsupported format character 'Y' (0x59) at index 7"),
        ("a%b", "%b", "unsupported format character 'b' (0x62) at index 2"),
        ("%é", "%é", "unsupported format character '?' (0xe9) at index 1"),
        ("%(x)lld", "%(x)ll", "unsupported format character 'l' (0x6c) at index 5"),
        ("%(x)d", "%(x)d", "%d format: a real number is required, not str"),
        ("%i", "%i", "%i format: a real number is required, not dict"),
        ("50% off", "% o", "%o format: an integer is required, not dict"),
        ("%(x)X", "%(x)X", "%X format: an integer is required, not str"),
        ("%(x).2f", "%(x).2f", "must be real number, not str"),
        ("%g", "%g", "must be real number, not dict"),
        ("%(x)c", "%(x)c", "%c requires int or char"),
        ("%(n)*d", "%(n)*d", enough),
        ("%(n).*d", "%(n).*d", enough),
        ("%(n)*.*d", "%(n)*.*d", enough),
        ("%(x)*d", "%(x)*d", "* wants int"),
        ("%*d", "%*d", "* wants int"),
        ("%(n)9223372036854775808d", "%(n)9223372036854775808d", "width too big"),
        ("%(n).2147483648d", "%(n).2147483648d", "precision too big"),
        ("%(n).2147483647d", "%(n).2147483647d", "precision too large"),
        ("%(x)65537s", "%(x)65537s", "width too big"),
    ];
    for (text, piece, reason) in rows {
        check_malformed(text, piece, reason);
    }
}

#[test]
fn the_first_malformed_piece_is_the_last() {
    let pieces = |text| template(text).pieces().len();
    assert_eq!(pieces("a%(x)sb%%c"), 5);
    assert_eq!(pieces("a%(x)Qb%%c"), 2);
    assert_eq!(pieces("a%(x"), 2);
}

#[test]
fn names_are_listed_with_their_places() {
    let found: Vec<_> = template("%(a)s %(b)s%s%(a)d").names().collect();
    assert_eq!(found, [("a", 2..3), ("b", 8..9), ("a", 15..16)]);
}

#[test]
fn deep_parentheses_cost_no_stack() {
    let name = format!("{}{}", "(".repeat(100_000), ")".repeat(100_000));
    check_unknown(&format!("%({name})s"), &name);
}
