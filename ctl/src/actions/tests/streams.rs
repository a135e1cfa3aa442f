//! `tail`, `maintail`, `fg`, completion.

use rpc::ProcessState::{Exited, Running, Stopped};

use super::support::{Outcome, Scene, check, errno, fault, info, play, received, session, yes};
use crate::client::Followed;
use crate::completion::Known;
use crate::console::Answer;

#[test]
fn tail_reads_the_end() {
    // CTL-084, CTL-085, CTL-098
    let text = || Ok("text".into());
    check("tail a", [("readProcessStdoutLog('a', -1600, 0)", text())], 0, "text\n");
    check("tail a STDERR", [("readProcessStderrLog('a', -1600, 0)", text())], 0, "text\n");
    check("tail -5 a stdout", [("readProcessStdoutLog('a', -5, 0)", text())], 0, "text\n");
    check("tail -0 a", [("readProcessStdoutLog('a', 0, 0)", text())], 0, "text\n");
    check("tail --5 a", [("readProcessStdoutLog('a', 5, 0)", text())], 0, "text\n");
    check("maintail", [("readLog(-1600, 0)", text())], 0, "text\n");
    check("maintail -7", [("readLog(-7, 0)", text())], 0, "text\n");
}

#[test]
fn tail_arguments() {
    // CTL-086, CTL-099
    check("tail -x a", [], 1, "Error: bad argument -x\n");
    check("tail - a", [], 1, "Error: bad argument -\n");
    check("tail a bogus", [], 1, "Error: bad channel 'bogus'\n");
    check("tail -f", [], 1, "Error: tail requires process name\n");
    check("maintail x", [], 1, "Error: bad argument x\n");
    check("maintail -x", [], 1, "Error: bad argument -x\n");
    // CTL-087
    for (line, head) in [
        ("tail", "Error: too few arguments\ntail [-f]"),
        ("tail a b c d", "Error: too many arguments\ntail [-f]"),
        ("maintail a b", "Error: too many arguments\nmaintail -f"),
    ] {
        let outcome = play(Scene::default(), line);
        assert!(outcome.stdout.starts_with(head), "{}", outcome.stdout);
        assert_eq!(outcome.status, 1);
    }
}

#[test]
fn logs_that_cannot_be_read() {
    // CTL-088, CTL-099
    for (code, text) in
        [(20, "no log file"), (30, "unknown error reading log"), (10, "no such process name")]
    {
        let script = [("readProcessStdoutLog('a', -1600, 0)", fault(code, "X"))];
        check("tail a", script, 1, &format!("a: ERROR ({text})\n"));
    }
    check(
        "maintail",
        [("readLog(-1600, 0)", fault(20, "X"))],
        1,
        "supervisord: ERROR (no log file)\n",
    );
}

#[test]
fn following() {
    // CTL-091, CTL-092, CTL-093, CTL-094, ITRAP-049
    let banner = "==> Press Ctrl-C to exit <==\n";
    let error = match errno(111) {
        Err(error) => error,
        Ok(value) => panic!("{value:?}"),
    };
    let refused = "unix:///s/logtail/a/stderr Cannot connect, error: \
                   <class 'ConnectionRefusedError'> ([Errno 111] Connection refused)\n";
    for (followed, stdout, stderr) in [
        (Followed::Ended, banner.to_owned(), ""),
        (Followed::Interrupted, format!("{banner}\n"), ""),
        (
            Followed::Status(404),
            banner.to_owned(),
            "unix:///s/logtail/a/stderr Cannot read, status code 404\n",
        ),
        (Followed::Failed(error), banner.to_owned(), refused),
    ] {
        let scene = Scene { followed: Some(followed), ..Scene::default() };
        let expected = Outcome { status: 0, stdout, stderr: stderr.to_owned() };
        assert_eq!(play(scene, "tail -f a stderr"), expected);
    }
}

#[test]
fn fg_needs_one_running_process() {
    // CTL-100
    check("fg a b", [], 1, "ERROR: too many process names supplied\n");
    let stopped = [("getProcessInfo('a')", received(&info("a", "a", Stopped)))];
    check("fg a", stopped, 1, "ERROR: process not running\n");
    let unknown = [("getProcessInfo('g:*')", fault(10, "X"))];
    check("fg g:*", unknown, 1, "ERROR: bad process name supplied\n");
    let head = "ERROR: no process name supplied\nfg <process>\t";
    assert!(play(Scene::default(), "fg").stdout.starts_with(head));
}

#[test]
fn fg_sends_what_is_typed() {
    // CTL-101, CTL-102
    let talk = |answers: Vec<Answer>, exchanges: Vec<super::support::Exchange>| {
        let start = ("getProcessInfo('a')", received(&info("a", "a", Running)));
        let exchanges = std::iter::once(start).chain(exchanges).collect();
        let outcome = play(Scene { exchanges, answers, ..Scene::default() }, "fg a");
        assert_eq!(outcome.status, 0);
        outcome.stdout.replace("==> Press Ctrl-C to exit <==\n", "")
    };
    let hello = || vec![Answer::Line("hello".to_owned())];
    let state = |state| ("getProcessInfo('a')", received(&info("a", "a", state)));
    let sent = "sendProcessStdin('a', 'hello\\n')";
    assert_eq!(talk(vec![Answer::Interrupted], vec![]), "Exiting foreground\n");
    assert_eq!(talk(hello(), vec![(sent, yes()), state(Running)]), "Exiting foreground\n");
    let killed = "Process got killed\nExiting foreground\n";
    assert_eq!(talk(hello(), vec![(sent, yes()), state(Exited)]), killed);
    assert_eq!(talk(hello(), vec![(sent, fault(70, "X"))]), killed);
    let failed = talk(hello(), vec![(sent, fault(20, "NO_FILE: a"))]);
    assert_eq!(failed, "ERROR: <Fault 20: 'NO_FILE: a'>\nExiting foreground\n");
}

#[test]
fn words_are_completed() {
    // CTL-139
    let all = [info("a", "a", Running), info("g", "x", Running), info("g", "y", Running)];
    let complete = |line: &str| {
        let exchanges = vec![("getAllProcessInfo()", received(all.as_slice()))];
        let mut session = session(Scene { exchanges, ..Scene::default() });
        let (_, candidates) = Known::default().complete(&mut session, line);
        candidates.concat()
    };
    assert_eq!(complete("re"), "reload remove reread restart ");
    assert_eq!(complete("help st"), "start status stop ");
    assert_eq!(complete("h"), "help ");
    assert_eq!(complete("start "), "a g:x g:* g:y ");
    assert_eq!(complete("start a g:"), "g:x g:* g:y ");
    assert_eq!(complete("start a:"), "a:a a:* ");
    assert_eq!(complete("update "), "a g ");
    assert_eq!(complete("open "), "");
    assert_eq!(complete("bogus "), "");
}
