//! Reading the configuration again.

use compiler::schema::value::UserRef;

use super::*;

/// Rereads `new` while `old` is active.
#[track_caller]
fn check_reread(old: &[&str], new: &[&str], expected: &str) {
    let mut world = start(old);
    world.transcript = Some(Vec::new());
    world.compiles.push_back(Ok(heard(new)));
    assert_eq!(play(&mut world, "reread", &[]), [format!("= reread: {expected}")]);
}

#[test]
fn differences_are_named_in_order() {
    // CFG-350, CFG-351, CFG-352, RUN-355, RPC-170
    check_reread(
        &["program:b", "program:a", "program:same", "program:c priority=1"],
        &["program:same", "program:new", "program:b priority=7", "program:a startsecs=2"],
        r#"added ["new"] changed ["b", "a"] removed ["c"]"#,
    );
    check_reread(&["program:a"], &["program:a"], "added [] changed [] removed []");
}

#[test]
fn what_is_compared_is_what_the_original_compares() {
    // CFG-361, CFG-362, CFG-363, CFG-364, CFG-365, CFG-366, CFG-367, CFG-368, CFG-369, CFG-370,
    // CFG-371, RUN-361, RUN-362, RTRAP-037
    let changed = r#"added [] changed ["a"] removed []"#;
    let same = "added [] changed [] removed []";
    let one = |old: &str, new: &str, expected: &str| check_reread(&[old], &[new], expected);
    one("program:a", "program:a autorestart=true", changed);
    one("program:a exitcodes=0,1", "program:a exitcodes=1,0", changed);
    one("program:a stopsignal=15", "program:a stopsignal=TERM", same);
    one("program:a", "program:a numprocs_start=4", same);
    one("program:a stdout_logfile=NONE", "program:a stdout_logfile=AUTO", same);
    one("program:a stdout_logfile=AUTO", "program:a stdout_logfile=NONE", changed);
    one("program:a stdout_logfile=/a", "program:a stdout_logfile=/b", changed);
    one(
        "fcgi-program:a socket=unix:///tmp/a.sock",
        "fcgi-program:a socket=unix:///tmp/a.sock socket_mode=0777",
        same,
    );
    one("fcgi-program:a socket=tcp://h:1", "fcgi-program:a socket=tcp://h:2", changed);
    one("fcgi-program:a socket=tcp://h:1", "program:a", changed);
    one("eventlistener:a events=TICK", "eventlistener:a events=TICK", same);
    one("eventlistener:a events=TICK", "eventlistener:a events=EVENT", changed);
    one("eventlistener:a events=TICK", "eventlistener:a events=TICK buffer_size=3", changed);
}

#[test]
fn what_was_read_is_what_is_added() {
    // RUN-358, RUN-364, RPC-167, RPC-172, RTRAP-038
    let mut world = start(&["program:old autostart=false"]);
    world.transcript = Some(Vec::new());
    let mut next = (*heard(&["program:new startsecs=0"])).clone();
    next.supervisord.identifier = "other".to_owned();
    world.compiles.push_back(Ok(Arc::new(next)));
    assert_eq!(
        play(&mut world, "add new; reread; identify; remove old; add new; reread", &[]),
        [
            "= add new: BAD_NAME: new",
            "= reread: added [\"new\"] changed [] removed [\"old\"]",
            "= identify: other",
            "= remove old: true",
            "> PROCESS_GROUP_REMOVED old\\n",
            "= add new: true",
            "> PROCESS_GROUP_ADDED new\\n",
            "> STARTING new new from_state:STOPPED tries:0",
            "INFO spawned: 'new' with pid 1",
            "INFO success: new entered RUNNING state, process has stayed up for > than 0 seconds \
             (startsecs)",
            "> RUNNING new new from_state:STARTING pid:1",
            "= reread: added [] changed [] removed []",
        ]
    );
}

#[test]
fn a_faulty_configuration_is_refused() {
    // RUN-356, RPC-173
    check(
        &["program:web autostart=false"],
        &[(
            "faulty; reread; reread",
            &[
                "= reread: CANT_REREAD: File contains no section headers.",
                "= reread: added [] changed [] removed []",
            ],
        )],
    );
}

#[test]
fn who_asks_during_a_compile_waits_for_the_next() {
    let mut world = start(&["program:web autostart=false"]);
    world.transcript = Some(Vec::new());
    assert_eq!(play(&mut world, "slow; faulty; reread; reread; reread", &[]), [""; 0]);
    assert_eq!(
        play(&mut world, "compiled", &[]),
        ["= reread: CANT_REREAD: File contains no section headers."]
    );
    assert!(world.is_compiling());
    assert_eq!(play(&mut world, "compiled", &[]).len(), 2);
    assert!(!world.is_compiling());
}

#[test]
fn a_storm_of_hups_is_one_compile_more() {
    let mut world = start(&["program:web autostart=false"]);
    world.transcript = Some(Vec::new());
    world.slow_compiles = true;
    for _ in 0..1000 {
        perform(&mut world, "HUP");
    }
    play(&mut world, "faulty; compiled; faulty; compiled", &[]);
    assert!(!world.is_compiling());
}

#[test]
fn the_daemons_user_is_told_by_its_name() {
    // RUN-360; CFG-172: a reread does not look the user up.
    let user = |name: &str, uid| {
        let mut plan = (*heard(&["program:web autostart=false"])).clone();
        plan.supervisord.user = Some(UserRef { name: name.to_owned(), uid });
        Arc::new(plan)
    };
    let mut world = World::start(user("www", Some(33)));
    world.transcript = Some(Vec::new());
    world.compiles.push_back(Ok(user("www", None)));
    assert_eq!(play(&mut world, "reread", &[]), ["= reread: added [] changed [] removed []"]);
    world.compiles.push_back(Ok(user("web", None)));
    assert_eq!(
        play(&mut world, "reread", &[]),
        [
            "WARN the changes of [supervisord] take effect after a restart only",
            "= reread: added [] changed [] removed [] pending [supervisord]",
        ]
    );
}

#[test]
fn what_needs_a_restart_is_named() {
    // RUN-360
    let mut world = start(&["program:web autostart=false"]);
    world.transcript = Some(Vec::new());
    let mut next = (*heard(&["program:web autostart=false"])).clone();
    next.supervisord.logfile = "/elsewhere".into();
    next.interfaces.clear();
    next.servers.push(compiler::plan::ServerPlan {
        section: "inet_http_server".to_owned(),
        listen: compiler::plan::Listen::Inet { host: String::new(), port: 9001 },
        credentials: None,
    });
    let next = Arc::new(next);
    // A second reread says it again: they are still waiting.
    for _ in 0..2 {
        world.compiles.push_back(Ok(Arc::clone(&next)));
        assert_eq!(
            play(&mut world, "reread", &[]),
            [
                "WARN the changes of [inet_http_server] take effect after a restart only",
                "WARN the changes of [supervisord] take effect after a restart only",
                "= reread: added [] changed [] removed [] pending [inet_http_server] [supervisord]",
            ]
        );
    }
}
