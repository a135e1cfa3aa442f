//! The system calls that begin, signal and end the life of a child, and, as it is the only file with
//! `unsafe`, the one that gives memory back. What a child is to run is decided elsewhere and arrives
//! complete.
#![expect(
    unsafe_code,
    reason = "clone, fork, kill with any number, the raw wait status and madvise have no safe wrapper"
)]

use std::cell::Cell;
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::ptr;
use std::thread;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sched::{CloneFlags, clone};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::unistd::{ForkResult, Pid, dup3, getpid};

use crate::os::identity::Identity;

mod birth;

pub use birth::{Birth, Spawners};

/// Exit status of a child that could not be turned into its program.
pub const NOT_SPAWNED: i32 = 127;

/// The signals the daemon takes; a program gets them with their default effect (RUN-206).
const DEFAULTED: [Signal; 6] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGHUP,
    Signal::SIGUSR2,
    Signal::SIGCHLD,
];

/// The signals every program inherits ignored (RUN-206).
const IGNORED: [Signal; 2] = [Signal::SIGPIPE, Signal::SIGXFSZ];

/// More than enough for the few system calls a child makes before it is replaced, and so much that
/// the allocator maps it by itself: of such a piece only the pages in use take memory.
const STACK: usize = 128 * 1024;

/// A program and its surroundings, laid out before the child exists.
#[derive(Debug)]
pub struct Launch {
    /// File to execute.
    pub path: CString,
    /// Its arguments, the program's name first.
    pub argv: Vec<CString>,
    /// Its environment as `NAME=value`.
    pub environment: Vec<CString>,
    /// User to become.
    pub user: UserChange,
    /// Directory to change to.
    pub directory: Option<CString>,
    /// File mode creation mask; `None` keeps the daemon's.
    pub umask: Option<u32>,
}

/// What happens to the user of a child.
#[derive(Debug)]
pub enum UserChange {
    /// It stays the daemon's.
    Keep,
    /// The child becomes this user.
    Become(Identity),
    /// It cannot be changed; the child says why and ends (RUN-211).
    Refuse,
}

/// A child that was made.
#[derive(Clone, Copy, Debug)]
pub struct Spawned {
    /// Its process id.
    pub pid: Pid,
    /// Why it did not become its program; it then exits with [`NOT_SPAWNED`].
    pub failure: Option<Failure>,
}

/// The step at which a child gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The step.
    pub step: Step,
    /// The system's reason.
    pub errno: Errno,
}

/// The steps between the birth of a child and its program, in order (RUN-201 to RUN-205).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Making its own process group.
    ProcessGroup,
    /// Putting the pipes on descriptors 0, 1 and 2.
    Descriptors,
    /// The change of user was refused beforehand.
    Refused,
    /// Setting the supplementary groups.
    Groups,
    /// Setting the group id.
    GroupId,
    /// Setting the user id.
    UserId,
    /// Changing to the directory.
    Directory,
    /// Executing the file.
    Exec,
}

/// Who is signalled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One process.
    Process(Pid),
    /// The process group led by this process.
    Group(Pid),
}

/// Makes children, one at a time. Holds what they borrow until their program replaces them.
struct Spawner {
    stack: Box<[u8]>,
    /// Where a child finds its descriptors 0, 1 and 2. Opened early, so their numbers are low: a
    /// child copies the daemon's descriptors up to here, not the thousands above.
    landing: [OwnedFd; 3],
    null: OwnedFd,
}

/// The pointers the kernel wants, alive as long as the launch they point into.
struct Vectors {
    argv: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
}

impl Spawner {
    fn new() -> io::Result<Self> {
        let null = OwnedFd::from(File::options().read(true).write(true).open("/dev/null")?);
        let landing = [null.try_clone()?, null.try_clone()?, null.try_clone()?];
        Ok(Self { stack: vec![0; STACK].into_boxed_slice(), landing, null })
    }

