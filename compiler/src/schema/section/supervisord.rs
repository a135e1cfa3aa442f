//! `[supervisord]`: the daemon itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::schema::value::{Environment, LogLevel, UserRef};

/// The daemon's own options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervisord {
    /// Lowest acceptable limit of open files.
    pub minfds: i64,
    /// Lowest acceptable limit of processes.
    pub minprocs: i64,
    /// Directory to change to when daemonising.
    pub directory: Option<PathBuf>,
    /// User to run as.
    pub user: Option<UserRef>,
    /// File mode creation mask when daemonising.
    pub umask: i64,
    /// Activity log; the exact word `syslog` sends it to syslog. Absolute unless `syslog`.
    pub logfile: PathBuf,
    /// Size at which the activity log is rotated; 0 for never.
    pub logfile_maxbytes: i64,
    /// Rotated activity logs kept.
    pub logfile_backups: i64,
    /// Threshold of the activity log.
    pub loglevel: LogLevel,
    /// Pid file; absolute.
    pub pidfile: PathBuf,
    /// Name of this daemon.
    pub identifier: String,
    /// Stay in the foreground.
    pub nodaemon: bool,
    /// In the foreground, do not copy the log to stdout.
    pub silent: bool,
    /// Directory of AUTO logs.
    pub childlogdir: PathBuf,
    /// Keep AUTO logs of earlier runs.
    pub nocleanup: bool,
    /// Remove ANSI sequences from logged output.
    pub strip_ansi: bool,
    /// Variables added to every process.
    pub environment: Environment,
}
