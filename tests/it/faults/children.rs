//! Children that cannot be made, that do not listen, that keep or close what they were given.

use std::fs;

use harness::{Daemon, configured, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::both;

/// Programs that cannot be executed, the reason, and whether it is known before there is a child.
const HOPELESS: [(&str, &str, &str); 9] = [
    ("missing", "command=/no/such/command", "can't find command '/no/such/command'"),
    ("folder", "command=/tmp", "command at '/tmp' is a directory"),
    ("plain", "command=$DIR/plain", "command at '$DIR/plain' is not executable"),
    (
        "quote",
        "command=/bin/sh -c \"oops",
        "can't parse command '/bin/sh -c \"oops': No closing quotation",
    ),
    (
        "dirlog",
        "command=/bin/cat\nstderr_logfile=$DIR",
        "unknown error making dispatchers for 'dirlog': EISDIR",
    ),
    ("noexec", "command=$DIR/noexec", "couldn't exec $DIR/noexec: ENOEXEC"),
    ("nointerp", "command=$DIR/nointerp", "couldn't exec $DIR/nointerp: ENOENT"),
    ("badinterp", "command=$DIR/badinterp", "couldn't exec $DIR/badinterp: EACCES"),
    ("nocwd", "command=/bin/cat\ndirectory=$DIR/gone", "couldn't chdir to $DIR/gone: ENOENT"),
];

// RUN-175, RUN-176, RUN-177, RUN-179a, RUN-179d, RUN-179g, RUN-126, RUN-129, RUN-134, RUN-191,
// RUN-210, RUN-212, RUN-213, RUN-454, RTRAP-016, RTRAP-017
#[test]
fn what_cannot_be_executed_says_why() {
    for installation in both() {
        let sandbox = configured("");
        let dir = sandbox.path().display().to_string();
        sandbox.write("plain", "#!/bin/sh\n");
        sandbox.script("noexec", "echo a script without an interpreter\n");
        sandbox.script("nointerp", "#!/no/such/interpreter\n");
        sandbox.script("badinterp", &format!("#!{dir}/plain\n"));
        for (name, options, _) in HOPELESS {
            let logs =
                if name == "dirlog" { "" } else { "stderr_logfile=$DIR/%(program_name)s.err" };
            sandbox.write(
                &format!("conf.d/{name}.conf"),
                format!("[program:{name}]\n{options}\n{logs}\nstartsecs=1000\nstartretries=0\n")
                    .replace("$DIR", &dir),
            );
        }
        let daemon = Daemon::start(&installation, &sandbox);
        for (name, _, reason) in HOPELESS {
            daemon.wait_for(name, "FATAL");
            let reason = reason.replace("$DIR", &dir);
            let log = sandbox.log();
            let logged = |line: String| log.contains(&line);
            let status = daemon.ctl(&["status", name]).stdout;
            let gave_up = format!(
                "INFO gave up: {name} entered FATAL state, too many start retries too quickly"
            );
            assert!(logged(gave_up), "{}", daemon.output());
            if reason.starts_with("couldn't") {
                assert!(status.ends_with("Exited too quickly (process log may have details)\n"));
                let words =
                    format!("supervisor: {reason}\nsupervisor: child process was not spawned\n");
                wait_until("its last words are written", || {
                    sandbox.read(&format!("{name}.err")) == words
                });
                assert!(logged(format!("WARN exited: {name} (exit status 127; not expected)")));
                let told = logged(format!("WARN '{name}' was not spawned: {reason}"));
                assert_eq!(told, !installation.is_original(), "{}", daemon.output());
            } else {
                assert!(status.ends_with(&format!("FATAL     {reason}\n")), "{status}");
                assert!(logged(format!("INFO spawnerr: {reason}")), "{}", daemon.output());
            }
        }
    }
}

// RUN-121, RUN-162, RUN-179d, RUN-446: the cause mended, the next attempt succeeds; nothing was leaked.
#[test]
fn a_program_starts_once_the_cause_is_mended() {
    let sandbox = configured(
        "[program:x]\ncommand=/bin/sleep 1000\ndirectory=%(here)s/work\nstartsecs=0\n\
         autostart=false\nautorestart=false\nstdout_logfile=%(here)s/logs/x\n",
    );
    fs::create_dir(sandbox.join("logs")).expect("a directory");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    fs::remove_dir(sandbox.join("logs")).expect("an empty directory");
    let before = descriptors(&daemon);
    for _ in 0..20 {
        assert_eq!(daemon.ctl(&["start", "x"]).stdout, "x: ERROR (spawn error)\n");
        daemon.ctl(&["stop", "x"]);
    }
    // A connection may linger; an attempt that leaks would leak twenty times.
    assert!(descriptors(&daemon) < before + 20, "descriptors are leaked");
    fs::create_dir(sandbox.join("logs")).expect("a directory");
    daemon.ctl(&["start", "x"]);
    daemon.wait_for("x", "EXITED");
    fs::create_dir(sandbox.join("work")).expect("a directory");
    assert_eq!(daemon.ctl(&["start", "x"]).stdout, "x: started\n");
    daemon.wait_for("x", "RUNNING");
}

// RUN-205, RUN-223: neither the daemon nor its programs need the directory it was started in.
#[test]
fn a_daemon_outlives_its_directory() {
    for installation in both() {
        let sandbox = configured("[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n");
        let away = sandbox.join("away");
        fs::create_dir(&away).expect("a directory");
        let mut command = harness::installation::command(&sandbox, &installation.supervisord);
        command.arg("-nc").arg(sandbox.join("supervisord.conf")).current_dir(&away);
        let daemon = Daemon::spawn_by(command, &installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        fs::remove_dir(&away).expect("an empty directory");
        assert_eq!(daemon.ctl(&["restart", "x"]).stdout, "x: stopped\nx: started\n");
        assert_eq!(daemon.ctl(&["reread"]).stdout, "No config updates to processes\n");
        daemon.signal(Signal::SIGHUP);
        sandbox.wait_for_line("received SIGHUP indicating restart request");
        wait_until("the daemon stands again", || {
            sandbox.read("supervisord.log").matches("supervisord started with pid").count() == 2
        });
        daemon.wait_for("x", "RUNNING");
    }
}

// RUN-138, RUN-165, RUN-353: a stopped child is still running, hears no SIGTERM, and is killed.
#[test]
fn a_suspended_child_is_killed_in_the_end() {
    for installation in both() {
        let sandbox =
            configured("[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\nstopwaitsecs=1\n");
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        let pid = daemon.pid_of("x");
        kill(Pid::from_raw(pid), Signal::SIGSTOP).expect("a process to suspend");
        wait_until("it is suspended", || state_of(pid) == Some('T'));
        daemon.wait_for("x", "RUNNING");
        assert_eq!(daemon.ctl(&["stop", "x"]).stdout, "x: stopped\n");
        let log = sandbox.log();
        let from = log.iter().position(|line| line.starts_with("INFO waiting for")).unwrap_or(0);
        assert_eq!(
            log[from..],
            [
                "INFO waiting for x to stop".to_owned(),
                format!("WARN killing 'x' ({pid}) with SIGKILL"),
                "WARN stopped: x (terminated by SIGKILL)".to_owned(),
            ],
            "{}",
            installation.label
        );
    }
}

// RUN-007, RUN-132: closing its output neither ends a program nor wakes the daemon.
#[test]
fn a_child_without_output_lives_and_dies_like_any_other() {
    let sandbox = configured(
        "[program:x]\ncommand=/bin/sh -c \"echo bye; exec >&- 2>&-; exec sleep 1000\"\n\
         startsecs=0\nautorestart=false\nstdout_logfile=%(here)s/x.log\n",
    );
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    wait_until("it has spoken", || sandbox.read("x.log") == "bye\n");
    daemon.wait_for("x", "RUNNING");
    daemon.wait_until_asleep();
    kill(Pid::from_raw(daemon.pid_of("x")), Signal::SIGKILL).expect("a process to kill");
    daemon.wait_for("x", "EXITED");
    sandbox.wait_for_line("exited: x (terminated by SIGKILL; not expected)");
}

/// Leaves a descendant behind that shares its output, and says when that was refused (RUN-172).
const PARENT: &str = "\
(
    trap '' TERM
    while [ ! -e go ]; do sleep 0.05; done
    echo heard by nobody 2>/dev/null || echo refused > refused
    while [ ! -e end ]; do sleep 0.05; done
) &
echo the last word
";

// RUN-007, RUN-168, RUN-171, RUN-172
#[test]
fn a_descendant_that_keeps_the_pipe_delays_nothing() {
    for installation in both() {
        let sandbox = configured(
            "[program:x]\ncommand=/bin/sh parent.sh\ndirectory=%(here)s\nstartsecs=0\n\
             autorestart=false\nstdout_logfile=%(here)s/x.log\n",
        );
        sandbox.write("parent.sh", PARENT);
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "EXITED");
        wait_until("its last word is logged", || sandbox.read("x.log") == "the last word\n");
        sandbox.write("go", "");
        wait_until("the descendant's output is refused", || sandbox.join("refused").exists());
        assert_eq!(sandbox.read("x.log"), "the last word\n", "{}", installation.label);
        assert_eq!(daemon.ctl(&["shutdown"]).stdout, "Shut down\n");
        wait_until("the daemon is gone", || !sandbox.join("supervisord.pid").exists());
        assert!(!sandbox.processes().is_empty(), "the descendant was not ours to end");
        sandbox.write("end", "");
    }
}

