//! Shutdown and restart, and the signals that ask for them.

use super::*;

/// Two groups of programs that are up at once; `late` stops first.
const TWO: [&str; 2] = [
    "program:early startsecs=0 priority=1 stopwaitsecs=3",
    "program:late startsecs=0 priority=2 stopwaitsecs=5",
];

/// Starts these sections and forgets what that looked like.
fn up(sections: &[&str]) -> World {
    let mut world = start(sections);
    world.transcript = Some(Vec::new());
    world
}

#[test]
fn groups_stop_one_after_the_other() {
    // CFG-319, RUN-320, RUN-321, RUN-322, RUN-323, RUN-324, RUN-325, RUN-340, EVT-073, RTRAP-002,
    // RTRAP-005
    let mut world = up(&TWO);
    assert_eq!(
        play(&mut world, "TERM; TERM", &["BLAT"]),
        [
            "WARN received SIGTERM indicating exit request",
            "kill 15 late",
            "INFO waiting for early, late to die",
            "BLAT early state: RUNNING",
            "BLAT late state: STOPPING",
            "> SUPERVISOR_STATE_CHANGE_STOPPING",
            "> STOPPING late late from_state:RUNNING pid:2",
            "WARN received SIGTERM indicating exit request",
        ]
    );
    assert_eq!(
        play(&mut world, "wait 5", &[]),
        [
            "INFO waiting for early, late to die",
            "WARN killing 'late' (2) with SIGKILL",
            "kill 9 late",
        ]
    );
    assert_eq!(
        play(&mut world, "die late 9", &[]),
        [
            "WARN stopped: late (terminated by SIGKILL)",
            "kill 15 early",
            "> STOPPED late late from_state:STOPPING pid:2",
            "> STOPPING early early from_state:RUNNING pid:1",
        ]
    );
    assert_eq!(
        play(&mut world, "wait 1; exit early 0", &[]),
        [
            "INFO waiting for early to die",
            "INFO stopped: early (exit status 0)",
            "exit for good",
            "> STOPPED early early from_state:STOPPING pid:1",
        ]
    );
    assert_eq!(world.core.deadline(), None);
}

#[test]
fn listeners_may_answer_their_last_event() {
    // EVT-073: the original stops them a second later, too.
    let pool = "eventlistener:pool events=SUPERVISOR_STATE_CHANGE_STOPPING startsecs=0";
    let killed = |lines: &[String]| lines.iter().any(|line| line == "kill 15 pool");

    let mut world = up(&[pool]);
    let lines = play(&mut world, "say pool READY\\n; TERM", &[]);
    assert!(lines.iter().any(|line| line.starts_with("feed pool")) && !killed(&lines), "{lines:?}");
    assert!(!killed(&play(&mut world, "wait 0.9", &[])));
    assert!(killed(&play(&mut world, "say pool RESULT 2\\nOK", &[])));

    let mut world = up(&[pool]);
    let lines = play(&mut world, "say pool READY\\n; TERM", &[]);
    assert!(!killed(&lines), "{lines:?}");
    assert!(killed(&play(&mut world, "wait 1.1", &[])), "a second is enough");

    // RUN-327: what comes while it answers is for it, too.
    let pool = "eventlistener:pool events=PROCESS_STATE_STOPPED startsecs=0";
    let mut world = up(&[pool, "program:a", "program:b priority=1"]);
    play(&mut world, "say pool READY\\n; TERM; die a 15; die b 15", &[]);
    assert!(!killed(&play(&mut world, "say pool RESULT 2\\nOK", &[])), "the second event waits");
    let lines = play(&mut world, "say pool READY\\n", &[]);
    assert!(lines.iter().any(|line| line.starts_with("feed pool")) && !killed(&lines), "{lines:?}");
    assert!(killed(&play(&mut world, "say pool RESULT 2\\nOK", &[])));

    let mut world = up(&[pool]);
    assert!(killed(&play(&mut world, "TERM", &[])), "it never was ready");
}

