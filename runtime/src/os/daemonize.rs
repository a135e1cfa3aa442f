//! Leaving the terminal: the fork whose parent waits until the daemon stands, and the detaching of
//! the child.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, pipe2, setsid};

use crate::os::spawn;

/// Which of the two processes a fork leaves us in.
#[derive(Debug)]
pub enum Role {
    /// The one the user started.
    Launcher(Launcher),
    /// The one that goes on as the daemon.
    Daemon(Readiness),
}

/// The parent's end: it learns when the daemon stands.
#[derive(Debug)]
pub struct Launcher(File);

/// The daemon's end: dropped unused, it tells the parent that the start failed.
#[derive(Debug)]
pub struct Readiness(File);

impl Launcher {
    /// Waits for the daemon to stand or to give up. Better than the original, whose launching
    /// command returns before the pid file exists (RUN-030).
    pub fn stands(mut self) -> bool {
        let mut byte = [0];
        self.0.read_exact(&mut byte).is_ok()
    }
}

impl Readiness {
    /// Lets the launching command return with success.
    pub fn announce(mut self) {
        // A launcher that was killed meanwhile needs no answer.
        drop(self.0.write_all(b"\n"));
    }
}

/// Forks. Must be called before any thread exists.
///
/// # Errors
/// When the system has no room for another process or pipe.
pub fn fork() -> io::Result<Role> {
    let (read, write) = pipe2(nix::fcntl::OFlag::O_CLOEXEC)?;
    match spawn::fork()? {
        ForkResult::Parent { .. } => Ok(Role::Launcher(Launcher(read.into()))),
        ForkResult::Child => Ok(Role::Daemon(Readiness(write.into()))),
    }
}

/// Changes to the daemon's directory.
///
/// # Errors
/// When the directory cannot be entered; the daemon says so and stays where it is (RUN-032).
pub fn enter(directory: &Path) -> io::Result<()> {
    Ok(chdir(directory)?)
}

/// Puts `/dev/null` on descriptors 0, 1 and 2, starts a session and sets the file mode creation
/// mask, in the order of RUN-031.
///
/// # Errors
/// When `/dev/null` cannot be opened. The caller's terminal is then still attached.
pub fn detach(mask: u32) -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    // A freshly forked child leads no process group, the only reason for a refusal.
    setsid()?;
    umask(Mode::from_bits_truncate(mask));
    Ok(())
}
