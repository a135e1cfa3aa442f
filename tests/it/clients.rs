//! Python programs, unmodified, against our daemon: what they get is what they get of the
//! original. Needs the original (`PLANVISOR_ORACLE`, `PLANVISOR_ORACLE_425`).

use std::path::Path;

use harness::installation::command;
use harness::redact::same_text;
use harness::{Daemon, Installation, Run, Sandbox, configured, free_port, wait_until};

const PROGRAMS: &str = "\
[program:one]
command=/bin/sleep 1000
startsecs=0

[program:said]
command=/bin/sh -c \"printf 'some text'; exec sleep 1000\"
startsecs=0

[program:member]
command=/bin/sleep 1000
process_name=%(program_name)s-%(process_num)02d
numprocs=2
startsecs=0

[group:set]
programs=member
";

/// The script that asks, and a daemon of `installation` to be asked.
fn with_daemon(installation: &Installation, more: &str, ask: impl FnOnce(&Sandbox, &Daemon<'_>)) {
    let sandbox = configured(&format!("{PROGRAMS}\n{more}"));
    let daemon = Daemon::start(installation, &sandbox);
    wait_until("all run", || {
        daemon.ctl(&["tail", "said"]).stdout == "some text\n"
            && daemon.ctl(&["status"]).stdout.matches("RUNNING").count() >= 4
    });
    ask(&sandbox, &daemon);
}

fn script() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/clients.py").display().to_string()
}

// LIB-001, LIB-002, LIB-003, LIB-004, LIB-005, LIB-006, LIB-008, RPC-044, RPC-244, HTTP-028,
// ITRAP-030
#[test]
fn the_transports_of_python() {
    let transcript = |daemon: &Installation, client: &Installation| {
        let (open, guarded) = (free_port(), free_port());
        let servers = format!(
            "[inet_http_server:open]\nport=127.0.0.1:{open}\n\
             [inet_http_server:guarded]\nport=127.0.0.1:{guarded}\nusername=chris\npassword=12345\n"
        );
        let mut transcript = String::new();
        with_daemon(daemon, &servers, |sandbox, _| {
            let mut python = command(sandbox, client.python());
            python.arg(script()).arg("transports");
            python.arg(format!("unix://{}", sandbox.join("s.sock").display()));
            python.arg(format!("http://127.0.0.1:{open}"));
            python.arg(format!("http://127.0.0.1:{guarded}"));
            transcript = finished(Run::of(python));
        });
        transcript
    };
    let Some(original) = Installation::oracle() else { return };
    let expected = transcript(&original, &original);
    same_text(&expected, &transcript(&crate::ours(), &original));
    if let Some(before) = Installation::oracle_425() {
        same_text(&expected, &transcript(&crate::ours(), &before));
    }
}

/// What a script printed, if it came to its end.
fn finished(run: Run) -> String {
    assert!(run.status == 0 && run.stdout.ends_with("done\n"), "{}{}", run.stdout, run.stderr);
    run.stdout
}

/// What a part of the script prints as a program of `daemon`.
fn as_child(daemon: &Installation, client: &Installation, part: &str) -> String {
    let more = "stdout_logfile=%(here)s/script.log\nredirect_stderr=true\n";
    under("program", more, daemon, client, part)
}

/// What a part of the script prints that is an event listener of `daemon`.
fn as_listener(daemon: &Installation, client: &Installation, part: &str) -> String {
    let more = "events=REMOTE_COMMUNICATION,PROCESS_STATE_STOPPED\n\
                environment=PYTHONIOENCODING=utf-8\nstderr_logfile=%(here)s/script.log\n";
    under("eventlistener", more, daemon, client, part)
}

/// What a part of the script prints when it is started from a section of this kind.
fn under(
    kind: &str,
    options: &str,
    daemon: &Installation,
    client: &Installation,
    part: &str,
) -> String {
    let program = format!(
        "[{kind}:script]\ncommand={} {} {part}\nautorestart=false\nstartsecs=0\n\
         autostart=false\n{options}",
        client.python().display(),
        script()
    );
    let mut transcript = String::new();
    with_daemon(daemon, &program, |sandbox, daemon| {
        daemon.ctl(&["start", "script"]);
        wait_until("the script has ended", || {
            let status = daemon.ctl(&["status", "script"]).stdout;
            status.contains("EXITED") && !sandbox.read("script.log").is_empty()
        });
        transcript = sandbox.read("script.log");
    });
    assert!(transcript.ends_with("done\n"), "{transcript}");
    transcript
}

// LIB-009, LIB-010, LIB-011, LIB-012, LIB-028
#[test]
fn the_child_utilities() {
    let Some(original) = Installation::oracle() else { return };
    let expected = as_child(&original, &original, "children");
    same_text(&expected, &as_child(&crate::ours(), &original, "children"));
    if let Some(before) = Installation::oracle_425() {
        same_text(&expected, &as_child(&crate::ours(), &before, "children"));
    }
}

// LIB-013, LIB-014, LIB-015, LIB-016, LIB-017, LIB-018, LIB-019, LIB-020, LIB-021
#[test]
fn the_listener_utilities() {
    let Some(original) = Installation::oracle() else { return };
    let expected = as_listener(&original, &original, "listener");
    same_text(&expected, &as_listener(&crate::ours(), &original, "listener"));
    if let Some(before) = Installation::oracle_425() {
        same_text(&expected, &as_listener(&crate::ours(), &before, "listener"));
    }
}

// LIB-022
#[test]
fn superlance_asks_and_is_answered() {
    let Some(original) = Installation::oracle() else { return };
    let expected = as_child(&original, &original, "superlance");
    same_text(&expected, &as_child(&crate::ours(), &original, "superlance"));
}
