//! Changing the configuration of a running daemon: only what changed is touched, and what does not
//! compile touches nothing.

use harness::daemon::HEAD;
use harness::{Daemon, Sandbox, wait_until};
use nix::sys::signal::Signal;

const TWO: &str = "\
[program:one]
command=/bin/sleep 1000
startsecs=0

[program:two]
command=/bin/sleep 1000
startsecs=0
";

/// A daemon with [`TWO`] running in `sandbox`.
fn start(sandbox: &Sandbox) -> Daemon<'_> {
    sandbox.write("supervisord.conf", HEAD);
    sandbox.write("conf.d/two.conf", TWO);
    let daemon = Daemon::start(&crate::ours(), sandbox);
    daemon.wait_for("one", "RUNNING");
    daemon.wait_for("two", "RUNNING");
    daemon
}

fn pids(daemon: &Daemon<'_>) -> [i32; 2] {
    ["one", "two"].map(|name| daemon.pid_of(name))
}

// CFG-005, CFG-497, RUN-332: mended.
#[test]
fn a_broken_configuration_survives_sighup() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/two.conf", TWO.replace("startsecs=0", "startsecs=soon"));
    daemon.signal(Signal::SIGHUP);
    wait_until("the refusal is logged", || sandbox.read("supervisord.log").contains("'soon'"));
    assert_eq!(pids(&daemon), before);
    let run = daemon.ctl(&["status"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
}

// RPC-176, CTL-126: mended.
#[test]
fn a_broken_configuration_survives_reload() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/two.conf", "[program:one]\nautostart=perhaps\n");
    let run = daemon.ctl(&["reload"]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert!(run.stdout.contains("'perhaps'"), "{}", run.stdout);
    assert_eq!(pids(&daemon), before);
}

// CFG-004, RUN-356
#[test]
fn a_broken_configuration_survives_update() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/more.conf", "[program:three]\n");
    let run = daemon.ctl(&["update"]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert!(run.stdout.contains("does not specify a command"), "{}", run.stdout);
    assert_eq!(pids(&daemon), before);
}

// CFG-375, RUN-331
#[test]
fn sighup_starts_everything_anew_in_the_same_daemon() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/two.conf", TWO.replace("sleep 1000", "sleep 2000"));
    daemon.signal(Signal::SIGHUP);
    wait_until("both processes are new", || {
        let now = ["one", "two"]
            .map(|name| daemon.ctl(&["pid", name]).stdout.trim().parse().unwrap_or(0));
        now.iter().zip(&before).all(|(now, before)| *now != 0 && now != before)
    });
    assert_eq!(sandbox.read("supervisord.pid"), format!("{}\n", daemon.pid()));
}

// CFG-354, CTL-117, RUN-370
#[test]
fn an_update_touches_only_what_changed() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let [one, two] = pids(&daemon);
    sandbox.write("conf.d/two.conf", TWO.replacen("startsecs=0", "startsecs=0\nstopwaitsecs=3", 1));
    let run = daemon.ctl(&["update"]);
    assert_eq!(run.stdout, "one: stopped\none: updated process group\n");
    daemon.wait_for("one", "RUNNING");
    let now = pids(&daemon);
    assert_eq!(now[1], two, "an unchanged process was touched");
    assert_ne!(now[0], one, "the changed process was not restarted");
}

// RUN-360, CFG-356: better than silence.
#[test]
fn what_waits_for_a_restart_is_named_until_it_is_restarted() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    sandbox.write("supervisord.conf", HEAD.replace("loglevel=debug", "loglevel=info"));
    let warning = "the changes of [supervisord] take effect after a restart only";
    for action in ["reread", "update"] {
        let run = daemon.ctl(&[action]);
        assert_eq!(run.status, 0);
        assert!(run.stderr.contains(warning), "{action}: {}", run.stderr);
        assert!(!run.stdout.contains("restart"), "scripts read this: {}", run.stdout);
    }
    assert!(sandbox.read("supervisord.log").contains(warning));
    assert_eq!(daemon.ctl(&["reload"]).stdout, "Restarted supervisord\n");
    wait_until("the new configuration is in force", || {
        let run = daemon.ctl(&["reread"]);
        run.stdout == "No config updates to processes\n" && run.stderr.is_empty()
    });
}
