//! Environment lists, row by row of the specification.

use super::*;

/// The pairs as `key=value`, in order.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let pairs = pairs(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let found: Vec<_> =
        pairs.iter().map(|pair| format!("{}={}", pair.key.text, pair.value())).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[track_caller]
fn check_unexpected(text: &str, group: &str) {
    let error = pairs(text).unwrap_err();
    let range = error.range();
    assert_eq!(&text[range.start as usize..range.end as usize], group, "{text:?}");
    let message = format!("Unexpected end of key/value pairs in value '{text}'");
    assert_eq!(error.message(text), message);
}

#[test]
fn tokens() {
    // CFG-299, CFG-300, CFG-301
    check("A=1,B=\"x, y\"", &["A=1", "B=x, y"]);
    check("A=/a.b+c-d(e):f_9", &["A=/a.b+c-d(e):f_9"]);
    check("A='x\ny',\n B = z", &["A=x\ny", "B=z"]);
    check("A=a\"b c\"d", &["A=a\"b"]);
    check("A=\"x\"y", &["A=x"]);
    check_unexpected("A\u{b}=1", "A\u{b}=");
}

#[test]
fn remarks() {
    // CFG-302, CFG-313, CFG-314
    check("A=1,# B=2\nC=3", &["A=1", "C=3"]);
    check("A=x#c\nz", &["A=xz"]);
    check("A=x#c", &["A=x"]);
    check("A=\"x#y\"", &["A=x#y"]);
    for text in ["", " \t\r\n", "#", "# A=1"] {
        check(text, &[]);
    }
    let pairs = pairs("A=x#c").unwrap();
    assert_eq!((pairs[0].written.range.clone(), &pairs[0].separator), (2..3, &None));
}

#[test]
fn groups_of_four() {
    // CFG-303, CFG-307, CFG-308, CFG-472, CFG-473
    for text in ["A=1,", "A=1;", "A=1 b", "A=1 'x'", "A=1="] {
        check(text, &["A=1"]);
    }
    check("A=a b", &["A=a"]);
    check("A=1;B=2 x C=3", &["A=1", "B=2", "C=3"]);
    check("A=,B", &["A=,"]);
    check_unexpected("A=1,,B=2", ",B=");
    check_unexpected(",A=1", ",A=");
    check_unexpected("A=1\n  B=2", "=2");
    check_unexpected("A=", "A=");
    check_unexpected("A", "A");
    check_unexpected("A=,B=2", "=2");
}

#[test]
fn open_quotes() {
    // CFG-304, CFG-314
    for (text, range) in [("A=\"x", 2..4), ("A=1,'", 4..5), ("A,,\"", 3..4)] {
        let error = pairs(text).unwrap_err();
        assert_eq!(error, PairsError::NoClosingQuotation { range });
        assert_eq!(error.message(text), "No closing quotation");
    }
}

#[test]
fn values_and_keys() {
    // CFG-305, CFG-306, CFG-308, CFG-311, CFG-312, CFG-471
    check("A=\"'x'\"", &["A=x"]);
    check("A=''\"B=\"", &["A="]);
    check("\"A\"=1,A.B-C/D=2", &["\"A\"=1", "A.B-C/D=2"]);
    check("A=\"\",B=''", &["A=", "B="]);
    check("A=\"a\\\"b\"", &["A=a\\"]);
    check("A=1,A=2", &["A=1", "A=2"]);
}

#[test]
fn unquoted_specials_cut_the_value() {
    // CFG-309, CFG-310, CFG-468, CFG-469, CFG-470
    check("A=$HOME", &["A=$"]);
    check("A=~/x", &["A=~"]);
    check("A=\\x", &["A=\\"]);
    check("A=éa", &["A=é"]);
    check("URL=http://x:80/?a=b", &["URL=http://x:80/", "a=b"]);
    check_unexpected("A=été", "é");
    for text in ["A=a@b.com", "A=a*b", "A=a=b", "A=[x]", "A=a|b"] {
        let found = pairs(text);
        assert!(matches!(found, Err(PairsError::UnexpectedEnd { .. })), "{text}: {found:?}");
    }
}

#[test]
fn cut_values_are_told_from_others() {
    let cut = |text| pairs(text).unwrap().iter().map(Pair::is_cut).collect::<Vec<_>>();
    assert_eq!(cut("A=$HOME"), [true]);
    assert_eq!(cut("A=1,B=x y C=\"z\"w"), [false, false, true]);
    assert_eq!(cut("URL=http://x/?a=b"), [true, false]);
}
