//! `[program:x]`, and what `[eventlistener:x]` and `[fcgi-program:x]` share with it.

use crate::schema::section;
use crate::schema::value::{
    AutoRestart, Bytes, Environment, ExitCodes, Integer, LogTarget, Name, Octal, Optional, Seconds,
    ServerUrl, Signal, Text, UserRef,
};

section! {
    /// One command to run and keep running.
    pub struct Program {
        /// Order among the processes of a group: smaller starts earlier and stops later.
        priority: Integer = "999", E2, restart, info "process_prio";
        /// Start with the daemon.
        autostart: bool = "true", E2, restart, info "autostart";
        /// When to start again after an exit: `true`, `false` or `unexpected`.
        autorestart: AutoRestart = "unexpected", E2, restart;
        /// Seconds the process must stay up to be considered started.
        startsecs: Seconds = "1", E2, restart, info "startsecs";
        /// Failed starts in a row before giving up.
        startretries: Integer = "3", E2, restart, info "startretries";
        /// The signal that asks it to stop.
        stopsignal: Signal = "TERM", E2, restart, info "stopsignal";
        /// Seconds to wait for that before SIGKILL.
        stopwaitsecs: Seconds = "10", E2, restart, info "stopwaitsecs";
        /// Send the stop signal to the whole process group.
        stopasgroup: bool = "false", E2, restart;
        /// Send SIGKILL to the whole process group.
        killasgroup: bool = same_as(stopasgroup), E2, restart, info "killasgroup";
        /// Exit codes that are expected.
        exitcodes: ExitCodes = "0", E2, restart, info "exitcodes";
        /// Send stderr where stdout goes.
        redirect_stderr: bool = "false", E2, restart, info "redirect_stderr";
        /// How many processes the section makes.
        numprocs: Integer = "1", E2, restart;
        /// Number of the first of them.
        numprocs_start: Integer = "0", E2, restart;
        /// Size of the capture buffer of stdout; 0 for none.
        stdout_capture_maxbytes: Bytes = "0", E2, restart, info "stdout_capture_maxbytes";
        /// Emit an event for each chunk of stdout.
        stdout_events_enabled: bool = "false", E2, restart, info "stdout_events_enabled";
        /// Size of the capture buffer of stderr; 0 for none.
        stderr_capture_maxbytes: Bytes = "0", E2, restart, info "stderr_capture_maxbytes";
        /// Emit an event for each chunk of stderr.
        stderr_events_enabled: bool = "false", E2, restart, info "stderr_events_enabled";
        /// The daemon's URL for the process; `AUTO` for the one of its first server, empty for
        /// none.
        serverurl: ServerUrl = "AUTO", E2, restart, info "serverurl";
        /// User to run as.
        user: Optional<UserRef> = unset, E2, restart, info "uid";
        /// File mode creation mask; the daemon's if not set.
        umask: Optional<Octal> = unset, E2, restart;
        /// What the names of the processes are made of.
        process_name: Name = "%(program_name)s", E3, restart;
        /// Variables for the process, added to the daemon's own.
        environment: Environment = "", E3, restart;
        /// Directory to change to before the command is run.
        directory: Optional<Text> = unset, E3, restart, info "directory";
        /// Where stdout goes: a path, `AUTO` or `NONE`.
        stdout_logfile: LogTarget = "AUTO", E3, restart, info "stdout_logfile";
        /// Rotated stdout logs to keep.
        stdout_logfile_backups: Integer = "10", E3, restart, info "stdout_logfile_backups";
        /// Size at which the stdout log is rotated; 0 for never.
        stdout_logfile_maxbytes: Bytes = "50MB", E3, restart, info "stdout_logfile_maxbytes";
        /// Send stdout to syslog too.
        stdout_syslog: bool = "false", E3, restart, info "stdout_syslog";
        /// Where stderr goes: a path, `AUTO` or `NONE`.
        stderr_logfile: LogTarget = "AUTO", E3, restart, info "stderr_logfile";
        /// Rotated stderr logs to keep.
        stderr_logfile_backups: Integer = "10", E3, restart, info "stderr_logfile_backups";
        /// Size at which the stderr log is rotated; 0 for never.
        stderr_logfile_maxbytes: Bytes = "50MB", E3, restart, info "stderr_logfile_maxbytes";
        /// Send stderr to syslog too.
        stderr_syslog: bool = "false", E3, restart, info "stderr_syslog";
        /// The command line. No shell reads it.
        command: Text = required, E3, restart, info "command";
    }
}
