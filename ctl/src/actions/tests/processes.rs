//! `status`, `pid`, `start`, `stop`, `restart`, `signal`, `clear`.

use rpc::ProcessState;
use rpc::ProcessState::{Backoff, Exited, Fatal, Running, Starting, Stopped, Stopping, Unknown};

use super::support::{Scene, check, entry, fault, info, play, received, yes};

#[test]
fn status_shows_every_process() {
    // CTL-046, CTL-049, CTL-052, ITRAP-047
    let all = [info("a", "a", Starting), info("web", "web_0", Running)];
    let expected = "a                                STARTING  \n\
                    web:web_0                        RUNNING   pid 7\n";
    check("status", [("getAllProcessInfo()", received(all.as_slice()))], 0, expected);
    check("status x all", [("getAllProcessInfo()", received(all.as_slice()))], 0, expected);
    let none: [rpc::types::ProcessInfo<'_>; 0] = [];
    check("status", [("getAllProcessInfo()", received(none.as_slice()))], 0, "");
}

#[test]
fn status_makes_room_for_long_names() {
    // CTL-049
    let long = "a".repeat(31);
    let all = [info(&long, &long, Running)];
    let expected = format!("{long}   RUNNING   pid 7\n");
    check("status", [("getAllProcessInfo()", received(all.as_slice()))], 0, &expected);
}

#[test]
fn status_counts_what_does_not_run_and_what_is_unknown() {
    // CTL-047, CTL-048, CTL-050, CTL-051, ITRAP-046
    let all = [info("g", "a", Running), info("g", "b", Exited)];
    let run = |line: &str, status: u8, expected: &str| {
        check(line, [("getAllProcessInfo()", received(all.as_slice()))], status, expected);
    };
    let (a, b) = (
        "g:a                              RUNNING   pid 7\n",
        "g:b                              EXITED    \n",
    );
    run("status g:a", 0, a);
    run("status g:b g:a g:a", 3, &format!("{b}{a}{a}"));
    run("status g:*", 3, &format!("{a}{b}"));
    run("status g:a nope", 4, &format!("nope: ERROR (no such process)\n{a}"));
    run("status g:b nope:*", 3, &format!("nope: ERROR (no such group)\n{b}"));
    run("status g", 4, "g: ERROR (no such process)\n");
}

#[test]
fn what_starts_or_stops_counts_as_running() {
    // CTL-051, ITRAP-045
    let run = |states: [ProcessState; 4], status: u8| {
        for state in states {
            let all = [info("a", "a", state)];
            let exchanges = vec![("getAllProcessInfo()", received(all.as_slice()))];
            let outcome = play(Scene { exchanges, ..Scene::default() }, "status");
            assert_eq!(outcome.status, status, "{state:?}");
        }
    };
    run([Starting, Running, Backoff, Stopping], 0);
    run([Stopped, Exited, Fatal, Unknown], 3);
}

#[test]
fn pids() {
    // CTL-081, CTL-082, CTL-083
    check("pid", [("getPID()", Ok(42.into()))], 0, "42\n");
    let all = [info("a", "a", Running), info("b", "b", Stopped)];
    check("pid all", [("getAllProcessInfo()", received(all.as_slice()))], 0, "7\n0\n");
    let script =
        [("getProcessInfo('b')", received(&all[1])), ("getProcessInfo('a')", received(&all[0]))];
    check("pid b a", script, 7, "0\n7\n");
    let script = [("getProcessInfo('g:*')", fault(10, "BAD_NAME: g:*"))];
    check("pid g:*", script, 1, "No such process g:*\n");
}

#[test]
fn start_tells_each_result() {
    // CTL-053, CTL-054, CTL-055, CTL-056, ITRAP-042
    for (code, text, status) in [
        (10, "no such process", 1),
        (20, "no such file", 1),
        (21, "file is not executable", 1),
        (40, "abnormal termination", 7),
        (50, "spawn error", 7),
        (60, "already started", 0),
    ] {
        let script = [("startProcess('g:a')", fault(code, "X"))];
        check("start g:a", script, status, &format!("g:a: ERROR ({text})\n"));
    }
    check("start a:a", [("startProcess('a:a')", yes())], 0, "a: started\n");
}

#[test]
fn later_failures_count_and_successes_do_not() {
    // CTL-045
    let script = [
        ("startProcess('a')", fault(50, "X")),
        ("startProcess('b')", fault(10, "X")),
        ("startProcess('c')", yes()),
    ];
    let expected = "a: ERROR (spawn error)\nb: ERROR (no such process)\nc: started\n";
    check("start a b c", script, 1, expected);
}

#[test]
fn start_of_groups_and_all() {
    // CTL-058, CTL-059, CTL-061, ITRAP-044
    let results = [entry("g", "b", 50, "SPAWN_ERROR: b"), entry("g", "a", 80, "OK")];
    let expected = "g:b: ERROR (spawn error)\ng:a: started\n";
    check("start g:*", [("startProcessGroup('g')", received(results.as_slice()))], 7, expected);
    check("start x all", [("startAllProcesses()", received(results.as_slice()))], 7, expected);
    let script = [("startProcessGroup('g')", fault(10, "BAD_NAME: g"))];
    check("start g:", script, 2, "g: ERROR (no such group)\n");
}

#[test]
fn an_unknown_result_ends_the_action() {
    // CTL-057
    let script = [("startProcess('a')", fault(30, "FAILED"))];
    let outcome = play(Scene { exchanges: script.into(), ..Scene::default() }, "start a b");
    assert_eq!(outcome.status, 1);
    let head = "error: <class 'ValueError'>, Unknown result code 30 for a: file: ";
    assert!(outcome.stdout.starts_with(head), "{}", outcome.stdout);
}

#[test]
fn stop_and_signal() {
    // CTL-062, CTL-063, CTL-064, CTL-065, CTL-071, CTL-072, CTL-073, CTL-075
    check("stop a", [("stopProcess('a')", yes())], 0, "a: stopped\n");
    check("stop a", [("stopProcess('a')", fault(70, "X"))], 0, "a: ERROR (not running)\n");
    check("stop a", [("stopProcess('a')", fault(30, "FAILED: because"))], 1, "FAILED: because\n");
    check("stop g:*", [("stopProcessGroup('g')", fault(10, "X"))], 1, "g: ERROR (no such group)\n");
    check("signal HUP a", [("signalProcess('a', 'HUP')", yes())], 0, "a: signalled\n");
    check(
        "signal 1 a",
        [("signalProcess('a', '1')", fault(70, "X"))],
        7,
        "a: ERROR (not running)\n",
    );
    let results = [entry("g", "a", 11, "BAD_SIGNAL: X")];
    let script = [("signalProcessGroup('g', 'X')", received(results.as_slice()))];
    check("signal X g:*", script, 1, "g:a: ERROR (bad signal name)\n");
    let none: [rpc::types::StatusEntry; 0] = [];
    check("signal X all", [("signalAllProcesses('X')", received(none.as_slice()))], 0, "");
}

#[test]
fn restart_is_stop_and_start() {
    // CTL-067, CTL-068, CTL-069
    let script = [("stopProcess('a')", fault(70, "X")), ("startProcess('a')", yes())];
    check("restart a", script, 0, "a: ERROR (not running)\na: started\n");
    let script =
        [("stopProcessGroup('g')", fault(10, "X")), ("startProcessGroup('g')", fault(10, "X"))];
    let line = "g: ERROR (no such group)\n";
    check("restart g:*", script, 2, &line.repeat(2));
    // What was stopped before is started, too.
    let (stopped, started) =
        ([entry("g", "a", 80, "OK")], [entry("g", "a", 80, "OK"), entry("b", "b", 80, "OK")]);
    let script = [
        ("stopAllProcesses()", received(stopped.as_slice())),
        ("startAllProcesses()", received(started.as_slice())),
    ];
    check("restart all", script, 0, "g:a: stopped\ng:a: started\nb: started\n");
    let started = [entry("b", "b", 50, "SPAWN_ERROR")];
    let script = [
        ("stopAllProcesses()", received(stopped.as_slice())),
        ("startAllProcesses()", received(started.as_slice())),
    ];
    check("restart all", script, 7, "g:a: stopped\nb: ERROR (spawn error)\n");
}

#[test]
fn clear_knows_no_groups() {
    // CTL-076, CTL-077, CTL-078, CTL-079, ITRAP-048
    check("clear a", [("clearProcessLogs('a')", yes())], 0, "a: cleared\n");
    check("clear a", [("clearProcessLogs('a')", fault(30, "X"))], 1, "a: ERROR (failed)\n");
    let script = [("clearProcessLogs('g:*')", fault(10, "X"))];
    check("clear g:*", script, 1, "g:None: ERROR (no such process)\n");
    let results = [entry("g", "a", 80, "OK")];
    check(
        "clear all",
        [("clearAllProcessLogs()", received(results.as_slice()))],
        0,
        "g:a: cleared\n",
    );
}

#[test]
fn names_must_be_given() {
    // CTL-060, CTL-066, CTL-070, CTL-074, CTL-080, ITRAP-043
    for (line, status, head) in [
        ("start", 2, "Error: start requires a process name\nstart <name>\t\t"),
        ("stop", 1, "Error: stop requires a process name\nstop <name>\t\t"),
        ("restart", 1, "Error: restart requires a process name\nrestart <name>\t\t"),
        ("signal HUP", 1, "Error: signal requires a signal name and a process name\nsignal <"),
        ("clear", 1, "Error: clear requires a process name\nclear <name>\t\t"),
    ] {
        let outcome = play(Scene::default(), line);
        assert_eq!(outcome.status, status, "{line}");
        assert!(outcome.stdout.starts_with(head), "{}", outcome.stdout);
    }
}
