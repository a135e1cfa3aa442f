//! `[program:x]`, and what `[eventlistener:x]` and `[fcgi-program:x]` share with it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::schema::value::{AutoRestart, Environment, ExitCodes, LogTarget, Signal, UserRef};

/// One command to run and keep running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Order among the processes of a group.
    pub priority: i64,
    /// Start with the daemon.
    pub autostart: bool,
    /// When to start again after an exit.
    pub autorestart: AutoRestart,
    /// Seconds the process must stay up to be considered started.
    pub startsecs: i64,
    /// Failed starts in a row before giving up.
    pub startretries: i64,
    /// The signal that asks it to stop.
    pub stopsignal: Signal,
    /// Seconds to wait for that before SIGKILL.
    pub stopwaitsecs: i64,
    /// Send the stop signal to the process group.
    pub stopasgroup: bool,
    /// Send SIGKILL to the process group.
    pub killasgroup: bool,
    /// Exit codes that are expected.
    pub exitcodes: ExitCodes,
    /// Send stderr where stdout goes.
    pub redirect_stderr: bool,
    /// How many processes the section makes (CFG-204).
    pub numprocs: i64,
    /// Number of the first of them (CFG-206).
    pub numprocs_start: i64,
    /// Size of the capture buffer of stdout; 0 for none.
    pub stdout_capture_maxbytes: i64,
    /// Emit an event for each chunk of stdout.
    pub stdout_events_enabled: bool,
    /// Size of the capture buffer of stderr; 0 for none.
    pub stderr_capture_maxbytes: i64,
    /// Emit an event for each chunk of stderr.
    pub stderr_events_enabled: bool,
    /// The daemon's URL for the process; `None` for AUTO, empty for not set.
    pub serverurl: Option<String>,
    /// User to run as.
    pub user: Option<UserRef>,
    /// File mode creation mask; `None` to inherit.
    pub umask: Option<i64>,
    /// What the names of the processes are made of, not expanded.
    pub process_name: Arc<str>,
    /// Variables, the daemon's included.
    pub environment: Environment,
    /// Directory to change to, as written.
    pub directory: Option<String>,
    /// Where stdout goes.
    pub stdout_logfile: LogTarget,
    /// Rotated stdout logs kept.
    pub stdout_logfile_backups: i64,
    /// Size at which the stdout log is rotated; 0 for never.
    pub stdout_logfile_maxbytes: i64,
    /// Send stdout to syslog too.
    pub stdout_syslog: bool,
    /// Where stderr goes.
    pub stderr_logfile: LogTarget,
    /// Rotated stderr logs kept.
    pub stderr_logfile_backups: i64,
    /// Size at which the stderr log is rotated; 0 for never.
    pub stderr_logfile_maxbytes: i64,
    /// Send stderr to syslog too.
    pub stderr_syslog: bool,
    /// The command line, not yet split into words (CFG-231).
    pub command: String,
}
