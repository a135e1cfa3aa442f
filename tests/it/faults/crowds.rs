//! Too much of everything at once: programs that only exit, signals that never stop.

use std::thread;

use harness::{Daemon, Sandbox, configured, wait_until};
use nix::sys::signal::{Signal, kill};

use crate::both;

/// How many programs exit as soon as they are started, again and again.
const CROWD: usize = 5_000;

/// What the daemon may grow by while the crowd exits, after it has seen each of them once.
const GROWTH_KIB: u64 = 16 * 1024;

// RUN-005, RUN-014, RUN-158, RUN-453: bounded memory, an ear for clients, an end.
#[test]
fn five_thousand_programs_that_exit_at_once() {
    let sandbox = configured(&format!(
        "[program:x]\ncommand=/bin/true\nprocess_name=x%(process_num)04d\nnumprocs={CROWD}\n\
         startsecs=0\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=NONE\npriority=1\n\
         [program:calm]\ncommand=/bin/sleep 1000\nstartsecs=0\n"
    ));
    let conf = sandbox
        .read("supervisord.conf")
        .replace("loglevel=debug", "loglevel=info\nlogfile_maxbytes=0");
    sandbox.write("supervisord.conf", conf);
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("calm", "RUNNING");
    wait_until("everybody has been started", || {
        !daemon.ctl(&["status"]).stdout.contains("Not started")
    });
    let calm = daemon.pid_of("calm");
    let before = daemon.resident_kib();
    let started = starts(&sandbox);
    wait_until("they go on and on", || starts(&sandbox) > started + 2 * CROWD);
    let growth = daemon.resident_kib().saturating_sub(before);
    assert!(growth < GROWTH_KIB, "the daemon grew by {growth} KiB");
    assert_eq!(daemon.pid_of("calm"), calm);
    assert_eq!(daemon.ctl(&["restart", "calm"]).stdout, "calm: stopped\ncalm: started\n");
    let stopped = daemon.ctl(&["stop", "x:*"]).stdout;
    assert!(!stopped.contains("ERROR (abnormal") && !stopped.contains("FAILED"), "{stopped}");
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success(), "{}", daemon.output());
    assert_eq!(sandbox.read("daemon.err"), "");
}

/// How often a member of the crowd has been started.
fn starts(sandbox: &Sandbox) -> usize {
    sandbox.read("supervisord.log").matches("INFO spawned: 'x").count()
}

// RUN-003, RUN-004, RUN-340, RUN-341, RUN-342, RUN-343, RUN-344, RUN-345, RUN-346: every kind of
// signal, from everybody, all the time.
#[test]
fn a_storm_of_signals() {
    let sandbox = configured("[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n");
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("x", "RUNNING");
    let pid = daemon.pid();
    let storm = |signals: &'static [Signal]| {
        for _ in 0..20_000 {
            for signal in signals {
                kill(pid, *signal).expect("a live daemon");
            }
        }
    };
    // None of these stops anything.
    let x = daemon.pid_of("x");
    let harmless = &[Signal::SIGCHLD, Signal::SIGUSR2, Signal::SIGPIPE, Signal::SIGXFSZ];
    thread::scope(|scope| {
        scope.spawn(|| storm(harmless));
        scope.spawn(|| storm(harmless));
        for _ in 0..5 {
            assert_eq!(daemon.ctl(&["version"]).stdout, "4.3.0\n");
        }
    });
    assert_eq!(daemon.pid_of("x"), x);
    // Restarts, as many as get through.
    thread::scope(|scope| {
        scope.spawn(|| storm(&[Signal::SIGCHLD, Signal::SIGHUP]));
        scope.spawn(|| storm(&[Signal::SIGHUP]));
    });
    daemon.wait_for_new_pid("x", x);
    daemon.wait_for("x", "RUNNING");
    daemon.wait_until_asleep();
    assert_eq!(sandbox.processes().len(), 2, "the daemon and one program");
    // An end, although everybody calls for a restart.
    thread::scope(|scope| {
        scope.spawn(|| {
            while kill(pid, Signal::SIGHUP).is_ok() && sandbox.join("supervisord.pid").exists() {
                thread::yield_now();
            }
        });
        daemon.signal(Signal::SIGTERM);
        assert!(daemon.wait().success(), "{}", daemon.output());
    });
    assert_eq!(sandbox.read("daemon.err"), "");
}

// RUN-305: however many there are, whoever asks first finds all of them started.
#[test]
fn a_crowd_is_there_for_whoever_asks_first() {
    for installation in both() {
        let sandbox = configured(
            "[program:x]\ncommand=/bin/sleep 1000\nprocess_name=x%(process_num)03d\nnumprocs=64\n\
             startsecs=1000\nstdout_logfile=NONE\nstderr_logfile=NONE\n",
        );
        let daemon = Daemon::spawn(&installation, &sandbox, &["-nc", "supervisord.conf"]);
        let server = daemon.server();
        wait_until("somebody listens", || server.connect().is_ok());
        let found = server.call("supervisor.getAllProcessInfo", &[]);
        let count = |state: &str| found.matches(&format!("'statename': '{state}'")).count();
        assert_eq!((count("STARTING"), count("STOPPED")), (64, 0), "{}", installation.label);
    }
}