#[test]
fn listeners_get_the_room_they_need() {
    // EVT-066, RUN-322: events are not lost by stopping faster than listeners can listen.
    let pool = "eventlistener:pool events=PROCESS_STATE_STOPPED startsecs=0 buffer_size=1";
    let killed = |lines: &[String], name: &str| lines.contains(&format!("kill 15 {name}"));
    let programs = ["program:a", "program:b", "program:c", "program:d"];
    let sections = [&[pool], &programs[..]].concat();

    let mut world = up(&sections);
    assert!(killed(&play(&mut world, "say pool READY\\n; TERM; die d 15", &[]), "c"));
    let lines = play(&mut world, "die c 15", &[]);
    assert!(!killed(&lines, "b"), "one event is worked on, the other fills the buffer: {lines:?}");
    assert!(!killed(&play(&mut world, "say pool RESULT 2\\nOK", &[]), "b"), "it is not ready yet");
    assert!(killed(&play(&mut world, "say pool READY\\n", &[]), "b"));

    // One that does not answer holds things up for a second, and only once.
    let mut world = up(&sections);
    let lines = play(&mut world, "say pool READY\\n; TERM; die d 15; die c 15; wait 0.9", &[]);
    assert!(!killed(&lines, "b"), "{lines:?}");
    assert!(killed(&play(&mut world, "wait 0.2", &[]), "b"));
    let lines = play(&mut world, "die b 15", &[]);
    assert!(
        killed(&lines, "a") && lines.iter().any(|line| line.contains("overflowed")),
        "{lines:?}"
    );
}

#[test]
fn groups_that_are_stopped_already_cost_nothing() {
    // RUN-323, RTRAP-004
    let idle: Vec<String> =
        (0..5).map(|n| format!("program:z{n} autostart=false priority=2000")).collect();
    let mut sections: Vec<&str> = idle.iter().map(String::as_str).collect();
    sections.push("program:ok startsecs=0");
    let mut world = up(&sections);
    assert_eq!(
        play(&mut world, "TERM", &[])[..3],
        [
            "WARN received SIGTERM indicating exit request",
            "kill 15 ok",
            "INFO waiting for ok to die",
        ]
    );
}

#[test]
fn within_a_group_priorities_descend() {
    // RUN-303, RUN-308, RUN-321, RTRAP-001
    let mut world = up(&[
        "group:g programs=p3,p1,p2",
        "program:p1 priority=1 startsecs=0",
        "program:p2 priority=2 startsecs=0",
        "program:p3 priority=3 startsecs=0",
    ]);
    let lines = play(&mut world, "TERM", &[]);
    let kills: Vec<_> = lines.iter().filter(|line| line.starts_with("kill")).collect();
    assert_eq!(kills, ["kill 15 p3", "kill 15 p2", "kill 15 p1"]);
    assert!(lines.contains(&"INFO waiting for p3, p1, p2 to die".to_owned()), "{lines:?}");
}

#[test]
fn who_cannot_be_signalled_is_left_behind() {
    // RUN-326
    let mut world = up(&["program:a", "program:b"]);
    let lines = play(&mut world, "guarded a; stop a; mended a; TERM; die b 15", &[]);
    let left = |line: &String| line.contains("waiting for");
    let waiting: Vec<_> = lines.iter().filter(|line| left(line)).collect();
    assert_eq!(waiting, ["INFO waiting for b to die"], "{lines:?}");
    assert!(world.exit.is_some());
}

#[test]
fn who_does_not_even_die_of_sigkill_is_waited_for() {
    // RUN-328
    let mut world = up(&["program:a stopwaitsecs=10"]);
    let lines = play(&mut world, "TERM; wait 3600", &[]);
    let kills = lines.iter().filter(|line| *line == "kill 9 a").count();
    let reports = lines.iter().filter(|line| *line == "INFO waiting for a to die").count();
    assert_eq!((kills, reports), (360, 1201));
    assert!(world.exit.is_none());
    play(&mut world, "die a 9", &[]);
    assert!(world.exit.is_some());
}

#[test]
fn nothing_starts_any_more() {
    // RUN-140, RUN-151, RUN-329, RPC-263
    let mut world = up(&["program:web", "program:hold startsecs=0 priority=2000"]);
    assert_eq!(
        play(&mut world, "exit web 1; shutdown; start web; state; info web; remote a b", &[]),
        [
            "WARN exited: web (exit status 1; not expected)",
            "> BACKOFF web web from_state:STARTING tries:1",
            "= shutdown: true",
            "kill 15 hold",
            "INFO waiting for web, hold to die",
            "> SUPERVISOR_STATE_CHANGE_STOPPING",
            "> STOPPING hold hold from_state:RUNNING pid:2",
            "= start web: SHUTDOWN_STATE",
            "= state: SHUTDOWN_STATE",
            "= info web: SHUTDOWN_STATE",
            "= remote a b: true",
            "> REMOTE_COMMUNICATION type:a\\nb",
        ]
    );
    assert_eq!(play(&mut world, "wait 2", &[]), [""; 0]);
    assert_eq!(
        play(&mut world, "exit hold 0", &[]),
        [
            "INFO stopped: hold (exit status 0)",
            "exit for good",
            "> STOPPED hold hold from_state:STOPPING pid:2",
            "> FATAL web web from_state:BACKOFF",
        ]
    );
}

