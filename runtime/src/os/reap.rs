//! Collects children that have ended and reads how they ended. Whose they were is the core's
//! business.

use compiler::schema::value::Signal;
use nix::errno::Errno;
use nix::libc;

use crate::os::spawn;
use crate::supervisor::message::{ExitStatus, Pid};

/// Who may be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Children {
    /// Only this child, which is found at once.
    One(Pid),
    /// Any child; the system looks at one after the other.
    Any,
}

/// Collects one child that has ended, without waiting; `None` when there is none. One at a time, so
/// that the core knows of each before the next pid becomes free.
///
/// # Errors
/// What may leave a child uncollected (RUN-351).
pub fn reap(children: Children) -> Result<Option<(Pid, ExitStatus)>, Errno> {
    let child = match children {
        Children::One(pid) => Some(nix::unistd::Pid::from_raw(pid.0)),
        Children::Any => None,
    };
    loop {
        match spawn::collect(child) {
            Ok(Some((pid, status))) => return Ok(Some((Pid(pid.as_raw()), decode(status)))),
            Ok(None) | Err(Errno::ECHILD) => return Ok(None),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Reads a wait status.
fn decode(status: i32) -> ExitStatus {
    if libc::WIFEXITED(status) {
        ExitStatus::Code((libc::WEXITSTATUS(status) & 0xff) as u8)
    } else if libc::WIFSIGNALED(status) {
        let signal = Signal(libc::WTERMSIG(status));
        ExitStatus::Signal { signal, core: libc::WCOREDUMP(status) }
    } else {
        ExitStatus::Other((status & 0xffff) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: i32, expected: ExitStatus) {
        assert_eq!(decode(status), expected, "{status:#x}");
    }

    #[test]
    fn wait_statuses_are_told_apart() {
        check(0, ExitStatus::Code(0));
        check(0xff00, ExitStatus::Code(255));
        check(15, ExitStatus::Signal { signal: Signal(15), core: false });
        check(0x80 | 11, ExitStatus::Signal { signal: Signal(11), core: true });
        check(64, ExitStatus::Signal { signal: Signal(64), core: false });
        check(0x137f, ExitStatus::Other(0x137f));
    }
}
