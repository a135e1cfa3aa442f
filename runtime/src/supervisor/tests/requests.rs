//! Names, questions, standard input, logs, and clients that get in each other's way.

use super::*;

#[test]
fn names_are_found_as_written() {
    // RPC-083, RPC-084, RPC-085, RPC-086, RPC-087, RPC-088, RPC-089, RPC-090, RPC-091
    check(
        &["group:g programs=a,b", "program:a autostart=false", "program:b autostart=false"],
        &[
            ("info g:a", &["= info g:a: STOPPED pid=0 err=- code=-"]),
            (
                "info g; info g:*; info g:; info a; info :",
                &[
                    "= info g: BAD_NAME: g",
                    "= info g:*: BAD_NAME: g:*",
                    "= info g:: BAD_NAME: g:",
                    "= info a: BAD_NAME: a",
                    "= info :: BAD_NAME: :",
                ],
            ),
            (
                "start @g:*; stop g:*; signal x:y NOSUCH",
                &[
                    "= start @g:*: BAD_NAME: g:*",
                    "= stop g:*: []",
                    "= signal x:y NOSUCH: BAD_NAME: x:y",
                ],
            ),
        ],
    );
}

#[test]
fn questions_are_answered() {
    // RPC-094, RPC-128, RPC-189, RPC-190
    check(
        &[
            "group:z programs=b,a",
            "program:a autostart=false",
            "program:b autostart=false",
            "program:c autostart=false",
        ],
        &[(
            "state; identify; infos; config; log c",
            &[
                "= state: RUNNING",
                "= identify: supervisor",
                "= infos: c:c ear:ear z:a z:b",
                "= config: 3 groups",
                "= log c: Some(\"/tmp/c-stdout-1.log\")",
            ],
        )],
    );
}

#[test]
fn the_command_is_checked_before_the_state() {
    // RPC-129, RPC-130, RPC-133, RPC-134, RUN-149
    check(
        &["program:web"],
        &[
            (
                "start web; start! web",
                &[
                    "> PROCESS_GROUP_ADDED ear\\n",
                    "> PROCESS_GROUP_ADDED web\\n",
                    "> SUPERVISOR_STATE_CHANGE_RUNNING",
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 1",
                    "= start web: ALREADY_STARTED: web",
                    "= start! web: ALREADY_STARTED: web",
                ][5..],
            ),
            ("missing web; start web", &["= start web: NO_FILE: can't find command 'zz'"]),
            (
                "mended web; exit web 1; start web",
                &[
                    "WARN exited: web (exit status 1; not expected)",
                    "> BACKOFF web web from_state:STARTING tries:1",
                    "= start web: ALREADY_STARTED: web",
                ],
            ),
        ],
    );
}

#[test]
fn a_start_is_answered_when_it_has_succeeded_or_failed() {
    // RPC-140, RPC-141, RPC-142, RPC-143, RUN-164
    check(
        &["program:web autostart=false"],
        &[
            (
                "start web; wait 0.5",
                &[
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 1",
                ],
            ),
            (
                "exit web 0",
                &[
                    "WARN exited: web (exit status 0; not expected)",
                    "= start web: SPAWN_ERROR: web",
                    "> BACKOFF web web from_state:STARTING tries:1",
                ],
            ),
            (
                "stop web; start web; stop! web",
                &[
                    "= stop web: true",
                    "> STOPPED web web from_state:BACKOFF pid:0",
                    "> STARTING web web from_state:STOPPED tries:1",
                    "INFO spawned: 'web' with pid 2",
                    "kill 15 web",
                    "= start web: ABNORMAL_TERMINATION: web",
                    "> STOPPING web web from_state:STARTING pid:2",
                    "= stop! web: true",
                ],
            ),
            (
                "exit web 0; start web; wait 1",
                &[
                    "INFO stopped: web (exit status 0)",
                    "> STOPPED web web from_state:STOPPING pid:2",
                    "> STARTING web web from_state:STOPPED tries:1",
                    "INFO spawned: 'web' with pid 3",
                    success("web").as_str(),
                    "= start web: true",
                    "> RUNNING web web from_state:STARTING pid:3",
                ],
            ),
        ],
    );
}

