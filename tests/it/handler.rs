//! supervisor-stdout: a listener whose results are for a handler inside the daemon, by which the
//! output of programs comes into the log of their container.

use harness::{Daemon, HEAD, Sandbox, head_with, wait_until};

use crate::ours;

/// Returns every event whole, as that package's listener does.
const LISTENER: &str = r#"
while echo READY && read -r header; do
    length=${header##*len:}
    echo "RESULT $length"
    dd bs=1 count="$length" 2>/dev/null
done
"#;

/// A daemon in the foreground with a program that has something to say.
fn check(head: &str) {
    let sandbox = Sandbox::new();
    let listener = sandbox.write("listener.sh", LISTENER);
    sandbox.write("supervisord.conf", head);
    sandbox.write(
        "conf.d/all.conf",
        format!(
            "[eventlistener:stdout]\ncommand=sh {}\nevents=PROCESS_LOG\nstartsecs=0\n\
             buffer_size=100\nresult_handler=supervisor_stdout:event_handler\n\n\
             [program:web]\ncommand=sh -c 'echo ready; echo trouble >&2; exec sleep 1000'\n\
             stdout_events_enabled=true\nstderr_events_enabled=true\n",
            listener.display()
        ),
    );
    let daemon = Daemon::start(&ours(), &sandbox);
    wait_until("both lines are on stdout", || {
        let shown = sandbox.read("daemon.out");
        shown.contains("web stdout | ready\n") && shown.contains("web stderr | trouble\n")
    });
    daemon.wait_for("stdout", "RUNNING");
    let log = sandbox.read("supervisord.log");
    assert!(!log.contains("rejected") && !log.contains("cannot be loaded"), "{log}");
}

// EVT-052
#[test]
fn output_of_programs_comes_out_of_the_daemon() {
    check(HEAD);
}

// EVT-052, LOG-005
#[test]
fn a_silent_daemon_passes_it_on_too() {
    check(&head_with("silent=true"));
}
