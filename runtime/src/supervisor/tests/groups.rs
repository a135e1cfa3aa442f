//! Orders of start and stop, adding and removing.

use super::*;

/// What was spawned, in order.
fn spawned(world: &mut World, script: &str) -> Vec<String> {
    let lines = play(world, script, &[]);
    let names = lines.iter().filter_map(|line| line.strip_prefix("INFO spawned: '"));
    names.filter_map(|rest| Some(rest.split_once('\'')?.0.to_owned())).collect()
}

const MIXED: [&str; 6] = [
    "group:g programs=p3,p1,p2 priority=500",
    "program:p1 priority=1",
    "program:p2 priority=2",
    "program:p3 priority=3",
    "program:zz priority=400",
    "program:aa",
];

#[test]
fn starts_follow_the_priorities() {
    // CFG-318, RUN-300, RUN-303, RUN-305, RTRAP-001
    let mut world = start(&MIXED);
    assert_eq!(spawned(&mut world, ""), ["zz", "p3", "p1", "p2", "aa"]);
}

#[test]
fn clients_start_and_stop_in_ascending_order() {
    // RUN-304, RUN-306, RUN-307, RPC-146, RPC-147, RPC-153, RPC-154, RTRAP-003, ITRAP-010
    let mut sections: Vec<String> = MIXED.iter().map(|section| (*section).to_owned()).collect();
    for section in &mut sections[1..] {
        section.push_str(" autostart=false startsecs=0");
    }
    let sections: Vec<&str> = sections.iter().map(String::as_str).collect();
    let mut world = start(&sections);
    assert_eq!(spawned(&mut world, "start! @g"), ["p1", "p2", "p3"]);
    assert_eq!(play(&mut world, "start @g", &[]), ["= start @g: []"]);
    assert_eq!(spawned(&mut world, "start all"), ["ear", "zz", "aa"]);
    let lines = play(&mut world, "stop! all", &[]);
    let kills: Vec<_> = lines.iter().filter(|line| line.starts_with("kill")).collect();
    assert_eq!(
        kills,
        ["kill 15 ear", "kill 15 zz", "kill 15 p1", "kill 15 p2", "kill 15 p3", "kill 15 aa"]
    );
    assert_eq!(play(&mut world, "stop @g; stop! all", &[]), ["= stop @g: []", "= stop! all: []"]);
}

#[test]
fn the_processes_of_a_section_are_sorted_as_text() {
    // RUN-302
    let mut world = start(&["program:x numprocs=11 process_name=x_%(process_num)d"]);
    let names = spawned(&mut world, "");
    assert_eq!(names[..4], ["x_0", "x_1", "x_10", "x_2"]);
}

#[test]
fn outcomes_come_in_the_order_of_completion() {
    // RPC-217, RPC-218, RPC-219, RPC-220, RPC-221, RPC-163
    check(
        &[
            "group:g programs=quick,slow,sick,gone",
            "program:quick autostart=false startsecs=0 priority=1",
            "program:sick autostart=false priority=2",
            "program:slow autostart=false priority=3",
            "program:gone autostart=false priority=4",
        ],
        &[
            ("broken sick; missing gone", &[]),
            (
                "start g:*",
                &[
                    "> STARTING quick g from_state:STOPPED tries:0",
                    "INFO spawned: 'quick' with pid 1",
                    "INFO success: quick entered RUNNING state, process has stayed up for > than \
                     0 seconds (startsecs)",
                    "> RUNNING quick g from_state:STARTING pid:1",
                    "> STARTING sick g from_state:STOPPED tries:0",
                    "INFO spawnerr: can't find command 'zz'",
                    "> BACKOFF sick g from_state:STARTING tries:1",
                    "> STARTING slow g from_state:STOPPED tries:0",
                    "INFO spawned: 'slow' with pid 2",
                ],
            ),
            (
                "wait 0.5; exit slow 1",
                &[
                    "WARN exited: slow (exit status 1; not expected)",
                    "= start g:*: [quick 80 OK, sick 50 SPAWN_ERROR: g:sick, gone 20 NO_FILE: \
                     can't find command 'zz', slow 50 SPAWN_ERROR: g:slow]",
                    "> BACKOFF slow g from_state:STARTING tries:1",
                ],
            ),
        ],
    );
}

