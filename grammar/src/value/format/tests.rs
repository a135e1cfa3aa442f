//! Conversions, each as the original's `%` operator writes it.

use super::*;
use crate::value::{Piece, template};

#[track_caller]
fn format(spec: &str, value: Bound<'_>) -> Result<String, String> {
    let pieces = template(spec);
    let [Piece::Expansion(expansion)] = pieces.pieces() else { panic!("{spec}") };
    expansion.format(value).map(Cow::into_owned).map_err(|reason| reason.to_string())
}

#[track_caller]
fn check(value: Bound<'_>, rows: &[(&str, &str)]) {
    for (spec, expected) in rows {
        assert_eq!(format(spec, value).as_deref(), Ok(*expected), "{spec}");
    }
}

#[test]
fn text() {
    // CFG-096
    check(
        Bound::Text("abc"),
        &[
            ("%(x)s", "abc"),
            ("%(x)5s", "  abc"),
            ("%(x)05s", "  abc"),
            ("%(x)+-5s", "abc  "),
            ("%(x).1s", "a"),
            ("%(x)3.2s", " ab"),
            ("%(x)r", "'abc'"),
            ("%(x).2r", "'a"),
        ],
    );
    check(Bound::Text("é'"), &[("%(x)r", "\"é'\""), ("%(x)a", "\"\\xe9'\""), ("%(x)3s", " é'")]);
    check(Bound::Text("é"), &[("%(x)c", "é"), ("%(x)03c", "  é"), ("%(x).0c", "é")]);
}

#[test]
fn table() {
    // CFG-101
    let table = Bound::Table("{'é': 'b'}");
    check(table, &[("%s", "{'é': 'b'}"), ("%r", "{'é': 'b'}"), ("%a", "{'\\xe9': 'b'}")]);
    check(table, &[("%5.3s", "  {'é")]);
}

#[test]
fn whole_numbers() {
    // CFG-097
    check(
        Bound::Int(5),
        &[
            ("%(n)d", "5"),
            ("%(n)02d", "05"),
            ("%(n)s", "5"),
            ("%(n)r", "5"),
            ("%(n)a", "5"),
            ("%(n)+d", "+5"),
            ("%(n) i", " 5"),
            ("%(n)+ u", "+5"),
            ("%(n).3d", "005"),
            ("%(n)-05d", "5    "),
            ("%(n)o", "5"),
            ("%(n)#o", "0o5"),
            ("%(n)# 5o", "  0o5"),
            ("%(n)#x", "0x5"),
            ("%(n)#05X", "0X005"),
            ("%(n)#.3x", "0x005"),
            ("%(n)#-8x", "0x5     "),
        ],
    );
    check(Bound::Int(-42), &[("%(n)05d", "-0042"), ("%(n)#.3x", "-0x02a"), ("%(n) 6d", "   -42")]);
    check(Bound::Int(i64::MIN), &[("%(n)x", "-8000000000000000")]);
    check(Bound::Int(0), &[("%(n)c", "\0"), ("%(n).0d", "0"), ("%(n)#x", "0x0")]);
}

#[test]
fn reals() {
    // CFG-097
    check(
        Bound::Int(5),
        &[
            ("%(n)f", "5.000000"),
            ("%(n).0f", "5"),
            ("%(n)#.0f", "5."),
            ("%(n)+09.2F", "+00005.00"),
            ("%(n)e", "5.000000e+00"),
            ("%(n)#.0E", "5.E+00"),
            ("%(n)g", "5"),
            ("%(n)#g", "5.00000"),
        ],
    );
    check(Bound::Int(1_234_567), &[("%(n)g", "1.23457e+06"), ("%(n).7g", "1234567")]);
    check(Bound::Int(123_456), &[("%(n).3G", "1.23E+05"), ("%(n)#.6g", "123456.")]);
    check(Bound::Int(15), &[("%(n).0g", "2e+01"), ("%(n).1e", "1.5e+01")]);
    check(Bound::Int(25), &[("%(n).0e", "2e+01")]);
    check(Bound::Int(0), &[("%(n)g", "0"), ("%(n)#.3g", "0.00"), ("%(n).1e", "0.0e+00")]);
    check(
        Bound::Int(i64::MAX),
        &[("%(n).1f", "9223372036854775808.0"), ("%(n).22e", "9.2233720368547758080000e+18")],
    );
}

#[test]
fn characters_by_number() {
    // CFG-097, CFG-113
    check(Bound::Int(0x1f600), &[("%(n)c", "\u{1f600}"), ("%(n)3c", "  \u{1f600}")]);
    for int in [-1, 0x11_0000, 0xd800, i64::MAX] {
        let reason = format("%(n)c", Bound::Int(int)).unwrap_err();
        assert_eq!(reason, "%c arg not in range(0x110000)");
    }
}
