//! The command line of supervisorctl: its options, its help, its usage errors. What the words
//! after the options mean is `actions`'.

use std::io::Write as _;
use std::process::ExitCode;

use compiler::getopt::{self, Known, Occurrence, UsageError};

use crate::settings::Refused;
use crate::target;

/// What the command line said.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// The configuration file asked for.
    pub(crate) configuration: Option<String>,
    /// Whether to ask back as in the shell (CTL-005).
    pub(crate) interactive: bool,
    /// The URL, instead of the configured one.
    pub(crate) serverurl: Option<String>,
    /// The user name, instead of the configured one.
    pub(crate) username: Option<String>,
    /// The password, instead of the configured one.
    pub(crate) password: Option<String>,
    /// The action and its arguments; empty for the shell.
    pub(crate) words: Vec<String>,
}

/// Why the program ends before it did anything.
#[derive(Debug)]
pub(crate) enum Early {
    /// The help was asked for; this is it.
    Help(String),
    /// The line is wrong; this is the report.
    Usage(String),
}

impl Early {
    /// Prints what there is to say and gives the exit status.
    pub(crate) fn exit(self) -> ExitCode {
        // Where this cannot be written, no complaint can be either.
        match self {
            Early::Help(text) => {
                let _ = std::io::stdout().write_all(text.as_bytes());
                ExitCode::SUCCESS
            }
            Early::Usage(text) => {
                let _ = std::io::stderr().write_all(text.as_bytes());
                ExitCode::from(2)
            }
        }
    }
}

/// Reports a configuration file that is refused.
pub(crate) fn refuse(program: &str, refused: &Refused) -> ExitCode {
    Early::Usage(refused.error.report(program) + &refused.places).exit()
}

/// The options by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Configuration,
    Help,
    History,
    Interactive,
    Password,
    ServerUrl,
    Username,
}

/// One row of the table of options.
pub(crate) struct Row {
    /// Its names.
    pub(crate) known: Known<Key>,
    /// What the argument is, for the help.
    pub(crate) argument: &'static str,
    /// What it does.
    pub(crate) doc: &'static str,
}

impl Row {
    /// Its names with their dashes, short ones first.
    pub(crate) fn spellings(&self) -> impl Iterator<Item = String> {
        let short = self.known.short.chars().map(|letter| format!("-{letter}"));
        short.chain([format!("--{}", self.known.long)])
    }

    /// Whether its argument is the path of a file.
    pub(crate) fn takes_file(&self) -> bool {
        self.argument == FILENAME
    }
}

/// The argument of an option that takes the path of a file.
const FILENAME: &str = "FILENAME";

const fn row(
    key: Key,
    short: &'static str,
    long: &'static str,
    argument: &'static str,
    doc: &'static str,
) -> Row {
    let takes_argument = !argument.is_empty();
    Row { known: Known { key, short, long, takes_argument }, argument, doc }
}

/// What the program is for.
pub(crate) const ABOUT: &str = "control the programs a supervisord runs";

/// Every option (CTL-001 to CTL-006, CFG-413 to CFG-419).
pub(crate) const TABLE: &[Row] = &[
    row(Key::Configuration, "c", "configuration", FILENAME, "read this configuration file"),
    row(Key::Help, "h?", "help", "", "show this help and exit"),
    row(Key::Interactive, "i", "interactive", "", "let the action ask back, as in the shell"),
    row(Key::ServerUrl, "s", "serverurl", "URL", "talk to the daemon at this URL"),
    row(Key::Username, "u", "username", "USERNAME", "log in as this user"),
    row(Key::Password, "p", "password", "PASSWORD", "log in with this password"),
    row(Key::History, "r", "history_file", FILENAME, "accepted for compatibility; ignored"),
];

/// Reads the command line; `program` is the name the program was called by.
pub(crate) fn parse(program: &str, arguments: &[String]) -> Result<Options, Early> {
    let known: Vec<_> = TABLE.iter().map(|row| row.known).collect();
    let usage = |error: UsageError| Early::Usage(error.report(program));
    let line = getopt::parse(&known, arguments).map_err(usage)?;
    let mut options = Options { words: line.words, ..Options::default() };
    for option in line.options {
        if option.key == Key::Help {
            return Err(Early::Help(help(program)));
        }
        set(&mut options, option).map_err(usage)?;
    }
    Ok(options)
}

