//! The table of actions: one row each. `help`, completion, the checks before an action and the
//! generated completions read it.

mod config;
mod daemon;
mod foreground;
mod help;
mod logs;
mod process;
mod status;

use crate::client::CallError;
use crate::session::Session;

/// What to do after an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Wait for the next line.
    Stay,
    /// End the shell.
    Leave,
    /// End the shell because of Ctrl-C.
    Interrupted,
}

/// What the words after an action's name are completed to (CTL-139).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    /// Nothing.
    Free,
    /// Names of actions.
    Actions,
    /// Names of groups.
    Groups,
    /// Names of processes.
    Processes,
}

/// One action.
#[derive(Debug)]
pub(crate) struct Action {
    /// The word it is called by.
    pub(crate) name: &'static str,
    /// What `help` shows: lines of syntax, tabs and description (CTL-146).
    pub(crate) help: &'static str,
    /// What its words are completed to.
    pub(crate) words: Words,
    /// Whether the daemon is asked for its version before (CTL-031).
    pub(crate) is_checked: bool,
    /// Whether words after it are refused (CTL-121).
    pub(crate) is_without_arguments: bool,
    /// Does it; the words are given as typed.
    pub(crate) run: fn(&mut Session, &str) -> Result<Flow, CallError>,
}

impl Action {
    /// One line on what it does, for generated completions.
    pub(crate) fn about(&self) -> &'static str {
        let first = self.help.lines().find(|line| line.contains('\t')).unwrap_or(self.help);
        first.rsplit('\t').next().unwrap_or_default().trim_end_matches('.')
    }
}

/// Rows of the common kinds, to be completed with `..`.
const CHECKED: Action = Action { is_checked: true, ..PLAIN };
const WITHOUT_ARGUMENTS: Action = Action { is_without_arguments: true, ..PLAIN };
const PLAIN: Action = Action {
    name: "",
    help: "",
    words: Words::Free,
    is_checked: false,
    is_without_arguments: false,
    run: daemon::quit,
};

