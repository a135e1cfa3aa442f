//! `supervisord` as a command: its words, what it prints, its exit statuses (RUN-090 to RUN-092).

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use compiler::getopt::UsageError;
use compiler::host::Host;
use compiler::host::system::SystemHost;
use compiler::{Compiled, cli, program};

use crate::args::{self, Arguments, Invocation, Source};
use crate::origin::{self, Loaded, Refusal};
use crate::os::spawn;
use crate::start::{self, StartError};

/// The version of supervisor this one is compatible with (CFG-394).
const VERSION: &str = "4.3.0";

const SEARCHING_AS_ROOT: &str = "UserWarning: Supervisord is running as root and it is searching \
    for its configuration file in default locations (including its current working directory); you \
    probably want to specify a \"-c\" argument specifying an absolute path to a configuration file \
    for improved security.";

/// Runs `supervisord` with the arguments of this process.
#[expect(clippy::print_stdout, reason = "a command line program")]
pub fn main_supervisord() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    if let Some(code) = cli::intercept(&words) {
        return code;
    }
    let words: Vec<String> = words.iter().map(|w| w.to_string_lossy().into_owned()).collect();
    let (name, arguments) = match words.split_first() {
        Some((name, arguments)) => (name.as_str(), arguments),
        None => ("supervisord", &[][..]),
    };
    let program = program::called(&SystemHost, name);
    match args::read(&SystemHost, arguments) {
        Err(error) => refuse(&program, &error),
        Ok(Invocation::Help) => {
            print!("{}", args::help(&program));
            ExitCode::SUCCESS
        }
        Ok(Invocation::Version) => {
            println!("{VERSION}");
            ExitCode::SUCCESS
        }
        Ok(Invocation::Run(arguments)) => run(&program, *arguments),
    }
}

fn run(program: &str, arguments: Arguments) -> ExitCode {
    if let Err(errno) = spawn::expect_children() {
        return fail(&errno.to_string());
    }
    match load(program, arguments) {
        Ok(loaded) => match start::run(loaded) {
            Ok(code) => code,
            Err(StartError::Usage(text)) => refuse(program, &UsageError(text)),
            Err(StartError::Failed(text)) => fail(&text),
        },
        Err(Refusal::Text(text)) => refuse(program, &UsageError(text)),
        Err(Refusal::Told(code)) => code,
    }
}

/// Finds and reads what the daemon is to run.
fn load(program: &str, arguments: Arguments) -> Result<Loaded, Refusal> {
    let Arguments { source, overrides } = arguments;
    match source {
        Source::Plan(path) => origin::load(&path, overrides),
        Source::File(path) => origin::compile(&path, overrides, |c| refuse_config(program, c)),
        Source::Search => {
            origin::compile(&search(program)?, overrides, |c| refuse_config(program, c))
        }
    }
}

/// The first configuration file that exists (CFG-060, CFG-063, CFG-065).
fn search(program: &str) -> Result<PathBuf, Refusal> {
    if SystemHost.uid() == 0 {
        warn(SEARCHING_AS_ROOT);
    }
    let places = program::search_path(program);
    if let Some(found) = places.iter().find(|place| place.exists()) {
        return Ok(found.clone());
    }
    let listed: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    Err(Refusal::Text(format!(
        "No config file found at default paths ({}); use the -c option to specify a config file \
         at a different path",
        listed.join(", ")
    )))
}

/// The original's line first, then everything that is wrong, with its place.
#[expect(clippy::print_stderr, reason = "a command line program")]
fn refuse_config(program: &str, compiled: &Compiled) -> u8 {
    eprint!("{}", cli::render_error(compiled, program, cli::stderr_colour()));
    2
}

#[expect(clippy::print_stderr, reason = "a command line program")]
fn refuse(program: &str, error: &UsageError) -> ExitCode {
    eprint!("{}", error.report(program));
    ExitCode::from(2)
}

#[expect(clippy::print_stderr, reason = "a command line program")]
fn fail(text: &str) -> ExitCode {
    eprintln!("Error: {text}");
    ExitCode::FAILURE
}

#[expect(clippy::print_stderr, reason = "a command line program")]
fn warn(text: &str) {
    eprintln!("supervisord: {text}");
}
