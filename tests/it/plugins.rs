//! Sections that ask for the Python code of other packages, as in files people have: the daemon
//! starts without it, and whoever misses it is told where it was asked for.

use harness::installation::command;
use harness::{Daemon, Run, configured};

const SECTIONS: &str = "\
[rpcinterface:twiddler]
supervisor.rpcinterface_factory = supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface

[rpcinterface:cache]
supervisor.rpcinterface_factory = supervisor_cache.rpcinterface:make_cache_rpcinterface
max_items = 5

[ctlplugin:wildcards]
supervisor.ctl_factory = supervisorwildcards:make_wildcards_controllerplugin

[program:x]
command=/bin/sleep 1000
startsecs=0
";

// CFG-264, CFG-269, CTL-148
#[test]
fn python_plug_ins_are_told_and_done_without() {
    let sandbox = configured(SECTIONS);
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("x", "RUNNING");
    let (twiddler, cache) =
        ("supervisor_twiddler.rpcinterface:make_twiddler_rpcinterface", "supervisor_cache");
    for told in [
        format!("WARN RPC interface 'twiddler' is not available: {twiddler} is a Python plug-in"),
        format!("WARN RPC interface 'cache' is not available: {cache}"),
    ] {
        assert!(sandbox.log().iter().any(|line| line.starts_with(&told)), "{:#?}", sandbox.log());
    }
    let server = daemon.server();
    assert_eq!(server.call("twiddler.getAPIVersion", &[]), "<Fault 1: 'UNKNOWN_METHOD'>");
    assert!(!server.call("system.listMethods", &[]).contains("twiddler"));

    let ran = daemon.ctl(&["mstop", "x*"]);
    assert_eq!((ran.stdout.as_str(), ran.status), ("*** Unknown syntax: mstop x*\n", 1));
    let line = |factory: &str| {
        let text = sandbox.read("supervisord.conf");
        text.lines().position(|line| line.contains(factory)).map_or(0, |line| line + 1)
    };
    let place = format!("supervisord.conf:{}:", line("supervisorwildcards"));
    assert!(ran.stderr.starts_with(&place), "{}", ran.stderr);
    assert_eq!(daemon.ctl(&["status", "x"]).stderr, "");

    let mut check = command(&sandbox, crate::supervisorc());
    check.args(["check", "--format=concise", "supervisord.conf"]);
    let checked = Run::of(check);
    for factory in [twiddler, cache, "supervisorwildcards"] {
        let place = format!("supervisord.conf:{}:", line(factory));
        let mut found = checked.stdout.lines().filter(|found| found.starts_with(&place));
        assert!(found.any(|found| found.contains("warning[SV047]")), "{place}\n{}", checked.stdout);
    }
    assert_eq!(checked.status, 0, "{}", checked.stderr);
}