/// Takes one option over. Its value is checked before its repetition (CFG-385, CFG-386).
fn set(options: &mut Options, option: Occurrence<Key>) -> Result<(), UsageError> {
    if let (Key::ServerUrl, Some(url)) = (option.key, &option.value) {
        check_url(&option.spelling, url)?;
    }
    if option.repeated {
        return Err(option.conflict());
    }
    match option.key {
        Key::Configuration => options.configuration = option.value,
        Key::Interactive => options.interactive = true,
        Key::ServerUrl => options.serverurl = option.value,
        Key::Username => options.username = option.value,
        Key::Password => options.password = option.value,
        Key::Help | Key::History => {}
    }
    Ok(())
}

/// A URL has a scheme and something after it (CTL-011).
fn check_url(spelling: &str, url: &str) -> Result<(), UsageError> {
    let rest = url.split_once(':').map_or("", |(_, rest)| rest);
    let (rest, has_host) = match rest.strip_prefix("//") {
        Some(rest) => (rest, !rest.starts_with(['/', '?', '#'])),
        None => (rest, false),
    };
    let has_path = !rest.is_empty() && !rest.starts_with(['?', '#']);
    if target::scheme(url).is_some() && !rest.is_empty() && (has_host || has_path) {
        return Ok(());
    }
    let shown = rpc::value::Quoted(url);
    Err(UsageError(format!("invalid value for {spelling} {shown}: value {shown} is not a URL")))
}

fn help(program: &str) -> String {
    let mut text = format!(
        "supervisorctl -- {ABOUT}.\n\n\
         Usage: {program} [options] [action [arguments]]\n\nOptions:\n"
    );
    for row in TABLE {
        let short = row.known.short.chars().next().unwrap_or_default();
        let argument = if row.argument.is_empty() { "" } else { " " };
        text +=
            &format!("-{short}/--{}{argument}{} -- {}\n", row.known.long, row.argument, row.doc);
    }
    text + "\nThe configuration file is searched for in the usual places unless it is named. Without\n\
            an action a shell is opened; its action \"help\" lists the actions there are.\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_usage(line: &[&str], expected: &str) {
        let arguments: Vec<_> = line.iter().map(|word| (*word).to_owned()).collect();
        let expected = format!("Error: {expected}\nFor help, use ctl -h\n");
        match parse("ctl", &arguments) {
            Err(Early::Usage(text)) => assert_eq!(text, expected),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_end_where_the_action_starts() {
        // CTL-007, CTL-008, CTL-012
        let line = ["-ic", "x", "--server=unix:///s", "status", "-c", "y"].map(str::to_owned);
        let options = parse("ctl", &line).unwrap_or_else(|early| panic!("{early:?}"));
        assert!(options.interactive);
        assert_eq!(options.configuration.as_deref(), Some("x"));
        assert_eq!(options.serverurl.as_deref(), Some("unix:///s"));
        assert_eq!(options.words, ["status", "-c", "y"]);
    }

    #[test]
    fn wrong_lines_are_reported() {
        // CTL-009, CTL-010, CTL-011, CTL-015, CFG-419, CFG-420
        check_usage(&["--bogus"], "option --bogus not recognized");
        check_usage(&["-c"], "option -c requires argument");
        check_usage(&["--history-file=x"], "option --history-file not recognized");
        check_usage(&["-v"], "option -v not recognized");
        check_usage(&["-s", "http://a", "-shttp://b"], "conflicting command line option '-s'");
        check_usage(&["-r", "a", "-r", "b"], "conflicting command line option '-r'");
        for url in ["localhost", "http://", "unix:", "//a", ""] {
            let expected = format!("invalid value for -s '{url}': value '{url}' is not a URL");
            check_usage(&["-s", url], &expected);
        }
        check_usage(
            &["--serv", "it's"],
            "invalid value for --serverurl \"it's\": value \"it's\" is not a URL",
        );
    }

    #[test]
    fn what_looks_like_a_url_is_taken() {
        for url in ["localhost:9001", "unix:///x", "unix:x", "http://a", "http:///x"] {
            assert_eq!(check_url("-s", url), Ok(()), "{url}");
        }
    }

    #[test]
    fn help_wins_over_the_action() {
        // CTL-006
        let line = ["-?", "status"].map(str::to_owned);
        match parse("bin/ctl", &line) {
            Err(Early::Help(text)) => assert!(text.contains("Usage: bin/ctl [options]"), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}
