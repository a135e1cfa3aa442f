//! Every format over the same small set of findings.

use super::*;
use crate::diagnostic::{Fix, codes};

/// Two files, four findings: a fix, a second place in another file, a whole file, advice.
fn findings() -> (Diagnostics, Sources) {
    let mut sources = Sources::default();
    let main =
        sources.add("/etc/s/a.conf", "[program:é]\ncommand=sh -c \"a ; b\"\npassword=geheim\n");
    let other = sources.add("/etc/s/b & c.conf", "[program:é]\r\ncommand=x\r\n");
    let mut sink = Diagnostics::default();
    let cut = Span::new(main, 30..34);
    sink.push(
        Diagnostic::new(
            codes::COMMENT_TRUNCATES_VALUE,
            Severity::Warning,
            cut,
            "the comment cuts it",
        )
        .labelled("starts here")
        .help("write it without the blank")
        .fixed_by(Fix::safe("remove the blank", vec![(Span::new(main, 29..30), String::new())])),
    );
    sink.push(
        Diagnostic::new(
            codes::DUPLICATE_SECTION,
            Severity::Warning,
            Span::new(other, 0..12),
            "twice",
        )
        .labelled("again here")
        .also(Span::new(main, 0..12), "was here first"),
    );
    sink.push(Diagnostic::of_file(
        codes::UNREADABLE_FILE,
        Severity::Error,
        "/etc/s/gone.conf",
        "could not be read",
    ));
    sink.push(Diagnostic::new(
        codes::USER_WITHOUT_HOME,
        Severity::Info,
        Span::new(main, 35..50),
        "a, b: 100%",
    ));
    (sink, sources)
}

fn rendered(format: Format) -> String {
    let (sink, sources) = findings();
    Report::new(&sink, &sources, PathBuf::from("/etc/s")).render(format, false)
}

#[test]
fn full() {
    insta::assert_snapshot!(rendered(Format::Full));
}

#[test]
fn concise() {
    assert_eq!(
        rendered(Format::Concise),
        "gone.conf:1:1: error[SV103] could not be read\n\
         a.conf:2:18: warning[SV006] the comment cuts it\n\
         a.conf:3:1: info[SV035] a, b: 100%\n\
         b & c.conf:1:1: warning[SV004] twice\n"
    );
}

#[test]
fn github() {
    insta::assert_snapshot!(rendered(Format::Github));
}

#[test]
fn json() {
    insta::assert_snapshot!(rendered(Format::Json));
}

#[test]
fn sarif() {
    insta::assert_snapshot!(rendered(Format::Sarif));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(rendered(Format::Gitlab));
}

#[test]
fn checkstyle() {
    insta::assert_snapshot!(rendered(Format::Checkstyle));
}

#[test]
fn junit() {
    insta::assert_snapshot!(rendered(Format::Junit));
}

#[test]
fn nothing_found_is_a_valid_report() {
    let (sink, sources) = (Diagnostics::default(), Sources::default());
    let report = Report::new(&sink, &sources, PathBuf::new());
    assert_eq!(report.render(Format::Full, true), "");
    assert_eq!(report.render(Format::Concise, false), "");
    assert_eq!(report.render(Format::Gitlab, false), "[]\n");
    assert!(report.render(Format::Junit, false).contains("tests=\"1\" failures=\"0\""));
}

#[test]
fn passwords_never_reach_a_snippet() {
    let (mut sink, sources) = findings();
    let password = Span::new(grammar::FileId(0), 35..50);
    sink.push(Diagnostic::new(codes::UNKNOWN_KEY, Severity::Warning, password, "look"));
    let shown = Report::new(&sink, &sources, PathBuf::new()).render(Format::Full, false);
    assert!(shown.contains("password=******"), "{shown}");
    assert!(!shown.contains("geheim"), "{shown}");
}

#[test]
fn a_line_too_long_to_read_is_named_only() {
    let mut sources = Sources::default();
    let id = sources.add("/x", "k=".to_owned() + &"v".repeat(100_000));
    let mut sink = Diagnostics::default();
    sink.push(Diagnostic::new(codes::UNKNOWN_KEY, Severity::Warning, Span::new(id, 2..9), "long"));
    let shown = Report::new(&sink, &sources, PathBuf::new()).render(Format::Full, false);
    assert!(shown.len() < 1000 && shown.contains("long (/x:1:3)"), "{shown}");
}
