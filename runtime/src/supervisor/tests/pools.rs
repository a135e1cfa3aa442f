//! Events on their way to listeners.

use super::*;

/// The envelope as `feed` shows it.
fn sent(listener: &str, serial: u64, pool: &str, pool_serial: u64, rest: &str) -> String {
    format!(
        "feed {listener} ver:3.0 server:supervisor serial:{serial} pool:{pool} \
         poolserial:{pool_serial} {rest}"
    )
}

/// A pool of one listener that is up, and READY if `ready`; what that looked like is forgotten.
fn listening(sections: &[&str], script: &str) -> World {
    let mut world = World::start(plan(sections));
    play(&mut world, script, &[]);
    world
}

const REMOTE: &str = "eventlistener:pool events=REMOTE_COMMUNICATION startsecs=0";

#[test]
fn an_event_is_sent_to_a_ready_listener_and_answered() {
    // EVT-032, EVT-042, EVT-050, EVT-054, EVT-061, EVT-062, RTRAP-023
    let mut world = listening(&[REMOTE], "remote a first; remote b sécond");
    assert_eq!(
        play(&mut world, "say pool READY\\n", &["DEBG"]),
        [
            "DEBG pool: ACKNOWLEDGED -> READY",
            sent("pool", 0, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:12\ntype:a\nfirst")
                .as_str(),
            "DEBG event 0 sent to listener pool",
            "DEBG rebuffering event 1 for pool pool (buf size=0, max=10)",
        ]
    );
    assert_eq!(
        play(&mut world, "say pool RESULT 2\\nOK", &["DEBG"]),
        ["DEBG pool: event was processed", "DEBG pool: BUSY -> ACKNOWLEDGED"]
    );
    // EVT-033, RUN-450, RTRAP-022: 13 characters, 14 bytes.
    assert_eq!(
        play(&mut world, "say pool READY\\n", &[]),
        [sent("pool", 1, "pool", 1, r"eventname:REMOTE_COMMUNICATION len:13\ntype:b\nsécond")]
    );
}

#[test]
fn nothing_is_sent_before_the_listener_is_running() {
    // EVT-055, EVT-078, RTRAP-029
    let mut world = listening(&["eventlistener:pool events=REMOTE_COMMUNICATION"], "");
    assert_eq!(play(&mut world, "say pool READY\\n; remote a b", &[]), ["= remote a b: true"]);
    let lines = play(&mut world, "wait 1", &[]);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with("feed pool"), "{lines:?}");
}

