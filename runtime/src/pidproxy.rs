//! `pidproxy`: runs a command that puts itself into the background, and passes signals on to the
//! pid in its pid file (CFG-432 to CFG-437).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, absolute};
use std::process::{Child, Command, ExitCode};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::signalfd::SfdFlags;
use nix::unistd::Pid;

use crate::os::signals::divert;
use crate::os::spawn::expect_children;

/// The signals that are passed on, and the one that says that the command has ended.
const SIGNALS: [Signal; 7] = [
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGCHLD,
];

/// Runs `pidproxy` with the arguments of this process.
#[expect(clippy::print_stderr, reason = "a command line program")]
pub fn main_pidproxy() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    let [_, pidfile, command @ ..] = words.as_slice() else { return usage(&words) };
    if command.is_empty() {
        return usage(&words);
    }
    match run(Path::new(pidfile), command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Can't run {}: {error}", command[0].display());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command line program")]
fn usage(words: &[OsString]) -> ExitCode {
    let program = words.first().map_or_else(|| "pidproxy".into(), |word| word.to_string_lossy());
    println!(
        "pidproxy: run a command and pass signals on to the pid in its pid file.\n\n\
         Usage: {program} <pidfile> <command> [<argument> ...]\n"
    );
    ExitCode::FAILURE
}

/// Ends with the command, or after passing on a signal that ends things.
fn run(pidfile: &Path, command: &[OsString]) -> io::Result<ExitCode> {
    expect_children()?;
    let signals = divert(SIGNALS, SfdFlags::empty())?;
    let mut child = spawn(command)?;
    loop {
        let signal = match signals.read_signal() {
            Ok(Some(info)) => Signal::try_from(info.ssi_signo.cast_signed())?,
            Ok(None) | Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        if signal == Signal::SIGCHLD {
            if child.try_wait()?.is_some() {
                return Ok(ExitCode::SUCCESS);
            }
        } else if let Some(code) = pass_on(pidfile, signal) {
            return Ok(code);
        }
    }
}

/// The command is a path, never looked up; its name is what was typed (CFG-433).
fn spawn(command: &[OsString]) -> io::Result<Child> {
    let path = absolute(Path::new(&command[0]))?;
    Command::new(path).arg0(&command[0]).args(&command[1..]).spawn()
}

/// Sends `signal` to the pid in the file. The status to exit with, if that is the end of it.
#[expect(clippy::print_stdout, reason = "where the original says it")]
fn pass_on(pidfile: &Path, signal: Signal) -> Option<ExitCode> {
    let pid = fs::read_to_string(pidfile).ok().and_then(|text| text.trim().parse().ok());
    let Some(pid) = pid else {
        println!("Can't read child pidfile {}!", pidfile.display());
        return None;
    };
    if let Err(errno) = kill(Pid::from_raw(pid), signal) {
        println!("Can't signal pid {pid}: {}", Errno::desc(errno));
        return Some(ExitCode::FAILURE);
    }
    let ends = matches!(signal, Signal::SIGTERM | Signal::SIGINT | Signal::SIGQUIT);
    ends.then_some(ExitCode::SUCCESS)
}
