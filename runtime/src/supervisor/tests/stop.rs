//! Stopping and signalling.

use super::*;

/// The program is up and its lines are read.
const UP: (&str, &[&str]) = (
    "wait 2",
    &[
        "INFO success: web entered RUNNING state, process has stayed up for > than 1 seconds \
         (startsecs)",
        "> RUNNING web web from_state:STARTING pid:1",
    ],
);

#[test]
fn a_stop_signals_and_waits() {
    // RUN-136, RUN-137, RUN-165, RUN-170, RTRAP-048, RPC-150
    check(
        &["program:web"],
        &[
            UP,
            (
                "stop web",
                &[
                    "DEBG killing web (pid 1) with signal SIGTERM",
                    "kill 15 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "INFO waiting for web to stop",
                ],
            ),
            ("wait 1.9", &[]),
            ("wait 2.2", &["INFO waiting for web to stop", "INFO waiting for web to stop"]),
            (
                "die web 15; info web",
                &[
                    "WARN stopped: web (terminated by SIGTERM)",
                    "= stop web: true",
                    "> STOPPED web web from_state:STOPPING pid:1",
                    "= info web: STOPPED pid=0 err=- code=-1",
                ],
            ),
            ("wait 100", &[]),
        ],
    );
}

#[test]
fn a_stop_without_wait_is_answered_once_the_signal_is_sent() {
    // RPC-151, RUN-137
    check(
        &["program:web exitcodes=3 stopsignal=QUIT"],
        &[
            UP,
            (
                "stop! web; exit web 3",
                &[
                    "kill 3 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "= stop! web: true",
                    "INFO stopped: web (exit status 3)",
                    "> STOPPED web web from_state:STOPPING pid:1",
                ],
            ),
        ],
    );
}

#[test]
fn who_does_not_stop_is_killed_again_and_again() {
    // RUN-138, RUN-165, RUN-167
    check(
        &["program:web stopwaitsecs=3 killasgroup=true"],
        &[
            UP,
            (
                "stop! web; wait 2.9",
                &[
                    "kill 15 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "= stop! web: true",
                ],
            ),
            (
                "wait 0.1",
                &[
                    "WARN killing 'web' (1) with SIGKILL",
                    "DEBG killing web (pid 1) process group with signal SIGKILL",
                    "kill 9 group of web",
                ],
            ),
            (
                "wait 6",
                &[
                    "WARN killing 'web' (1) with SIGKILL",
                    "kill 9 group of web",
                    "WARN killing 'web' (1) with SIGKILL",
                    "kill 9 group of web",
                ],
            ),
        ],
    );
}

#[test]
fn without_patience_sigkill_follows_at_once_but_not_in_a_loop() {
    // RUN-166
    check(
        &["program:web stopwaitsecs=0 stopasgroup=true"],
        &[
            UP,
            (
                "stop! web; wait 0.9",
                &[
                    "kill 15 group of web",
                    "WARN killing 'web' (1) with SIGKILL",
                    "kill 9 group of web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "= stop! web: true",
                ],
            ),
            ("wait 0.1", &["WARN killing 'web' (1) with SIGKILL", "kill 9 group of web"]),
        ],
    );
}

#[test]
fn only_what_runs_can_be_stopped() {
    // RUN-146, RUN-148, RPC-148, RPC-149
    check(
        &["program:web autostart=false"],
        &[
            ("stop web", &["= stop web: NOT_RUNNING: web"]),
            ("stop nobody", &["= stop nobody: BAD_NAME: nobody"]),
            (
                "start! web; stop! web; stop web",
                &[
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 1",
                    "= start! web: true",
                    "kill 15 web",
                    "> STOPPING web web from_state:STARTING pid:1",
                    "= stop! web: true",
                    "= stop web: NOT_RUNNING: web",
                ],
            ),
            // RUN-147, RPC-136, RPC-137, RTRAP-013
            (
                "start! web; start web",
                &[
                    "WARN process 'web' already running",
                    "= start! web: true",
                    "WARN process 'web' already running",
                    "= start web: ABNORMAL_TERMINATION: web",
                ],
            ),
        ],
    );
}

#[test]
fn a_pending_restart_can_be_stopped() {
    let mut world = start(&["program:web startsecs=0 autorestart=true"]);
    world.transcript = None;
    while let Some(pid) = world.children.keys().next() {
        world.end(*pid, ExitStatus::Code(0));
    }
    world.transcript = Some(Vec::new());
    assert_eq!(play(&mut world, "stop web; wait 100", &[]), ["= stop web: true"]);
}

