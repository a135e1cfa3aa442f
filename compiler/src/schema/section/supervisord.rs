//! `[supervisord]`: the daemon itself.

use crate::schema::section;
use crate::schema::value::{
    Bytes, DirPath, Directory, Environment, Integer, LogLevel, Octal, Optional, Text, UserRef,
};

section! {
    /// The daemon's own options.
    pub struct Supervisord {
        /// Lowest acceptable limit of open files.
        minfds: Integer = "1024", E0, daemon;
        /// Lowest acceptable limit of processes.
        minprocs: Integer = "200", E0, daemon;
        /// Directory to change to when daemonising.
        directory: Optional<Directory> = unset, E0, daemon;
        /// User to run as.
        user: Optional<UserRef> = unset, E0, daemon;
        /// File mode creation mask when daemonising.
        umask: Octal = "022", E0, daemon;
        /// Activity log; `syslog` sends it there.
        logfile: DirPath = "supervisord.log", E0, daemon;
        /// Size at which the activity log is rotated; 0 for never.
        logfile_maxbytes: Bytes = "50MB", E0, daemon;
        /// Rotated activity logs to keep.
        logfile_backups: Integer = "10", E0, daemon;
        /// Threshold of the activity log: `critical error warn info debug trace blather`.
        loglevel: LogLevel = "info", E0, daemon;
        /// Pid file.
        pidfile: DirPath = "supervisord.pid", E0, daemon;
        /// Name of this daemon, part of the names of AUTO logs.
        identifier: Text = "supervisor", E0, live;
        /// Stay in the foreground.
        nodaemon: bool = "false", E0, daemon;
        /// In the foreground, do not copy the log to stdout.
        silent: bool = "false", E0, daemon;
        /// Directory of AUTO logs.
        childlogdir: Directory = temp_dir, E0, live;
        /// Keep AUTO logs of earlier runs.
        nocleanup: bool = "false", E0, daemon;
        /// Remove ANSI sequences from logged output.
        strip_ansi: bool = "false", E0, live;
        /// Variables added to every process.
        environment: Environment = "", E6, restart;
    }
}
