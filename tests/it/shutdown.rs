//! The end of a daemon and of a run of it: in which order what is stopped, what is said meanwhile,
//! and what repeated, mixed and late requests do to it.

use harness::{Daemon, Installation, Sandbox, configured, head_with, wait_until};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rpc::Value;

use crate::{both, child};

/// Appends the name of every event to `events`, and says so when it is stopped itself.
const LISTENER: &str = "\
trap 'echo stopped >> events; exit 0' TERM
echo READY
while read -r header; do
    head -c \"${header##*len:}\" >/dev/null
    header=${header#*eventname:}
    echo \"${header%% *}\" >> events
    printf 'RESULT 2\\nOKREADY\\n'
done
";

/// A program called `stubborn` that does not stop when it is told to, and says so.
fn stubborn(options: &str) -> String {
    format!(
        "[program:stubborn]\ncommand=/bin/sh -c \"trap '' TERM; echo deaf; while :; do sleep 0.1; \
         done\"\nkillasgroup=true\nstdout_logfile=%(here)s/stubborn.log\n{options}\n"
    )
}

/// Programs of every kind: those that stop, do not stop, fail, have failed, have ended.
fn crowd() -> String {
    format!(
        "[eventlistener:ear]\ncommand=/bin/sh listener.sh\ndirectory=%(here)s\nstartsecs=0\n\
         events=PROCESS_STATE_STOPPED,SUPERVISOR_STATE_CHANGE\n\
         [program:early]\ncommand=/bin/sleep 1000\npriority=1\n\
         {stubborn}\
         [program:late]\ncommand=/bin/sleep 1000\npriority=900\n\
         [program:two]\ncommand=/bin/sleep 1000\n\
         [program:one]\ncommand=/bin/sleep 1000\npriority=2000\n\
         [group:members]\nprograms=one,two\npriority=700\n\
         [program:fatal]\ncommand=/no/such\nstartretries=0\n\
         [program:failing]\ncommand=/bin/false\npriority=3\n\
         startsecs=1000\nstartretries=1000\n\
         [program:ended]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\n",
        stubborn = stubborn("priority=500\nstopwaitsecs=5")
    )
}

/// A daemon with all of them where they are to be.
fn start<'s>(installation: &Installation, sandbox: &'s Sandbox) -> Daemon<'s> {
    let head = head_with("loglevel=info");
    sandbox.write("supervisord.conf", format!("{head}\n{}", crowd()));
    sandbox.write("listener.sh", LISTENER);
    let daemon = Daemon::start(installation, sandbox);
    wait_until("it is deaf", || sandbox.read("stubborn.log") == "deaf\n");
    for name in ["ear", "early", "stubborn", "late", "members:one", "members:two"] {
        daemon.wait_for(name, "RUNNING");
    }
    daemon.wait_for("fatal", "FATAL");
    // The third failure is followed by three seconds in BACKOFF.
    wait_until("it has failed three times", || {
        sandbox.read("supervisord.log").matches("exited: failing").count() >= 3
    });
    daemon
}

/// The log from the first line with `text` in it, without pids, without what is repeated for those
/// who wait, and without the failure that may come just then on a slow machine.
fn log_from(sandbox: &Sandbox, text: &str) -> Vec<String> {
    let log = sandbox.log();
    let from = log.iter().position(|line| line.contains(text)).expect("the line");
    let mut lines: Vec<String> = Vec::new();
    for line in &log[from..] {
        let line: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
        let told = line.contains("exited: failing")
            || line.contains("stopped: failing")
            || (line.contains("waiting for")
                && lines.iter().any(|old| old.contains("waiting for")));
        if !told {
            lines.push(line);
        }
    }
    lines
}

/// What a shutdown by `first` and then `second` logs.
fn expected(first: &str, second: &str) -> Vec<String> {
    [
        &format!("WARN received {first} indicating exit request"),
        "INFO waiting for ear, early, failing, stubborn, one, two, late to die",
        second,
        "WARN stopped: late (terminated by SIGTERM)",
        "WARN stopped: one (terminated by SIGTERM)",
        "WARN stopped: two (terminated by SIGTERM)",
        "WARN killing 'stubborn' () with SIGKILL",
        "WARN stopped: stubborn (terminated by SIGKILL)",
        "WARN stopped: early (terminated by SIGTERM)",
        "INFO stopped: ear (exit status )",
    ]
    .map(str::to_owned)
    .into()
}

// CFG-412, RUN-090, RUN-140, RUN-301, RUN-308, RUN-320, RUN-321, RUN-322, RUN-323, RUN-324,
// RUN-325, RUN-327, RUN-340, RUN-342, RUN-345, RUN-423, RTRAP-001, RTRAP-002, RTRAP-005, RTRAP-006
#[test]
fn everything_stops_in_its_turn_whatever_is_asked_meanwhile() {
    for installation in both() {
        let sandbox = Sandbox::new();
        let mut daemon = start(&installation, &sandbox);
        daemon.signal(Signal::SIGTERM);
        sandbox.wait_for_line("waiting for ear");
        daemon.signal(Signal::SIGHUP);
        assert!(daemon.wait().success(), "{}", daemon.output());
        let mut log = log_from(&sandbox, "received SIGTERM");
        log.sort();
        let ignored = "WARN ignored SIGHUP indicating restart request (shutdown in progress)";
        let mut all = expected("SIGTERM", ignored);
        all.sort();
        assert_eq!(log, all, "{}", installation.label);
        // Two that are told at once may die in either order.
        let stops = |lines: Vec<String>| -> Vec<String> {
            let told = |line: &String| line.contains("stopped: ") || line.contains("killing");
            let alike = |line: String| line.replace("stopped: two", "stopped: one");
            lines.into_iter().filter(told).map(alike).collect()
        };
        let order = stops(log_from(&sandbox, "received SIGTERM"));
        let expected = stops(expected("", ""));
        assert_eq!(order, expected, "{}", installation.label);
        let heard = sandbox.read("events");
        let all = "SUPERVISOR_STATE_CHANGE_RUNNING\nSUPERVISOR_STATE_CHANGE_STOPPING\n".to_owned()
            + &"PROCESS_STATE_STOPPED\n".repeat(6);
        // The last to stop, it hears what it has the time to hear.
        let heard = heard.strip_suffix("stopped\n").expect("its own end");
        assert!(all.starts_with(heard), "{}", daemon.output());
        assert!(!sandbox.join("s.sock").exists() && !sandbox.join("supervisord.pid").exists());
    }
}

