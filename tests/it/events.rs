//! One scripted session, heard by one listener that writes down every event it gets: the stream of
//! our daemon and the original's must be the same, headers and payloads, byte for byte but for
//! pids.
//!
//! The original's stream is committed (`tests/golden/events.txt`), so the session is compared with
//! it even where no Python is. `UPDATE=1` with `PLANVISOR_ORACLE` set writes it anew.

use harness::golden::same_as_committed;
use harness::{Daemon, Installation, Sandbox, configured_as, head_with, wait_until};
use rpc::Value;

use crate::{child, ours};

const PROGRAMS: &str = "\
[eventlistener:ear]
command=CHILD listen events
events=PROCESS_STATE,PROCESS_LOG,PROCESS_COMMUNICATION,REMOTE_COMMUNICATION,SUPERVISOR_STATE_CHANGE,PROCESS_GROUP
buffer_size=1000

[program:steady]
command=/bin/sleep 1000
autostart=false
startsecs=0

[program:stubborn]
command=/bin/sh -c \"trap '' TERM; echo deaf; while :; do sleep 0.1; done\"
autostart=false
startsecs=0
stopwaitsecs=1
killasgroup=true
stdout_events_enabled=true

[program:crasher]
command=/bin/sh -c \"exit 3\"
autostart=false
startsecs=1000
startretries=2

[program:brief]
command=/bin/sh -c \"sleep 0.5; exit 4\"
autostart=false
autorestart=false
startsecs=0
exitcodes=4

[program:talker]
command=/bin/sh talker.sh
autostart=false
autorestart=false
startsecs=0
exitcodes=7
stdout_events_enabled=true
stderr_events_enabled=true
stdout_capture_maxbytes=40
stderr_capture_maxbytes=1KB

[program:member]
command=/bin/sleep 1000
process_name=%(program_name)s-%(process_num)02d
numprocs=2
autostart=false
startsecs=0

[group:set]
programs=member
priority=50
";

/// A program that is added and never can be started.
const LOST: &str = "[program:lost]\ncommand=/no/such/command\nstartretries=1\n";

/// A program that is added, runs, and is removed.
const GUEST: &str = "[program:guest]\ncommand=/bin/sleep 1000\nstartsecs=0\n";

/// Each `say` is one chunk, and one event but for what capturing does with it.
const TALKER: &str = r#"
say() { printf '%b' "$1"; CHILD drained; }
long=0123456789012345678901234567890123456789
begin='<!--XSUPERVISOR:BEGIN-->'
end='<!--XSUPERVISOR:END-->'
say "plain $long\n"
say "caf\0303\0251 $long\n"
say "broken\0377 $long\n"
say "\033[31mred\033[0m $long\n"
say "before $long${begin}first${end}after $long\n"
say "$begin$long"
say "$long"
say "over$end$long and more\n"
say "$begin${end}nothing $long\n"
say "cut $long<!--XSUPER"
say "VISOR:BEGIN-->in two parts $long<!--XSUPERVISOR:"
say "END-->whole $long\n"
say "short\n"
say "and $long\n"
exec >&2
say "err $long\n"
say "${begin}to stderr caf\0303\0251${end}$long\n"
exit 7
"#;

// EVT-003, EVT-005, EVT-007, EVT-008, EVT-010, EVT-014, EVT-020, EVT-021, EVT-022, EVT-023,
// EVT-024, EVT-025, EVT-026, EVT-027, EVT-029, EVT-032, EVT-033, EVT-034, EVT-035, EVT-071,
// EVT-072, EVT-073, EVT-074; LOG-079, LOG-080, LOG-081, LOG-082, LOG-083, LOG-084, LOG-085,
// LOG-086, LOG-087
#[test]
fn our_daemon_sends_what_the_original_sends() {
    check(&ours());
}

#[test]
fn the_original_sends_what_it_did() {
    if let Some(original) = Installation::oracle() {
        check(&original);
    }
}

#[track_caller]
fn check(daemon: &Installation) {
    same_as_committed("events.txt", &Session::play(daemon), &[daemon]);
}

struct Session<'s> {
    sandbox: &'s Sandbox,
    daemon: Daemon<'s>,
}

