//! Starting, failing, retrying, exiting, restarting.

use super::*;

#[test]
fn a_process_is_up_after_startsecs() {
    // CFG-320, RUN-120, RUN-125, RUN-128, EVT-071
    let mut world = start(&["program:web"]);
    assert_eq!(
        play(&mut world, "wait 0.9", &[]),
        [
            "> PROCESS_GROUP_ADDED ear\\n",
            "> PROCESS_GROUP_ADDED web\\n",
            "> SUPERVISOR_STATE_CHANGE_RUNNING",
            "> STARTING web web from_state:STOPPED tries:0",
            "INFO spawned: 'web' with pid 1",
        ]
    );
    assert_eq!(
        play(&mut world, "wait 0.2; info web", &[]),
        [
            "INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds \
             (startsecs)",
            "> RUNNING web web from_state:STARTING pid:1",
            "= info web: RUNNING pid=1 err=- code=-",
        ]
    );
    assert_eq!(world.core.deadline(), None, "a settled daemon sleeps");
}

#[test]
fn a_quick_exit_is_a_failure_whatever_its_code() {
    // RUN-129, RUN-133, RUN-155, RUN-161, RTRAP-010
    check(
        &["program:web startretries=1"],
        &[
            (
                "wait 0.5; exit web 0; info web",
                &[
                    "WARN exited: web (exit status 0; not expected)",
                    "> BACKOFF web web from_state:STARTING tries:1",
                    "= info web: BACKOFF pid=0 err=Exited too quickly (process log may have \
                     details) code=-",
                ],
            ),
            ("wait 0.99", &[]),
            (
                "wait 0.02",
                &[
                    "> STARTING web web from_state:BACKOFF tries:1",
                    "INFO spawned: 'web' with pid 2",
                ],
            ),
            // RUN-134
            (
                "exit web 1; info web; wait 100",
                &[
                    "WARN exited: web (exit status 1; not expected)",
                    "INFO gave up: web entered FATAL state, too many start retries too quickly",
                    "> BACKOFF web web from_state:STARTING tries:2",
                    "> FATAL web web from_state:BACKOFF",
                    "= info web: FATAL pid=0 err=Exited too quickly (process log may have \
                     details) code=-",
                ],
            ),
        ],
    );
}

#[test]
fn an_attempt_forgets_how_the_last_one_ended() {
    // RUN-115, RUN-116
    let mut world = start(&["program:web autorestart=false startsecs=0"]);
    let told = play(&mut world, "exit web 3; info web", &[]);
    assert_eq!(
        told.last().map(String::as_str),
        Some("= info web: EXITED pid=0 err=Bad exit code 3 code=3")
    );
    let told = play(&mut world, "start! web; info web", &[]);
    assert_eq!(told.last().map(String::as_str), Some("= info web: RUNNING pid=2 err=- code=-"));
}

#[test]
fn the_nth_retry_waits_n_seconds_and_there_are_startretries_of_them() {
    // RUN-155, RUN-156, RUN-157, RTRAP-011
    let attempts = |program: &str| {
        let mut world = start(&[program]);
        world.transcript = None;
        let begin = world.now.mono;
        let mut attempts = Vec::new();
        while !world.children.is_empty() {
            attempts.push((world.now.mono - begin).as_secs());
            world.end(world.pid("web"), ExitStatus::Code(1));
            if let Some(at) = world.core.deadline() {
                world.wait(at - world.now.mono);
            }
        }
        attempts
    };
    assert_eq!(attempts("program:web"), [0, 1, 3, 6]);
    let for_days = (0..=600).map(|n| n * (n + 1) / 2).collect::<Vec<u64>>();
    assert_eq!(attempts("program:web startretries=600"), for_days);

    let mut world = start(&["program:web startretries=0"]);
    world.end(world.pid("web"), ExitStatus::Code(1));
    assert_eq!(world.core.deadline(), None);
    // RUN-114, RUN-163
    world.transcript = Some(Vec::new());
    assert_eq!(
        play(&mut world, "start! web", &[]),
        [
            "> STARTING web web from_state:FATAL tries:0",
            "INFO spawned: 'web' with pid 2",
            "= start! web: true",
        ]
    );
}

