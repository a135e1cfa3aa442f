//! What must hold of every row of the table.

use super::*;
use crate::schema::section::{Program, SectionKind};

#[test]
fn every_default_is_a_value_and_shows() {
    for spec in SECTIONS {
        for option in spec.options() {
            assert!(!option.doc.trim().is_empty(), "{} {}", spec.name, option.name);
            if let Default::SameAs(other) = option.default {
                assert!(spec.option(other).is_some(), "{other}");
            }
        }
    }
    let defaults = Program::default();
    let shown = |name: &str| defaults.show(row_of(Program::OPTIONS, name)).to_string();
    assert_eq!(shown("priority"), "999");
    assert_eq!(shown("stdout_logfile_maxbytes"), "52428800");
    assert_eq!(shown("stdout_logfile"), "auto");
    assert_eq!(shown("process_name"), "%(program_name)s");
    assert_eq!(shown("umask"), "none");
}

#[test]
fn rows_are_told_apart() {
    for spec in SECTIONS {
        for part in spec.parts {
            assert!(part.len() <= crate::pass::outline::MOST_ROWS);
            let mut names: Vec<_> = part.iter().map(|row| row.name).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}", spec.name);
        }
    }
}

#[test]
fn a_row_is_set_shown_and_compared_by_its_number() {
    let inquiry = crate::host::Inquiry::none();
    let texts = [("priority", "5"), ("autostart", "false"), ("command", "/x"), ("umask", "077")];
    for (name, text) in texts {
        let row = row_of(Program::OPTIONS, name);
        let mut program = Program::default();
        program.set(row, text, &inquiry).unwrap();
        assert_eq!(program.show(row).to_string(), text);
        let differing =
            (0..Program::OPTIONS.len()).filter(|row| program.differs(Program::defaults(), *row));
        assert_eq!(differing.collect::<Vec<_>>(), [row]);
    }
}

#[test]
fn sections_by_name() {
    // CFG-049, CFG-051
    let table = [
        ("supervisord", Some(SectionKind::Supervisord)),
        ("program:x", Some(SectionKind::Program)),
        ("program:", Some(SectionKind::Program)),
        ("unix_http_serverX", Some(SectionKind::UnixServer)),
        ("inet_http_server:b", Some(SectionKind::InetServer)),
        ("program", None),
        ("Program:x", None),
        ("programx:y", None),
        ("group", None),
        ("rpcinterface", None),
        ("DEFAULT", None),
    ];
    for (name, kind) in table {
        assert_eq!(SectionKind::of(name), kind, "{name}");
    }
}

#[test]
fn suggestions_are_near() {
    let keys = || Program::OPTIONS.iter().map(|row| row.name);
    assert_eq!(nearest("autorestrat", keys()), ["autorestart", "autostart"]);
    assert_eq!(nearest("commond", keys()), ["command"]);
    assert!(nearest("depends_on", keys()).is_empty());
}
