//! What goes wrong around a daemon, and what it makes of it: the real binary with real children,
//! full disks, empty tables and clocks that jump. Whatever happens, it answers, says why, goes on
//! when the cause is gone, and ends when it is told to.

mod children;
mod crowds;
mod deaths;
mod disks;
mod limits;

use std::fs;

use harness::daemon::HEAD;
use harness::{Daemon, Installation, Sandbox, wait_until};

/// A sandbox whose configuration is [`HEAD`] and `programs`.
fn sandbox(programs: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", format!("{HEAD}\n{programs}"));
    sandbox
}

/// Ours, and the original where it is installed: what is asserted of both is compatible.
fn both() -> impl Iterator<Item = Installation> {
    [crate::ours()].into_iter().chain(Installation::oracle())
}

/// The activity log without what is written for debugging, times cut off.
fn log(sandbox: &Sandbox) -> Vec<String> {
    let lines = sandbox.read("supervisord.log");
    let lines = lines.lines().filter_map(|line| line.get("2000-01-01 00:00:00,000 ".len()..));
    lines.filter(|line| !line.starts_with("DEBG")).map(str::to_owned).collect()
}

/// Waits until the activity log has a line that ends in `text`.
#[track_caller]
fn wait_for_line(sandbox: &Sandbox, text: &str) {
    wait_until(&format!("`{text}` is logged"), || {
        log(sandbox).iter().any(|line| line.ends_with(text))
    });
}

/// Waits until the daemon is asleep: none of its threads runs for a while.
#[track_caller]
fn wait_until_asleep(daemon: &Daemon<'_>) {
    let switches = || {
        let tasks = fs::read_dir(format!("/proc/{}/task", daemon.pid())).expect("a live daemon");
        let status =
            tasks.map(|task| fs::read_to_string(task.expect("a task").path().join("status")));
        let status: String = status.map(Result::unwrap_or_default).collect();
        let counts =
            status.lines().filter_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        counts.filter_map(|count| count.trim().parse::<u64>().ok()).sum::<u64>()
    };
    let mut last = switches();
    wait_until("the daemon is asleep", || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        std::mem::replace(&mut last, switches()) == last
    });
}