#[test]
fn a_process_that_cannot_be_signalled_is_unknown() {
    // RUN-141, RUN-145, RUN-146, RPC-135, RPC-152
    check(
        &["program:web"],
        &[
            UP,
            (
                "guarded web; stop web",
                &[
                    "kill 15 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "CRIT unknown problem killing web (1):[Errno 1] Operation not permitted",
                    "= stop web: FAILED: unknown problem killing web (1):[Errno 1] Operation not \
                     permitted",
                    "> UNKNOWN web web from_state:STOPPING",
                ],
            ),
            (
                "stop web; start web; signal web 1",
                &[
                    "= stop web: NOT_RUNNING: web",
                    "= start web: FAILED: web is in an unknown process state",
                    "= signal web 1: NOT_RUNNING: web",
                ],
            ),
            // RUN-107, RUN-144: the original dies of this.
            (
                "die web 15",
                &[
                    "WARN stopped: web (terminated by SIGTERM)",
                    "> STOPPED web web from_state:UNKNOWN pid:1",
                ],
            ),
        ],
    );
    // RUN-143
    check(
        &["program:web autorestart=true"],
        &[
            UP,
            (
                "guarded web; signal web 1; exit web 0",
                &[
                    "kill 1 web",
                    "CRIT unknown problem sending sig web (1):[Errno 1] Operation not permitted",
                    "= signal web 1: FAILED: unknown problem sending sig web (1):[Errno 1] \
                     Operation not permitted",
                    "> UNKNOWN web web from_state:RUNNING",
                    "INFO exited: web (exit status 0; expected)",
                    "> EXITED web web from_state:UNKNOWN expected:1 pid:1",
                    "> STARTING web web from_state:EXITED tries:0",
                    "INFO spawned: 'web' with pid 2",
                ],
            ),
        ],
    );
}

#[test]
fn a_process_that_is_gone_already_is_only_mentioned() {
    // RUN-142
    check(
        &["program:web"],
        &[
            UP,
            (
                "ghost web; stop! web; signal web 2",
                &[
                    "DEBG killing web (pid 1) with signal SIGTERM",
                    "kill 15 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "DEBG unable to signal web (pid 1), it probably just exited on its own: \
                     [Errno 3] No such process",
                    "= stop! web: true",
                    "DEBG sending web (pid 1) sig SIGINT",
                    "kill 2 web",
                    "DEBG unable to signal web (pid 1), it probably just now exited on its own: \
                     [Errno 3] No such process",
                    "= signal web 2: true",
                ],
            ),
        ],
    );
}

#[test]
fn a_clients_signal_goes_to_the_leader_and_changes_nothing() {
    // RUN-169, RPC-155, RPC-156, RPC-157, RPC-158, RTRAP-045
    check(
        &["program:web stopasgroup=true", "program:off autostart=false"],
        &[
            UP,
            (
                "signal web 1; signal off 1; signal off NOSUCH; signal web NOSUCH",
                &[
                    "kill 1 web",
                    "= signal web 1: true",
                    "= signal off 1: NOT_RUNNING: off",
                    "= signal off NOSUCH: BAD_SIGNAL: NOSUCH",
                    "= signal web NOSUCH: BAD_SIGNAL: NOSUCH",
                ],
            ),
            // RPC-163
            (
                "signal all 1; signal all NOSUCH; signal @off 1; signal @nobody 1",
                &[
                    "kill 1 web",
                    "= signal all 1: [web 80 OK]",
                    "= signal all NOSUCH: [web 11 BAD_SIGNAL: NOSUCH]",
                    "= signal @off 1: []",
                    "= signal @nobody 1: BAD_NAME: nobody",
                ],
            ),
        ],
    );
}

#[test]
fn a_reaped_child_is_never_signalled() {
    let mut world = start(&["program:web"]);
    world.wait(Duration::from_secs(2));
    let (pid, status) = (world.pid("web"), ExitStatus::Code(0));
    world.children.remove(&pid);
    world.transcript = Some(Vec::new());
    // Its output is not drained yet, so it still counts as RUNNING.
    let actions = world.core.handle(Message::Exited { pid, status }, world.now);
    assert!(matches!(actions[..], [super::super::message::Action::Drain { .. }]), "{actions:?}");
    assert_eq!(
        play(&mut world, "signal web 1; stop! web", &[]),
        [
            "= signal web 1: true",
            "= stop! web: true",
            "> STOPPING web web from_state:RUNNING pid:1",
        ]
    );
    world.send(Message::Drained { process: world.process("web") });
    assert_eq!(
        play(&mut world, "", &[]),
        ["INFO stopped: web (exit status 0)", "> STOPPED web web from_state:STOPPING pid:1"]
    );
}
