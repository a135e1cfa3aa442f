//! What is said when the daemon cannot be reached, refuses or is another one; `shutdown`, `reload`,
//! `version`, `open`, `quit`, unknown actions.

use super::support::{Outcome, Scene, check, errno, fault, info, play, received, session, yes};
use crate::client::CallError;
use crate::console::Answer;

fn line(text: &str) -> Answer {
    Answer::Line(text.to_owned())
}

fn unauthorized() -> Result<rpc::Value, CallError> {
    Err(CallError::Protocol { code: 401, reason: "Unauthorized".to_owned() })
}

/// Runs a line against one exchange; the start of stdout and the status count, and whether stderr
/// explains.
fn check_failure(
    line: &str,
    exchange: super::support::Exchange,
    status: u8,
    head: &str,
    explains: bool,
) {
    let outcome = play(Scene { exchanges: vec![exchange], ..Scene::default() }, line);
    assert_eq!(outcome.status, status, "{line}");
    assert!(outcome.stdout.starts_with(head), "{}", outcome.stdout);
    assert_eq!(outcome.stderr.starts_with("cannot reach supervisord"), explains, "{line}");
}

#[test]
fn checked_actions_tell_where_nobody_answers() {
    // CTL-034, CTL-035, ITRAP-053
    check_failure(
        "start a",
        ("getVersion()", errno(111)),
        4,
        "unix:///s refused connection\n",
        true,
    );
    check_failure("start a", ("getVersion()", errno(2)), 7, "unix:///s no such file\n", true);
    check_failure("status", ("getVersion()", errno(2)), 4, "unix:///s no such file\n", true);
}

#[test]
fn the_same_is_not_explained_twice_in_a_row() {
    let refused = || ("getVersion()", errno(111));
    let exchanges = vec![
        refused(),
        refused(),
        ("getVersion()", errno(2)),
        ("getVersion()", Ok("3.0".into())),
        ("getSupervisorVersion()", Ok("4.3.0".into())),
        ("getVersion()", errno(2)),
    ];
    let scene = Scene { exchanges, ..Scene::default() };
    let outcome = play(scene, "version\nversion\nversion\nversion\nversion");
    assert_eq!(outcome.stdout.lines().count(), 5, "{}", outcome.stdout);
    let told: Vec<_> =
        outcome.stderr.lines().filter(|line| line.starts_with("cannot reach")).collect();
    let (refused, missing) =
        ("[Errno 111] Connection refused", "[Errno 2] No such file or directory");
    let expected =
        [refused, missing, missing].map(|why| format!("cannot reach supervisord: {why}"));
    assert_eq!(told, expected);
}

#[test]
fn refused_credentials_are_told_from_missing_ones() {
    let told = |username: Option<&str>| {
        let mut settings = session(Scene::default()).settings;
        settings.target.username = username.map(str::to_owned);
        settings.target.password = username.map(str::to_owned);
        crate::explain::credentials(&settings)
    };
    assert!(told(None).contains("set them by -u and -p"), "{}", told(None));
    let refused = "unix:///s does not accept user `chris` with the password that is set";
    assert_eq!(told(Some("chris")), refused);
}

#[test]
fn other_failures_are_one_line() {
    // CTL-036, CTL-037, CTL-041, CTL-042
    let refused = "error: <class 'ConnectionRefusedError'>, [Errno 111] Connection refused: file: ";
    check_failure("avail", ("getAllConfigInfo()", errno(111)), 1, refused, true);
    let denied = "error: <class 'PermissionError'>, [Errno 13] Permission denied: file: ";
    check_failure("status", ("getVersion()", errno(13)), 1, denied, true);
    let stopping = "error: <class 'xmlrpc.client.Fault'>, <Fault 6: 'SHUTDOWN_STATE'>: file: ";
    check_failure("status", ("getVersion()", fault(6, "SHUTDOWN_STATE")), 1, stopping, false);
    check_failure(
        "remove a",
        ("removeProcessGroup('a')", fault(6, "SHUTDOWN_STATE")),
        1,
        stopping,
        false,
    );
}

#[test]
fn another_daemon_is_noticed() {
    // CTL-032, CTL-033
    let version = ("getVersion()", Ok("2.0".into()));
    let text = "Sorry, this version of supervisorctl expects to talk to a server with API version \
                3.0, but the remote version is 2.0.\n";
    check_failure("start a", version, 5, text, false);
    let text = "Sorry, supervisord responded but did not recognize";
    check_failure("start a", ("getVersion()", fault(1, "UNKNOWN_METHOD")), 3, text, false);
    check_failure("status", ("getVersion()", fault(1, "UNKNOWN_METHOD")), 4, text, false);
}

