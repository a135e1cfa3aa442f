//! What clients are told of a process in each of its states, and how it got there.

use harness::{Daemon, configured, configured_as, head_with, wait_until};

use crate::both;

/// One program for each way to be; [`STATES`] says where they are to end up.
const PROGRAMS: &str = "\
[program:fresh]
command=/bin/sleep 1000
autostart=false

[program:up]
command=/bin/sleep 1000
startsecs=0

[program:starting]
command=/bin/sleep 1000
startsecs=1000

[program:failing]
command=/bin/false
startsecs=1000
startretries=1000
autorestart=false

[program:missing]
command=/no/such
startretries=1000

[program:stopping]
command=/bin/sh -c \"trap '' TERM; echo deaf; while :; do sleep 0.1; done\"
startsecs=0
stopwaitsecs=1000
stdout_logfile=%(here)s/deaf.log

[program:ended]
command=/bin/sh -c \"exit 2\"
startsecs=0
exitcodes=2
autorestart=unexpected

[program:crashed]
command=/bin/sh -c \"exit 3\"
startsecs=0
autorestart=false

[program:killed]
command=/bin/sh -c \"kill -SEGV $$\"
startsecs=0
autorestart=false

[program:fatal]
command=/no/such
startretries=0

[program:quick]
command=/bin/true
startsecs=1000
startretries=0

[program:halted]
command=/no/such
startretries=1000

[program:restarted]
command=/bin/sleep 1000
startsecs=0
";

/// A process, its state, its code, its description, exit status and spawn error; and whether it
/// has a pid, was ever started, and was ever stopped.
type Told =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, [bool; 3]);

const STATES: [Told; 13] = [
    ("fresh", "STOPPED", "0", "Not started", "0", "", [false, false, false]),
    ("up", "RUNNING", "20", "pid N, uptime N", "0", "", [true, true, false]),
    ("starting", "STARTING", "10", "", "0", "", [true, true, false]),
    ("failing", "BACKOFF", "30", QUICK, "0", QUICK, [false, true, true]),
    ("missing", "BACKOFF", "30", MISSING, "0", MISSING, [false, true, false]),
    ("stopping", "STOPPING", "40", "", "0", "", [true, true, false]),
    ("ended", "EXITED", "100", "TIME", "2", "", [false, true, true]),
    ("crashed", "EXITED", "100", "TIME", "3", "Bad exit code 3", [false, true, true]),
    ("killed", "EXITED", "100", "TIME", "-1", "Bad exit code -1", [false, true, true]),
    ("fatal", "FATAL", "200", MISSING, "0", MISSING, [false, true, false]),
    ("quick", "FATAL", "200", QUICK, "0", QUICK, [false, true, true]),
    // It never stopped, so the moment it did is the beginning of time.
    ("halted", "STOPPED", "0", "Jan 01 12:00 AM", "0", MISSING, [false, true, false]),
    ("restarted", "RUNNING", "20", "pid N, uptime N", "0", "", [true, true, true]),
];

const QUICK: &str = "Exited too quickly (process log may have details)";
const MISSING: &str = "can't find command '/no/such'";

// RUN-100, RUN-101, RUN-102, RUN-103, RUN-104, RUN-105, RUN-106, RUN-110, RUN-111, RUN-112,
// RUN-115, RUN-116, RUN-159, RUN-161, RUN-190, RUN-191, RUN-192, RUN-193, RUN-194, RTRAP-043
#[test]
fn each_state_is_told_alike() {
    for installation in both() {
        let sandbox = configured(PROGRAMS);
        let daemon = Daemon::start(&installation, &sandbox);
        wait_until("it is deaf", || sandbox.read("deaf.log") == "deaf\n");
        for name in ["halted", "missing"] {
            daemon.wait_for(name, "BACKOFF");
        }
        assert_eq!(daemon.ctl(&["stop", "halted"]).stdout, "halted: stopped\n");
        let server = daemon.server();
        let stop = server.call("supervisor.stopProcess", &["stopping".into(), false.into()]);
        assert_eq!(stop, "True");
        assert_eq!(
            daemon.ctl(&["restart", "restarted"]).stdout,
            "restarted: stopped\nrestarted: started\n"
        );
        // The third failure is followed by three seconds in BACKOFF.
        wait_until("both have failed three times", || {
            let log = sandbox.read("supervisord.log");
            log.matches("exited: failing").count() >= 3
        });
        for (name, state, code, description, status, error, [pid, started, stopped]) in STATES {
            // Asked until it is so, for what has failed is tried again now and then.
            let mut told = String::new();
            wait_until(&format!("`{name}` is {state}"), || {
                told = server.call("supervisor.getProcessInfo", &[name.into()]);
                member(&told, "statename") == state
            });
            let member = |key: &str| member(&told, key);
            let moments = [member("start"), member("stop")].map(|moment| moment != "0");
            let facts = [member("pid") != "0", moments[0], moments[1]];
            let label = format!("{name} of {}: {told}", installation.label);
            assert_eq!((member("statename"), member("state")), (state, code), "{label}");
            assert_eq!(shape(member("description")), description, "{label}");
            assert_eq!((member("exitstatus"), member("spawnerr")), (status, error), "{label}");
            assert_eq!(facts, [pid, started, stopped], "{label}");
        }
        daemon.ctl(&["signal", "KILL", "stopping"]);
    }
}

/// A member of a process's info as Python writes it, without quotes.
fn member<'t>(told: &'t str, key: &str) -> &'t str {
    let (_, rest) = told.split_once(&format!("'{key}': ")).expect("the member");
    let quote = rest.chars().next().filter(|first| "'\"".contains(*first));
    match quote {
        Some(quote) => rest[1..].split(quote).next().unwrap_or_default(),
        None => rest.split([',', '}']).next().unwrap_or_default(),
    }
}

/// A description without what is another each time.
fn shape(description: &str) -> String {
    if let Some((pid, uptime)) = description.split_once(", uptime 0:") {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        assert!(pid.strip_prefix("pid ").is_some_and(number), "{description}");
        let (minutes, seconds) = uptime.split_once(':').expect("minutes and seconds");
        assert!([minutes, seconds].iter().all(|part| part.len() == 2 && number(part)), "{uptime}");
        return "pid N, uptime N".to_owned();
    }
    let is_time = description.ends_with(" AM") || description.ends_with(" PM");
    match is_time && !description.starts_with("Jan 01 12:00") {
        true => "TIME".to_owned(),
        false => description.to_owned(),
    }
}

// RUN-002, RUN-015, RUN-440, RUN-444: mended. Who waits keeps nobody awake.
#[test]
fn a_daemon_sleeps_while_a_client_waits() {
    let sandbox = configured_as(&head_with("loglevel=info"), stopping());
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    wait_until("it is deaf", || sandbox.read("deaf.log") == "deaf\n");
    daemon.wait_until_asleep();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| daemon.ctl(&["stop", "stopping"]));
        daemon.wait_for("stopping", "STOPPING");
        daemon.wait_until_asleep();
        daemon.ctl(&["signal", "KILL", "stopping"]);
        assert_eq!(waiting.join().expect("a client").stdout, "stopping: stopped\n");
    });
}

/// The section of the program that does not stop.
fn stopping() -> &'static str {
    let from = PROGRAMS.find("[program:stopping]").expect("the section");
    let to = PROGRAMS.find("[program:ended]").expect("the next one");
    &PROGRAMS[from..to]
}