#[test]
fn what_cannot_be_spawned_is_retried_too() {
    // RUN-126, RUN-127, RUN-135, RUN-175
    check(
        &["program:web autostart=false startretries=1"],
        &[
            (
                "broken web; start web",
                &[
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawnerr: can't find command 'zz'",
                    "= start web: SPAWN_ERROR: web",
                    "> BACKOFF web web from_state:STARTING tries:1",
                ],
            ),
            (
                "wait 1",
                &[
                    "> STARTING web web from_state:BACKOFF tries:1",
                    "INFO spawnerr: can't find command 'zz'",
                    "INFO gave up: web entered FATAL state, too many start retries too quickly",
                    "> BACKOFF web web from_state:STARTING tries:2",
                    "> FATAL web web from_state:BACKOFF",
                ],
            ),
            ("info web", &["= info web: FATAL pid=0 err=can't find command 'zz' code=-"]),
        ],
    );
}

#[test]
fn an_exit_is_followed_by_a_restart_as_configured() {
    // RUN-122, RUN-123, RUN-124, RUN-131, RUN-132, RUN-160, RUN-161, RTRAP-042
    let up = "wait 2";
    check(
        &["program:web autorestart=unexpected exitcodes=0,2"],
        &[
            (up, &[success("web").as_str(), "> RUNNING web web from_state:STARTING pid:1"]),
            (
                "exit web 2; info web",
                &[
                    "INFO exited: web (exit status 2; expected)",
                    "> EXITED web web from_state:RUNNING expected:1 pid:1",
                    "= info web: EXITED pid=0 err=- code=2",
                ],
            ),
            (
                "start! web; wait 2; die web 9",
                &[
                    "> STARTING web web from_state:EXITED tries:0",
                    "INFO spawned: 'web' with pid 2",
                    "= start! web: true",
                    success("web").as_str(),
                    "> RUNNING web web from_state:STARTING pid:2",
                    "WARN exited: web (terminated by SIGKILL; not expected)",
                    "> EXITED web web from_state:RUNNING expected:0 pid:2",
                    "> STARTING web web from_state:EXITED tries:0",
                    "INFO spawned: 'web' with pid 3",
                ],
            ),
        ],
    );
    check(
        &["program:web autorestart=false"],
        &[
            (up, &[success("web").as_str(), "> RUNNING web web from_state:STARTING pid:1"]),
            (
                "exit web 1; wait 100; info web",
                &[
                    "WARN exited: web (exit status 1; not expected)",
                    "> EXITED web web from_state:RUNNING expected:0 pid:1",
                    "= info web: EXITED pid=0 err=Bad exit code 1 code=1",
                ],
            ),
        ],
    );
}

#[test]
fn without_startsecs_no_exit_is_too_quick() {
    // RUN-128, RUN-158, RTRAP-044
    check(
        &["program:web startsecs=0 autorestart=true autostart=false"],
        &[(
            "start web; exit web 1",
            &[
                "> STARTING web web from_state:STOPPED tries:0",
                "INFO spawned: 'web' with pid 1",
                "INFO success: web entered RUNNING state, process has stayed up for > than 0 \
                 seconds (startsecs)",
                "= start web: true",
                "> RUNNING web web from_state:STARTING pid:1",
                "WARN exited: web (exit status 1; not expected)",
                "> EXITED web web from_state:RUNNING expected:0 pid:1",
                "> STARTING web web from_state:EXITED tries:0",
                "INFO spawned: 'web' with pid 2",
                "INFO success: web entered RUNNING state, process has stayed up for > than 0 \
                 seconds (startsecs)",
                "> RUNNING web web from_state:STARTING pid:2",
            ],
        )],
    );
}