    /// Starts a child.
    ///
    /// The child shares this process's memory and this thread sleeps until the child has executed
    /// its program or given up, as `posix_spawn` does it: no page is copied, and the reason of a
    /// failure is known on return. It shares the table of descriptors too until its first system
    /// call, so that the cost of a child does not grow with the number of its siblings.
    fn spawn(
        &mut self,
        launch: &Launch,
        stdio: [BorrowedFd<'_>; 3],
        birth: &Birth,
    ) -> Result<Spawned, Errno> {
        for (from, to) in stdio.into_iter().zip(&mut self.landing) {
            dup3(from, to, OFlag::O_CLOEXEC)?;
        }
        let spawned = self.clone_into(launch, birth);
        for to in &mut self.landing {
            // The ends of the pipes are the child's alone now. Replacing one open descriptor by
            // another does not fail; if it did, the next child would replace it.
            dup3(&self.null, to, OFlag::O_CLOEXEC).unwrap_or_default();
        }
        spawned
    }

    fn clone_into(&mut self, launch: &Launch, birth: &Birth) -> Result<Spawned, Errno> {
        let vectors = Vectors::of(launch);
        let landing = self.landing.each_ref().map(AsRawFd::as_raw_fd);
        let failure = Cell::new(None);
        // No handler of the daemon may run in the child while it borrows the daemon's memory.
        let mut mask = SigSet::empty();
        nix::sys::signal::pthread_sigmask(
            SigmaskHow::SIG_SETMASK,
            Some(&SigSet::all()),
            Some(&mut mask),
        )?;
        let blocked = mask_of_a_program(&mask);
        let child = Box::new(|| {
            birth.is(getpid());
            // Who prevents it either sees the pid or is seen here.
            if !birth.is_prevented() {
                failure.set(Some(become_program(launch, &vectors, landing, &blocked)));
            }
            NOT_SPAWNED as isize
        });
        let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK | CloneFlags::CLONE_FILES;
        // SAFETY: CLONE_VFORK keeps this thread asleep until the child has executed or exited, so
        // the closure, the stack and everything borrowed outlive the child's use of them, and
        // nothing here moves meanwhile. The stack is the spawner's own, exclusively borrowed. The
        // closure makes async-signal-safe calls only and allocates nothing; all signals are
        // blocked, so no handler runs on the shared memory. The table of descriptors stays shared
        // until `leave_descriptors`, before which the child touches none.
        let pid = unsafe { clone(child, &mut self.stack, flags, Some(libc::SIGCHLD)) };
        nix::sys::signal::pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&mask), None)?;
        Ok(Spawned { pid: pid?, failure: failure.get() })
    }
}

impl Vectors {
    fn of(launch: &Launch) -> Self {
        let terminated =
            |strings: &[CString]| strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect();
        Self { argv: terminated(&launch.argv), environment: terminated(&launch.environment) }
    }
}

/// Signals a process or a process group with any signal number.
///
/// # Errors
/// Whatever `kill` answers; `ESRCH` when there is nobody.
pub fn signal(target: Target, number: i32) -> Result<(), Errno> {
    let pid = match target {
        Target::Process(pid) => pid.as_raw(),
        Target::Group(pid) => -pid.as_raw(),
    };
    // SAFETY: `kill` takes two integers and touches no memory of this process.
    Errno::result(unsafe { libc::kill(pid, number) }).map(drop)
}

/// Collects `child`, or any child, if it has ended: its pid and its raw wait status.
///
/// # Errors
/// Whatever `waitpid` answers; `ECHILD` when there are no children at all.
#[expect(clippy::disallowed_methods, reason = "the one place that waits for children")]
pub fn collect(child: Option<Pid>) -> Result<Option<(Pid, i32)>, Errno> {
    let child = child.map_or(-1, Pid::as_raw);
    let mut status = 0;
    // SAFETY: `status` is a valid place for the one integer `waitpid` writes.
    let pid = Errno::result(unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) })?;
    Ok((pid > 0).then(|| (Pid::from_raw(pid), status)))
}

/// Waits for one child to end. Its exit status; `None` when a signal ended it.
///
/// # Errors
/// Whatever `waitpid` answers; `ECHILD` when somebody has collected it.
#[expect(clippy::disallowed_methods, reason = "before there is a core that owns the children")]
pub fn wait(child: Pid) -> Result<Option<i32>, Errno> {
    let mut status = 0;
    // SAFETY: `status` is a valid place for the one integer `waitpid` writes.
    Errno::result(unsafe { libc::waitpid(child.as_raw(), &raw mut status, 0) })?;
    Ok(libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)))
}

