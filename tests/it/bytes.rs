//! Not a byte is lost or changed: two hundred children print at once, in chunks that cut lines,
//! escape sequences and capture tokens anywhere, while their logs are rotated, moved and reopened.

use std::collections::BTreeMap;
use std::fs;

use harness::chatter::{CHILDREN, Chatter};
use harness::{Daemon, Sandbox, configured_as, head_with, wait_until};
use nix::sys::signal::Signal;

use crate::{child, ours};

/// Collects the captures of everybody.
const EAR: &str = "
[eventlistener:ear]
command=CHILD listen events
directory=%(here)s
events=PROCESS_COMMUNICATION
buffer_size=10000
startsecs=0
";

/// A program whose processes are children `first`, `first + 1`, …, all logging to `NAME<n>.log`.
fn program(name: &str, first: usize, count: usize, options: &str) -> String {
    format!(
        "
[program:{name}]
command={} chatter %(process_num)d
process_name={name}%(process_num)d
numprocs={count}
numprocs_start={first}
autorestart=false
startsecs=0
stdout_logfile=%(here)s/{name}%(process_num)d.log
stderr_logfile=NONE
{options}
",
        child()
    )
}

fn sandbox(daemon: &str, programs: &str) -> Sandbox {
    configured_as(&head_with(daemon), &format!("{EAR}{programs}").replace("CHILD", child()))
}

/// The contents of a log with its rotated files, oldest first.
fn logged(sandbox: &Sandbox, log: &str) -> Vec<u8> {
    let rotated = (1..=99).rev().map(|number| format!("{log}.{number}"));
    let files: Vec<_> = rotated.chain([log.to_owned()]).map(|name| bytes(sandbox, &name)).collect();
    files.concat()
}

fn bytes(sandbox: &Sandbox, name: &str) -> Vec<u8> {
    fs::read(sandbox.join(name)).unwrap_or_default()
}

/// Waits for the log to be what it should; says where it is not.
#[track_caller]
fn check(log: &str, found: impl Fn() -> Vec<u8>, expected: &[u8]) {
    wait_until(&format!("{log} is {} bytes long", expected.len()), || {
        found().len() >= expected.len()
    });
    let found = found();
    if found != expected {
        let same = found.iter().zip(expected).take_while(|(found, expected)| found == expected);
        panic!("{log} is another from byte {} of {} on", same.count(), expected.len());
    }
}

/// What each process has been heard to capture, in order.
fn captures(sandbox: &Sandbox) -> BTreeMap<String, Vec<String>> {
    let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let events = sandbox.read("events");
    let mut lines = events.lines();
    while let (Some(_), Some(head), Some(text)) = (lines.next(), lines.next(), lines.next()) {
        let name = head.split(' ').next().and_then(|word| word.strip_prefix("processname:"));
        heard.entry(name.unwrap_or(head).to_owned()).or_default().push(text.to_owned());
    }
    heard
}

#[track_caller]
fn check_captures(sandbox: &Sandbox, name: &str, numbers: std::ops::Range<usize>) {
    for number in numbers {
        let (name, expected) = (format!("{name}{number}"), Chatter::of(number).captures());
        wait_until(&format!("{name} has been heard"), || {
            captures(sandbox).get(&name).is_some_and(|heard| heard.len() >= expected.len())
        });
        assert_eq!(captures(sandbox)[&name], expected, "{name}");
    }
}

fn wait_for_exits(daemon: &Daemon<'_>, count: usize) {
    wait_until("all have exited", || {
        daemon.ctl(&["status"]).stdout.matches("EXITED").count() == count
    });
}

// LOG-020, LOG-022, LOG-052, RUN-455, LOG-055, LOG-060, LOG-080, LOG-083, LOG-084, LOG-086, RUN-172
#[test]
fn two_hundred_children_at_once() {
    let rotate = "stdout_logfile_maxbytes=64KB\nstdout_logfile_backups=99";
    let capture = "stdout_capture_maxbytes=1KB\n".to_owned() + rotate;
    let (plain, moved, caught) = (0..80, 80..160, 160..CHILDREN);
    let programs = program("plain", plain.start, plain.len(), rotate)
        + &program("moved", moved.start, moved.len(), "stdout_logfile_maxbytes=0")
        + &program("caught", caught.start, caught.len(), &capture);
    let sandbox = sandbox("loglevel=info", &programs);
    let daemon = Daemon::start(&ours(), &sandbox);

    // While they print, logs are moved away and everything is reopened.
    let mut pieces = 0;
    while pieces < 5 {
        for number in moved.clone() {
            let log = sandbox.join(format!("moved{number}.log"));
            let name = format!("moved:moved{number}");
            wait_until("the log is there again, or nobody to write it", || {
                log.exists() || daemon.ctl(&["status", &name]).stdout.contains("EXITED")
            });
            if log.exists() {
                let piece = sandbox.join(format!("moved{number}.log.piece{pieces}"));
                fs::rename(&log, piece).expect("a log that is moved");
            }
        }
        pieces += 1;
        daemon.signal(Signal::SIGUSR2);
        let open = || daemon.ctl(&["status"]).stdout.matches("RUNNING").count() > 1;
        if !open() {
            break;
        }
    }
    wait_for_exits(&daemon, CHILDREN);

    for number in plain {
        let log = format!("plain{number}.log");
        check(&log, || logged(&sandbox, &log), &Chatter::of(number).printed());
        assert!(sandbox.join(format!("{log}.1")).exists(), "{log} was rotated");
    }
    for number in moved {
        let log = format!("moved{number}.log");
        let names = (0..pieces).map(|piece| format!("{log}.piece{piece}")).chain([log.clone()]);
        let names: Vec<String> = names.collect();
        let found = || names.iter().map(|name| bytes(&sandbox, name)).collect::<Vec<_>>().concat();
        check(&log, found, &Chatter::of(number).printed());
    }
    for number in caught.clone() {
        let log = format!("caught{number}.log");
        check(&log, || logged(&sandbox, &log), &Chatter::of(number).without_captures());
    }
    check_captures(&sandbox, "caught", caught);
}

// LOG-070, LOG-075, LOG-080, LOG-084; strip_ansi keeps its state between chunks.
#[test]
fn escape_sequences_are_removed_wherever_they_are_cut() {
    let rotate = "stdout_logfile_maxbytes=64KB\nstdout_logfile_backups=99";
    let capture = "stdout_capture_maxbytes=1KB\n".to_owned() + rotate;
    let programs = program("plain", 0, 10, rotate) + &program("caught", 10, 10, &capture);
    let sandbox = sandbox("loglevel=info\nstrip_ansi=true", &programs);
    let daemon = Daemon::start(&ours(), &sandbox);
    wait_for_exits(&daemon, 20);
    for number in 0..10 {
        let log = format!("plain{number}.log");
        check(&log, || logged(&sandbox, &log), &Chatter::of(number).without_escapes());
    }
    for number in 10..20 {
        let log = format!("caught{number}.log");
        check(&log, || logged(&sandbox, &log), &Chatter::of(number).text());
    }
    check_captures(&sandbox, "caught", 10..20);
}