#[test]
fn a_rejected_event_comes_first_again_and_only_in_its_pool() {
    // EVT-051, EVT-067, EVT-069, EVT-070, RTRAP-026
    let other = "eventlistener:other events=TICK_3600 startsecs=0";
    let mut world = listening(
        &[REMOTE, other],
        "say other READY\\n; remote a 1; remote a 2; say pool READY\\n",
    );
    assert_eq!(
        play(&mut world, "say pool RESULT 4\\nFAIL", &["DEBG"]),
        [
            "WARN pool: event was rejected",
            "DEBG pool: BUSY -> ACKNOWLEDGED",
            "DEBG rebuffering event 0 for pool pool (buf size=1, max=10)",
        ]
    );
    assert_eq!(
        play(&mut world, "say pool READY\\n", &[]),
        [sent("pool", 0, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n1")]
    );
}

#[test]
fn an_event_tells_what_was_so_when_it_happened() {
    // EVT-031
    let mut world = listening(
        &[
            "eventlistener:pool events=PROCESS_STATE startsecs=0 autostart=false",
            "program:web autostart=false startretries=1",
        ],
        "start! web; exit web 1; wait 1; exit web 1",
    );
    assert!(play(&mut world, "info web", &[])[0].contains("FATAL"));
    play(&mut world, "start! pool", &[]);
    let mut told = Vec::new();
    for _ in 0..5 {
        told.extend(play(&mut world, "say pool READY\\n; say pool RESULT 2\\nOK", &[]));
    }
    let told: Vec<_> = told.iter().filter_map(|line| line.split(" from_state:").nth(1)).collect();
    assert_eq!(
        told,
        ["STOPPED tries:0", "STARTING tries:1", "BACKOFF tries:1", "STARTING tries:2", "BACKOFF"]
    );
}

#[test]
fn a_full_buffer_drops_the_oldest() {
    // EVT-066
    let mut world = listening(
        &["eventlistener:pool events=REMOTE_COMMUNICATION buffer_size=2 startsecs=0"],
        "remote a 1; remote a 2",
    );
    assert_eq!(
        play(&mut world, "remote a 3", &[]),
        ["ERRO pool pool event buffer overflowed, discarding event 0", "= remote a 3: true"]
    );
    assert_eq!(
        play(&mut world, "say pool READY\\n", &[]),
        [sent("pool", 1, "pool", 1, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n2")]
    );
}

#[test]
fn a_double_subscription_delivers_twice() {
    // EVT-016, RTRAP-025
    let mut world = listening(
        &[
            "eventlistener:pool events=PROCESS_STATE,PROCESS_STATE_STOPPED startsecs=0 \
             autorestart=false",
            "program:web startsecs=5",
        ],
        "exit web 1; stop web; say pool READY\\n",
    );
    let mut stopped = Vec::new();
    for _ in 0..8 {
        stopped.extend(play(&mut world, "say pool RESULT 2\\nOK; say pool READY\\n", &[]));
    }
    stopped.retain(|line| line.contains("STATE_STOPPED"));
    assert_eq!(stopped.len(), 2);
    assert_eq!(stopped[0], stopped[1], "with the same numbers");
}

#[test]
fn the_first_ready_member_is_served_first() {
    // EVT-061
    let mut world = listening(
        &["eventlistener:pool numprocs=2 process_name=l%(process_num)d startsecs=0 \
           events=REMOTE_COMMUNICATION"],
        "say l1 READY\\n; say l0 READY\\n",
    );
    let lines = play(&mut world, "remote a 1; remote a 2; remote a 3", &[]);
    let feeds: Vec<_> = lines.iter().filter(|line| line.starts_with("feed")).collect();
    assert_eq!(feeds.len(), 2, "{lines:?}");
    assert!(feeds[0].starts_with("feed l0 ") && feeds[1].starts_with("feed l1 "), "{lines:?}");
}

#[test]
fn a_listener_that_dies_over_an_event_gives_it_back() {
    // EVT-040, EVT-068
    let mut world = listening(
        &["eventlistener:pool events=REMOTE_COMMUNICATION startsecs=0 autorestart=true"],
        "say pool READY\\n; remote a 1",
    );
    let lines = play(&mut world, "die pool 9", &["DEBG"]);
    assert!(
        lines.contains(&"DEBG rebuffering event 0 for pool pool (buf size=0, max=10)".to_owned()),
        "{lines:?}"
    );
    assert_eq!(
        play(&mut world, "say pool READY\\n", &[]),
        [sent("pool", 0, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n1")]
    );
    // A result that was written in time counts.
    let process = world.process("pool");
    let last = Message::ListenerOutput { process, data: b"RESULT 2\nOK".to_vec() };
    world.undrained.insert(process, vec![last]);
    let lines = play(&mut world, "die pool 9", &["DEBG"]);
    assert!(lines.contains(&"DEBG pool: event was processed".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("rebuffering")), "{lines:?}");
}

#[test]
fn a_closed_or_full_stdin_is_passed_over() {
    // EVT-063, EVT-064
    let mut world = listening(
        &["eventlistener:pool numprocs=2 process_name=l%(process_num)d startsecs=0 \
           events=REMOTE_COMMUNICATION"],
        "say l1 READY\\n; say l0 READY\\n; deaf l0; stuffed l1",
    );
    let lines = play(&mut world, "remote a 1", &["DEBG"]);
    assert_eq!(
        lines[1..],
        [
            sent("l0", 0, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n1").as_str(),
            "DEBG epipe occurred while sending event 0 to listener l0, listener state unchanged",
            sent("l1", 0, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n1").as_str(),
            "DEBG rebuffering event 0 for pool pool (buf size=0, max=10)",
        ]
    );
    assert_eq!(
        play(&mut world, "relieved l1", &["DEBG"]),
        [
            sent("l1", 0, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n1").as_str(),
            "DEBG event 0 sent to listener l1",
        ]
    );
}

#[test]
fn output_becomes_events() {
    // EVT-024, EVT-025, EVT-030, EVT-074, LOG-086
    check(
        &["program:web startsecs=0 autostart=false"],
        &[
            (
                "start! web",
                &[
                    "> STARTING web web from_state:STOPPED tries:0",
                    "INFO spawned: 'web' with pid 1",
                    "INFO success: web entered RUNNING state, process has stayed up for > than 0 \
                     seconds (startsecs)",
                    "= start! web: true",
                    "> RUNNING web web from_state:STARTING pid:1",
                ],
            ),
            (
                "print web some text; capture web mine",
                &[
                    "> PROCESS_LOG_STDOUT web web pid:1 channel:stdout\\nsome text",
                    "DEBG 'web' stderr emitted a comm event",
                    "> PROCESS_COMMUNICATION_STDERR web web pid:1\\nmine",
                ],
            ),
        ],
    );
}

#[test]
fn output_is_wanted_while_it_would_not_have_to_wait() {
    // EVT-066, EVT-074
    let remote = "eventlistener:remote events=REMOTE_COMMUNICATION startsecs=0";
    let pool =
        "eventlistener:pool events=PROCESS_LOG,REMOTE_COMMUNICATION buffer_size=3 startsecs=0";
    let idle = "eventlistener:idle events=PROCESS_COMMUNICATION buffer_size=5 startsecs=0";
    let check = |sections: &[&str], script, wanted| {
        assert_eq!(listening(sections, script).core.wanted_outputs(), wanted, "{script}");
    };
    check(&[remote], "remote a 1", usize::MAX);
    check(&[pool, remote], "", 3);
    check(&[pool, remote], "remote a 1", 0);
    check(&[pool, remote], "remote a 1; say pool READY\\n", 3);
    check(&[pool, remote], "remote a 1; say pool READY\\n; remote a 2", 0);
    // Who is behind holds up nobody else.
    check(&[pool, idle], "remote a 1", 5);
}

#[test]
fn the_last_output_precedes_the_exit() {
    let mut world = start(&["program:web startsecs=0 autorestart=false"]);
    let process = world.process("web");
    let (channel, kind) = (Channel::Stdout, OutputKind::Log);
    let last = Message::Output { process, channel, kind, data: b"bye".to_vec() };
    world.undrained.insert(process, vec![last]);
    world.transcript = Some(Vec::new());
    let lines = play(&mut world, "exit web 0", &[]);
    assert_eq!(
        lines,
        [
            "> PROCESS_LOG_STDOUT web web pid:1 channel:stdout\\nbye",
            "INFO exited: web (exit status 0; expected)",
            "> EXITED web web from_state:RUNNING expected:1 pid:1",
        ]
    );
}

#[test]
fn ticks_come_with_the_wall_clock_and_only_to_subscribers() {
    // EVT-028, EVT-065, RUN-186
    let mut world =
        listening(&["eventlistener:pool events=TICK_5,TICK_60 startsecs=0"], "say pool READY\\n");
    let tick = |serial, kind: &str, when: u64| {
        sent("pool", serial, "pool", serial, &format!(r"eventname:{kind} len:15\nwhen:{when}"))
    };
    let ok = "say pool RESULT 2\\nOK; say pool READY\\n";
    assert_eq!(play(&mut world, "wait 4.9", &[]), [""; 0]);
    assert_eq!(play(&mut world, "wait 0.2", &[]), [tick(0, "TICK_5", 1_700_000_005)]);
    // A long pause yields one event.
    assert_eq!(
        play(&mut world, &format!("{ok}; clock 1000; CHLD"), &[]),
        [tick(1, "TICK_5", 1_700_001_005)]
    );
    assert_eq!(play(&mut world, ok, &[]), [tick(2, "TICK_60", 1_700_001_000)]);
    assert_eq!(
        play(&mut world, &format!("{ok}; clock -1000; CHLD"), &[]),
        [tick(3, "TICK_5", 1_700_000_005)]
    );
    assert!(world.core.deadline().is_some());

    let world = listening(&["program:web startsecs=0"], "");
    assert_eq!(world.core.deadline(), None, "nobody listens, nobody wakes");
}

// EVT-065, RUN-186: the original looks every second, which nobody has to who is told.
#[test]
fn ticks_follow_a_clock_that_is_set() {
    let mut world =
        listening(&["eventlistener:pool events=TICK_3600 startsecs=0"], "say pool READY\\n");
    let tick = |serial, when: u64| {
        let payload = format!(r"eventname:TICK_3600 len:15\nwhen:{when}");
        sent("pool", serial, "pool", serial, &payload)
    };
    // It is 2,800 seconds to the full hour.
    let ok = "say pool RESULT 2\\nOK; say pool READY\\n";
    assert_eq!(play(&mut world, "clock 2700; clock set; wait 99", &[]), [""; 0]);
    assert_eq!(play(&mut world, "wait 2", &[]), [tick(0, 1_700_002_800)]);
    assert_eq!(play(&mut world, ok, &[]), [""; 0]);
    assert_eq!(play(&mut world, "clock -600; clock set", &[]), [tick(1, 1_699_999_200)]);
    assert_eq!(play(&mut world, ok, &[]), [""; 0]);
    assert_eq!(play(&mut world, "wait 590", &[]), [""; 0]);
    assert_eq!(play(&mut world, "wait 20", &[]), [tick(2, 1_700_002_800)]);
    // Set within the hour: it is over the sooner.
    assert_eq!(play(&mut world, ok, &[]), [""; 0]);
    assert_eq!(play(&mut world, "clock 3000; clock set; wait 500", &[]), [""; 0]);
    assert_eq!(play(&mut world, "wait 100", &[]), [tick(3, 1_700_006_400)]);
}

// EVT-065: by so little that no tick is between; only the moment of the next one has moved.
#[test]
fn a_tick_comes_sooner_on_a_clock_that_is_set_within_its_slice() {
    let pool = "eventlistener:pool events=TICK_5 startsecs=0";
    let mut world = listening(&[pool], "say pool READY\\n");
    assert_eq!(play(&mut world, "clock 3; clock set; wait 1", &[]), [""; 0]);
    let payload = r"eventname:TICK_5 len:15\nwhen:1700000005";
    assert_eq!(play(&mut world, "wait 1.5", &[]), [sent("pool", 0, "pool", 0, payload)]);
}

#[test]
fn numbers_survive_a_restart_but_a_pools_own_do_not() {
    // EVT-034, EVT-035, RTRAP-024
    let mut world = World::new(plan(&[REMOTE]), 22);
    world.send(Message::Boot);
    world.send(Message::Run);
    play(&mut world, "remote a 1", &[]);
    assert_eq!(
        play(&mut world, "say pool READY\\n", &[]),
        [sent("pool", 22, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n1")]
    );
    let lines = play(&mut world, "HUP; die pool 15", &[]);
    assert_eq!(lines.last().map(String::as_str), Some("exit to restart, next serial 23"));
}

#[test]
fn a_removed_pool_forgets_its_events() {
    // RUN-368
    let mut world = listening(
        &["eventlistener:pool events=REMOTE_COMMUNICATION startsecs=0 autorestart=false"],
        "remote a 1; exit pool 0; remove pool; remote a 2; add pool; say pool READY\\n",
    );
    assert_eq!(
        play(&mut world, "remote a 3", &[]),
        [
            "= remote a 3: true".to_owned(),
            sent("pool", 1, "pool", 0, r"eventname:REMOTE_COMMUNICATION len:8\ntype:a\n3"),
        ]
    );
}

#[test]
fn what_a_foreign_result_handler_would_judge_is_taken_for_success() {
    // EVT-052
    let handler = "eventlistener:pool events=REMOTE_COMMUNICATION \
                   result_handler=my.module:handler startsecs=0";
    let mut world = World::start(plan(&[handler]));
    let lines = play(&mut world, "", &[]);
    assert_eq!(
        lines[0],
        "WARN pool pool: result_handler `my.module:handler` cannot be loaded, every result is \
         taken for success"
    );
    play(&mut world, "say pool READY\\n; remote a 1", &[]);
    assert_eq!(
        play(&mut world, "say pool RESULT 4\\nlogs; say pool READY\\n", &["DEBG"]),
        [
            "DEBG pool: event was processed",
            "DEBG pool: BUSY -> ACKNOWLEDGED",
            "DEBG pool: ACKNOWLEDGED -> READY",
        ]
    );
}
