//! The options of `[supervisord]` that the command line fixes; they win over every plan, at the
//! start, at a reread and at a restart (CFG-387, CFG-358).

use std::path::{Path, PathBuf};

use compiler::host::Host;
use compiler::plan::Plan;
use compiler::schema::value::{LogLevel, UserRef, absolute};

/// What the command line fixes; `None` and `false` leave the plan's own value.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// Stay in the foreground.
    pub nodaemon: bool,
    /// Do not copy the log to stdout.
    pub silent: bool,
    /// Keep AUTO logs of earlier runs.
    pub nocleanup: bool,
    /// Remove ANSI sequences.
    pub strip_ansi: bool,
    /// User, by name or number, not yet looked up.
    pub user: Option<String>,
    /// Name of the daemon.
    pub identifier: Option<String>,
    /// File mode creation mask.
    pub umask: Option<i64>,
    /// Directory to change to.
    pub directory: Option<PathBuf>,
    /// Activity log.
    pub logfile: Option<PathBuf>,
    /// Size of the activity log.
    pub logfile_maxbytes: Option<i64>,
    /// Rotated activity logs kept.
    pub logfile_backups: Option<i64>,
    /// Threshold of the activity log.
    pub loglevel: Option<LogLevel>,
    /// Pid file.
    pub pidfile: Option<PathBuf>,
    /// Directory of AUTO logs.
    pub childlogdir: Option<PathBuf>,
    /// Open files wanted.
    pub minfds: Option<i64>,
    /// Processes wanted.
    pub minprocs: Option<i64>,
}

impl Overrides {
    /// Makes the log and pid files absolute, once, from where the daemon was started (RUN-036).
    pub fn anchor(&mut self, base: &Path) {
        for path in [&mut self.logfile, &mut self.pidfile] {
            if let Some(relative) = path
                && relative != Path::new("syslog")
            {
                *path = Some(absolute(base, &relative.to_string_lossy()));
            }
        }
    }

    /// Puts them into `plan`. The user is looked up here, whoever named it (RUN-041).
    ///
    /// # Errors
    /// When there is no such user, in the original's words.
    pub fn apply(&self, host: &dyn Host, plan: &mut Plan) -> Result<(), String> {
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
        if let Some(name) = &self.user {
            daemon.user = Some(UserRef { name: name.clone(), uid: None });
        }
        match &mut daemon.user {
            Some(user) if user.uid.is_none() => look_up(host, user),
            Some(_) | None => Ok(()),
        }
    }
}

fn replace<T: Clone>(value: &mut T, with: &Option<T>) {
    if let Some(with) = with {
        value.clone_from(with);
    }
}

fn look_up(host: &dyn Host, user: &mut UserRef) -> Result<(), String> {
    user.uid = host.user(&user.name).map(|found| found.uid);
    if user.uid.is_some() {
        return Ok(());
    }
    let kind = if user.name.trim().parse::<i64>().is_ok() { "id" } else { "name" };
    Err(format!("Invalid user {kind} {}", user.name))
}
