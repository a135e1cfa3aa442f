//! Being nobody in particular, even where the tests are run by root; and being root, which not
//! every test can be.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, chown, geteuid};

use crate::installation::command;
use crate::sandbox::Sandbox;
use crate::untested::not_tested;

/// A user nobody else is, so that only the sandbox's own processes count as theirs.
pub const STRANGER: u32 = 61_207;

/// A command for `program` as a user without privileges, who owns the sandbox.
pub fn unprivileged(sandbox: &Sandbox, program: &Path) -> Command {
    if !geteuid().is_root() {
        return command(sandbox, program);
    }
    // The way to the original file may be closed to others.
    let copy = sandbox.program(program, "program");
    chown(sandbox.path(), Some(Uid::from_raw(STRANGER)), None).expect("a directory of ours");
    let mut command = command(sandbox, copy);
    as_stranger(&mut command);
    command
}

/// Takes root's privileges away from `command`.
pub fn as_stranger(command: &mut Command) {
    if geteuid().is_root() {
        command.uid(STRANGER).gid(STRANGER);
    }
}

/// Whether the tests are run by root; told on the terminal where they are not.
pub fn is_root() -> bool {
    let root = geteuid().is_root();
    if !root {
        not_tested("only root may do this");
    }
    root
}
