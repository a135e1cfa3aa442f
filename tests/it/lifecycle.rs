//! One scripted session, played with every pairing of daemon and client: ours and, where it is
//! installed, the original's. All of them must read the same.
//!
//! The transcript of the original's pair is committed (`tests/golden/lifecycle.txt`), so the
//! session is compared with the original even where no Python is. `UPDATE=1` with
//! `PLANVISOR_ORACLE` set writes it anew.

use std::fmt::Write as _;

use harness::golden::same_as_committed;
use harness::redact::redact;
use harness::{Daemon, Installation, Sandbox, configured, wait_until};

const PROGRAMS: &str = "\
[program:steady]
command=/bin/sh -c \"echo one; echo two >&2; exec sleep 1000\"

[program:manual]
command=/bin/sleep 1000
autostart=false
startsecs=0

[program:crasher]
command=/bin/sh -c \"echo crashing; exit 3\"
startsecs=1000
startretries=1

[program:brief]
command=/bin/sh -c \"sleep 1.3; exit 0\"
autorestart=unexpected

[program:trapper]
command=/bin/sh trapper.sh

[program:stubborn]
command=/bin/sh -c \"trap '' TERM; echo deaf; while :; do sleep 0.1; done\"
stopwaitsecs=1
killasgroup=true
stopsignal=TERM

[program:missing]
command=/no/such/command
autostart=false
startretries=0

[program:member]
command=/bin/sleep 1000
process_name=%(program_name)s-%(process_num)02d
numprocs=2

[program:lone]
command=/bin/sleep 1000
priority=5

[group:set]
programs=member,lone
priority=50
";

/// Says in `trapped` which signals it got.
const TRAPPER: &str = "\
trap 'echo got USR1' USR1
trap 'echo got HUP' HUP
echo waiting
while :; do sleep 0.1; done
";

// RUN-120, RUN-121, RUN-122, RUN-123, RUN-124, RUN-125, RUN-126, RUN-127, RUN-128, RUN-129,
// RUN-130, RUN-131, RUN-132, RUN-133, RUN-134, RUN-135, RUN-136, RUN-137, CFG-347, CFG-348,
// CFG-349, CFG-350, CFG-351, CFG-352, CFG-353, CFG-354: what a script sees of them. CTL-034,
// CTL-035, CTL-036, CTL-046, CTL-047, CTL-048, CTL-049, CTL-050, CTL-051, CTL-053, CTL-054,
// CTL-055, CTL-056, CTL-057, CTL-058, CTL-059, CTL-060, CTL-062, CTL-063, CTL-064, CTL-065,
// CTL-066, CTL-067, CTL-071, CTL-072, CTL-073, CTL-074, CTL-105, CTL-107, CTL-108, CTL-109,
// CTL-110, CTL-111, CTL-112, CTL-113, CTL-114, CTL-115, CTL-116, CTL-117, CTL-118, CTL-119,
// CTL-120, CTL-122, CTL-124, CTL-126, CTL-128, LIB-023
#[test]
fn our_client_and_our_daemon() {
    let ours = crate::ours();
    check(&ours, &ours);
}

#[test]
fn the_originals_client_and_our_daemon() {
    if let Some(original) = Installation::oracle() {
        check(&crate::ours(), &original);
    }
}

#[test]
fn the_client_of_the_release_before_and_our_daemon() {
    if let Some(original) = Installation::oracle_425() {
        check(&crate::ours(), &original);
    }
}

#[test]
fn our_client_and_the_originals_daemon() {
    if let Some(original) = Installation::oracle() {
        check(&original, &crate::ours());
    }
}

#[test]
fn the_originals_client_and_daemon() {
    if let Some(original) = Installation::oracle() {
        check(&original, &original);
    }
}

/// Plays the session and compares it with the committed transcript.
#[track_caller]
fn check(daemon: &Installation, client: &Installation) {
    same_as_committed("lifecycle.txt", &Session::play(daemon, client), &[daemon, client]);
}

/// A session under way and what has been seen of it.
struct Session<'s> {
    sandbox: &'s Sandbox,
    daemon: Daemon<'s>,
    transcript: String,
}

