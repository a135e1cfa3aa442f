//! The manual page of `supervisord`: its help, laid out as one, and what its help leaves out.

use compiler::manual::Page;
use compiler::program;

use crate::args;

/// Where the text of `-h` begins to say what an option does.
const EXPLAINED_AT: usize = 30;

const SIGNALS: [(&str, &str); 3] = [
    ("SIGTERM, SIGINT, SIGQUIT", "stop all programs, then exit"),
    ("SIGHUP", "stop all programs, read the configuration again and start over"),
    ("SIGUSR2", "close the log files and open them again by name"),
];

const STATUSES: [(&str, &str); 3] = [
    ("0", "shut down, or standing in the background"),
    ("1", "something the daemon needs cannot be had"),
    ("2", "the command line or the configuration is wrong, or another daemon has its sockets"),
];

/// The manual page of `supervisord`, section 1.
#[must_use]
pub fn page() -> String {
    let about = "run programs as a configuration says and keep them running";
    let mut page = Page::new("supervisord", about, "[options]");
    page.section("OPTIONS");
    for line in args::help("supervisord").lines() {
        match line.split_at_checked(EXPLAINED_AT) {
            Some((names, about)) if names.starts_with("  ") => page.item(names.trim(), about),
            _ if line.starts_with("Instead") => page.section("OPTIONS THAT DO NOT RUN ANYTHING"),
            _ => {}
        }
    }
    page.section("SIGNALS");
    for (signals, meaning) in SIGNALS {
        page.item(signals, meaning);
    }
    page.section("EXIT STATUS");
    for (status, meaning) in STATUSES {
        page.item(status, meaning);
    }
    page.section("FILES");
    page.paragraph("Without -c or --plan, the first of these that exists is read:");
    for place in program::search_path("/usr/bin/supervisord") {
        page.item(&place.to_string_lossy(), "");
    }
    page.finish(&["supervisorctl", "supervisorc"])
}