/// Sees to it that the ends of children are reported, even to a process that was started with
/// SIGCHLD ignored, whose children the system would collect behind its back.
///
/// # Errors
/// Whatever `sigaction` answers.
pub fn expect_children() -> Result<(), Errno> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default disposition runs no code of this process.
    unsafe { sigaction(Signal::SIGCHLD, &default) }.map(drop)
}

/// Does `work` with the rights of another user, on a thread of its own: whoever else is in this
/// process keeps theirs, and nothing is left of the change when this returns.
///
/// # Errors
/// The step at which the user could not be become, or at which there was no thread.
pub fn as_user<T: Send>(identity: &Identity, work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        let become_and_work = || assume(identity).map(|()| work()).map_err(|failure| failure.errno);
        let thread = thread::Builder::new().name("rights".to_owned());
        let done = thread.spawn_scoped(scope, become_and_work)?.join();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map_err(io::Error::from)
    })
}

/// Gives back the memory only the start of the daemon has needed: what the allocator holds free, and
/// its own code, which the system keeps as it keeps any file and finds there when it is used again.
///
/// # Errors
/// When the system does not say where the code is.
pub fn release_memory() -> io::Result<()> {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes an integer, and whatever is in use stays.
    unsafe {
        libc::malloc_trim(0);
    }
    for Range { start, end } in code()? {
        let start = ptr::without_provenance_mut(start);
        // SAFETY: the range holds code of this program, mapped from its file and writable by nobody,
        // so what is read there afterwards is what was there before.
        unsafe { libc::madvise(start, end - start.addr(), libc::MADV_DONTNEED) };
    }
    Ok(())
}

/// Where the code of this program is mapped, and nothing else.
fn code() -> io::Result<Vec<Range<usize>>> {
    let program = fs::read_link("/proc/self/exe")?;
    let maps = fs::read_to_string("/proc/self/maps")?;
    let address = |text: &str| usize::from_str_radix(text, 16).ok();
    let range = |line: &str| {
        let (range, rest) = line.split_once(" r-xp ")?;
        let (start, end) = range.split_once('-')?;
        let (_, path) = rest.split_once('/')?;
        (Path::new("/").join(path) == program).then_some(address(start)?..address(end)?)
    };
    Ok(maps.lines().filter_map(range).collect())
}

/// Splits this process in two. Must run while it has a single thread.
///
/// # Errors
/// Whatever `fork` answers.
#[expect(clippy::disallowed_methods, reason = "the one place that forks")]
pub fn fork() -> Result<ForkResult, Errno> {
    // SAFETY: called before any other thread exists, so the child's copy of every lock is free
    // and it may go on as an ordinary process.
    unsafe { nix::unistd::fork() }
}

/// Turns the calling child into its program. Returns only to say why it could not.
fn become_program(
    launch: &Launch,
    vectors: &Vectors,
    landing: [RawFd; 3],
    mask: &SigSet,
) -> Failure {
    match prepare(launch, landing, mask) {
        Err(failure) => failure,
        Ok(()) => {
            // SAFETY: the path and both vectors are NUL terminated and live in the parent, which
            // sleeps until this call has replaced the child.
            unsafe {
                libc::execve(
                    launch.path.as_ptr(),
                    vectors.argv.as_ptr(),
                    vectors.environment.as_ptr(),
                );
            }
            Failure { step: Step::Exec, errno: Errno::last() }
        }
    }
}

/// Every step before the program is executed.
fn prepare(launch: &Launch, landing: [RawFd; 3], mask: &SigSet) -> Result<(), Failure> {
    let at = |step| move |errno| Failure { step, errno };
    nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0)).map_err(at(Step::ProcessGroup))?;
    place_descriptors(landing).map_err(at(Step::Descriptors))?;
    change_user(&launch.user)?;
    if let Some(directory) = &launch.directory {
        // SAFETY: a NUL terminated path; only the child's own working directory changes.
        Errno::result(unsafe { libc::chdir(directory.as_ptr()) }).map_err(at(Step::Directory))?;
    }
    if let Some(umask) = launch.umask {
        // SAFETY: `umask` takes an integer; the child has its own mask.
        unsafe { libc::umask(umask) };
    }
    reset_signals(mask).map_err(at(Step::Exec))
}

