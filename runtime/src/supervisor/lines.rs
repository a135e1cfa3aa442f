//! The core's lines in the activity log, in the original's words.

use compiler::schema::value::{LogLevel, Signal};

use super::message::ExitStatus;
use super::state::Line;

/// The name of each signal on Linux that has one; the aliases the original prints.
const SIGNALS: [&str; 32] = [
    "",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGPOLL",
    "SIGPWR",
    "SIGSYS",
];

/// A signal as log lines name it: `SIGTERM`, or `signal 40`.
#[must_use]
pub fn signal_name(signal: Signal) -> String {
    let named = usize::try_from(signal.0).ok().and_then(|number| SIGNALS.get(number));
    match (named, signal.0) {
        (Some(name), 1..) => (*name).to_owned(),
        (_, 34) => "SIGRTMIN".to_owned(),
        (_, 64) => "SIGRTMAX".to_owned(),
        (_, number) => format!("signal {number}"),
    }
}

impl ExitStatus {
    /// The exit code, or -1 for any other end (RUN-116).
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            ExitStatus::Code(code) => code.into(),
            ExitStatus::Signal { .. } | ExitStatus::Other(_) => -1,
        }
    }
}

/// `exit status 0`, `terminated by SIGTERM (core dumped)` and so on.
#[must_use]
pub fn ending(status: ExitStatus) -> String {
    match status {
        ExitStatus::Code(code) => format!("exit status {code}"),
        ExitStatus::Signal { signal, core } => {
            let dumped = if core { " (core dumped)" } else { "" };
            format!("terminated by {}{dumped}", signal_name(signal))
        }
        ExitStatus::Other(raw) => format!("unknown termination cause 0x{raw:04x}"),
    }
}

impl Line {
    /// Its level (LOG-002).
    #[must_use]
    pub fn level(self) -> LogLevel {
        match self {
            Line::Spawned(_) | Line::Success | Line::GaveUp => LogLevel::Info,
            Line::Exited(true) | Line::Stopped(true) => LogLevel::Info,
            Line::Exited(false) | Line::Stopped(false) | Line::Escalating(_) => LogLevel::Warn,
            Line::Killing { .. } | Line::StopInBackoff => LogLevel::Debug,
        }
    }

    /// Its text for the process called `name`, which must be up for `startsecs` and ended with
    /// `status`.
    #[must_use]
    pub fn text(self, name: &str, startsecs: i64, status: &str) -> String {
        match self {
            Line::Spawned(pid) => format!("spawned: '{name}' with pid {}", pid.0),
            Line::Success => format!(
                "success: {name} entered RUNNING state, process has stayed up for > than \
                 {startsecs} seconds (startsecs)"
            ),
            Line::GaveUp => {
                format!("gave up: {name} entered FATAL state, too many start retries too quickly")
            }
            Line::Exited(true) => format!("exited: {name} ({status}; expected)"),
            Line::Exited(false) => format!("exited: {name} ({status}; not expected)"),
            Line::Stopped(_) => format!("stopped: {name} ({status})"),
            Line::Killing { pid, signal, to_group } => {
                let group = if to_group { "process group " } else { "" };
                let signal = signal_name(signal);
                format!("killing {name} (pid {}) {group}with signal {signal}", pid.0)
            }
            Line::Escalating(pid) => format!("killing '{name}' ({}) with SIGKILL", pid.0),
            Line::StopInBackoff => {
                format!("Attempted to kill {name}, which is in BACKOFF state.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervisor::message::Pid;

    fn check(status: ExitStatus, code: i32, expected: &str) {
        assert_eq!((status.code(), ending(status).as_str()), (code, expected));
    }

    #[test]
    fn endings_are_the_originals() {
        let by = |number, core| ExitStatus::Signal { signal: Signal(number), core };
        check(ExitStatus::Code(0), 0, "exit status 0");
        check(ExitStatus::Code(255), 255, "exit status 255");
        check(by(15, false), -1, "terminated by SIGTERM");
        check(by(6, true), -1, "terminated by SIGABRT (core dumped)");
        check(by(29, false), -1, "terminated by SIGPOLL");
        check(by(34, false), -1, "terminated by SIGRTMIN");
        check(by(64, false), -1, "terminated by SIGRTMAX");
        check(by(40, false), -1, "terminated by signal 40");
        check(ExitStatus::Other(0x7f), -1, "unknown termination cause 0x007f");
    }

    #[test]
    fn lines_are_the_originals() {
        let texts = [
            Line::Spawned(Pid(7)),
            Line::Success,
            Line::GaveUp,
            Line::Exited(true),
            Line::Exited(false),
            Line::Stopped(true),
            Line::Killing { pid: Pid(7), signal: Signal(15), to_group: false },
            Line::Killing { pid: Pid(7), signal: Signal(9), to_group: true },
            Line::Escalating(Pid(7)),
            Line::StopInBackoff,
        ]
        .map(|line| format!("{:?} {}", line.level(), line.text("web", 1, "exit status 0")));
        // RUN-125, RUN-128, RUN-131, RUN-132, RUN-134, RUN-136, RUN-137, RUN-138, RUN-139
        assert_eq!(
            texts.join("\n"),
            "Info spawned: 'web' with pid 7\n\
             Info success: web entered RUNNING state, process has stayed up for > than 1 seconds \
             (startsecs)\n\
             Info gave up: web entered FATAL state, too many start retries too quickly\n\
             Info exited: web (exit status 0; expected)\n\
             Warn exited: web (exit status 0; not expected)\n\
             Info stopped: web (exit status 0)\n\
             Debug killing web (pid 7) with signal SIGTERM\n\
             Debug killing web (pid 7) process group with signal SIGKILL\n\
             Warn killing 'web' (7) with SIGKILL\n\
             Debug Attempted to kill web, which is in BACKOFF state."
        );
    }
}
