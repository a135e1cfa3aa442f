//! Work done in a process of its own, so that the memory it takes is gone with it.

use std::fs::File;
use std::io;
use std::process;

use nix::fcntl::OFlag;
use nix::unistd::{ForkResult, pipe2};

use crate::os::spawn;

/// What became of the work.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome<T> {
    /// What was read of it.
    pub result: T,
    /// Its exit status; `None` when it did not end by itself.
    pub status: Option<i32>,
}

/// Runs `work` in a copy of this process. It gets a place to write its result to, and gives its
/// exit status. `read` is given the other end while it works; what is left there is lost. Must be
/// called before any thread exists.
///
/// # Errors
/// When the system has no room for another process or pipe.
pub fn apart<T>(
    work: impl FnOnce(File) -> i32,
    read: impl FnOnce(&mut File) -> T,
) -> io::Result<Outcome<T>> {
    let (source, sink) = pipe2(OFlag::O_CLOEXEC)?;
    match spawn::fork()? {
        ForkResult::Child => {
            drop(source);
            process::exit(work(sink.into()));
        }
        ForkResult::Parent { child } => {
            drop(sink);
            let mut source = File::from(source);
            let result = read(&mut source);
            // Who writes on is not to fail for want of a reader.
            let rest = io::copy(&mut source, &mut io::sink());
            let status = spawn::wait(child)?;
            rest?;
            Ok(Outcome { result, status })
        }
    }
}
