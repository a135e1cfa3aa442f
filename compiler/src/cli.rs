//! The commands of the compiler, as `supervisorc` and as long options of `supervisord`. Both end in
//! the same functions; only how they are asked differs.

use std::ffi::OsString;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::Compiled;
use crate::diagnostic::Severity;
use crate::getopt::UsageError;
use crate::report::{Format, Report};

mod check;
mod commands;
mod daemon;
mod diff;
mod input;
mod manual;
mod output;
mod plan;
mod schema;

use input::Input;

/// What a command of the compiler came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Nothing at or above the severity that fails.
    Accepted,
    /// Findings that fail.
    Refused,
    /// The command line is wrong, or the file to judge cannot be read.
    Unusable,
}

/// Why a command of the compiler could not be carried out.
#[derive(Debug)]
enum Failure {
    /// The command line is wrong.
    Usage(UsageError),
    /// A file cannot be read or written.
    File(PathBuf, std::io::Error),
    /// Anything else, as a sentence.
    Other(String),
}

/// Carries out what a command line of `supervisord` asks of the compiler: `--check`, `--print-plan`
/// or `--explain`. `arguments` begin with the program's name. `None` when it asks for none of them
/// and the daemon is to start.
pub fn intercept(arguments: &[OsString]) -> Option<ExitCode> {
    daemon::intercept(arguments)
}

/// Runs `supervisorc`; `arguments` begin with the program's name.
pub fn supervisorc(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    commands::run(arguments)
}

/// The manual page of `supervisorc`, section 1.
#[must_use]
pub fn manual_page() -> String {
    manual::page()
}

/// The JSON schema called `name`: of a configuration (`config`), of a report in JSON (`report`) or
/// of a plan in JSON (`plan`).
pub fn schema(name: &str) -> Option<serde_json::Value> {
    schema::SCHEMAS.iter().find(|(known, _)| *known == name).map(|(_, render)| render())
}

/// What `supervisord`, called by the name `program`, says of a configuration it does not start
/// with: first the two lines of the original (CFG-001), then everything that is wrong. Empty when
/// there is no error.
pub fn render_error(compiled: &Compiled, program: &str, colour: bool) -> String {
    let Some(refusal) = compiled.original_error() else { return String::new() };
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let errors = errors.cloned().collect();
    let report = Report::new(&errors, &compiled.sources, PathBuf::new());
    let lines = UsageError(refusal.to_owned()).report(program);
    format!("{lines}\n{}", report.render(Format::Full, colour))
}

/// Whether stderr takes colours: it is a terminal and `NO_COLOR` is not set.
pub fn stderr_colour() -> bool {
    output::stderr_colour()
}

impl Verdict {
    fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Verdict::Accepted => 0,
            Verdict::Refused => 1,
            Verdict::Unusable => 2,
        })
    }
}

impl Failure {
    fn report(&self, program: &str) -> String {
        match self {
            Failure::Usage(error) => error.report(program),
            Failure::File(path, error) => format!("Error: {}: {error}\n", path.display()),
            Failure::Other(sentence) => format!("Error: {sentence}\n"),
        }
    }
}

/// Prints the failure of a command, or gives its verdict.
fn finish(program: &str, result: Result<Verdict, Failure>) -> ExitCode {
    result
        .unwrap_or_else(|failure| {
            output::to_stderr(&failure.report(program));
            Verdict::Unusable
        })
        .exit_code()
}
