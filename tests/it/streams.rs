//! What programs print, on its way into files and events: nothing lost, nothing held up.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use harness::{Daemon, Sandbox, configured_as, head_with, wait_until};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::ours;

/// A listener that appends every header and payload it gets to `events`.
const LISTENER: &str = "\
echo READY
while read -r header; do
    printf '%s\\n' \"$header\" >> events
    head -c \"${header##*len:}\" >> events
    echo >> events
    printf 'RESULT 2\\nOKREADY\\n'
done
";

/// A sandbox whose daemon logs at `loglevel` and supervises `programs`.
fn sandbox(loglevel: &str, programs: &str) -> Sandbox {
    let head = head_with(&format!("loglevel={loglevel}"));
    let sandbox = configured_as(&head, programs);
    sandbox.script("listener.sh", LISTENER);
    sandbox
}

/// The rotated files of a log and the active one, oldest first.
fn concatenated(sandbox: &Sandbox, log: &str) -> String {
    let mut all = String::new();
    for number in (1..=99).rev() {
        all.push_str(&sandbox.read(&format!("{log}.{number}")));
    }
    all.push_str(&sandbox.read(log));
    all
}

fn numbers(last: u32) -> String {
    (1..=last).fold(String::new(), |mut text, number| {
        writeln!(text, "{number}").expect("a string");
        text
    })
}

/// Twenty processes print 30 000 lines each through rotation; every line is in some file.
fn check_output_arrives_whole(loglevel: &str) {
    let sandbox = sandbox(
        loglevel,
        "\
[program:x]
command=/bin/sh -c \"seq 1 15000; seq 15001 30000 >&2\"
process_name=x%(process_num)d
numprocs=20
autorestart=false
startsecs=0
redirect_stderr=true
stdout_logfile=%(here)s/x%(process_num)d.log
stdout_logfile_maxbytes=20KB
stdout_logfile_backups=99
",
    );
    let daemon = Daemon::start(&ours(), &sandbox);
    wait_until("all have exited", || {
        daemon.ctl(&["status"]).stdout.matches("EXITED").count() == 20
    });
    let expected = numbers(30_000);
    for number in 0..20 {
        let log = format!("x{number}.log");
        wait_until(&format!("{log} is whole"), || concatenated(&sandbox, &log) == expected);
        assert!(sandbox.join(format!("{log}.1")).exists(), "{log} was rotated");
    }
}

#[test]
fn output_arrives_whole() {
    check_output_arrives_whole("info");
}

#[test]
fn mirrored_output_arrives_whole() {
    check_output_arrives_whole("debug");
}

#[test]
fn a_log_nobody_reads_holds_up_nobody_else() {
    let programs = "\
[program:loud]
command=/usr/bin/yes
stdout_logfile=%(here)s/fifo
startsecs=0

[program:calm]
command=/bin/sh -c \"echo calm; exec sleep 1000\"
stdout_logfile=%(here)s/calm.log
startsecs=0
";
    let sandbox = sandbox("info", programs);
    mkfifo(&sandbox.join("fifo"), Mode::S_IRWXU).unwrap();
    let daemon = Daemon::start(&ours(), &sandbox);
    daemon.wait_for("loud", "RUNNING");
    daemon.wait_for("calm", "RUNNING");
    wait_until("calm has been heard", || sandbox.read("calm.log") == "calm\n");
    assert_eq!(daemon.ctl(&["stop", "loud"]).stdout, "loud: stopped\n");
    daemon.wait_for("loud", "STOPPED");
}

#[test]
fn a_full_disk_is_told_once() {
    let programs = "\
[program:x]
command=/bin/sh -c \"seq 1 1000; sleep 0.1; seq 1 1000\"
stdout_logfile=/dev/full
autorestart=false
startsecs=0
";
    let sandbox = sandbox("info", programs);
    let daemon = Daemon::start(&ours(), &sandbox);
    let told = || sandbox.read("supervisord.log").matches("could not write log file").count();
    daemon.wait_for("x", "EXITED");
    wait_until("the amount is told", || {
        sandbox.read("supervisord.log").contains("7786 bytes were lost for log file `/dev/full`")
    });
    assert_eq!(told(), 1);
}

