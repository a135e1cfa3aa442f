//! A command whose disk does not answer: the system is told to keep everybody from executing one
//! file until we say so.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use harness::{Daemon, Sandbox, configured, wait_until};
use nix::errno::Errno;
use nix::sys::fanotify::{
    EventFFlags, Fanotify, FanotifyEvent, FanotifyResponse, InitFlags, MarkFlags, MaskFlags,
    Response,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::frozen::{ask, outcome};

/// A file nobody can execute until he is let. Once this is dropped, everybody can.
struct Gate(Fanotify);

/// Somebody who is executing the file.
struct Held {
    event: FanotifyEvent,
}

impl Gate {
    /// `None`, told on the terminal, where the system does not have us do that.
    fn close(file: &PathBuf) -> Option<Self> {
        let flags = InitFlags::FAN_CLASS_CONTENT | InitFlags::FAN_CLOEXEC | InitFlags::FAN_NONBLOCK;
        let gate = Fanotify::init(flags, EventFFlags::O_RDONLY | EventFFlags::O_CLOEXEC);
        let gate = gate.and_then(|gate| {
            let executed = MaskFlags::FAN_OPEN_EXEC_PERM;
            gate.mark(MarkFlags::FAN_MARK_ADD, executed, nix::fcntl::AT_FDCWD, Some(file))?;
            Ok(Self(gate))
        });
        if let Err(error) = &gate {
            let told = format!("NOT TESTED: this system gives us no file to hold back: {error}\n");
            io::stderr().write_all(told.as_bytes()).expect("a terminal to tell it on");
        }
        gate.ok()
    }

    /// Who comes next.
    #[track_caller]
    fn wait(&self) -> Held {
        let mut events = Vec::new();
        wait_until("somebody executes the file", || {
            events = match self.0.read_events() {
                Err(Errno::EAGAIN) => Vec::new(),
                events => events.expect("events"),
            };
            !events.is_empty()
        });
        assert_eq!(events.len(), 1, "one at a time");
        Held { event: events.remove(0) }
    }

    fn let_in(&self, held: &Held) {
        let file = held.event.fd().expect("the file");
        let answer = FanotifyResponse::new(file, Response::FAN_ALLOW);
        self.0.write_response(answer).expect("an answer");
    }
}

impl Held {
    /// Whether he is still there.
    fn waits(&self) -> bool {
        fs::exists(format!("/proc/{}/exe", self.event.pid())).is_ok_and(|there| there)
    }
}

/// A program that may be held back, and asks to be signalled when the thread that made it ends.
fn sandbox() -> Sandbox {
    let sandbox = configured(
        "[program:slow]\ncommand=%(here)s/slow --pdeathsig TERM /bin/sleep 1000\n\
         autostart=false\nautorestart=false\nstartsecs=0\n\
         stdout_logfile=NONE\nstderr_logfile=NONE\n\
         [program:behind]\ncommand=%(here)s/slow /bin/sleep 1000\nautostart=false\nstartsecs=0\n\
         [program:elsewhere]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
    );
    fs::copy("/usr/bin/setpriv", sandbox.join("slow")).expect("a program");
    sandbox
}

/// That everything else goes on.
#[track_caller]
fn supervises(daemon: &Daemon<'_>) {
    let before = daemon.pid_of("elsewhere");
    kill(Pid::from_raw(before), Signal::SIGKILL).expect("a program to kill");
    daemon.wait_for_new_pid("elsewhere", before);
    let told = daemon.ctl(&["restart", "elsewhere"]).stdout;
    assert_eq!(told, "elsewhere: stopped\nelsewhere: started\n");
}

// RUN-175, RUN-205: mended. The original looks for a command itself and stands still with its disk.
#[test]
fn a_command_that_cannot_be_read_holds_up_nobody_else() {
    let sandbox = sandbox();
    let Some(gate) = Gate::close(&sandbox.join("slow")) else { return };
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("elsewhere", "RUNNING");

    // Threads that have waited stay: a program is not told of the end of its parent.
    let mut waiting = ask(&daemon, "startProcess", "slow");
    gate.let_in(&gate.wait());
    assert_eq!(outcome(&mut waiting), "True");
    let mut behind = ask(&daemon, "startProcess", "behind");
    let held = gate.wait();
    daemon.wait_for("behind", "STARTING");
    supervises(&daemon);
    gate.let_in(&held);
    assert_eq!(outcome(&mut behind), "True");
    supervises(&daemon);
    daemon.wait_for("slow", "RUNNING");
    assert_eq!(daemon.ctl(&["stop", "behind", "slow"]).stdout, "behind: stopped\nslow: stopped\n");

    // Who needs the same disk waits, and nobody else.
    let mut waiting = ask(&daemon, "startProcess", "slow");
    let held = gate.wait();
    daemon.wait_for("slow", "STARTING");
    supervises(&daemon);
    let mut behind = ask(&daemon, "startProcess", "behind");
    supervises(&daemon);
    gate.let_in(&held);
    assert_eq!(outcome(&mut waiting), "True");
    let held = gate.wait();
    gate.let_in(&held);
    assert_eq!(outcome(&mut behind), "True");
    daemon.ctl(&["stop", "behind", "slow"]);

    // Whoever is stopped before he runs never does. The last program executed is another one, or
    // it would not be expected to need the disk.
    supervises(&daemon);
    let mut unwanted = ask(&daemon, "startProcess", "slow");
    let held = gate.wait();
    daemon.wait_for("slow", "STARTING");
    assert_eq!(daemon.ctl(&["stop", "slow"]).stdout, "slow: stopped\n");
    assert_eq!(outcome(&mut unwanted), "<Fault 50: 'SPAWN_ERROR: slow'>");
    wait_until("nobody waits any more", || !held.waits());
    supervises(&daemon);
    let mut wanted = ask(&daemon, "startProcess", "slow");
    gate.let_in(&gate.wait());
    assert_eq!(outcome(&mut wanted), "True");

    // Nor does the end of the daemon wait for it.
    daemon.ctl(&["stop", "slow"]);
    supervises(&daemon);
    let _never = ask(&daemon, "startProcess", "slow");
    let held = gate.wait();
    daemon.wait_for("slow", "STARTING");
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
    wait_until("nobody is left", || !held.waits());
    let log = sandbox.read("supervisord.log");
    assert!(!log.contains("reaped unknown pid"), "{log}");
}