impl<'s> Session<'s> {
    fn play(installation: &Installation) -> String {
        let sandbox = configured_as(&head_with("loglevel=info"), "");
        sandbox.write("conf.d/programs.conf", PROGRAMS.replace("CHILD", child()));
        sandbox.write("talker.sh", TALKER.replace("CHILD", child()));
        let daemon = Daemon::start(installation, &sandbox).with_client(&ours());
        let mut session = Session { sandbox: &sandbox, daemon };
        session.daemon.wait_for("ear", "RUNNING");
        session.heard("processname:ear groupname:ear from_state:STARTING pid:");
        session.start_and_stop();
        session.fail();
        session.talk();
        session.add_and_remove();
        session.call();
        session.shut_down();
        redact(&sandbox.read("events"))
    }

    /// Waits until the listener has written down `text`.
    #[track_caller]
    fn heard(&self, text: &str) {
        wait_until(&format!("`{text}` is heard"), || self.sandbox.read("events").contains(text));
    }

    fn ctl(&self, args: &[&str]) {
        self.daemon.ctl(args);
    }

    fn start_and_stop(&self) {
        self.ctl(&["start", "steady"]);
        self.ctl(&["stop", "steady"]);
        self.ctl(&["start", "steady"]);
        self.ctl(&["signal", "KILL", "steady"]);
        self.heard("processname:steady groupname:steady from_state:EXITED tries:0");
        self.daemon.wait_for("steady", "RUNNING");
        self.ctl(&["stop", "steady"]);
        self.ctl(&["start", "stubborn"]);
        self.heard("deaf");
        self.ctl(&["stop", "stubborn"]);
        self.ctl(&["start", "set:member-00"]);
        self.ctl(&["start", "set:member-01"]);
        self.ctl(&["stop", "set:member-01"]);
    }

    fn fail(&self) {
        self.ctl(&["start", "crasher"]);
        self.daemon.wait_for("crasher", "FATAL");
        self.ctl(&["start", "brief"]);
        self.daemon.wait_for("brief", "EXITED");
    }

    fn talk(&self) {
        self.ctl(&["start", "talker"]);
        self.daemon.wait_for("talker", "EXITED");
        self.heard("groupname:talker from_state:RUNNING expected:1");
    }

    fn add_and_remove(&self) {
        self.sandbox.write("conf.d/guest.conf", LOST);
        self.ctl(&["update"]);
        self.daemon.wait_for("lost", "FATAL");
        self.sandbox.write("conf.d/guest.conf", GUEST);
        self.ctl(&["update"]);
        self.daemon.wait_for("guest", "RUNNING");
        self.sandbox.write("conf.d/guest.conf", "");
        self.ctl(&["update"]);
        self.heard("groupname:guest\n\n");
    }

    /// `sendRemoteCommEvent`, which no client has an action for.
    fn call(&self) {
        let server = self.daemon.server();
        let params = ["deployed", "version 2, caf\u{e9}\nand a line"].map(Value::from);
        assert_eq!(server.call("supervisor.sendRemoteCommEvent", &params), "True");
        self.heard("type:deployed");
    }

    fn shut_down(&mut self) {
        self.ctl(&["stop", "set:*"]);
        self.heard("processname:member-00 groupname:set from_state:STOPPING pid:");
        self.ctl(&["shutdown"]);
        self.daemon.wait();
    }
}

/// Pids, and what their length does to `len`, are all that may differ between two runs.
fn redact(events: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut header = 0;
    for line in events.lines() {
        if line.starts_with("ver:") {
            header = lines.len();
        }
        let (before, pid) = line.split_once("pid:").unwrap_or((line, ""));
        let after = pid.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = pid.len() - after.len();
        if digits == 0 {
            lines.push(line.to_owned());
            continue;
        }
        let (head, len) = lines[header].rsplit_once("len:").expect("a header with its length");
        let len: usize = len.parse().expect("a length");
        lines[header] = format!("{head}len:{} and the digits of the pid", len - digits);
        lines.push(format!("{before}pid:PID{after}"));
    }
    lines.join("\n") + "\n"
}