#[test]
fn standard_input_reaches_what_reads_it() {
    // RPC-181, RPC-182, RPC-183, RPC-184, RPC-185, RPC-186, RUN-117, RUN-209
    check(
        &["program:web autostart=false startsecs=0"],
        &[
            (
                "stdin nobody x; stdin web x",
                &["= stdin nobody x: BAD_NAME: nobody", "= stdin web x: NOT_RUNNING: web"],
            ),
            (
                "start! web; stdin web hello",
                &[
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 1",
                    "INFO success: web entered RUNNING state, process has stayed up for > than 0 \
                     seconds (startsecs)",
                    "= start! web: true",
                    "> RUNNING web web from_state:STARTING pid:1",
                    "feed web hello",
                    "= stdin web hello: true",
                ],
            ),
            (
                "stuffed web; stdin web x; deaf web; stdin web x",
                &[
                    "feed web x",
                    "= stdin web x: FAILED: web",
                    "feed web x",
                    "= stdin web x: NO_FILE: web",
                ],
            ),
            (
                "stop! web; stdin web x",
                &[
                    "kill 15 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "= stop! web: true",
                    "= stdin web x: NOT_RUNNING: web",
                ],
            ),
        ],
    );
}

#[test]
fn logs_of_every_process_are_cleared_by_priority() {
    // LOG-064, RPC-178, RPC-179, RPC-180
    check(
        &["program:b autostart=false", "program:a autostart=false priority=1000"],
        &[(
            "clear b; clear nobody; clear all",
            &[
                "= clear b: true",
                "= clear nobody: BAD_NAME: nobody",
                "= clear all: [ear 80 OK, b 80 OK, a 80 OK]",
            ],
        )],
    );
}

#[test]
fn a_stop_takes_a_queued_start_out_of_the_line() {
    let mut world =
        start(&["program:web numprocs=3 process_name=w%(process_num)d autostart=false"]);
    world.transcript = Some(Vec::new());
    // The spawn of the first is not answered yet, the others wait in line.
    let start = |id, target, wait| Message::Request {
        id: super::super::message::RequestId(id),
        request: Request::Start { target, wait },
    };
    world.open.insert(super::super::message::RequestId(100), "start".to_owned());
    let actions = world.core.handle(start(100, Target::Group("web".to_owned()), true), world.now);
    assert_eq!(actions.len(), 1, "one at a time: {actions:?}");
    assert_eq!(
        play(&mut world, "stop! web:w2; stop web:w1", &[]),
        ["= stop! web:w2: true", "= stop web:w1: true"]
    );
    let request = super::super::message::RequestId(100);
    world.send(Message::Probed { process: world.process("w0"), request, result: Ok(()) });
    assert_eq!(
        play(&mut world, "wait 1", &[]),
        [
            "> STARTING w0 web from_state:STOPPED tries:0",
            "INFO spawned: 'w0' with pid 1",
            success("w0").as_str(),
            "= start: [w1 40 ABNORMAL_TERMINATION: web:w1, w2 40 ABNORMAL_TERMINATION: web:w2, \
             w0 80 OK]",
            "> RUNNING w0 web from_state:STARTING pid:1",
        ]
    );
}

#[test]
fn a_command_that_a_disk_keeps_from_being_found_holds_up_nobody_else() {
    // RPC-129, RPC-130
    let up = "INFO success: a entered RUNNING state, process has stayed up for > than 0 seconds \
              (startsecs)";
    let cancelled = "= start a: ABNORMAL_TERMINATION: a";
    check(
        &["program:a startsecs=0 autostart=false", "program:b startsecs=10 autostart=false"],
        &[
            ("lazy; start a; stall; lazy; start a; stall", &[]),
            (
                "start! b",
                &[
                    "> STARTING b b from_state:STOPPED tries:0",
                    "INFO spawned: 'b' with pid 1",
                    "= start! b: true",
                ],
            ),
            (
                "thaw",
                &[
                    "> STARTING a a from_state:STOPPED tries:0",
                    "INFO spawned: 'a' with pid 2",
                    up,
                    "= start a: true",
                    "> RUNNING a a from_state:STARTING pid:2",
                ],
            ),
            ("thaw", &["= start a: ALREADY_STARTED: a"]),
            (
                "lazy; start a; stall; stop! a; thaw",
                &[
                    cancelled,
                    "kill 15 a",
                    "> STOPPING a a from_state:RUNNING pid:2",
                    "= stop! a: true",
                ],
            ),
            (
                "missing a; lazy; start a; stall; thaw",
                &["= start a: NO_FILE: can't find command 'zz'"],
            ),
        ],
    );
}
