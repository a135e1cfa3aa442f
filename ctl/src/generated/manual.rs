//! The manual page of supervisorctl: its options, the actions as `help` tells them, the exit
//! statuses.

use compiler::manual::Page;

use crate::actions::ACTIONS;
use crate::options::{ABOUT, Row, TABLE};

/// What scripts may rely on (CTL-045).
const STATUSES: [(&str, &str); 7] = [
    ("0", "success; for start and stop also when there was nothing to do"),
    ("1", "an error of any other kind"),
    ("2", "a usage error; start: no such group"),
    ("3", "status: something does not run; else: the daemon lacks the interface"),
    ("4", "status: something is not known, or the daemon is not reached; else: connection refused"),
    ("5", "the daemon speaks another version of the interface"),
    ("7", "the process could not be started or does not run; the socket file does not exist"),
];

/// The manual page of supervisorctl, section 1.
#[must_use]
pub fn manual_page() -> String {
    let mut page = Page::new("supervisorctl", ABOUT, "[options] [action [arguments]]");
    page.section("DESCRIPTION");
    page.paragraph(
        "Without an action a shell is opened. The configuration file is searched for in the usual \
         places unless it is named. Names are those of processes, group:process where the two \
         differ, group:* for a whole group.",
    );
    page.section("OPTIONS");
    for row in TABLE {
        page.item(&term(row), row.doc);
    }
    page.section("ACTIONS");
    for action in ACTIONS {
        let mut is_first = true;
        for line in action.help.lines() {
            help_line(&mut page, line, std::mem::take(&mut is_first));
        }
    }
    page.section("EXIT STATUS");
    for (status, meaning) in STATUSES {
        page.item(status, meaning);
    }
    page.finish(&["supervisord", "supervisorc"])
}

/// The names of an option and what it takes.
fn term(row: &Row) -> String {
    let names: Vec<_> = row.spellings().collect();
    format!("{} {}", names.join(", "), row.argument).trim_end().to_owned()
}

/// A line of syntax, tabs and description; or either alone.
fn help_line(page: &mut Page, line: &str, is_first: bool) {
    let (syntax, about) = line.split_once('\t').unwrap_or((line, ""));
    let (syntax, about) = (syntax.trim_end(), about.trim_start());
    match syntax.is_empty() {
        true => page.paragraph(about),
        false if about.is_empty() && !is_first => page.paragraph(syntax),
        false => page.item(syntax, about),
    }
}
