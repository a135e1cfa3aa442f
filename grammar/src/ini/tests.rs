//! What files say, row by row of the specification. The faults are in `lines`' tests.

use super::*;

const ID: FileId = FileId(0);

/// The sections as `[name]`, each followed by its entries as `key=value`, with the line breaks of
/// a value as `|`.
fn outline(text: &str) -> Vec<String> {
    let mut outline = Vec::new();
    for section in &parse(ID, text).file.sections {
        outline.push(format!("[{}]", section.name.of(text)));
        outline.extend(
            section.entries.iter().map(|entry| {
                format!("{}={}", entry.key(text), entry.value(text).replace('\n', "|"))
            }),
        );
    }
    outline
}

/// Checks a faultless text.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(parse(ID, text).errors, [], "{text:?}");
    assert_eq!(outline(text), expected, "{text:?}");
}

/// Checks the entries of a section that `text` is the body of.
#[track_caller]
fn check_body(text: &str, expected: &[&str]) {
    check(&format!("[s]\n{text}"), &[&["[s]"], expected].concat());
}

/// Checks the faulty lines of a text.
#[track_caller]
fn check_errors(text: &str, expected: &[(SyntaxErrorKind, u32, &str)]) {
    let errors = parse(ID, text).errors;
    let found: Vec<_> = errors.iter().map(|e| (e.kind, e.number, e.raw(text))).collect();
    let expected: Vec<_> = expected.iter().map(|&(k, n, raw)| (k, n, Cow::Borrowed(raw))).collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn line_ends() {
    // CFG-015, CFG-016
    for end in ["\n", "\r\n", "\r"] {
        let text = ["[s]", "a=1", "  2", "", "  3", "b=4"].join(end);
        check(&text, &["[s]", "a=1|2||3", "b=4"]);
        check(&format!("{text}{end}"), &["[s]", "a=1|2||3", "b=4"]);
    }
    check("[s]\r\r\na=1\n\rb=2", &["[s]", "a=1", "b=2"]);
    check_body("a=x\u{b}y\u{c}z\u{85}k=\u{2028}v", &["a=x\u{b}y\u{c}z\u{85}k=\u{2028}v"]);
}

#[test]
fn control_characters_are_kept() {
    // CFG-017
    check_body("a=x\0\u{1b}y", &["a=x\0\u{1b}y"]);
}

#[test]
fn white_space_is_unicode() {
    // CFG-018, CFG-025
    check_body("\u{a0}a\u{2003}=\u{1f}b\u{3000}\n\u{85}\u{a0}c", &["a=b|c"]);
}

#[test]
fn nothing_in_it() {
    // CFG-019
    for text in ["", "\n", "\r\n\r", "; a\n# b\n", "   \n\t; c"] {
        check(text, &[]);
    }
}

#[test]
fn comments() {
    // CFG-020, CFG-022, CFG-023, CFG-024, CFG-027
    check_body("a=b ; c\nd=e;f # g\n; h\n   # i", &["a=b", "d=e;f"]);
    check_body("identifier=;c", &["identifier=;c"]);
    check_body("identifier= ;c", &["identifier="]);
    check_body("a=1\n; note\n  2\n      # note\n  3", &["a=1|2|3"]);
    check_body("rem = 1\nREM x: 2", &["rem=1", "rem x=2"]);
}

#[test]
fn comments_in_rounds() {
    // CFG-021, CFG-438, CFG-439, CFG-440, CFG-441
    check_body("command=a;b ;c #d", &["command=a;b ;c"]);
    check_body("command=a#b #c ;d", &["command=a#b #c"]);
    check_body("command=a;b ;c", &["command=a;b"]);
    check_body("command=bash -c \"foo ; bar\"", &["command=bash -c \"foo"]);
}

#[test]
fn blank_lines_belong_to_the_value() {
    // CFG-026, CFG-040, CFG-448
    check_body(
        "command=/bin/a\n\n   b\n\nautostart=false",
        &["command=/bin/a||b", "autostart=false"],
    );
    check_body("command=\n  /bin/x\n  y", &["command=|/bin/x|y"]);
    check_body("command=\n\n; note\n\n  x\n\n", &["command=|||x"]);
    check_body("a=\n \n", &["a="]);
}

#[test]
fn continuation_is_deeper() {
    // CFG-028, CFG-029, CFG-041, CFG-444, CFG-445, CFG-446, CFG-447
    check(
        "[s]\nidentifier=x\n  [program:a]\n  command=/bin/a",
        &["[s]", "identifier=x|[program:a]|command=/bin/a"],
    );
    check_body("  identifier=x\n    minfds=5", &["identifier=x|minfds=5"]);
    check_body("    identifier=x\n  minfds=5", &["identifier=x", "minfds=5"]);
    check_body("\tidentifier=x\n  minfds=5", &["identifier=x|minfds=5"]);
    check_body("  a=1\n  b=2\n c=3\n  4", &["a=1", "b=2", "c=3|4"]);
    check_body("environment=A=1,\n# note\n  B=2", &["environment=A=1,|B=2"]);
}

#[test]
fn headers() {
    // CFG-030, CFG-031, CFG-033, CFG-042
    check("[supervisord] junk\n[x] = y", &["[supervisord]", "[x]"]);
    check("[supervisord] x]\n[program:a]b]", &["[supervisord] x]", "[program:a]b]"]);
    check("[ a ]\n  [B]\n    c=1\n  [d]", &["[ a ]", "[B]", "c=1", "[d]"]);
    check("[a]\n    b=1\n [c]\n    d=2", &["[a]", "b=1", "[c]", "d=2"]);
    check("[]]\n[[]", &["[]]", "[[]"]);
}

#[test]
fn headers_cut_short() {
    // CFG-034, CFG-035, CFG-442, CFG-443
    for header in ["[program:a", "[program:a ; web]"] {
        check(&format!("[s]\n{header}\ncommand=/x"), &["[s]", "[program=a", "command=/x"]);
    }
    check("[program:a#b]\n[s];c\n[t] ;c]", &["[program:a#b]", "[s]", "[t]"]);
}

#[test]
fn options() {
    // CFG-036, CFG-037, CFG-038, CFG-039
    let rows = [
        ("a:b=c", "a=b=c"),
        ("x==y", "x==y"),
        ("x: = y", "x== y"),
        ("d e = f", "d e=f"),
        ("Ab\u{130}\u{3a3} : V", "abi\u{307}\u{3c2}=V"),
        ("identifier=\"x y\"", "identifier=\"x y\""),
        ("identifier=", "identifier="),
        ("[]=x", "[]=x"),
    ];
    for (line, expected) in rows {
        check_body(line, &[expected]);
    }
}

#[test]
fn repeated_sections_and_keys_are_listed() {
    // CFG-043, CFG-044, CFG-451
    check("[a]\nk=1\nK=2\n[b]\n[a]\nk=3", &["[a]", "k=1", "k=2", "[b]", "[a]", "k=3"]);
}

#[test]
fn lines_before_a_header() {
    use SyntaxErrorKind::MissingHeader;
    // CFG-052
    check_errors("\n  a=1\nb\n[s]\nc=2", &[(MissingHeader, 2, "  a=1\n")]);
    check_errors("[s", &[(MissingHeader, 1, "[s")]);
    // CFG-013, CFG-450: what follows the mark is still read.
    let text = "\u{feff}[supervisord]\na=1\n";
    check_errors(text, &[(MissingHeader, 1, "\u{feff}[supervisord]\n")]);
    assert_eq!(outline(text), ["[supervisord]", "a=1"]);
}

#[test]
fn lines_that_are_no_options() {
    use SyntaxErrorKind::{EmptyKey, NoDelimiter};
    // CFG-032, CFG-053, CFG-054, CFG-055, CFG-453
    check_errors(
        "[s]\nfoo\nbar baz\n",
        &[(NoDelimiter, 2, "foo\n"), (NoDelimiter, 3, "bar baz\n")],
    );
    check_errors(
        "[s]\n=foo\r\n : foo\r[]",
        &[(EmptyKey, 2, "=foo\n"), (EmptyKey, 3, " : foo\n"), (NoDelimiter, 4, "[]")],
    );
    check_errors("[s]\n  command=/x\n  arg ; c\n", &[(NoDelimiter, 3, "  arg ; c\n")]);
}

#[test]
fn a_faulty_line_leaves_the_entry_open_or_not() {
    // CFG-055: without delimiter the value goes on; an empty key closes it.
    let text = "[s]\na=1\nfoo\n  2\n";
    assert_eq!(outline(text), ["[s]", "a=1|2"]);
    let text = "[s]\na=1\n=foo\n  2\n";
    assert_eq!(outline(text), ["[s]", "a=1"]);
    assert_eq!(parse(ID, text).errors.len(), 2);
}

#[test]
fn places_in_a_value_are_places_in_the_file() {
    let text = "[s]\nkey = ab\n\n  cd ; note\n";
    let parsed = parse(ID, text);
    let entry = &parsed.file.sections[0].entries[0];
    let value = entry.value(text);
    assert_eq!(value, "ab\n\ncd");
    for (offset, c) in value.char_indices().filter(|(_, c)| *c != '\n') {
        let at = entry.locate(offset as u32) as usize;
        assert!(text[at..].starts_with(c), "{offset} {at}");
    }
    assert_eq!(entry.value_span().of(text), "ab\n\n  cd");
    assert_eq!(entry.place(&(4..6)).of(text), "cd");
}

#[test]
fn comments_are_kept() {
    let text = "; one\n[s] junk # two\r\n  # three\na=b ;four";
    let file = parse(ID, text).file;
    let comments: Vec<_> = file.comments.iter().map(|span| span.of(text)).collect();
    assert_eq!(comments, ["; one", "# two", "# three", ";four"]);
    assert_eq!(file.sections[0].trailing.of(text), "junk");
}
