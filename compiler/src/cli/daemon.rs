//! The compiler's options of `supervisord`: `--check`, `--print-plan` and `--explain`, read together
//! with the daemon's own options, which hold for a check as they would for a start.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use super::check::{Check, Mend};
use super::{Failure, Verdict, finish, output};
use crate::Depth;
use crate::diagnostic::Severity;
use crate::getopt::{Known, Occurrence, UsageError, parse};
use crate::host::Host;
use crate::host::system::SystemHost;
use crate::lint;
use crate::report::Format;

/// What the command line asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Command {
    #[default]
    Check,
    PrintPlan {
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Check,
    PrintPlan,
    Explain,
    Configuration,
    Named,
    Fragment,
    Format,
    FailOn,
    ExitZero,
    Strict,
    StopTimeout,
    EnvFile,
    AssumeEnv,
    Fix,
    UnsafeFixes,
    Diff,
    ShowSecrets,
    /// An option of the daemon that sets one of the file; by the name of that.
    Override(&'static str),
    /// An option of the daemon that says nothing of the file.
    Irrelevant(&'static str),
}

const fn flag(key: Key, short: &'static str, long: &'static str) -> Known<Key> {
    Known { key, short, long, takes_argument: false }
}

const fn with(key: Key, short: &'static str, long: &'static str) -> Known<Key> {
    Known { key, short, long, takes_argument: true }
}

const fn daemon(short: &'static str, long: &'static str) -> Known<Key> {
    with(Key::Override(long), short, long)
}

const fn daemon_flag(short: &'static str, long: &'static str) -> Known<Key> {
    flag(Key::Override(long), short, long)
}

const KNOWN: &[Known<Key>] = &[
    with(Key::Check, "", "check"),
    with(Key::PrintPlan, "", "print-plan"),
    with(Key::Explain, "", "explain"),
    with(Key::Named, "", "as"),
    flag(Key::Fragment, "", "fragment"),
    with(Key::Format, "", "format"),
    with(Key::FailOn, "", "fail-on"),
    flag(Key::ExitZero, "", "exit-zero"),
    flag(Key::Strict, "", "strict"),
    with(Key::StopTimeout, "", "stop-timeout"),
    with(Key::EnvFile, "", "env-file"),
    with(Key::AssumeEnv, "", "assume-env"),
    flag(Key::Fix, "", "fix"),
    flag(Key::UnsafeFixes, "", "unsafe-fixes"),
    flag(Key::Diff, "", "diff"),
    flag(Key::ShowSecrets, "", "show-secrets"),
    with(Key::Configuration, "c", "configuration"),
    daemon_flag("n", "nodaemon"),
    daemon_flag("s", "silent"),
    daemon("u", "user"),
    daemon("m", "umask"),
    daemon("d", "directory"),
    daemon("l", "logfile"),
    daemon("y", "logfile_maxbytes"),
    daemon("z", "logfile_backups"),
    daemon("e", "loglevel"),
    daemon("j", "pidfile"),
    daemon("i", "identifier"),
    daemon("q", "childlogdir"),
    daemon_flag("k", "nocleanup"),
    daemon("a", "minfds"),
    daemon("", "minprocs"),
    daemon_flag("t", "strip_ansi"),
    with(Key::Irrelevant("profile_options"), "", "profile_options"),
];

/// See [`super::intercept`].
pub(super) fn intercept(arguments: &[OsString]) -> Option<ExitCode> {
    let (program, rest) = arguments.split_first()?;
    let program = program.to_string_lossy();
    let rest: Vec<String> = rest.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let asked = rest.iter().take_while(|word| *word != "--").any(|word| {
        let name = word.split('=').next().unwrap_or(word);
        matches!(name, "--check" | "--print-plan" | "--explain")
    });
    asked.then(|| finish(&program, command(&program, rest)))
}

fn command(program: &str, mut words: Vec<String>) -> Result<Verdict, Failure> {
    // Their arguments may be left out, which getopt does not know.
    for word in &mut words {
        match word.as_str() {
            "--check" => word.push_str("=plan"),
            "--print-plan" => word.push_str("=full"),
            _ => {}
        }
    }
    let line = parse(KNOWN, &words).map_err(Failure::Usage)?;
    if let Some(stray) = line.words.first() {
        let message = format!("positional arguments are not supported: ['{stray}']");
        return Err(Failure::Usage(UsageError(message)));
    }
    let mut check = Check::default();
    let (mut wanted, mut show_secrets) = (Command::Check, false);
    for option in &line.options {
        if option.key == Key::Explain {
            return explain(option.value.as_deref().unwrap_or_default());
        }
        if option.key == Key::PrintPlan {
            wanted = Command::PrintPlan { json: json(option)? };
        }
        show_secrets |= option.key == Key::ShowSecrets;
        set(&mut check, option)?;
    }
    if check.input.file.as_os_str().is_empty() {
        check.input.file = search(program)?;
    }
    match wanted {
        Command::Check => check.run(),
        Command::PrintPlan { json } => super::plan::print(&check.input, json, show_secrets),
    }
}

fn set(check: &mut Check, option: &Occurrence<Key>) -> Result<(), Failure> {
    let value = option.value.as_deref().unwrap_or_default();
    let invalid = || {
        let message = format!("invalid value for {} '{value}'", option.spelling);
        Failure::Usage(UsageError(message))
    };
    match option.key {
        Key::Check => check.policy.depth = depth(value).ok_or_else(invalid)?,
        Key::Configuration => check.input.file = PathBuf::from(value),
        Key::Named => check.input.named = Some(PathBuf::from(value)),
        Key::Fragment => {
            check.input.fragment = true;
            check.policy.fragment = true;
        }
        Key::Format => check.format = Format::find(value).ok_or_else(invalid)?,
        Key::FailOn => check.fail_on = severity(value).ok_or_else(invalid)?,
        Key::ExitZero => check.exit_zero = true,
        Key::Strict => check.policy.strict = true,
        Key::StopTimeout => {
            check.policy.stop_timeout = Some(value.parse().map_err(|_| invalid())?);
        }
        Key::EnvFile => check.input.env_files.push(PathBuf::from(value)),
        Key::AssumeEnv => {
            let (name, value) = assumed(value);
            check.input.assume_env.insert(name, value);
        }
        Key::Fix => check.mend = Mend::Safe.max(check.mend),
        Key::UnsafeFixes => check.mend = Mend::Everything,
        Key::Diff => {
            check.diff = true;
            check.mend = Mend::Safe.max(check.mend);
        }
        Key::Override(name) => {
            check.policy.user_given |= name == "user";
            let value = option.value.clone().unwrap_or_else(|| "true".to_owned());
            check.input.overrides.insert(name.to_owned(), value);
        }
        Key::PrintPlan | Key::Explain | Key::ShowSecrets | Key::Irrelevant(_) => {}
    }
    Ok(())
}

fn json(option: &Occurrence<Key>) -> Result<bool, Failure> {
    match option.value.as_deref() {
        Some("json") => Ok(true),
        Some("full") | None => Ok(false),
        Some(other) => {
            let message = format!("invalid value for {} '{other}'", option.spelling);
            Err(Failure::Usage(UsageError(message)))
        }
    }
}

/// Prints what is known about a code.
pub(super) fn explain(code: &str) -> Result<Verdict, Failure> {
    let text = lint::explain(code).ok_or_else(|| {
        Failure::Other(format!("there is no code `{code}`; `supervisorc rules` lists them"))
    })?;
    output::to_stdout(&text);
    Ok(Verdict::Accepted)
}

/// The depth called `name`.
pub(super) fn depth(name: &str) -> Option<Depth> {
    match name {
        "syntax" => Some(Depth::Syntax),
        "plan" => Some(Depth::Plan),
        "host" => Some(Depth::Host),
        _ => None,
    }
}

/// The severity called `name`.
pub(super) fn severity(name: &str) -> Option<Severity> {
    [Severity::Info, Severity::Warning, Severity::Error]
        .into_iter()
        .find(|known| known.word() == name)
}

/// `NAME` or `NAME=VALUE`.
pub(super) fn assumed(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    }
}

/// The file the daemon would start from (CFG-060, CFG-061, CFG-063).
pub(super) fn search(program: &str) -> Result<PathBuf, Failure> {
    let prefix = PathBuf::from(program);
    let prefix = prefix.parent().and_then(|parent| parent.parent()).unwrap_or(&prefix);
    let prefix = if program.contains('/') { prefix.to_owned() } else { PathBuf::new() };
    let places = [
        prefix.join("etc/supervisord.conf"),
        prefix.join("supervisord.conf"),
        PathBuf::from("supervisord.conf"),
        PathBuf::from("etc/supervisord.conf"),
        PathBuf::from("/etc/supervisord.conf"),
        PathBuf::from("/etc/supervisor/supervisord.conf"),
    ];
    if let Some(found) = places.iter().find(|place| SystemHost.kind(place).is_some()) {
        return Ok(found.clone());
    }
    let list: Vec<_> = places.iter().map(|place| place.to_string_lossy()).collect();
    let message = format!(
        "No config file found at default paths ({}); use the -c option to specify a config file \
         at a different path",
        list.join(", ")
    );
    Err(Failure::Usage(UsageError(message)))
}
