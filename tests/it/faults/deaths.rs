//! A daemon that is killed and one that comes after it; a clock that dies and rises again.

use std::fs;
use std::process::Command;

use harness::installation::command;
use harness::{Daemon, Run, Sandbox, configured, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::both;

// CFG-191, RUN-063, RUN-349, RUN-449, HTTP-012
#[test]
fn a_new_daemon_names_what_a_killed_one_left() {
    for installation in both() {
        let sandbox = configured(
            "[program:one]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
             [program:two]\ncommand=/bin/sh -c \"sleep 1000 & wait\"\nstartsecs=0\nstopasgroup=true\n\
             [program:gone]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\n",
        );
        let mut first = Daemon::start(&installation, &sandbox);
        first.wait_for("one", "RUNNING");
        first.wait_for("two", "RUNNING");
        first.wait_for("gone", "EXITED");
        let orphans = ["one", "two"].map(|name| first.pid_of(name));
        let killed = first.pid();
        first.signal(Signal::SIGKILL);
        first.wait();
        assert_eq!(sandbox.read("supervisord.pid"), format!("{killed}\n"));
        fs::remove_file(sandbox.join("supervisord.log")).expect("the first daemon's log");

        let second = Daemon::start(&installation, &sandbox);
        second.wait_for("one", "RUNNING");
        second.wait_for("two", "RUNNING");
        let stale = format!("Unlinking stale socket {}\n", sandbox.join("s.sock").display());
        assert_eq!(sandbox.read("daemon.err"), stale, "{}", installation.label);
        assert_eq!(sandbox.read("supervisord.pid"), format!("{}\n", second.pid()));
        let told: Vec<_> =
            sandbox.log().into_iter().filter(|line| line.contains("left by")).collect();
        let [one, two] = orphans;
        let expected = [
            format!("WARN pid {one} is `one:one` left by a supervisord that was killed"),
            format!("WARN pid {two} is `two:two` left by a supervisord that was killed"),
        ];
        let ours = !installation.is_original();
        assert_eq!(told.len(), if ours { 2 } else { 0 });
        assert!(told.iter().all(|line| expected.contains(line)), "{told:#?} {expected:#?}");
        // They are left alone, at the start and at the end.
        assert_eq!(second.ctl(&["shutdown"]).stdout, "Shut down\n");
        wait_until("the second daemon is gone", || !sandbox.join("supervisord.pid").exists());
        drop(second);
        for orphan in orphans {
            kill(Pid::from_raw(-orphan), Signal::SIGKILL).expect("an orphan that lives");
        }
        // Who was shut down has left nothing to name.
        wait_until("the orphans are gone", || sandbox.processes().is_empty());
        fs::remove_file(sandbox.join("supervisord.log")).expect("the second daemon's log");
        let third = Daemon::start(&installation, &sandbox);
        third.wait_for("one", "RUNNING");
        assert!(!sandbox.read("supervisord.log").contains("left by"), "{}", third.output());
        assert_eq!(sandbox.read("daemon.err"), "");
    }
}

/// Appends the name and the moment of every tick to `ticks`.
const LISTENER: &str = "\
echo READY
while read -r header; do
    head -c \"${header##*len:}\" >> ticks
    printf 'RESULT 2\\nOKREADY\\n'
done
";

const YEAR: i64 = 365 * 24 * 3600;

/// Sets the daemon's clock to so many seconds from now, at once.
fn set_clock(sandbox: &Sandbox, offset: i64) {
    sandbox.write("offset.new", format!("{offset:+}"));
    fs::rename(sandbox.join("offset.new"), sandbox.join("offset")).expect("the new offset");
}

// RUN-180, RUN-181, RUN-182, RUN-183, RUN-184, RUN-185, RUN-186, RUN-187, RUN-118, EVT-065: mended.
// The clock decides nothing, it is only shown.
#[test]
fn a_clock_set_back_a_year_holds_nothing_up() {
    let misdated = env!("CARGO_BIN_EXE_supervisord-misdated-under-test");
    outlives_a_year(|sandbox| {
        let mut daemon = command(sandbox, misdated);
        daemon.env("CLOCK_OFFSET", sandbox.join("offset"));
        daemon
    });
}

// The same of the daemon as it is delivered: the system's own library lies to it.
#[test]
#[cfg_attr(not(faketime), ignore = "needs faketime")]
fn a_lying_clock_holds_nothing_up() {
    let libraries = fs::read_dir("/usr/lib").expect("the system's libraries").flatten();
    let mut places = libraries.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1"));
    let library = places.find(|place| place.exists()).expect("the library of faketime");
    outlives_a_year(|sandbox| {
        let mut daemon = command(sandbox, crate::ours().supervisord);
        daemon.env("LD_PRELOAD", &library).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        daemon.env("FAKETIME_TIMESTAMP_FILE", sandbox.join("offset")).env("FAKETIME_NO_CACHE", "1");
        daemon
    });
}

/// Puts a daemon through it whose clock is off by what the file `offset` says.
fn outlives_a_year(daemon: impl Fn(&Sandbox) -> Command) {
    let sandbox = configured(
        "[program:steady]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
         [program:starting]\ncommand=/bin/sleep 1000\nstartsecs=10\nautostart=false\n\
         [program:crashing]\ncommand=/bin/false\nstartsecs=1000\nstartretries=2\nautostart=false\n\
         [program:deaf]\ncommand=/bin/sh -c \"trap '' TERM; echo up; while :; do sleep 0.1; done\"\n\
         startsecs=0\nstopwaitsecs=10\nkillasgroup=true\nstdout_logfile=%(here)s/deaf.log\n\
         [eventlistener:ear]\ncommand=/bin/sh listener.sh\ndirectory=%(here)s\nevents=TICK_5\n",
    );
    sandbox.write("listener.sh", LISTENER);
    set_clock(&sandbox, 0);
    let mut daemon = daemon(&sandbox);
    daemon.args(["-n", "-c", "supervisord.conf"]);
    let daemon = Daemon::spawn_by(daemon, &crate::ours(), &sandbox);
    daemon.wait_for_socket();
    daemon.wait_for("steady", "RUNNING");
    daemon.wait_for("ear", "RUNNING");
    wait_until("it is deaf", || sandbox.read("deaf.log") == "up\n");
    wait_until("a tick is told", || !ticks(&sandbox).is_empty());
    // Everything that waits for a moment is under way when the clock is set.
    for action in ["start starting", "start crashing", "stop deaf"] {
        ask_without_waiting(&sandbox, action);
    }
    daemon.wait_for("deaf", "STOPPING");
    daemon.wait_for("starting", "STARTING");
    let before = ticks(&sandbox).len();
    set_clock(&sandbox, -YEAR);

    daemon.wait_for("starting", "RUNNING");
    daemon.wait_for("crashing", "FATAL");
    daemon.wait_for("deaf", "STOPPED");
    sandbox.wait_for_line("stopped: deaf (terminated by SIGKILL)");
    let status = daemon.ctl(&["status", "steady"]).stdout;
    assert!(status.ends_with("uptime 0:00:00\n"), "{status}");
    wait_until("ticks go on", || ticks(&sandbox).len() > before + 1);
    let told = ticks(&sandbox);
    assert!(told[before..].iter().any(|when| *when < told[0] - YEAR / 2), "{told:?}");
    assert_eq!(daemon.ctl(&["restart", "steady"]).stdout, "steady: stopped\nsteady: started\n");

    set_clock(&sandbox, YEAR);
    let status = daemon.ctl(&["status", "steady"]).stdout;
    assert!(status.contains("uptime 730 days, 0:"), "{status}");
    let states = daemon.ctl(&["status"]).stdout;
    assert!(states.matches("RUNNING").count() == 3, "{states}");
    let log = sandbox.read("supervisord.log");
    assert!(!log.contains("in the future"), "{log}");
}

/// The moments of the ticks so far.
fn ticks(sandbox: &Sandbox) -> Vec<i64> {
    let text = sandbox.read("ticks");
    text.split("when:").filter_map(|when| when.trim().parse().ok()).collect()
}

/// Runs a client that waits for its answer, without waiting for it.
fn ask_without_waiting(sandbox: &Sandbox, action: &str) {
    let ctl = crate::ours().supervisorctl;
    let script = format!("{} -c supervisord.conf {action} >/dev/null 2>&1 &", ctl.display());
    let mut shell = command(sandbox, "/bin/sh");
    shell.args(["-c", &script]);
    Run::of(shell);
}