impl<'s> Session<'s> {
    fn play(daemon: &Installation, client: &Installation) -> String {
        let sandbox = configured("");
        sandbox.write("conf.d/programs.conf", PROGRAMS);
        sandbox.write("trapper.sh", TRAPPER);
        let daemon = Daemon::start(daemon, &sandbox).with_client(client);
        let mut session = Session { sandbox: &sandbox, daemon, transcript: String::new() };
        session.look();
        session.start_and_stop();
        session.signal();
        session.read_logs();
        session.change_the_configuration();
        session.break_the_configuration();
        session.add_and_remove();
        session.reload();
        session.shut_down();
        session.transcript
    }

    /// Runs one action of the client and writes down what it prints and how it exits.
    fn ctl(&mut self, args: &[&str]) {
        let run = self.daemon.ctl(args);
        let stdout = redact(self.sandbox, &run.stdout);
        writeln!(self.transcript, "$ {}\n{stdout}[{}]", args.join(" "), run.status)
            .expect("a string to write to");
    }

    /// The same where the order of the lines is a matter of timing.
    fn ctl_in_any_order(&mut self, args: &[&str]) {
        let run = self.daemon.ctl(args);
        let mut lines: Vec<_> = run.stdout.lines().collect();
        lines.sort_unstable();
        writeln!(self.transcript, "$ {}\n{}\n[{}]", args.join(" "), lines.join("\n"), run.status)
            .expect("a string to write to");
    }

    /// Waits until the programs that start by themselves, and these, are where they stay.
    fn settle(&self, more: &[&str]) {
        self.daemon.wait_for("crasher", "FATAL");
        self.daemon.wait_for("brief", "EXITED");
        for name in ["steady", "trapper"].iter().chain(more) {
            self.daemon.wait_for(name, "RUNNING");
        }
        wait_until("it hears signals", || {
            self.daemon.ctl(&["tail", "trapper"]).stdout.contains("waiting\n")
        });
    }

    fn heading(&mut self, text: &str) {
        writeln!(self.transcript, "\n# {text}").expect("a string to write to");
    }

    fn look(&mut self) {
        self.heading("start, crash loop to FATAL");
        self.settle(&["stubborn", "set:lone", "set:member-00", "set:member-01"]);
        self.ctl(&["version"]);
        self.ctl(&["status"]);
        self.ctl(&["status", "set:*", "steady", "nobody", "none:*"]);
        self.ctl(&["status", "steady"]);
        self.ctl(&["status", "nobody"]);
        self.ctl(&["avail"]);
        self.ctl(&["pid", "manual"]);
        self.ctl(&["pid", "nobody"]);
    }

    fn start_and_stop(&mut self) {
        self.heading("start, stop, restart");
        self.ctl(&["start", "manual"]);
        self.ctl(&["start", "manual"]);
        self.ctl(&["stop", "manual"]);
        self.ctl(&["stop", "manual"]);
        self.ctl(&["restart", "manual"]);
        self.ctl(&["start", "crasher"]);
        self.ctl(&["start", "missing"]);
        self.ctl(&["start", "nobody"]);
        self.ctl(&["start", "none:*"]);
        self.ctl(&["start"]);
        self.ctl(&["stop", "none:*"]);
        self.ctl(&["stop", "stubborn"]);
        self.ctl_in_any_order(&["stop", "set:*"]);
        self.ctl(&["status", "set:*"]);
        self.ctl_in_any_order(&["start", "set:*"]);
        self.ctl(&["start", "set:*"]);
        self.ctl(&["status", "set:*"]);
        self.ctl(&["bogus", "action"]);
    }

    fn signal(&mut self) {
        self.heading("signal");
        let before = ["manual", "steady"].map(|name| (name, self.daemon.pid_of(name)));
        self.ctl(&["signal", "USR1", "trapper"]);
        self.ctl(&["signal", "hup", "trapper"]);
        self.ctl(&["signal", "1", "manual", "steady:*"]);
        self.ctl(&["signal", "NONSENSE", "trapper"]);
        self.ctl(&["signal", "USR1", "missing"]);
        self.ctl(&["signal", "USR1", "nobody"]);
        self.ctl(&["signal", "USR1"]);
        // A process that dies of a signal while RUNNING is started again (RUN-169).
        for (name, pid) in before {
            self.daemon.wait_for_new_pid(name, pid);
            self.daemon.wait_for(name, "RUNNING");
        }
    }