/// How many descriptors the daemon holds.
fn descriptors(daemon: &Daemon<'_>) -> usize {
    fs::read_dir(format!("/proc/{}/fd", daemon.pid())).expect("a live daemon").count()
}

/// The letter of a process's state.
fn state_of(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

// RUN-200: first of all its command is looked for.
#[test]
fn what_has_no_command_gets_no_log() {
    for installation in both() {
        let sandbox = configured(
            "[program:x]\ncommand=/no/such\nstartretries=0\nstdout_logfile=%(here)s/x.log\n",
        );
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "FATAL");
        assert!(!sandbox.join("x.log").exists(), "{}", installation.label);
    }
}

/// A program with a descendant that lives until it is told, or killed.
const FAMILY: &str = "trap \"$2\" TERM
(while [ ! -e end ]; do sleep 0.05; done) &
echo $! > $1.pid
while :; do sleep 0.05; done
";

// RUN-136, RUN-138, RUN-167, RUN-168, RUN-169, RTRAP-045
#[test]
fn a_signal_reaches_a_process_or_all_its_family() {
    for installation in both() {
        let family = |name: &str, on_term: &str, options: &str| {
            format!(
                "[program:{name}]\ncommand=/bin/sh family.sh {name} '{on_term}'\n\
                 directory=%(here)s\nstartsecs=0\nautorestart=false\nstopwaitsecs=1\n{options}\n"
            )
        };
        let sandbox = configured(&format!(
            "{}{}{}{}",
            family("alone", "exit", ""),
            family("together", "exit", "stopasgroup=true"),
            family("deaf", "", "killasgroup=true"),
            family("signalled", "exit", "stopasgroup=true"),
        ));
        sandbox.write("family.sh", FAMILY);
        let daemon = Daemon::start(&installation, &sandbox);
        let names = ["alone", "together", "deaf", "signalled"];
        let descendant = |name: &str| sandbox.read(&format!("{name}.pid")).trim().parse().ok();
        wait_until("all have descendants", || names.iter().all(|name| descendant(name).is_some()));
        let lives = |name| state_of(descendant(name).expect("a pid")).is_some_and(|s| s != 'Z');
        let logged = |line: String| {
            wait_until(&line, || sandbox.read("supervisord.log").contains(&line));
        };
        for name in ["alone", "together", "deaf"] {
            let pid = daemon.pid_of(name);
            assert_eq!(daemon.ctl(&["stop", name]).stdout, format!("{name}: stopped\n"));
            let whole = if name == "together" { " process group" } else { "" };
            logged(format!("DEBG killing {name} (pid {pid}){whole} with signal SIGTERM"));
            if name == "deaf" {
                logged(format!("DEBG killing deaf (pid {pid}) process group with signal SIGKILL"));
            }
        }
        daemon.ctl(&["signal", "TERM", "signalled"]);
        daemon.wait_for("signalled", "EXITED");
        wait_until("whole families are gone", || !lives("together") && !lives("deaf"));
        assert!(lives("alone") && lives("signalled"), "{}", installation.label);
        sandbox.write("end", "");
        wait_until("the others have ended", || !lives("alone") && !lives("signalled"));
    }
}