#[test]
fn a_wait_under_way_is_completed() {
    // RUN-329, RPC-260
    let mut world = up(&["program:web startsecs=0"]);
    play(&mut world, "stop web", &[]);
    let lines = play(&mut world, "TERM; exit web 0", &[]);
    assert!(lines.contains(&"= stop web: true".to_owned()), "{lines:?}");
    assert!(lines.contains(&"exit for good".to_owned()), "{lines:?}");
}

#[test]
fn a_start_under_way_ends_with_the_daemon() {
    let mut world = up(&["program:web startsecs=10 autostart=false"]);
    let lines = play(&mut world, "start web; TERM", &[]);
    assert!(lines.contains(&"= start web: ABNORMAL_TERMINATION: web".to_owned()), "{lines:?}");
}

#[test]
fn without_anything_running_the_exit_is_immediate() {
    let mut world = up(&["program:web autostart=false"]);
    assert_eq!(
        play(&mut world, "INT", &[]),
        [
            "WARN received SIGINT indicating exit request",
            "exit for good",
            "> SUPERVISOR_STATE_CHANGE_STOPPING",
        ]
    );
}

#[test]
fn hup_restarts_unless_the_daemon_shuts_down() {
    // RUN-331, RUN-341, RUN-342, RUN-343, RTRAP-006
    let mut world = up(&TWO);
    let lines = play(&mut world, "HUP; HUP", &[]);
    assert_eq!(lines[..2], ["WARN received SIGHUP indicating restart request", "kill 15 late"]);
    assert_eq!(
        lines.last().map(String::as_str),
        Some("WARN received SIGHUP indicating restart request")
    );
    let lines = play(&mut world, "exit late 0; exit early 0", &[]);
    assert!(lines.contains(&"exit to restart, next serial 13".to_owned()), "{lines:?}");

    let mut world = up(&TWO);
    let lines = play(&mut world, "HUP; TERM; HUP; exit late 0; exit early 0", &[]);
    assert!(lines.contains(
        &"WARN ignored SIGHUP indicating restart request (shutdown in progress)".to_owned()
    ));
    assert!(lines.contains(&"exit for good".to_owned()), "{lines:?}");
}

#[test]
fn a_restart_with_a_faulty_configuration_changes_nothing() {
    // CFG-497, RUN-332, RPC-176
    let mut world = up(&TWO);
    assert_eq!(
        play(&mut world, "faulty; HUP; faulty; restart; state", &[]),
        [
            "WARN received SIGHUP indicating restart request",
            "CRIT not restarting, the configuration does not compile: File contains no section \
             headers.",
            "CRIT not restarting, the configuration does not compile: File contains no section \
             headers.",
            "= restart: CANT_REREAD: File contains no section headers.",
            "= state: RUNNING",
        ]
    );
    assert_eq!(play(&mut world, "restart", &[])[..2], ["= restart: true", "kill 15 late"]);
}

#[test]
fn a_restart_the_machine_does_not_allow_changes_nothing() {
    // CFG-377
    let mut world = up(&TWO);
    assert_eq!(
        // A reread asks for no rehearsal; who waits with a restart gets its own answer.
        play(&mut world, "hindered; reread; HUP; hindered; restart; state", &[]),
        [
            "= reread: added [] changed [] removed []",
            "WARN received SIGHUP indicating restart request",
            "CRIT not restarting: no such user",
            "CRIT not restarting: no such user",
            "= restart: CANT_REREAD: no such user",
            "= state: RUNNING",
        ]
    );
    assert_eq!(
        play(&mut world, "slow; reread; reread; restart; compiled; hindered; compiled", &[]),
        [
            "= reread: added [] changed [] removed []",
            "= reread: added [] changed [] removed []",
            "CRIT not restarting: no such user",
            "= restart: CANT_REREAD: no such user",
        ]
    );
}

#[test]
fn a_shutdown_overtakes_the_compile_of_a_restart() {
    // RUN-343
    let mut world = up(&TWO);
    let lines = play(&mut world, "slow; restart; TERM; exit late 0; exit early 0", &[]);
    assert_eq!(
        lines[lines.len() - 4..],
        [
            "INFO stopped: early (exit status 0)",
            "= restart: SHUTDOWN_STATE",
            "exit for good",
            "> STOPPED early early from_state:STOPPING pid:1",
        ]
    );
}

#[test]
fn other_signals_only_speak() {
    // RUN-344, RUN-345
    let mut world = up(&["program:web autostart=false"]);
    assert_eq!(
        play(&mut world, "USR2; CHLD", &["DEBG"]),
        [
            "INFO received SIGUSR2 indicating log reopen request",
            "reopen logs",
            "DEBG received SIGCHLD indicating a child quit",
        ]
    );
}
