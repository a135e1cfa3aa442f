//! Collects children that have ended and reads how they ended. Whose they were is the core's
//! business.

use compiler::schema::value::Signal;
use nix::errno::Errno;
use nix::libc;

use crate::os::spawn;
use crate::supervisor::message::{ExitStatus, Pid};

/// One harvest.
#[derive(Debug, Default)]
pub struct Reaped {
    /// Every child that had ended, in the order the system gave them.
    pub ended: Vec<(Pid, ExitStatus)>,
    /// An error that may leave a child uncollected (RUN-351).
    pub error: Option<Errno>,
}

/// Collects all children that have ended, without waiting and without a limit.
pub fn reap() -> Reaped {
    let mut reaped = Reaped::default();
    loop {
        match spawn::collect() {
            Ok(Some((pid, status))) => reaped.ended.push((Pid(pid.as_raw()), decode(status))),
            Ok(None) | Err(Errno::ECHILD) => return reaped,
            Err(Errno::EINTR) => {}
            Err(errno) => {
                reaped.error = Some(errno);
                return reaped;
            }
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
