//! From the core's order to a living child: command, environment, pipes, process. Nothing of a
//! failed attempt is left behind.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use compiler::plan::{Plan, ProcessPlan};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use crate::driver::fcgi::Lease;
use crate::logs::{Logs, Outputs, Pipes};
use crate::os::command::{self, Command, SearchPath};
use crate::os::environment::{self, Inherited};
use crate::os::identity::{self, PrivilegeError};
use crate::os::spawn::{Failure, Launch, Spawner, Step, UserChange};
use crate::supervisor::message::{CommandError, Pid, ProcessId, SpawnError, SpawnOrder};

/// The last line every child that did not become its program leaves behind (RUN-210).
const NOT_SPAWNED: &str = "child process was not spawned";

/// More of a failure's text than fits a fresh pipe without waiting would block the daemon.
const TEXT_LIMIT: usize = 2048;

/// What all launches share.
pub(crate) struct Launcher {
    inherited: Inherited,
    server_url: Option<String>,
    spawner: Spawner,
}

/// A process that can be spawned as soon as its log files are open and its socket is there.
pub(crate) struct Preparation {
    order: Arc<SpawnOrder>,
    launch: Launch,
    refusal: Option<PrivilegeError>,
}

/// A child that was made.
pub(crate) struct Launched {
    /// Its pid.
    pub(crate) pid: Pid,
    /// Why it did not become its program.
    pub(crate) failure: Option<String>,
}

/// Both ends of the pipes of a child.
struct Ends {
    /// The child's descriptors 0, 1 and 2; no stderr when it goes where stdout goes.
    child: (OwnedFd, OwnedFd, Option<OwnedFd>),
    daemon: Pipes,
}

impl Preparation {
    /// Which process it is.
    pub(crate) fn process(&self) -> ProcessId {
        self.order.process
    }
}

impl Launcher {
    /// A launcher for the processes of `plan`.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub(crate) fn new(inherited: Inherited, plan: &Plan) -> io::Result<Self> {
        let server_url = environment::server_url(plan);
        Ok(Self { inherited, server_url, spawner: Spawner::new()? })
    }

    /// Finds the command of a process.
    ///
    /// # Errors
    /// When it could not be executed.
    pub(crate) fn probe(&self, process: &ProcessPlan) -> Result<Command, CommandError> {
        let program = process.program.environment.get("PATH");
        let daemon = self.inherited.get("PATH").map(std::ffi::OsString::as_os_str);
        command::find(&process.program.command, SearchPath { program, daemon })
    }

    /// Gathers what a process is started with.
    ///
    /// # Errors
    /// When it cannot be spawned, in the terms of `spawnerr`.
    pub(crate) fn prepare(&self, order: Arc<SpawnOrder>) -> Result<Preparation, SpawnError> {
        let command = self.probe(&order.plan).map_err(SpawnError::Command)?;
        let (user, refusal) = user_change(&order.plan);
        let launch = self.fill_in(&order, command, user)?;
        Ok(Preparation { order, launch, refusal })
    }

    /// Starts a process that has its log files and its socket.
    ///
    /// # Errors
    /// When there is no child, in the terms of `spawnerr`.
    pub(crate) fn launch(
        &mut self,
        preparation: Preparation,
        socket: Option<&Lease>,
        outputs: Outputs,
        logs: &mut Logs,
    ) -> Result<Launched, SpawnError> {
        let Preparation { order, launch, refusal } = preparation;
        let process = &*order.plan;
        let ends = Ends::open(process.program.redirect_stderr, socket.is_some())?;
        let (stdin, stdout, stderr) = &ends.child;
        let stderr = stderr.as_ref().unwrap_or(stdout);
        let stdin = socket.and_then(Lease::fd).unwrap_or(stdin.as_fd());
        let spawned = self
            .spawner
            .spawn(&launch, [stdin, stdout.as_fd(), stderr.as_fd()])
            .map_err(unforked)?;
        let failure = spawned.failure.map(|failure| {
            let reason = explain(failure, process, &launch, refusal.as_ref());
            leave_behind(stderr, reason.as_deref());
            reason.unwrap_or_else(|| NOT_SPAWNED.to_owned())
        });
        logs.attach(order.process, outputs, ends.daemon);
        Ok(Launched { pid: Pid(spawned.pid.as_raw()), failure })
    }

    fn fill_in(
        &self,
        order: &SpawnOrder,
        command: Command,
        user: UserChange,
    ) -> Result<Launch, SpawnError> {
        // No NUL byte can be passed to a program; the system's word for it is EINVAL.
        let invalid = |_| SpawnError::Dispatchers("EINVAL".to_owned());
        let process = &*order.plan;
        let url = self.server_url.as_deref();
        let environment = self.inherited.for_process(&order.group_plan.name, process, url);
        let argv = command.words.into_iter().map(CString::new).collect::<Result<_, _>>();
        let directory = process.program.directory.as_deref().map(CString::new).transpose();
        Ok(Launch {
            path: CString::new(command.path.as_os_str().as_bytes()).map_err(invalid)?,
            argv: argv.map_err(invalid)?,
            environment: environment.map_err(invalid)?,
            user,
            directory: directory.map_err(invalid)?,
            umask: process.program.umask.and_then(|mask| u32::try_from(mask).ok()),
        })
    }
}

