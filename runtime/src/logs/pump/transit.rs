//! A pipe of a log thread's own, between the pipe of a program and its file. The kernel locks a
//! pipe for as long as it is spliced from, a whole write to the file if that is where the bytes go,
//! and the program could not write on meanwhile. Into another pipe they are moved in no time.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice};
use nix::unistd::pipe2;

use super::stream::LARGE_PIPE;

/// Empty but while bytes are on their way.
pub(super) struct Transit {
    entrance: OwnedFd,
    exit: OwnedFd,
}

impl Transit {
    /// An empty one.
    pub(super) fn new() -> io::Result<Self> {
        let (exit, entrance) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        let wanted = i32::try_from(LARGE_PIPE).unwrap_or(i32::MAX);
        // The kernel may refuse an unprivileged daemon; then less goes through at a time.
        fcntl(&entrance, FcntlArg::F_SETPIPE_SZ(wanted)).unwrap_or_default();
        Ok(Self { entrance, exit })
    }

    /// Takes as much out of `pipe` as there is and fits. Returns how much; 0 at the end of the
    /// stream.
    ///
    /// # Errors
    /// As `splice(2)`: `EAGAIN` for an empty pipe.
    pub(super) fn enter(&self, pipe: &OwnedFd) -> nix::Result<usize> {
        let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
        splice(pipe, None, &self.entrance, None, LARGE_PIPE, flags)
    }

    /// Where it comes out again.
    pub(super) fn exit(&self) -> BorrowedFd<'_> {
        self.exit.as_fd()
    }
}