#[test]
fn logs_are_reopened_by_name() {
    // LOG-055, LOG-060, LOG-061
    let programs = "\
[program:dead]
command=/bin/echo once
stdout_logfile=%(here)s/dead.log
autorestart=false
startsecs=0

[program:x]
command=/bin/sh -c \"while read -r line; do echo $line; done < input\"
directory=%(here)s
stdout_logfile=%(here)s/x.log
startsecs=0
";
    let sandbox = sandbox("info", programs);
    mkfifo(&sandbox.join("input"), Mode::S_IRWXU).unwrap();
    let daemon = Daemon::start(&ours(), &sandbox);
    let mut input = fs::File::options().write(true).open(sandbox.join("input")).unwrap();
    input.write_all(b"one\n").unwrap();
    wait_until("the first line is logged", || sandbox.read("x.log") == "one\n");
    fs::rename(sandbox.join("x.log"), sandbox.join("moved.log")).unwrap();
    daemon.wait_for("dead", "EXITED");
    fs::remove_file(sandbox.join("dead.log")).unwrap();
    input.write_all(b"two\n").unwrap();
    wait_until("the moved log grows", || sandbox.read("moved.log") == "one\ntwo\n");
    daemon.signal(Signal::SIGUSR2);
    wait_until("the log is there again", || sandbox.join("x.log").exists());
    input.write_all(b"three\n").unwrap();
    wait_until("the new log grows", || sandbox.read("x.log") == "three\n");
    assert_eq!(sandbox.read("moved.log"), "one\ntwo\n");
    assert!(!sandbox.join("dead.log").exists(), "nothing of a dead process is open");
    // LOG-062
    assert_eq!(daemon.ctl(&["clear", "x"]).stdout, "x: cleared\n");
    assert_eq!(sandbox.read("x.log"), "");
    input.write_all(b"four\n").unwrap();
    wait_until("the cleared log grows", || sandbox.read("x.log") == "four\n");
    drop(input);
}

#[test]
fn a_process_is_heard_to_its_last_word_before_it_exits() {
    // LOG-079, LOG-080, LOG-081, LOG-082, LOG-083, LOG-084, LOG-085, LOG-086, LOG-087:
    // output, communication, exit, in that order.
    let programs = "\
[eventlistener:ear]
command=/bin/sh listener.sh
directory=%(here)s
events=PROCESS_LOG_STDOUT,PROCESS_COMMUNICATION,PROCESS_STATE_EXITED

[program:x]
command=/bin/sh -c \"printf 'a line before<!--XSUPERVISOR:BEGIN-->secret<!--XSUPERVISOR:END-->bye'\"
stdout_logfile=%(here)s/x.log
stdout_events_enabled=true
stdout_capture_maxbytes=1KB
autostart=false
autorestart=false
startsecs=0
";
    let sandbox = sandbox("info", programs);
    let daemon = Daemon::start(&ours(), &sandbox);
    daemon.wait_for("ear", "RUNNING");
    daemon.ctl(&["start", "x"]);
    wait_until("the exit is announced", || sandbox.read("events").contains("PROCESS_STATE_EXITED"));
    let events = sandbox.read("events");
    let lines = events.lines().filter(|line| !line.starts_with("ver:"));
    let payloads: Vec<&str> = lines.filter(|line| !line.starts_with("processname:x")).collect();
    assert_eq!(payloads, ["a line before", "secret", "secret", "bye"], "{events}");
    let names: Vec<&str> =
        events.split("eventname:").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
    let expected = [
        "PROCESS_LOG_STDOUT",
        "PROCESS_LOG_STDOUT",
        "PROCESS_COMMUNICATION_STDOUT",
        "PROCESS_LOG_STDOUT",
        "PROCESS_STATE_EXITED",
    ];
    assert_eq!(names, expected, "{events}");
    wait_until("the log is written", || sandbox.read("x.log") == "a line beforebye");
}