impl Ends {
    fn open(redirect_stderr: bool, fcgi: bool) -> Result<Self, SpawnError> {
        let pipe = || pipe2(OFlag::O_CLOEXEC).map_err(unpiped);
        let (stdin, feed) = pipe()?;
        let (stdout, child_stdout) = pipe()?;
        let (stderr, child_stderr) = match redirect_stderr {
            true => (None, None),
            false => {
                let (read, write) = pipe()?;
                (Some(read), Some(write))
            }
        };
        // A FastCGI process has its socket where others have their stdin (RUN-400).
        let feed = (!fcgi).then_some(feed);
        let daemon = Pipes { stdin: feed, stdout: Some(stdout), stderr };
        Ok(Self { child: (stdin, child_stdout, child_stderr), daemon })
    }
}

/// What is to happen to the user of a process, and why it cannot (RUN-204).
fn user_change(process: &ProcessPlan) -> (UserChange, Option<PrivilegeError>) {
    match process.program.user.as_ref().map(identity::needed) {
        None | Some(Ok(None)) => (UserChange::Keep, None),
        Some(Ok(Some(identity))) => (UserChange::Become(identity), None),
        Some(Err(error)) => (UserChange::Refuse, Some(error)),
    }
}

/// Why a child did not become its program, as it says it itself (RUN-211 to RUN-213); `None` when
/// it says nothing but that (RUN-215).
fn explain(
    failure: Failure,
    process: &ProcessPlan,
    launch: &Launch,
    refusal: Option<&PrivilegeError>,
) -> Option<String> {
    let user = || {
        process.program.user.as_ref().map_or(String::new(), |user| {
            user.uid.map_or_else(|| user.name.clone(), |uid| uid.to_string())
        })
    };
    let setuid = |why: &PrivilegeError| format!("couldn't setuid to {}: {why}", user());
    let errno = failure.errno;
    match failure.step {
        Step::ProcessGroup | Step::Descriptors | Step::UserId => None,
        Step::Refused => refusal.map(setuid),
        Step::Groups => Some(setuid(&PrivilegeError::Groups)),
        Step::GroupId => Some(setuid(&PrivilegeError::GroupId)),
        Step::Directory => {
            let directory = process.program.directory.as_deref().unwrap_or_default();
            Some(format!("couldn't chdir to {directory}: {errno:?}"))
        }
        Step::Exec => {
            let name = launch.argv.first().map_or(c"", |name| name.as_c_str());
            Some(format!("couldn't exec {}: {errno:?}", name.to_string_lossy()))
        }
    }
}

/// Writes the child's last words into its stderr on its behalf.
fn leave_behind(stderr: &OwnedFd, reason: Option<&str>) {
    let mut text = String::new();
    if let Some(reason) = reason {
        let end = reason.floor_char_boundary(TEXT_LIMIT);
        text = format!("supervisor: {}\n", &reason[..end]);
    }
    text += &format!("supervisor: {NOT_SPAWNED}\n");
    let written = stderr.try_clone().and_then(|pipe| File::from(pipe).write_all(text.as_bytes()));
    if let Err(error) = written {
        tracing::warn!("could not write to the log of a child that was not spawned: {error}");
    }
}

fn unpiped(errno: Errno) -> SpawnError {
    if errno == Errno::EMFILE {
        SpawnError::TooManyFiles
    } else {
        SpawnError::Dispatchers(format!("{errno:?}"))
    }
}

fn unforked(errno: Errno) -> SpawnError {
    if errno == Errno::EAGAIN {
        SpawnError::ProcessTable
    } else {
        SpawnError::Fork(format!("{errno:?}"))
    }
}

#[cfg(test)]
mod tests;