#[test]
fn restarting_for_ever_is_throttled() {
    // RUN-158
    let mut world = start(&["program:web startsecs=0 autorestart=true"]);
    world.transcript = None;
    for _ in 0..9 {
        world.end(world.pid("web"), ExitStatus::Code(0));
        assert_eq!(world.children.len(), 1, "a burst of restarts is immediate");
    }
    let begin = world.now.mono;
    let mut restarts = 0;
    while world.now.mono - begin < Duration::from_secs(60) {
        if let Some(pid) = world.children.keys().next() {
            world.end(*pid, ExitStatus::Code(0));
            restarts += 1;
        }
        world.wait(Duration::from_millis(1));
    }
    assert!((119..=122).contains(&restarts), "{restarts} restarts in a minute");
}

#[test]
fn stopping_between_failures_keeps_the_count() {
    // RUN-114, RUN-139, RUN-162, RTRAP-012
    check(
        &["program:web"],
        &[
            (
                "exit web 1; wait 1; exit web 1; stop web",
                &[
                    "WARN exited: web (exit status 1; not expected)",
                    "> BACKOFF web web from_state:STARTING tries:1",
                    "> STARTING web web from_state:BACKOFF tries:1",
                    "INFO spawned: 'web' with pid 2",
                    "WARN exited: web (exit status 1; not expected)",
                    "> BACKOFF web web from_state:STARTING tries:2",
                    "= stop web: true",
                    "> STOPPED web web from_state:BACKOFF pid:0",
                ],
            ),
            ("wait 100", &[]),
            (
                "start! web; exit web 1; wait 3; exit web 1",
                &[
                    "> STARTING web web from_state:STOPPED tries:2",
                    "INFO spawned: 'web' with pid 3",
                    "= start! web: true",
                    "WARN exited: web (exit status 1; not expected)",
                    "> BACKOFF web web from_state:STARTING tries:3",
                    "> STARTING web web from_state:BACKOFF tries:3",
                    "INFO spawned: 'web' with pid 4",
                    "WARN exited: web (exit status 1; not expected)",
                    "INFO gave up: web entered FATAL state, too many start retries too quickly",
                    "> BACKOFF web web from_state:STARTING tries:4",
                    "> FATAL web web from_state:BACKOFF",
                ],
            ),
        ],
    );
}

#[test]
fn the_wall_clock_decides_nothing() {
    // RUN-180, RUN-181, RUN-182, RUN-183, RUN-184, RUN-185, RUN-186, RUN-187
    check(
        &["program:web"],
        &[
            ("wait 0.5; clock -31536000; wait 0.4", &[]),
            (
                "wait 0.2; clock 31536000; exit web 1",
                &[
                    success("web").as_str(),
                    "> RUNNING web web from_state:STARTING pid:1",
                    "WARN exited: web (exit status 1; not expected)",
                    "> EXITED web web from_state:RUNNING expected:0 pid:1",
                    "> STARTING web web from_state:EXITED tries:0",
                    "INFO spawned: 'web' with pid 2",
                ],
            ),
        ],
    );
}

#[test]
fn a_child_that_cannot_be_collected_is_told() {
    // RUN-351
    let mut world = start(&["program:web"]);
    world.transcript = Some(Vec::new());
    world.send(Message::ReapFailed { errno: 22 });
    let told = "CRIT waitpid error 22; a process may not be cleaned up properly";
    assert_eq!(world.transcript, Some(vec![told.to_owned()]));
}

#[test]
fn children_nobody_knows_are_only_mentioned() {
    // RUN-350, RUN-421
    let mut world = start(&["program:web autostart=false"]);
    world.transcript = Some(Vec::new());
    let line = "reaped unknown pid 99 (exit status 3)";
    assert_eq!(play(&mut world, "stray 99", &[]), [format!("INFO {line}")]);
    world.core.adopt_orphans();
    assert_eq!(play(&mut world, "stray 99", &["DEBG"]), [format!("DEBG {line}")]);
}

