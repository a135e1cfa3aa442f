//! The start of the daemon, step by step in the order of RUN-021, and its end. What happens in
//! between is the driver's business.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use compiler::host::Host;
use compiler::host::system::SystemHost;
use compiler::plan::{NoticeLevel, Plan};
use compiler::schema::value::LogLevel;
use nix::unistd::getuid;
use tokio::runtime::{Builder, LocalOptions};

use crate::activity::{Activity, Settings};
use crate::driver::ground::Ground;
use crate::driver::{Driver, LAST_LINES, log_options};
use crate::link::link;
use crate::logs::rotate::Rotation;
use crate::logs::{Logs, auto};
use crate::origin::{Loaded, Origin};
use crate::os::clockset::ClockSet;
use crate::os::daemonize::{self, Readiness, Role};
use crate::os::environment::{self, Inherited};
use crate::os::signals::Signals;
use crate::os::sockets::python_error;
use crate::os::{identity, limits};
use crate::pidfile::PidFile;
use crate::predecessor;
use crate::serve::{self, Bound, Interface};
use crate::supervisor::Supervisor;
use crate::supervisor::message::Exit;

const RUNNING_AS_ROOT: &str = "Supervisor is running as root.  Privileges were not dropped \
    because no user is specified in the config file.  If you intend to run as root, you can set \
    user=root in the config file to avoid this message.";

/// Why the daemon does not run.
#[derive(Debug)]
pub(crate) enum StartError {
    /// Something the user can mend: exit status 2 (RUN-091).
    Usage(String),
    /// Anything else: exit status 1 (RUN-092).
    Failed(String),
}

/// What outlives a restart.
struct Daemon {
    activity: Activity,
    inherited: Inherited,
    hostname: String,
}

/// A run, ready but for the runtime.
struct Stage {
    plan: Arc<Plan>,
    origin: Origin,
    ground: Ground,
    supervisor: Supervisor,
    bound: Bound,
}

