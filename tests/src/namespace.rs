//! Parts of the machine of one's own: mounts nobody else sees, and pids counted from 1.

use std::process::Command;

use crate::installation::command;
use crate::sandbox::Sandbox;
use crate::untested::not_tested;

/// A command that runs what is appended to it with mounts of its own. `None`, told on the terminal,
/// where the system gives nobody any.
pub fn own_mounts(sandbox: &Sandbox) -> Option<Command> {
    first_that_works(sandbox, [&["-m"], &["-Urm"]], &["mount", "-t", "tmpfs", "none", "/mnt"])
}

/// A command that runs what is appended to it as process 1, ends when that does, and takes
/// everything with it. `None`, told on the terminal, where the system does not let us.
pub fn as_process_1(sandbox: &Sandbox) -> Option<Command> {
    let (root, others) =
        (["-pf", "--mount-proc", "--kill-child"], ["-Urpf", "--mount-proc", "--kill-child"]);
    first_that_works(sandbox, [&root, &others], &["true"])
}

/// Root may do it without further ado, others as the root of their own users.
fn first_that_works(sandbox: &Sandbox, ways: [&[&str]; 2], probe: &[&str]) -> Option<Command> {
    let unshare = |options: &[&str]| {
        let mut unshare = command(sandbox, "unshare");
        unshare.args(options);
        unshare
    };
    let works = |options: &&&[&str]| {
        unshare(options).args(probe).output().is_ok_and(|output| output.status.success())
    };
    let way = ways.iter().find(works);
    if way.is_none() {
        not_tested("this system gives us no namespaces");
    }
    way.map(|options| unshare(options))
}