#[test]
fn a_spawn_that_a_disk_holds_up_holds_up_nobody_else() {
    // RUN-139, RUN-305
    let up = |name: &str| {
        format!(
            "INFO success: {name} entered RUNNING state, process has stayed up for > than 0 \
             seconds (startsecs)"
        )
    };
    let (a_is_up, b_is_up) = (up("a"), up("b"));
    let told = "INFO spawnerr: 'a' was stopped while it waited for a disk";
    let refused = "= start a: SPAWN_ERROR: a";
    check(
        &["program:a startsecs=0 autostart=false", "program:b startsecs=0 autostart=false"],
        &[
            ("lazy; start a; proceed; stall", &["> STARTING a a from_state:STOPPED tries:0"]),
            (
                "start b; exit b 0; start a",
                &[
                    "> STARTING b b from_state:STOPPED tries:0",
                    "INFO spawned: 'b' with pid 1",
                    &b_is_up,
                    "= start b: true",
                    "> RUNNING b b from_state:STARTING pid:1",
                    "INFO exited: b (exit status 0; expected)",
                    "> EXITED b b from_state:RUNNING expected:1 pid:1",
                    "= start a: ALREADY_STARTED: a",
                ],
            ),
            (
                "thaw; exit a 0",
                &[
                    "INFO spawned: 'a' with pid 2",
                    &a_is_up,
                    "= start a: true",
                    "> RUNNING a a from_state:STARTING pid:2",
                    "INFO exited: a (exit status 0; expected)",
                    "> EXITED a a from_state:RUNNING expected:1 pid:2",
                ],
            ),
            (
                "lazy; start a; proceed; stall; stop a",
                &[
                    "> STARTING a a from_state:EXITED tries:0",
                    told,
                    "= stop a: true",
                    refused,
                    "> BACKOFF a a from_state:STARTING tries:1",
                    "> STOPPED a a from_state:BACKOFF pid:0",
                ],
            ),
            (
                "lazy; start a; proceed; stop a; stall",
                &[
                    "> STARTING a a from_state:STOPPED tries:1",
                    told,
                    "= stop a: true",
                    refused,
                    "> BACKOFF a a from_state:STARTING tries:2",
                    "> STOPPED a a from_state:BACKOFF pid:0",
                ],
            ),
            (
                "lazy; start a; proceed; stall; TERM",
                &[
                    "> STARTING a a from_state:STOPPED tries:2",
                    "WARN received SIGTERM indicating exit request",
                    "INFO waiting for a to die",
                    "> SUPERVISOR_STATE_CHANGE_STOPPING",
                    told,
                    refused,
                    "exit for good",
                    "> BACKOFF a a from_state:STARTING tries:3",
                    "> STOPPED a a from_state:BACKOFF pid:0",
                ],
            ),
        ],
    );
}

#[test]
fn a_crowd_that_is_due_at_once_leaves_room_for_others() {
    let mut world = start(&["program:many numprocs=500 process_name=%(process_num)s startsecs=1"]);
    world.wait(Duration::ZERO);
    assert_eq!(world.children.len(), 500);
    world.pass(Duration::from_secs(1));
    let mut all = 0;
    while world.core.deadline().is_some_and(|at| at <= world.now.mono) {
        world.transcript = Some(Vec::new());
        world.send(Message::Deadline);
        let lines = world.transcript.take().unwrap_or_default();
        let running = lines.iter().filter(|line| line.contains("entered RUNNING state")).count();
        assert!((1..=100).contains(&running), "{running} in one turn");
        all += running;
    }
    assert_eq!(all, 500);
}

// RUN-305
#[test]
fn what_starts_together_is_there_for_whoever_asks_first() {
    let many = "program:many numprocs=40 process_name=%(process_num)s";
    let begun = || {
        let mut world = World::new(heard(&[many]), 0);
        world.send(Message::Boot);
        world.lazy = true;
        world.send(Message::Run);
        for _ in 0..32 {
            world.catch_up();
        }
        assert_eq!(world.children.len(), 32);
        // Everybody but clients has a turn.
        assert!(world.core.deadline() == Some(Duration::ZERO) && world.core.is_spawning());
        world
    };
    let mut world = begun();
    world.send(Message::Deadline);
    while world.core.is_spawning() {
        world.catch_up();
    }
    assert_eq!(world.children.len(), 40);

    // Nobody is waited for without end.
    let mut world = begun();
    world.now.mono += Duration::from_secs(3);
    world.send(Message::Deadline);
    assert!(!world.core.is_spawning());
    world.catch_up_all();
    assert_eq!(world.children.len(), 40);
}