/// Leaves the child with its descriptors 0, 1 and 2 and nothing else (RUN-202, RUN-203).
fn place_descriptors(landing: [RawFd; 3]) -> Result<(), Errno> {
    let above = landing.into_iter().max().map_or(3, |fd| fd + 1).cast_unsigned();
    leave_descriptors(above)?;
    for (fd, to) in landing.into_iter().zip(0..) {
        // SAFETY: both are plain descriptor numbers of the child's own table. The sources are
        // above 2 because the daemon keeps its own 0, 1 and 2 open.
        Errno::result(unsafe { libc::dup2(fd, to) })?;
    }
    // Every descriptor of the daemon is close-on-exec, so a kernel without the call only lets
    // through what the daemon itself inherited.
    // SAFETY: closes numbers of the child's own table that nothing uses before the exec.
    unsafe { libc::close_range(3, above - 1, 0) };
    Ok(())
}

/// Gives the child a table of descriptors of its own, which ends below `above`.
fn leave_descriptors(above: u32) -> Result<(), Errno> {
    let flags = libc::CLOSE_RANGE_UNSHARE.cast_signed();
    // SAFETY: changes the child's table only: the flag has it copied first.
    let left = unsafe { libc::close_range(above, u32::MAX, flags) };
    if left == 0 {
        return Ok(());
    }
    // Kernels before 5.9 copy the whole table.
    // SAFETY: takes a flag and touches no memory.
    Errno::result(unsafe { libc::unshare(libc::CLONE_FILES) }).map(drop)
}

fn change_user(user: &UserChange) -> Result<(), Failure> {
    match user {
        UserChange::Keep => Ok(()),
        UserChange::Refuse => Err(Failure { step: Step::Refused, errno: Errno::EPERM }),
        UserChange::Become(identity) => assume(identity),
    }
}

/// Has the calling thread, or the child that shares the daemon's memory, become another user. By
/// bare system calls: the library's wrappers would change every thread of the daemon.
fn assume(identity: &Identity) -> Result<(), Failure> {
    let (uid, gid) = (identity.uid.as_raw(), identity.gid.as_raw());
    // SAFETY: the list is valid for its length; `Gid` is a transparent `gid_t`.
    let groups = unsafe {
        libc::syscall(libc::SYS_setgroups, identity.groups.len(), identity.groups.as_ptr())
    };
    Errno::result(groups).map_err(|errno| Failure { step: Step::Groups, errno })?;
    // SAFETY: three integers; the credentials changed are the caller's alone.
    let set = unsafe { libc::syscall(libc::SYS_setresgid, gid, gid, gid) };
    Errno::result(set).map_err(|errno| Failure { step: Step::GroupId, errno })?;
    // SAFETY: as above.
    let set = unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) };
    Errno::result(set).map_err(|errno| Failure { step: Step::UserId, errno })?;
    Ok(())
}

/// What a program finds blocked: what the daemon found, not what the daemon reads from a
/// descriptor instead (RUN-206).
fn mask_of_a_program(daemon: &SigSet) -> SigSet {
    let mut mask = *daemon;
    for signal in DEFAULTED.into_iter().chain(IGNORED) {
        mask.remove(signal);
    }
    mask
}

/// Dispositions first: unblocking must never run a handler of the daemon in the child.
fn reset_signals(mask: &SigSet) -> Result<(), Errno> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    for (signals, action) in [(&DEFAULTED[..], default), (&IGNORED[..], ignore)] {
        for signal in signals {
            // SAFETY: neither disposition runs code; the child has its own table of them.
            unsafe { sigaction(*signal, &action) }?;
        }
    }
    nix::sys::signal::pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(mask), None)
}

#[cfg(test)]
mod tests;