#[test]
fn credentials_are_asked_for_in_the_shell_only() {
    // CTL-039, CTL-040
    let text = "Server requires authentication\nerror: <class 'xmlrpc.client.ProtocolError'>, \
                <ProtocolError for 127.0.0.1/RPC2: 401 Unauthorized>: file: ";
    let exchanges = vec![("getVersion()", unauthorized())];
    let outcome = play(Scene { exchanges, ..Scene::default() }, "status");
    assert!(outcome.stdout.starts_with(text), "{}", outcome.stdout);
    assert_eq!(outcome.status, 1);
    let hint = "unix:///s wants a username and a password: set them by -u and -p or in \
                [supervisorctl]\n";
    assert_eq!(outcome.stderr, hint);

    let exchanges =
        vec![("getVersion()", unauthorized()), ("getSupervisorVersion()", Ok("4.3.0".into()))];
    let answers = vec![line("user"), line("secret")];
    let scene = Scene { exchanges, answers, interactive: true, ..Scene::default() };
    let stdout = "Server requires authentication\n\n4.3.0\n".to_owned();
    assert_eq!(play(scene, "version"), Outcome { status: 0, stdout, stderr: String::new() });

    let exchanges = vec![("getVersion()", unauthorized())];
    let outcome = play(Scene { exchanges, interactive: true, ..Scene::default() }, "version");
    let head =
        "Server requires authentication\nerror: <class 'EOFError'>, EOF when reading a line: ";
    assert!(outcome.stdout.starts_with(head), "{}", outcome.stdout);
}

#[test]
fn shutdown_and_reload() {
    // CTL-122, CTL-123, CTL-124, CTL-126, CTL-127
    check("shutdown", [("shutdown()", yes())], 0, "Shut down\n");
    check("shutdown", [("shutdown()", fault(6, "X"))], 0, "ERROR: already shutting down\n");
    check("reload", [("restart()", yes())], 0, "Restarted supervisord\n");
    check("reload", [("restart()", fault(6, "X"))], 1, "ERROR: already shutting down\n");
    let text = "ERROR: unix:///s refused connection (already shut down?)\n";
    check_failure("shutdown", ("shutdown()", errno(111)), 1, text, true);
    let text = "ERROR: unix:///s no such file (already shut down?)\n";
    check_failure("shutdown", ("shutdown()", errno(2)), 1, text, true);
}

#[test]
fn the_shell_asks_before_it_ends_the_daemon() {
    // CTL-125
    for (answer, calls, stdout) in [("Yes", 1, "Shut down\n"), ("n", 0, ""), ("", 0, "")] {
        let exchanges = [("shutdown()", yes())].into_iter().take(calls).collect();
        let scene =
            Scene { exchanges, answers: vec![line(answer)], interactive: true, ..Scene::default() };
        assert_eq!(play(scene, "shutdown").stdout, stdout, "{answer}");
    }
}

#[test]
fn arguments_are_refused_where_there_are_none() {
    // CTL-121
    for action in ["avail", "reread", "reload", "shutdown", "version"] {
        let outcome = play(Scene::default(), &format!("{action} x"));
        let head = format!("Error: {action} accepts no arguments\n{action}");
        assert!(outcome.stdout.starts_with(&head), "{}", outcome.stdout);
        assert_eq!(outcome.status, 1);
    }
}

#[test]
fn open_turns_to_another_daemon() {
    // CTL-129, CTL-130
    let all = [info("a", "a", rpc::ProcessState::Stopped)];
    let script = [("getAllProcessInfo()", received(all.as_slice()))];
    check("open http://h x", script, 0, "a                                STOPPED   \n");
    for line in ["open", "open ftp://x"] {
        check(line, [], 1, "ERROR: url must be http:// or unix://\n");
    }
    check_failure(
        "open unix:///x",
        ("getVersion()", errno(2)),
        0,
        "unix:///x no such file\n",
        true,
    );
}

#[test]
fn lines_are_taken_apart() {
    // CTL-013, CTL-014, CTL-043, CTL-131, CTL-137, CTL-138
    check("", [], 0, "");
    check("quit now", [], 0, "\n");
    check("EOF", [], 0, "\n");
    for line in ["bogus", "STATUS", "!x", "-x"] {
        check(line, [], 1, &format!("*** Unknown syntax: {line}\n"));
    }
    let help = "help\t\tList the actions\nhelp <action>\tShow what an action does\n";
    check("?help", [], 0, help);
    check("help nope", [], 0, "*** No help on nope\n");
    let none: [rpc::types::ProcessInfo<'_>; 0] = [];
    let script = [("getAllProcessInfo()", received(none.as_slice()))];
    check("status;x", script, 4, ";x: ERROR (no such process)\n");
}

#[test]
fn every_listed_action_has_help_that_starts_with_its_name() {
    // CTL-144, CTL-146
    for action in crate::actions::ACTIONS {
        assert!(action.help.starts_with(action.name), "{}", action.name);
        assert!(!action.about().is_empty(), "{}", action.name);
    }
    assert!(crate::actions::ACTIONS.is_sorted_by_key(|action| action.name));
}