    fn read_logs(&mut self) {
        self.heading("tail, clear");
        let daemon = &self.daemon;
        wait_until("both signals are logged", || {
            let log = daemon.ctl(&["tail", "trapper"]).stdout;
            log.contains("USR1") && log.contains("HUP")
        });
        // Twice, for it has been started again.
        for (channel, text) in [("stdout", "one\none\n"), ("stderr", "two\ntwo\n")] {
            wait_until("it has spoken", || {
                daemon.ctl(&["tail", "steady", channel]).stdout.starts_with(text)
            });
        }
        self.ctl(&["tail", "steady"]);
        self.ctl(&["tail", "-4", "steady", "stderr"]);
        self.ctl(&["tail", "nobody"]);
        self.ctl(&["tail", "steady", "stdlog"]);
        self.ctl(&["tail", "-x", "steady"]);
        self.ctl(&["tail"]);
        self.ctl(&["clear", "steady"]);
        self.ctl(&["tail", "steady"]);
        self.ctl(&["clear", "nobody"]);
        self.ctl(&["maintail", "-0", "extra"]);
    }

    fn change_the_configuration(&mut self) {
        self.heading("reread, update");
        self.ctl(&["reread"]);
        let edited = PROGRAMS
            .replace("[program:manual]", "[program:fresh]")
            .replace("[program:trapper]", "[program:trapper]\nstopwaitsecs=2\nstopsignal=KILL")
            .replace("numprocs=2", "numprocs=3");
        self.sandbox.write("conf.d/programs.conf", edited);
        self.ctl(&["reread"]);
        self.ctl(&["avail"]);
        self.ctl(&["update"]);
        self.settle(&["set:lone", "set:member-00", "set:member-01", "set:member-02"]);
        self.ctl(&["status"]);
        self.ctl(&["update"]);
        self.ctl(&["reread"]);
        self.ctl(&["update", "nobody"]);
    }

    fn break_the_configuration(&mut self) {
        self.heading("a broken configuration changes nothing");
        self.sandbox.write("conf.d/broken.conf", "[program:broken]\nstartsecs=soon\n");
        let before = self.daemon.pid_of("steady");
        self.ctl(&["reread"]);
        self.ctl(&["update"]);
        self.sandbox.write("conf.d/broken.conf", "[program:broken]\nno delimiter\n");
        self.ctl(&["reread"]);
        self.sandbox.write("conf.d/broken.conf", "");
        self.ctl(&["reread"]);
        assert_eq!(self.daemon.pid_of("steady"), before, "a failed reread touched a process");
    }

    fn add_and_remove(&mut self) {
        self.heading("add, remove");
        self.ctl(&["remove", "steady"]);
        self.ctl(&["stop", "steady"]);
        self.ctl(&["remove", "steady"]);
        self.ctl(&["remove", "steady"]);
        self.ctl(&["status", "steady"]);
        self.ctl(&["add", "steady"]);
        self.ctl(&["add", "steady", "nobody"]);
        self.daemon.wait_for("steady", "RUNNING");
    }

    fn reload(&mut self) {
        self.heading("reload");
        let before = self.daemon.pid_of("steady");
        self.ctl(&["reload", "now"]);
        self.ctl(&["reload"]);
        self.daemon.wait_for_new_pid("steady", before);
        let set = ["set:lone", "set:member-00", "set:member-01", "set:member-02"];
        self.settle(&[&["stubborn"][..], &set].concat());
        self.ctl(&["status"]);
    }

    fn shut_down(&mut self) {
        self.heading("shutdown");
        self.ctl(&["shutdown"]);
        let status = self.daemon.wait();
        writeln!(self.transcript, "the daemon: {status}").expect("a string to write to");
        for name in ["s.sock", "supervisord.pid"] {
            assert!(!self.sandbox.join(name).exists(), "`{name}` is left behind");
        }
        self.ctl(&["status"]);
        self.ctl(&["pid"]);
        self.ctl(&["shutdown"]);
        self.ctl(&["reread"]);
    }
}
