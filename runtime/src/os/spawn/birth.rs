//! Children as other threads see them: there may be one before its pid is told of, and several may
//! be made at a time.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::{Launch, Spawned, Spawner, Target, signal};

/// A child from before there is one, as other threads see it.
#[derive(Debug, Default)]
pub struct Birth {
    /// Its process id; 0 before there is one.
    pid: AtomicI32,
    prevented: AtomicBool,
}

/// The spawners of all threads that may be making children.
pub struct Spawners {
    /// Those that are not making one.
    free: Mutex<Vec<Spawner>>,
}

impl Birth {
    /// A child that has been made.
    #[cfg(test)]
    pub fn of(pid: i32) -> Self {
        Self { pid: AtomicI32::new(pid), prevented: AtomicBool::new(false) }
    }

    /// The process id of the child, if there is one by now. It may have ended.
    pub fn pid(&self) -> Option<Pid> {
        let pid = self.pid.load(Ordering::SeqCst);
        (pid != 0).then(|| Pid::from_raw(pid))
    }

    /// There is a child.
    pub(super) fn is(&self, pid: Pid) {
        self.pid.store(pid.as_raw(), Ordering::SeqCst);
    }

    /// Whether the child is not to become its program.
    pub fn is_prevented(&self) -> bool {
        self.prevented.load(Ordering::SeqCst)
    }

    /// Sees to it that the child never becomes its program, or is killed if it has. It must not
    /// have been collected.
    pub fn prevent(&self) {
        self.prevented.store(true, Ordering::SeqCst);
        if let Some(pid) = self.pid() {
            for target in [Target::Process(pid), Target::Group(pid)] {
                // It may be gone already, and it has a group only from some moment on.
                signal(target, Signal::SIGKILL as i32).unwrap_or_default();
            }
        }
    }
}

impl Spawners {
    /// With one spawner. To be made before the daemon has many descriptors.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub fn new() -> io::Result<Self> {
        Ok(Self { free: Mutex::new(vec![Spawner::new()?]) })
    }

    /// Starts a child with `stdio` as its descriptors 0, 1 and 2. Takes as long as the disk of its
    /// program; others may start children meanwhile.
    ///
    /// # Errors
    /// Whatever `clone` answers; `EAGAIN` when the process table is full, `EMFILE` when there is
    /// no descriptor left.
    pub fn spawn(
        &self,
        launch: &Launch,
        stdio: [BorrowedFd<'_>; 3],
        birth: &Birth,
    ) -> Result<Spawned, Errno> {
        let free = self.lock().pop();
        let new = || Spawner::new().map_err(|error| error.try_into().unwrap_or(Errno::EMFILE));
        let mut spawner = free.map_or_else(new, Ok)?;
        let spawned = spawner.spawn(launch, stdio, birth);
        self.lock().push(spawner);
        spawned
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Spawner>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
