//! The words a child leaves behind that did not become its program.

use std::path::Path;

use compiler::Options;
use compiler::host::memory::MemoryHost;

use super::*;

const CONFIG: &str = "[supervisord]
[program:x]
command=tool -v
directory=/srv/x
user=7
";

fn process() -> ProcessPlan {
    let host = MemoryHost::new([("/s.conf", CONFIG)]);
    let plan = compiler::compile(&host, Path::new("/s.conf"), &Options::default()).plan.unwrap();
    ProcessPlan::clone(&plan.groups[0].processes[0])
}

fn launch() -> Launch {
    Launch {
        path: c"/bin/tool".to_owned(),
        argv: vec![c"tool".to_owned(), c"-v".to_owned()],
        environment: Vec::new(),
        user: UserChange::Keep,
        directory: None,
        umask: None,
    }
}

fn check(step: Step, errno: Errno, expected: Option<&str>) {
    let refusal = PrivilegeError::NotRoot;
    let reason = explain(Failure { step, errno }, &process(), &launch(), Some(&refusal));
    assert_eq!(reason.as_deref(), expected, "{step:?}");
}

// RUN-211, RUN-212, RUN-213, RUN-214, RUN-215
#[test]
fn each_step_has_the_text_of_the_original() {
    check(
        Step::Refused,
        Errno::EPERM,
        Some("couldn't setuid to 7: Can't drop privilege as nonroot user"),
    );
    check(
        Step::Groups,
        Errno::EPERM,
        Some("couldn't setuid to 7: Could not set groups of effective user"),
    );
    check(
        Step::GroupId,
        Errno::EPERM,
        Some("couldn't setuid to 7: Could not set group id of effective user"),
    );
    check(Step::Directory, Errno::EACCES, Some("couldn't chdir to /srv/x: EACCES"));
    check(Step::Exec, Errno::ENOEXEC, Some("couldn't exec tool: ENOEXEC"));
    check(Step::UserId, Errno::EAGAIN, None);
    check(Step::ProcessGroup, Errno::EPERM, None);
    check(Step::Descriptors, Errno::EBADF, None);
}

// RUN-210
#[test]
fn the_last_line_is_always_the_same() {
    let text = |reason: Option<&str>| {
        let (read, write) = pipe2(OFlag::O_CLOEXEC).unwrap();
        leave_behind(&write, reason);
        drop(write);
        std::io::read_to_string(File::from(read)).unwrap()
    };
    assert_eq!(text(None), "supervisor: child process was not spawned\n");
    assert_eq!(
        text(Some("couldn't exec x: EIO")),
        "supervisor: couldn't exec x: EIO\nsupervisor: child process was not spawned\n"
    );
    // However long the text is, it never fills the pipe.
    assert!(
        text(Some(&"é".repeat(100_000))).ends_with("\nsupervisor: child process was not spawned\n")
    );
}
