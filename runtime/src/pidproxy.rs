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
use nix::unistd::Pid;
use tokio::signal::unix::{self, SignalKind};

/// The signals that are passed on.
struct Signals {
    terminate: unix::Signal,
    hangup: unix::Signal,
    interrupt: unix::Signal,
    quit: unix::Signal,
    user1: unix::Signal,
    user2: unix::Signal,
    child: unix::Signal,
}

/// Runs `pidproxy` with the arguments of this process.
#[expect(clippy::print_stderr, reason = "a command line program")]
pub fn main_pidproxy() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    let [_, pidfile, command @ ..] = words.as_slice() else { return usage(&words) };
    if command.is_empty() {
        return usage(&words);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    match runtime.and_then(|runtime| runtime.block_on(run(Path::new(pidfile), command))) {
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
async fn run(pidfile: &Path, command: &[OsString]) -> io::Result<ExitCode> {
    let mut signals = Signals::install()?;
    let mut child = spawn(command)?;
    loop {
        let signal = signals.next().await;
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

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
            quit: unix::signal(SignalKind::quit())?,
            user1: unix::signal(SignalKind::user_defined1())?,
            user2: unix::signal(SignalKind::user_defined2())?,
            child: unix::signal(SignalKind::child())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::SIGTERM,
            _ = self.hangup.recv() => Signal::SIGHUP,
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.quit.recv() => Signal::SIGQUIT,
            _ = self.user1.recv() => Signal::SIGUSR1,
            _ = self.user2.recv() => Signal::SIGUSR2,
            _ = self.child.recv() => Signal::SIGCHLD,
        }
    }
}
