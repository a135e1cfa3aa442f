//! The daemon as process 1 of a container: it adopts and collects what others leave behind, obeys
//! its signals, and ends in time and with a status.

use std::fs;

use harness::namespace::as_process_1;
use harness::{Daemon, Installation, Sandbox, configured, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A container and the pid its process 1 has outside.
struct Container<'s> {
    daemon: Daemon<'s>,
    first: Pid,
}

impl<'s> Container<'s> {
    /// `None` where the system does not let us make a container.
    fn start(installation: &Installation, sandbox: &'s Sandbox) -> Option<Container<'s>> {
        let mut daemon = as_process_1(sandbox)?;
        daemon.arg(&installation.supervisord).args(["-n", "-c", "supervisord.conf"]);
        let daemon = Daemon::spawn_by(daemon, installation, sandbox);
        daemon.wait_for_socket();
        let children = format!("/proc/{0}/task/{0}/children", daemon.pid());
        let first = fs::read_to_string(children).expect("the children of `unshare`");
        let first = Pid::from_raw(first.trim().parse().expect("one child"));
        Some(Container { daemon, first })
    }

    fn signal(&self, signal: Signal) {
        kill(self.first, signal).expect("a process 1");
    }
}

/// Leaves 300 orphans behind, a few of which fail, and then one that stays.
const LITTER: &str = "\
for i in $(seq 300); do
    (sh -c \"sleep 0.$((i % 10)); exit $((i % 3))\" &)
done
(sleep 1000 &)
exec sleep 1000
";

// RUN-350, RUN-420, RUN-421, RUN-424, RUN-090
#[test]
fn orphans_are_adopted_and_collected() {
    for installation in crate::both() {
        let sandbox = configured(
            "[program:x]\ncommand=/bin/sh litter.sh\ndirectory=%(here)s\nstartsecs=0\n\
             [program:y]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
        );
        sandbox.write("litter.sh", LITTER);
        let Some(mut container) = Container::start(&installation, &sandbox) else { return };
        wait_until("it stands", || sandbox.read("supervisord.pid") == "1\n");
        assert_eq!(container.daemon.ctl(&["pid"]).stdout, "1\n");
        let reaped = || sandbox.read("supervisord.log").matches("reaped unknown pid").count();
        wait_until("the orphans are collected", || reaped() >= 300);
        let loud = sandbox.read("supervisord.log").contains("INFO reaped unknown pid");
        assert_eq!(loud, installation.is_original());
        container.daemon.wait_for("y", "RUNNING");
        // The last orphan is nobody's, and goes with its container.
        container.signal(Signal::SIGTERM);
        assert!(container.daemon.wait().success(), "{}", container.daemon.output());
        wait_until("nothing is left", || sandbox.processes().is_empty());
        assert!(!sandbox.join("supervisord.pid").exists());
    }
}

// RUN-340, RUN-341, RUN-344, RUN-422, RUN-426: signals with a meaning have it, others have none.
#[test]
fn process_1_obeys_its_signals() {
    for (signal, installation) in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT]
        .map(|signal| (signal, crate::ours()))
        .into_iter()
        .chain(Installation::oracle().map(|original| (Signal::SIGQUIT, original)))
    {
        let sandbox = configured(
            "[program:deaf]\ncommand=/bin/sh deaf.sh\ndirectory=%(here)s\n\
             startsecs=0\nstopwaitsecs=1\nkillasgroup=true\n",
        );
        sandbox.write("deaf.sh", "trap '' TERM; echo deaf >> deaf; while :; do sleep 0.1; done");
        let deaf = |times: usize| {
            wait_until("it is deaf", || sandbox.read("deaf") == "deaf\n".repeat(times));
        };
        let Some(mut container) = Container::start(&installation, &sandbox) else { return };
        deaf(1);
        for ignored in [Signal::SIGUSR1, Signal::SIGALRM, Signal::SIGPIPE] {
            container.signal(ignored);
        }
        container.signal(Signal::SIGUSR2);
        let logged = |text: &str| sandbox.read("supervisord.log").contains(text);
        wait_until("the logs are reopened", || logged("INFO supervisord logreopen"));
        container.signal(Signal::SIGHUP);
        wait_until("it has started over", || {
            sandbox.read("supervisord.log").matches("supervisord started with pid 1\n").count() == 2
        });
        deaf(2);
        container.signal(signal);
        assert!(container.daemon.wait().success(), "{}", container.daemon.output());
        assert!(logged(&format!("WARN received {signal} indicating exit request")));
        assert!(logged("WARN stopped: deaf (terminated by SIGKILL)"));
        assert_eq!(sandbox.read("daemon.err"), "");
    }
}