/// Runs the daemon until it is shut down.
///
/// # Errors
/// When it cannot be started, or not be started again.
pub(crate) fn run(loaded: Loaded) -> Result<ExitCode, StartError> {
    let activity = Activity::install();
    let hostname = SystemHost.hostname();
    let daemon = Daemon { activity, inherited: Inherited::take(), hostname };
    let stage = daemon.prepare(loaded, 0, None)?;
    let readiness = if stage.plan.supervisord.nodaemon {
        None
    } else {
        match daemonize::fork().map_err(failed)? {
            Role::Launcher(launcher) => {
                daemon.activity.log(LogLevel::Blather, &"supervisord forked; parent exiting");
                // The socket files are the daemon's now.
                std::mem::forget(stage);
                return if launcher.stands() {
                    Ok(ExitCode::SUCCESS)
                } else {
                    Err(StartError::Failed("the daemon ended before it was ready".to_owned()))
                };
            }
            Role::Daemon(readiness) => {
                daemon.detach(&stage.plan);
                Some(readiness)
            }
        }
    };
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().build_local(LocalOptions::default()).map_err(failed)?;
    // As a task it is looked at when something is there for it; as the future run until, it would
    // be for every byte of every client.
    let activity = daemon.activity.clone();
    let life = runtime.spawn_local(async move { daemon.live(stage, readiness).await });
    let ended = runtime.block_on(life);
    activity.flush(LAST_LINES);
    // A thread that reads a log for a client may hang with its disk.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

impl Daemon {
    /// Steps (b) to (h): user, limits, log, sockets, clean-up, groups; for the first run or with
    /// what the one before has `kept`. Nothing is left behind when one of them fails.
    fn prepare(
        &self,
        loaded: Loaded,
        serial: u64,
        kept: Option<Bound>,
    ) -> Result<Stage, StartError> {
        let (plan, origin) = loaded;
        let first = kept.is_none();
        let mut lines = become_user(&plan)?;
        if first {
            let daemon = &plan.supervisord;
            let raised = limits::raise(daemon.minfds, daemon.minprocs)
                .map_err(|error| StartError::Usage(error.to_string()))?;
            lines.extend(raised.into_iter().map(|line| (LogLevel::Info, line)));
        }
        self.open_log(&plan)?;
        self.log_notices(&plan, lines);
        if first {
            self.name_orphans(&plan);
        }
        // Before the clean-up: who loses the sockets must not remove the winner's AUTO logs, as the
        // original does (RUN-066).
        let bound = Bound::open(&plan, kept.unwrap_or_default())
            .map_err(|error| StartError::Usage(error.to_string()))?;
        if !plan.supervisord.nocleanup {
            let daemon = &plan.supervisord;
            for line in auto::clean_up(&daemon.childlogdir, &daemon.identifier) {
                tracing::warn!("{line}");
            }
        }
        let activity = self.activity.clone();
        let mut ground = Ground::new(activity, self.inherited.clone(), &plan).map_err(failed)?;
        let supervisor = ground.boot(Arc::clone(&plan), serial).map_err(StartError::Failed)?;
        serve::announce(&plan, &self.hostname, &self.activity);
        Ok(Stage { plan, origin, ground, supervisor, bound })
    }

    fn open_log(&self, plan: &Plan) -> Result<(), StartError> {
        let daemon = &plan.supervisord;
        let settings = Settings {
            file: daemon.logfile.clone(),
            rotation: Rotation {
                maxbytes: u64::try_from(daemon.logfile_maxbytes).unwrap_or(0),
                backups: u32::try_from(daemon.logfile_backups).unwrap_or(0),
            },
            level: daemon.loglevel,
            copy_to_stdout: daemon.nodaemon && !daemon.silent,
        };
        self.activity.open(&settings).map_err(|error| StartError::Failed(error.to_string()))
    }

    /// CFG-335: all CRIT, then all WARN, then all INFO, the configuration's before ours.
    fn log_notices(&self, plan: &Plan, ours: Vec<(LogLevel, String)>) {
        let notices = plan.notices.iter().map(|notice| {
            let level = match notice.level {
                NoticeLevel::Warn => LogLevel::Warn,
                NoticeLevel::Info => LogLevel::Info,
            };
            (level, notice.text.clone())
        });
        let mut lines: Vec<_> = notices.chain(ours).collect();
        lines.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        for (level, text) in lines {
            self.activity.log(level, &text);
        }
    }

    fn name_orphans(&self, plan: &Plan) {
        let url = environment::server_url(plan);
        for orphan in predecessor::orphans(plan, url.as_deref()) {
            let (pid, group, process) = (orphan.pid, orphan.group, orphan.process);
            tracing::warn!(
                "pid {pid} is `{group}:{process}` left by a supervisord that was killed"
            );
        }
    }

    /// Step (j), in the daemon's process (RUN-031).
    fn detach(&self, plan: &Plan) {
        let daemon = &plan.supervisord;
        tracing::info!("daemonizing the supervisord process");
        if let Some(directory) = &daemon.directory {
            let quoted = compiler::python_repr(&directory.to_string_lossy());
            match daemonize::enter(directory) {
                Ok(()) => tracing::info!("set current directory: {quoted}"),
                Err(error) => {
                    let error = python_error(&error);
                    let text = format!("can't chdir into {quoted}: {error}: {quoted}");
                    self.activity.log(LogLevel::Critical, &text);
                }
            }
        }
        if let Err(error) = daemonize::detach(u32::try_from(daemon.umask).unwrap_or(0o22)) {
            let text = format!("could not detach from the terminal: {error}");
            self.activity.log(LogLevel::Critical, &text);
        }
    }

    /// Step (l), again and again as long as it ends in a restart (RUN-020).
    async fn live(
        &self,
        mut stage: Stage,
        mut readiness: Option<Readiness>,
    ) -> Result<ExitCode, StartError> {
        let mut signals = Signals::install().map_err(failed)?;
        let mut clock = ClockSet::watch().map_err(failed)?;
        self.activity.write_apart().map_err(failed)?;
        loop {
            let ended = self.live_once(stage, (&mut signals, &mut clock), readiness.take()).await;
            let (exit, origin, kept) = ended.map_err(failed)?;
            match exit {
                Exit::Shutdown => return Ok(ExitCode::SUCCESS),
                Exit::Failed(text) => return Err(StartError::Failed(text)),
                Exit::Restart { plan, serial } => {
                    let prepared = self.prepare((plan, origin), serial, kept);
                    stage = prepared.inspect_err(|error| {
                        self.activity.log(LogLevel::Critical, error);
                    })?;
                }
            }
        }
    }

    async fn live_once(
        &self,
        stage: Stage,
        watched: (&mut Signals, &mut ClockSet),
        readiness: Option<Readiness>,
    ) -> io::Result<(Exit, Origin, Option<Bound>)> {
        let Stage { plan, origin, ground, supervisor, bound } = stage;
        let logs = Logs::start(log_options(&plan, &self.activity))?;
        let (handle, end) = link();
        let interface = Interface::new(handle, self.activity.clone(), origin.root.clone());
        let servers = bound.serve(&plan, &self.hostname, interface)?;
        let pidfile = self.write_pidfile(&plan);
        if let Some(readiness) = readiness {
            readiness.announce();
        }
        drop(plan);
        let driver = Driver::new(supervisor, ground, origin, logs, watched, end)?;
        let (exit, origin) = driver.run().await;
        let kept = match exit {
            Exit::Restart { .. } => Some(servers.hand_over().await),
            Exit::Shutdown | Exit::Failed(_) => {
                servers.close().await;
                None
            }
        };
        if let Some(pidfile) = pidfile {
            pidfile.remove();
        }
        Ok((exit, origin, kept))
    }

    /// Step (k): a pid file that cannot be written is no reason not to run (RUN-071).
    fn write_pidfile(&self, plan: &Plan) -> Option<PidFile> {
        let path = &plan.supervisord.pidfile;
        match PidFile::write(path) {
            Ok(pidfile) => {
                tracing::info!("supervisord started with pid {}", std::process::id());
                Some(pidfile)
            }
            Err(_) => {
                let text = format!("could not write pidfile {}", path.display());
                self.activity.log(LogLevel::Critical, &text);
                None
            }
        }
    }
}

/// Step (b): becomes the user of the plan for good (RUN-040 to RUN-044). Returns what to log.
fn become_user(plan: &Plan) -> Result<Vec<(LogLevel, String)>, StartError> {
    let Some(user) = &plan.supervisord.user else {
        let root = getuid().is_root();
        return Ok(Vec::from_iter(root.then(|| (LogLevel::Critical, RUNNING_AS_ROOT.to_owned()))));
    };
    let assumed = identity::needed(user).and_then(|needed| match needed {
        Some(identity) => identity::assume(&identity),
        None => Ok(()),
    });
    assumed.map_err(|error| StartError::Usage(error.to_string()))?;
    Ok(vec![(LogLevel::Info, format!("Set uid to user {} succeeded", getuid()))])
}

fn failed(error: io::Error) -> StartError {
    StartError::Failed(error.to_string())
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Usage(text) | StartError::Failed(text) => f.write_str(text),
        }
    }
}
