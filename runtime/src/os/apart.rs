//! Work done in a process of its own, so that the memory it takes is gone with it.

use std::fs::File;
use std::io::{self, Read};
use std::process;

use nix::fcntl::OFlag;
use nix::unistd::{ForkResult, pipe2};

use crate::os::spawn;

/// What became of the work.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it wrote.
    pub bytes: Vec<u8>,
    /// Its exit status; `None` when it did not end by itself.
    pub status: Option<i32>,
}

/// Runs `work` in a copy of this process. It gets a place to write its result to, and gives its
/// exit status. Must be called before any thread exists.
///
/// # Errors
/// When the system has no room for another process or pipe.
pub fn apart(work: impl FnOnce(File) -> i32) -> io::Result<Outcome> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
    match spawn::fork()? {
        ForkResult::Child => {
            drop(read);
            process::exit(work(write.into()));
        }
        ForkResult::Parent { child } => {
            drop(write);
            let mut bytes = Vec::new();
            let received = File::from(read).read_to_end(&mut bytes);
            let status = spawn::wait(child)?;
            received?;
            Ok(Outcome { bytes, status })
        }
    }
}
