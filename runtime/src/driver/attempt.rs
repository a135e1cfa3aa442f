//! From the core's order to a living child: command, user, socket, log files, pipes, process. Each
//! of these may have to wait for a disk, so an attempt can be carried out on any thread. Nothing of
//! one that failed is left behind.

use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use compiler::plan::{Plan, ProcessPlan};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use crate::driver::fcgi::{Claim, Lease};
use crate::logs::rotate::OpenError;
use crate::logs::{Opening, Outputs, Pipes};
use crate::os::command::{self, Command, SearchPath};
use crate::os::environment::{self, Inherited};
use crate::os::identity::{self, PrivilegeError};
use crate::os::spawn::{Birth, Failure, Launch, Spawners, Step, UserChange};
use crate::supervisor::message::{CommandError, Pid, SpawnError, SpawnOrder};

/// The last line every child that did not become its program leaves behind (RUN-210).
const NOT_SPAWNED: &str = "child process was not spawned";

/// More of a failure's text than fits a fresh pipe without waiting would block the daemon.
const TEXT_LIMIT: usize = 2048;

/// What all attempts of a run share.
pub(crate) struct Means {
    inherited: Inherited,
    server_url: Option<String>,
    spawners: Spawners,
}

/// Everything a process is spawned from.
pub(crate) struct Attempt {
    pub(crate) order: Arc<SpawnOrder>,
    pub(crate) birth: Arc<Birth>,
    pub(crate) means: Arc<Means>,
    /// The right to its socket, if it is a FastCGI process.
    pub(crate) socket: Option<Claim>,
    pub(crate) logs: Opening,
}

/// What has come of an attempt. To drop it may take as long as to make it.
pub(crate) struct Made {
    /// The child.
    pub(crate) child: Result<Child, SpawnError>,
    /// The socket of a FastCGI process, whether or not there is a child.
    pub(crate) socket: Option<Lease>,
}

/// A child that was made.
pub(crate) struct Child {
    pub(crate) pid: Pid,
    /// Why it did not become its program.
    pub(crate) failure: Option<String>,
    pub(crate) outputs: Box<Outputs>,
    pub(crate) pipes: Pipes,
}

/// Both ends of the pipes of a child.
struct Ends {
    /// The child's descriptors 0, 1 and 2; no stderr when it goes where stdout goes.
    child: (OwnedFd, OwnedFd, Option<OwnedFd>),
    daemon: Pipes,
}

impl Means {
    /// What the processes of `plan` are spawned with.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub(crate) fn new(inherited: Inherited, plan: &Plan) -> io::Result<Self> {
        let server_url = environment::server_url(plan);
        Ok(Self { inherited, server_url, spawners: Spawners::new()? })
    }

    /// Finds the command of a process.
    ///
    /// # Errors
    /// When it could not be executed.
    pub(crate) fn find(&self, process: &ProcessPlan) -> Result<Command, CommandError> {
        let program = process.program.environment.get("PATH");
        let daemon = self.inherited.get("PATH").map(OsString::as_os_str);
        command::find(&process.program.command, SearchPath { program, daemon })
    }
}

impl Attempt {
    /// Where log files are opened and the socket is made; nowhere when the process has neither.
    pub(crate) fn places(&self) -> Vec<PathBuf> {
        let mut places = self.logs.places();
        places.extend(self.socket.as_ref().map(Claim::place));
        places
    }

    /// Makes the child. `None` when nobody waits for it any more: what was made for the process
    /// meanwhile must not be taken away from it.
    pub(crate) fn carry_out(&self) -> Option<Made> {
        if self.birth.is_prevented() {
            return None;
        }
        let mut socket = None;
        let child = self.spawn(&mut socket);
        Some(Made { child, socket })
    }

    /// Step by step in the order in which the original finds what is wrong.
    fn spawn(&self, socket: &mut Option<Lease>) -> Result<Child, SpawnError> {
        let process = &*self.order.plan;
        let command = self.means.find(process).map_err(SpawnError::Command)?;
        let (user, refusal) = user_change(process);
        let launch = self.fill_in(command, user)?;
        let lease = self.socket.as_ref().map(Claim::lease).transpose();
        *socket = lease.map_err(SpawnError::Socket)?;
        let outputs = self.logs.open().map_err(unopened)?;
        let ends = Ends::open(process.program.redirect_stderr, socket.is_some())?;
        let (stdin, stdout, stderr) = &ends.child;
        let stderr = stderr.as_ref().unwrap_or(stdout);
        let stdin = socket.as_ref().and_then(Lease::fd).unwrap_or(stdin.as_fd());
        let stdio = [stdin, stdout.as_fd(), stderr.as_fd()];
        let spawned = self.means.spawners.spawn(&launch, stdio, &self.birth).map_err(unforked)?;
        let failure = spawned.failure.map(|failure| {
            let reason = explain(failure, process, &launch, refusal.as_ref());
            leave_behind(stderr, reason.as_deref());
            reason.unwrap_or_else(|| NOT_SPAWNED.to_owned())
        });
        Ok(Child { pid: Pid(spawned.pid.as_raw()), failure, outputs, pipes: ends.daemon })
    }

    fn fill_in(&self, command: Command, user: UserChange) -> Result<Launch, SpawnError> {
        // No NUL byte can be passed to a program; the system's word for it is EINVAL.
        let invalid = |_| SpawnError::Dispatchers("EINVAL".to_owned());
        let Means { inherited, server_url, .. } = &*self.means;
        let (process, group) = (&*self.order.plan, &self.order.group_plan.name);
        let environment = inherited.for_process(group, process, server_url.as_deref());
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

fn unopened(error: OpenError) -> SpawnError {
    if error.is_too_many_files() {
        SpawnError::TooManyFiles
    } else {
        SpawnError::Dispatchers(error.name())
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
    } else if errno == Errno::EMFILE {
        SpawnError::TooManyFiles
    } else {
        SpawnError::Fork(format!("{errno:?}"))
    }
}

#[cfg(test)]
mod tests;
