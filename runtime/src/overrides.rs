//! The options of `[supervisord]` that the command line fixes; they win over every plan, at the
//! start, at a reread and at a restart (CFG-387, CFG-358).

use std::path::{Path, PathBuf};

use compiler::plan::Plan;
use compiler::schema::value::{LogLevel, UserRef, absolute};

/// What the command line fixes; `None` and `false` leave the plan's own value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    /// Stay in the foreground.
    pub(crate) nodaemon: bool,
    /// Do not copy the log to stdout.
    pub(crate) silent: bool,
    /// Keep AUTO logs of earlier runs.
    pub(crate) nocleanup: bool,
    /// Remove ANSI sequences.
    pub(crate) strip_ansi: bool,
    /// User, by name or number, not yet looked up.
    pub(crate) user: Option<String>,
    /// Name of the daemon.
    pub(crate) identifier: Option<String>,
    /// File mode creation mask.
    pub(crate) umask: Option<i64>,
    /// Directory to change to.
    pub(crate) directory: Option<PathBuf>,
    /// Activity log.
    pub(crate) logfile: Option<PathBuf>,
    /// Size of the activity log.
    pub(crate) logfile_maxbytes: Option<i64>,
    /// Rotated activity logs kept.
    pub(crate) logfile_backups: Option<i64>,
    /// Threshold of the activity log.
    pub(crate) loglevel: Option<LogLevel>,
    /// Pid file.
    pub(crate) pidfile: Option<PathBuf>,
    /// Directory of AUTO logs.
    pub(crate) childlogdir: Option<PathBuf>,
    /// Open files wanted.
    pub(crate) minfds: Option<i64>,
    /// Processes wanted.
    pub(crate) minprocs: Option<i64>,
}

impl Overrides {
    /// Makes the log and pid files absolute, once, from where the daemon was started (RUN-036).
    pub(crate) fn anchor(&mut self, base: &Path) {
        for path in [&mut self.logfile, &mut self.pidfile] {
            if let Some(relative) = path
                && relative != Path::new("syslog")
            {
                *path = Some(absolute(base, &relative.to_string_lossy()));
            }
        }
    }

    /// Puts them into `plan`.
    pub(crate) fn apply(&self, plan: &mut Plan) {
        let daemon = &mut plan.supervisord;
        daemon.nodaemon |= self.nodaemon;
        daemon.silent |= self.silent;
        daemon.nocleanup |= self.nocleanup;
        daemon.strip_ansi |= self.strip_ansi;
        replace(&mut daemon.identifier, &self.identifier);
        replace(&mut daemon.umask, &self.umask);
        replace(&mut daemon.logfile, &self.logfile);
        replace(&mut daemon.logfile_maxbytes, &self.logfile_maxbytes);
        replace(&mut daemon.logfile_backups, &self.logfile_backups);
        replace(&mut daemon.loglevel, &self.loglevel);
        replace(&mut daemon.pidfile, &self.pidfile);
        replace(&mut daemon.childlogdir, &self.childlogdir);
        replace(&mut daemon.minfds, &self.minfds);
        replace(&mut daemon.minprocs, &self.minprocs);
        if self.directory.is_some() {
            daemon.directory.clone_from(&self.directory);
        }
        if let Some(name) = &self.user
            && daemon.user.as_ref().is_none_or(|user| user.name != *name)
        {
            daemon.user = Some(UserRef { name: name.clone(), uid: None });
        }
    }
}

fn replace<T: Clone>(value: &mut T, with: &Option<T>) {
    if let Some(with) = with {
        value.clone_from(with);
    }
}
