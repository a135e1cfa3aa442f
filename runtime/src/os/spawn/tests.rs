//! Real children, observed through their pipes; none of them is waited for.

use std::io::Read;
use std::os::fd::AsFd;

use nix::fcntl::FcntlArg;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::pipe2;

use super::*;

fn c(text: &str) -> CString {
    CString::new(text).unwrap()
}

fn launch(words: &[&str]) -> Launch {
    Launch {
        path: c(words[0]),
        argv: words.iter().copied().map(c).collect(),
        environment: vec![c("A=1"), c("PATH=/bin:/usr/bin")],
        user: UserChange::Keep,
        directory: None,
        umask: None,
    }
}

/// Runs `launch` to its end; its stdout and why it was not executed.
fn run(launch: &Launch) -> (String, Option<Failure>) {
    run_as(launch, &Birth::default())
}

fn run_as(launch: &Launch, birth: &Birth) -> (String, Option<Failure>) {
    let (read, write): (OwnedFd, OwnedFd) = pipe2(OFlag::O_CLOEXEC).unwrap();
    let null = File::options().read(true).write(true).open("/dev/null").unwrap();
    let stdio = [null.as_fd(), write.as_fd(), null.as_fd()];
    let spawned = Spawners::new().unwrap().spawn(launch, stdio, birth).unwrap();
    drop(write);
    let mut text = String::new();
    File::from(read).read_to_string(&mut text).unwrap();
    (text, spawned.failure)
}

fn check(script: &str, change: impl FnOnce(&mut Launch), expected: &str) {
    let mut launch = launch(&["/bin/sh", "-c", script]);
    change(&mut launch);
    assert_eq!(run(&launch), (expected.to_owned(), None), "{script}");
}

fn check_failure(change: impl FnOnce(&mut Launch), step: Step, errno: Errno) {
    let mut launch = launch(&["/bin/true"]);
    change(&mut launch);
    assert_eq!(run(&launch), (String::new(), Some(Failure { step, errno })));
}

#[test]
fn a_child_that_is_prevented_does_nothing() {
    let birth = Birth::default();
    birth.prevent();
    assert_eq!(run_as(&launch(&["/bin/echo", "here"]), &birth), (String::new(), None));
    assert!(birth.pid().is_some());
}

// RUN-205
#[test]
fn a_program_gets_its_arguments_and_its_environment_only() {
    check("echo \"$0 $A ${HOME-none}\"", |_| {}, "/bin/sh 1 none\n");
}

// RUN-205, RUN-226
#[test]
fn directory_and_umask_are_the_programs_own() {
    let before = std::env::current_dir().unwrap();
    check(
        "pwd; umask",
        |launch| {
            launch.directory = Some(c("/"));
            launch.umask = Some(0o27);
        },
        "/\n0027\n",
    );
    assert_eq!(std::env::current_dir().unwrap(), before);
}

// RUN-201
#[test]
fn a_program_leads_its_own_process_group() {
    check(
        "read -r pid comm state ppid pgrp rest </proc/$$/stat; echo $((pgrp - pid))",
        |_| {},
        "0\n",
    );
}

// RUN-203
#[test]
fn descriptors_of_the_daemon_do_not_leak() {
    let low = nix::unistd::dup(std::io::stdin()).unwrap();
    // Near the end of what the shell that runs the tests allows.
    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    let high = i32::try_from(limit.min(1500) - 16).unwrap();
    let _high = nix::fcntl::fcntl(&low, FcntlArg::F_DUPFD(high)).unwrap();
    // 3 is the directory `ls` itself has open.
    check("exec ls /proc/self/fd", |_| {}, "0\n1\n2\n3\n");
}

// RUN-206, RTRAP-008: bit n-1 of a set stands for signal n; SIGPIPE is 13, SIGXFSZ 25.
#[test]
fn only_sigpipe_and_sigxfsz_are_ignored() {
    let mask = |set: &str| {
        let script = format!("exec sed -n 's/^{set}:.*\\(.\\{{8\\}}\\)$/\\1/p' /proc/self/status");
        let (text, _) = run(&launch(&["/bin/sh", "-c", &script]));
        // Signal 32 is the C library's own business.
        u32::from_str_radix(text.trim(), 16).unwrap() & 0x7fff_ffff
    };
    assert_eq!(mask("SigBlk"), 0);
    assert_eq!(mask("SigIgn"), 1 << 12 | 1 << 24);
}

// RUN-212, RUN-213
#[test]
fn the_step_that_failed_is_known_at_once() {
    check_failure(|l| l.directory = Some(c("/no/such")), Step::Directory, Errno::ENOENT);
    check_failure(|l| l.path = c("/no/such"), Step::Exec, Errno::ENOENT);
    check_failure(|l| l.path = c("/"), Step::Exec, Errno::EACCES);
    check_failure(|l| l.user = UserChange::Refuse, Step::Refused, Errno::EPERM);
}

// RTRAP-016
#[test]
fn a_script_without_an_interpreter_is_not_run_through_a_shell() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("script");
    // Not written here: a child of another test would have it open for a moment, and what is open
    // for writing cannot be executed.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "echo echo no > \"$0\" && chmod 755 \"$0\""]).arg(&path);
    assert!(shell.status().unwrap().success());
    check_failure(|l| l.path = c(path.to_str().unwrap()), Step::Exec, Errno::ENOEXEC);
}

#[test]
fn signalling_nobody_is_an_error() {
    let nobody = Pid::from_raw(i32::MAX);
    assert_eq!(signal(Target::Process(nobody), 0), Err(Errno::ESRCH));
    assert_eq!(signal(Target::Group(nobody), 0), Err(Errno::ESRCH));
}