/// Every action `help` lists, by name (CTL-143).
pub(crate) static ACTIONS: &[Action] = &[
    Action {
        name: "add",
        help: "add <name> [...]\tActivate groups of the configuration as it was last read",
        words: Words::Groups,
        run: config::add,
        ..PLAIN
    },
    Action {
        name: "avail",
        help: "avail\t\t\tShow all configured processes",
        run: config::avail,
        ..WITHOUT_ARGUMENTS
    },
    Action {
        name: "clear",
        help: "clear <name>\t\tEmpty the log files of a process\n\
               clear <name> <name>\tEmpty the log files of several processes\n\
               clear all\t\tEmpty the log files of all processes",
        words: Words::Processes,
        run: process::clear,
        ..CHECKED
    },
    Action { name: "exit", help: "exit\tLeave the shell", run: daemon::quit, ..PLAIN },
    Action {
        name: "fg",
        help: "fg <process>\tTalk to a process as if it ran in this terminal\n\t\tCtrl-C leaves it",
        words: Words::Processes,
        run: foreground::fg,
        ..CHECKED
    },
    Action {
        name: "maintail",
        help: "maintail -f \tFollow the main log of supervisord (Ctrl-C ends it)\n\
               maintail -100\tShow the last 100 *bytes* of the main log\n\
               maintail\tShow the last 1600 *bytes* of the main log\n",
        run: logs::maintail,
        ..CHECKED
    },
    Action {
        name: "open",
        help: "open <url>\tTalk to the supervisord at another URL\n\
               \t\t(a socket file is written unix:///path/to/socket)",
        run: daemon::open,
        ..PLAIN
    },
    Action {
        name: "pid",
        help: "pid\t\t\tShow the PID of supervisord\n\
               pid <name>\t\tShow the PID of a process\n\
               pid all\t\t\tShow the PIDs of all processes, one a line",
        words: Words::Processes,
        run: status::pid,
        ..CHECKED
    },
    Action { name: "quit", help: "quit\tLeave the shell", run: daemon::quit, ..PLAIN },
    Action {
        name: "reload",
        help: "reload \t\tRestart supervisord",
        run: daemon::reload,
        ..WITHOUT_ARGUMENTS
    },
    Action {
        name: "remove",
        help: "remove <name> [...]\tTake stopped groups out of the active ones",
        words: Words::Groups,
        run: config::remove,
        ..PLAIN
    },
    Action {
        name: "reread",
        help: "reread \t\t\tRead the configuration again and show what differs; change nothing",
        run: config::reread,
        ..WITHOUT_ARGUMENTS
    },
    Action {
        name: "restart",
        help: "restart <name>\t\tStop and start a process\n\
               restart <gname>:*\tStop and start the processes of a group\n\
               restart <name> <name>\tStop and start several processes or groups\n\
               restart all\t\tStop and start all processes\n\
               Note: the configuration is not read again; see reread and update for that.",
        words: Words::Processes,
        run: process::restart,
        ..CHECKED
    },
    Action {
        name: "shutdown",
        help: "shutdown \tStop supervisord and all it runs",
        run: daemon::shutdown,
        ..WITHOUT_ARGUMENTS
    },
    Action {
        name: "signal",
        help: "signal <signal name> <name>\t\tSend a signal to a process\n\
               signal <signal name> <gname>:*\t\tSend a signal to the processes of a group\n\
               signal <signal name> <name> <name>\tSend a signal to several processes or groups\n\
               signal <signal name> all\t\tSend a signal to all processes",
        words: Words::Processes,
        run: process::signal,
        ..CHECKED
    },
    Action {
        name: "start",
        help: "start <name>\t\tStart a process\n\
               start <gname>:*\t\tStart the processes of a group\n\
               start <name> <name>\tStart several processes or groups\n\
               start all\t\tStart all processes",
        words: Words::Processes,
        run: process::start,
        ..CHECKED
    },
    Action {
        name: "status",
        help: "status <name>\t\tShow the state of a process\n\
               status <gname>:*\tShow the states of the processes of a group\n\
               status <name> <name>\tShow the states of several processes\n\
               status\t\t\tShow the states of all processes",
        words: Words::Processes,
        run: status::status,
        ..CHECKED
    },
    Action {
        name: "stop",
        help: "stop <name>\t\tStop a process\n\
               stop <gname>:*\t\tStop the processes of a group\n\
               stop <name> <name>\tStop several processes or groups\n\
               stop all\t\tStop all processes",
        words: Words::Processes,
        run: process::stop,
        ..CHECKED
    },
    Action {
        name: "tail",
        help: "tail [-f] <name> [stdout|stderr] (default stdout)\n\
               Ex:\n\
               tail -f <name>\t\tFollow the stdout of a process\n\
               \t\t\tCtrl-C ends it.\n\
               tail -100 <name>\tShow the last 100 *bytes* of its stdout\n\
               tail <name> stderr\tShow the last 1600 *bytes* of its stderr",
        words: Words::Processes,
        run: logs::tail,
        ..CHECKED
    },
    Action {
        name: "update",
        help: "update\t\t\tRead the configuration again and apply what differs, restarting what \
               changed\n\
               update all\t\tThe same\n\
               update <gname> [...]\tThe same for some groups",
        words: Words::Groups,
        run: config::update,
        ..PLAIN
    },
    Action {
        name: "version",
        help: "version\t\t\tShow the version of supervisord",
        is_without_arguments: true,
        run: daemon::version,
        ..CHECKED
    },
];

/// The actions `help` does not list.
static UNLISTED: &[Action] = &[
    Action { name: "EOF", run: daemon::quit, ..PLAIN },
    Action {
        name: "help",
        help: help::ABOUT_HELP,
        words: Words::Actions,
        run: help::help,
        ..PLAIN
    },
];

/// The action called by this word, exactly (CTL-043).
pub(crate) fn find(word: &str) -> Option<&'static Action> {
    ACTIONS.iter().chain(UNLISTED).find(|action| action.name == word)
}

#[cfg(test)]
pub(crate) mod tests;