#[test]
fn stops_of_groups_wait_for_every_member() {
    // RPC-150, RPC-153, RUN-170
    check(
        &[
            "group:g programs=a,b",
            "program:a startsecs=0 autostart=false",
            "program:b startsecs=0 autostart=false",
        ],
        &[
            (
                "start! g:a",
                &[
                    "> STARTING a g from_state:STOPPED tries:0",
                    "INFO spawned: 'a' with pid 1",
                    "INFO success: a entered RUNNING state, process has stayed up for > than 0 \
                     seconds (startsecs)",
                    "= start! g:a: true",
                    "> RUNNING a g from_state:STARTING pid:1",
                ],
            ),
            (
                "start! g:b",
                &[
                    "> STARTING b g from_state:STOPPED tries:0",
                    "INFO spawned: 'b' with pid 2",
                    "INFO success: b entered RUNNING state, process has stayed up for > than 0 \
                     seconds (startsecs)",
                    "= start! g:b: true",
                    "> RUNNING b g from_state:STARTING pid:2",
                ],
            ),
            (
                "stop @g",
                &[
                    "kill 15 a",
                    "kill 15 b",
                    "> STOPPING a g from_state:RUNNING pid:1",
                    "> STOPPING b g from_state:RUNNING pid:2",
                    "INFO waiting for a to stop",
                    "INFO waiting for b to stop",
                ],
            ),
            (
                "exit b 0; exit a 0",
                &[
                    "INFO stopped: b (exit status 0)",
                    "> STOPPED b g from_state:STOPPING pid:2",
                    "INFO stopped: a (exit status 0)",
                    "= stop @g: [a 80 OK, b 80 OK]",
                    "> STOPPED a g from_state:STOPPING pid:1",
                ],
            ),
        ],
    );
}

#[test]
fn who_takes_longer_comes_later() {
    // RPC-221
    let mut world = start(&[
        "group:g programs=a,b,c",
        "program:a startsecs=0",
        "program:b startsecs=0",
        "program:c startsecs=0",
    ]);
    play(&mut world, "stop g:*; exit c 0; wait 0.1; exit b 0", &[]);
    let lines = play(&mut world, "wait 1; exit a 0", &[]);
    assert!(lines.contains(&"= stop g:*: [b 80 OK, c 80 OK, a 80 OK]".to_owned()), "{lines:?}");
}

#[test]
fn those_that_start_together_are_all_spawned_first() {
    // RUN-305
    let mut world = World::new(heard(&["program:a startsecs=0", "program:b startsecs=0"]), 0);
    world.send(Message::Boot);
    world.lazy = true;
    world.send(Message::Run);
    world.wait(Duration::from_secs(1));
    world.catch_up();
    world.wait(Duration::from_secs(1));
    world.catch_up();
    let lines = play(&mut world, "", &[]);
    let events = lines.iter().filter(|line| line.starts_with("> ")).map(|line| &line[2..9]);
    assert_eq!(
        events.collect::<Vec<_>>(),
        ["PROCESS", "PROCESS", "PROCESS", "SUPERVI", "STARTIN", "STARTIN", "RUNNING", "RUNNING"]
    );
}

#[test]
fn groups_are_removed_and_added_again() {
    // RUN-364, RUN-365, RUN-366, RUN-367, RPC-165, RPC-166, RPC-167, RPC-168, RTRAP-047
    check(
        &["program:web autorestart=true"],
        &[
            ("remove web", &["= remove web: STILL_RUNNING: web"]),
            (
                "remove nobody; remove web:web",
                &["= remove nobody: BAD_NAME: nobody", "= remove web:web: BAD_NAME: web:web"],
            ),
            (
                "add web; add nobody",
                &["= add web: ALREADY_ADDED: web", "= add nobody: BAD_NAME: nobody"],
            ),
            (
                "stop! web; remove web; exit web 0; remove web; info web",
                &[
                    "kill 15 web",
                    "> STOPPING web web from_state:STARTING pid:1",
                    "= stop! web: true",
                    "= remove web: STILL_RUNNING: web",
                    "INFO stopped: web (exit status 0)",
                    "> STOPPED web web from_state:STOPPING pid:1",
                    "= remove web: true",
                    "> PROCESS_GROUP_REMOVED web\\n",
                    "= info web: BAD_NAME: web",
                ],
            ),
            (
                "add web; log web",
                &[
                    "= add web: true",
                    "> PROCESS_GROUP_ADDED web\\n",
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 2",
                    // RUN-369: the same file as before.
                    "= log web: Some(\"/tmp/web-stdout-1.log\")",
                ],
            ),
        ],
    );
}

#[test]
fn a_removed_process_is_still_reaped_under_its_name() {
    // RUN-352, RUN-366
    check(
        &["program:web startsecs=0 autostart=false"],
        &[
            (
                "start! web; guarded web; stop! web; remove web",
                &[
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 1",
                    "INFO success: web entered RUNNING state, process has stayed up for > than 0 \
                     seconds (startsecs)",
                    "= start! web: true",
                    "> RUNNING web web from_state:STARTING pid:1",
                    "kill 15 web",
                    "> STOPPING web web from_state:RUNNING pid:1",
                    "CRIT unknown problem killing web (1):[Errno 1] Operation not permitted",
                    "= stop! web: FAILED: unknown problem killing web (1):[Errno 1] Operation not \
                     permitted",
                    "> UNKNOWN web web from_state:STOPPING",
                    "= remove web: true",
                    "> PROCESS_GROUP_REMOVED web\\n",
                ],
            ),
            (
                "exit web 0; stray 1",
                &[
                    "INFO stopped: web (exit status 0)",
                    "> STOPPED web web from_state:UNKNOWN pid:1",
                    "INFO reaped unknown pid 1 (exit status 3)",
                ],
            ),
        ],
    );
}