/// The process a daemon waits for at its end.
struct Last(Pid);

impl Last {
    fn of(daemon: &Daemon<'_>) -> Last {
        Last(Pid::from_raw(daemon.pid_of("stubborn")))
    }

    /// Kills it and what it has started.
    fn dies(&self) {
        killpg(self.0, Signal::SIGKILL).expect("a process that lives");
    }
}

// RUN-331, RUN-333, RUN-340, RUN-456, RUN-341, RUN-343, RTRAP-006
#[test]
fn a_restart_becomes_a_shutdown() {
    for installation in both() {
        let sandbox = configured(&format!(
            "{}[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
            stubborn("stopwaitsecs=1000\nstartsecs=0")
        ));
        let mut daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        wait_until("it is deaf", || sandbox.read("stubborn.log") == "deaf\n");
        // What was changed by hand is forgotten by a restart.
        daemon.ctl(&["stop", "x"]);
        assert_eq!(daemon.ctl(&["remove", "x"]).stdout, "x: removed process group\n");
        let started =
            || sandbox.read("supervisord.log").matches("INFO supervisord started").count();
        let last = Last::of(&daemon);
        daemon.signal(Signal::SIGHUP);
        sandbox.wait_for_line("waiting for stubborn");
        last.dies();
        wait_until("it has started over", || started() == 2);
        daemon.wait_for("x", "RUNNING");
        wait_until("it is deaf", || sandbox.read("stubborn.log").ends_with("deaf\ndeaf\n"));

        let last = Last::of(&daemon);
        daemon.signal(Signal::SIGHUP);
        wait_until("the restart is under way", || {
            sandbox.read("supervisord.log").matches("indicating restart request").count() == 2
        });
        for signal in [Signal::SIGTERM, Signal::SIGINT] {
            daemon.signal(signal);
            sandbox.wait_for_line(&format!("WARN received {signal} indicating exit request"));
        }
        last.dies();
        assert!(daemon.wait().success(), "{}", daemon.output());
        assert_eq!(started(), 2, "{}: {}", installation.label, daemon.output());
        sandbox.wait_for_line("WARN stopped: stubborn (terminated by SIGKILL)");
        assert!(!sandbox.join("supervisord.pid").exists());
    }
}

// RUN-329, RUN-330, RPC-260
#[test]
fn a_shutdown_by_a_client_says_less() {
    for installation in both() {
        let sandbox = configured(&stubborn("stopwaitsecs=1000\nstartsecs=0"));
        let mut daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("stubborn", "RUNNING");
        wait_until("it is deaf", || sandbox.read("stubborn.log") == "deaf\n");
        let last = Last::of(&daemon);
        assert_eq!(daemon.ctl(&["shutdown"]).stdout, "Shut down\n");
        sandbox.wait_for_line("INFO waiting for stubborn to die");
        let status = daemon.ctl(&["status"]);
        let fault = "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>: file: ";
        assert!(status.stdout.starts_with(fault), "{}: {}", installation.label, status.stdout);
        assert_eq!(status.status, 1);
        last.dies();
        assert!(daemon.wait().success(), "{}", daemon.output());
        assert!(!sandbox.read("supervisord.log").contains("WARN received"));
    }
}

// EVT-075
#[test]
fn events_of_clients_are_told_during_a_shutdown_too() {
    for installation in both() {
        let sandbox = configured(&format!(
            "[eventlistener:ear]\ncommand={} listen events\ndirectory=%(here)s\nstartsecs=0\n\
             events=REMOTE_COMMUNICATION\n\
             [program:stubborn]\ncommand=/bin/sh stubborn.sh\ndirectory=%(here)s\nstartsecs=0\n\
             stopwaitsecs=100\nstdout_logfile=%(here)s/stubborn.log\n",
            child()
        ));
        let script = "trap '' TERM; echo deaf; while [ ! -e go ]; do sleep 0.1; done";
        sandbox.write("stubborn.sh", script);
        let mut daemon = Daemon::start(&installation, &sandbox);
        wait_until("it is deaf", || sandbox.read("stubborn.log") == "deaf\n");
        daemon.wait_for("ear", "RUNNING");
        let server = daemon.server();
        assert_eq!(server.call("supervisor.shutdown", &[]), "True");
        for kind in ["one", "two"] {
            let params = [Value::from(kind), Value::from("late")];
            let told = server.call("supervisor.sendRemoteCommEvent", &params);
            assert_eq!(told, "True", "{}", installation.label);
        }
        let told = || sandbox.read("events").matches("\nlate\n").count() == 2;
        wait_until("each call is one event", told);
        sandbox.write("go", "");
        assert!(daemon.wait().success(), "{}", daemon.output());
    }
}
