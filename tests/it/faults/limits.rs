//! Tables that are full: no room for another process, no room for another descriptor.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use harness::unprivileged::unprivileged;
use harness::{Daemon, Run, Sandbox, configured, wait_until};
use nix::unistd::geteuid;

/// Starts our daemon as a user whose processes are counted, which root's are not.
fn start_unprivileged(sandbox: &Sandbox) -> Daemon<'_> {
    let ours = crate::ours();
    let mut daemon = unprivileged(sandbox, &ours.supervisord);
    daemon.args(["-n", "-c", "supervisord.conf"]);
    let daemon = Daemon::spawn_by(daemon, &ours, sandbox);
    daemon.wait_for_socket();
    daemon
}

/// Sets one soft limit of a running daemon; `None` as high as it may be.
fn limit(daemon: &Daemon<'_>, resource: &str, soft: Option<usize>) {
    let process = format!("/proc/{}", daemon.pid());
    let owner = fs::metadata(&process).expect("a live daemon");
    let prlimit = |args: &[&str]| {
        let mut prlimit = Command::new("prlimit");
        prlimit.args(["--pid", &daemon.pid().to_string()]).args(args);
        if geteuid().is_root() {
            // Not even root may change the limits of another user's process everywhere.
            prlimit.uid(owner.uid()).gid(owner.gid());
        }
        let run = Run::of(prlimit);
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout.trim().to_owned()
    };
    let option = format!("--{resource}");
    let hard = prlimit(&["--raw", "--noheadings", "--output=HARD", &option]);
    let soft = soft.map_or_else(|| hard.clone(), |soft| soft.to_string());
    prlimit(&[&format!("{option}={soft}:{hard}")]);
}

// RUN-127, RUN-133, RUN-179e
#[test]
fn a_full_process_table_is_a_reason_to_try_again() {
    let sandbox = configured(
        "[program:x]\ncommand=/bin/sleep 1000\nautostart=false\nstartretries=1000\nstartsecs=0\n",
    );
    let daemon = start_unprivileged(&sandbox);
    limit(&daemon, "nproc", Some(1));
    assert_eq!(daemon.ctl(&["start", "x"]).stdout, "x: ERROR (spawn error)\n");
    sandbox.wait_for_line("INFO spawnerr: Too many processes in process table to spawn 'x'");
    let status = daemon.ctl(&["status", "x"]).stdout;
    assert!(status.contains("BACKOFF   Too many processes in process table"), "{status}");
    // A client's request does not need a process.
    assert_eq!(daemon.ctl(&["version"]).stdout, "4.3.0\n");
    limit(&daemon, "nproc", None);
    daemon.wait_for("x", "RUNNING");
}

// RUN-179c, RUN-127: descriptors for the children, and for the clients.
#[test]
fn a_full_descriptor_table_is_a_reason_to_try_again() {
    let sandbox = configured(
        "[program:x]\ncommand=/bin/sleep 1000\nprocess_name=x%(process_num)d\nnumprocs=20\n\
         autostart=false\nstartretries=1000\nstartsecs=0\n",
    );
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    limit(&daemon, "nofile", Some(room_for(&daemon, 25)));
    let answer = daemon.ctl(&["start", "x:*"]).stdout;
    assert!(answer.contains("started\n") && answer.contains("ERROR (spawn error)\n"), "{answer}");
    let log = sandbox.log();
    let told = |line: &&String| line.starts_with("INFO spawnerr: too many open files to spawn 'x");
    assert!(log.iter().find(told).is_some(), "{}", daemon.output());
    limit(&daemon, "nofile", None);
    wait_until("all run", || daemon.ctl(&["status"]).stdout.matches("RUNNING").count() == 20);
}

// RUN-002: with no descriptor left for a client, the daemon closes an idle connection, or waits for
// one to be closed; it does not spin, and it does not stay deaf.
#[test]
fn clients_that_hold_every_descriptor_do_not_lock_others_out() {
    let sandbox = configured("[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("x", "RUNNING");
    limit(&daemon, "nofile", Some(room_for(&daemon, 8)));
    let socket = sandbox.join("s.sock");
    let crowd: Vec<_> =
        (0..64).map(|_| UnixStream::connect(&socket).expect("room in the queue")).collect();
    sandbox.wait_for_line("cannot accept a connection");
    assert_eq!(daemon.ctl(&["version"]).stdout, "4.3.0\n");
    drop(crowd);
    daemon.wait_until_asleep();
    assert_eq!(daemon.ctl(&["stop", "x"]).stdout, "x: stopped\n");
}

/// The limit that leaves the daemon room for this many descriptors more.
fn room_for(daemon: &Daemon<'_>, spare: usize) -> usize {
    let taken = |number: &usize| {
        fs::symlink_metadata(format!("/proc/{}/fd/{number}", daemon.pid())).is_ok()
    };
    (0..).filter(|number| !taken(number)).nth(spare).expect("a number that is free")
}
