//! The client on a real terminal: the shell with its completion and history, Ctrl-C, `tail -f`,
//! `fg`, passwords that are not echoed.

use harness::installation::command;
use harness::terminal::{CTRL_C, CTRL_D, CTRL_P, Terminal};
use harness::{Daemon, HEAD, Run, Sandbox, configured, configured_as, with_options};

const PROGRAMS: &str = "\
[program:cat]
command=/bin/cat
startsecs=0
";

/// Our daemon, its program running.
fn start(sandbox: &Sandbox) -> Daemon<'_> {
    let daemon = Daemon::start(&crate::ours(), sandbox);
    daemon.wait_for("cat", "RUNNING");
    daemon
}

/// Behind a password.
fn guarded() -> Sandbox {
    let head = with_options(HEAD, "unix_http_server", "username=chris\npassword=secret");
    configured_as(&head, PROGRAMS)
}

// CFG-422, CTL-132, CTL-133, CTL-134, CTL-139, CTL-140, CTL-141
#[test]
fn the_shell_completes_and_remembers() {
    let sandbox = configured(PROGRAMS);
    let _daemon = start(&sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &[]);
    assert!(terminal.expect("supervisor> ").contains("RUNNING"));
    terminal.press("ver\t");
    terminal.expect("version ");
    terminal.enter("");
    terminal.expect("4.3.0\r\n");
    terminal.expect("supervisor> ");
    terminal.press(CTRL_P);
    terminal.expect("version ");
    terminal.enter("");
    terminal.expect("4.3.0\r\n");
    terminal.expect("supervisor> ");
    terminal.press("pid c\t");
    terminal.expect("pid cat ");
    terminal.enter("");
    terminal.expect("\r\n");
    terminal.expect("supervisor> ");
    terminal.enter("bogus");
    terminal.expect("*** Unknown syntax: bogus\r\n");
    terminal.expect("supervisor> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

// CTL-135
#[test]
fn ctrl_c_leaves_the_shell() {
    let sandbox = configured(PROGRAMS);
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &[]);
    terminal.expect("supervisor> ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), Some(0));
}

// CTL-091, CTL-094, CTL-101, CTL-102
#[test]
fn ctrl_c_ends_tail_and_fg_and_swallows_no_line() {
    let sandbox = configured(PROGRAMS);
    let _daemon = start(&sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &[]);
    terminal.expect("supervisor> ");
    terminal.enter("fg cat");
    terminal.expect("==> Press Ctrl-C to exit <==\r\n");
    // Once from the terminal, once from the process.
    terminal.enter("hello");
    terminal.expect("hello\r\n");
    terminal.press(CTRL_C);
    terminal.expect("Exiting foreground\r\n");
    terminal.expect("supervisor> ");
    terminal.enter("version");
    terminal.expect("4.3.0\r\n");
    terminal.expect("supervisor> ");
    terminal.enter("tail -f cat");
    terminal.expect("==> Press Ctrl-C to exit <==\r\n");
    terminal.expect("hello\r\n");
    terminal.press(CTRL_C);
    terminal.expect("supervisor> ");
    terminal.press("quit\r");
    assert_eq!(terminal.end(), Some(0));
}

// CTL-125
#[test]
fn the_shell_asks_before_it_ends_the_daemon() {
    let sandbox = configured(PROGRAMS);
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &["-i", "shutdown"]);
    terminal.expect("Really shut the remote supervisord process down y/N? ");
    terminal.press("no\r");
    assert_eq!(terminal.end(), Some(0));
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &["-i", "shutdown"]);
    terminal.expect("y/N? ");
    terminal.press("Yes\r");
    terminal.expect("Shut down");
    assert_eq!(terminal.end(), Some(0));
    assert!(daemon.wait().success());
}

// CTL-040
#[test]
fn passwords_are_asked_for_and_not_shown() {
    let sandbox = guarded();
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &[]);
    for password in ["wrong", "secret"] {
        terminal.expect("Server requires authentication");
        terminal.expect("Username:");
        terminal.press("chris\r");
        terminal.expect("Password:");
        terminal.press(&format!("{password}\r"));
    }
    let shown = terminal.expect("supervisor> ");
    assert!(shown.contains("cat") && !shown.contains("secret"), "{shown:?}");
    terminal.press("exit\r");
    assert_eq!(terminal.end(), Some(0));
}

// CTL-040
#[test]
fn passwords_come_from_the_terminal_wherever_stdin_does() {
    let sandbox = guarded();
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    for client in crate::both() {
        let path = client.supervisorctl.display();
        let line = format!("echo chris | {path} -c supervisord.conf -i version > out 2> err");
        let mut terminal = Terminal::run(&sandbox, "sh", ["-c", &line]);
        terminal.expect("Password:");
        terminal.press("secret\r");
        assert_eq!(terminal.end(), Some(0), "{}", client.label);
        let expected = "Server requires authentication\nUsername:\n4.3.0\n";
        assert_eq!(sandbox.read("out"), expected, "{}", client.label);
        assert_eq!(sandbox.read("err"), "", "{}", client.label);
    }
}

// CTL-140: plain lines, as the original reads and writes them.
#[test]
fn a_history_is_added_to_and_never_cut() {
    let head = with_options(HEAD, "supervisorctl", "history_file=%(here)s/history");
    let sandbox = configured_as(&head, "");
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let before: String = (0..1000).map(|number| format!("pid {number}\n")).collect();
    for client in crate::both() {
        sandbox.write("history", &before);
        let mut terminal = Terminal::open(&client, &sandbox, &[]);
        terminal.expect("supervisor> ");
        terminal.press(CTRL_P);
        terminal.expect("pid 999");
        terminal.enter("");
        terminal.expect("\r\n");
        terminal.expect("supervisor> ");
        terminal.enter("help \\");
        terminal.expect("\r\n");
        terminal.expect("supervisor> ");
        terminal.press(CTRL_D);
        assert_eq!(terminal.end(), Some(0), "{}", client.label);
        assert_eq!(sandbox.read("history"), format!("{before}help \\\n"), "{}", client.label);
    }
}

// CTL-098
#[test]
fn the_activity_log_is_followed() {
    let sandbox = configured(PROGRAMS);
    let daemon = start(&sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &["maintail", "-f"]);
    terminal.expect("==> Press Ctrl-C to exit <==");
    terminal.expect("success: cat entered RUNNING state");
    daemon.ctl(&["stop", "cat"]);
    terminal.expect("stopped: cat");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), Some(0));
}

// CTL-104
#[test]
fn a_program_without_a_log_of_its_stderr_can_be_talked_to() {
    let sandbox = configured(&format!("{PROGRAMS}redirect_stderr=true\n"));
    let _daemon = start(&sandbox);
    let mut terminal = Terminal::open(&crate::ours(), &sandbox, &["fg", "cat"]);
    terminal.expect("/logtail/cat/stderr Cannot read, status code 404\r\n");
    // Once from the terminal, once from the process.
    terminal.enter("hello");
    terminal.expect("hello\r\n");
    terminal.press(CTRL_C);
    terminal.expect("Exiting foreground");
    assert_eq!(terminal.end(), Some(0));
}

// CTL-136
#[test]
fn lines_come_from_a_pipe_as_well() {
    let sandbox = configured(PROGRAMS);
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let lines = "help version\n\nbogus\n  version\npid nope\nshutdown\nno\nversion";
    for client in crate::both() {
        let mut shell = command(&sandbox, "sh");
        let path = client.supervisorctl.display();
        shell.args(["-c", &format!("printf '{lines}' | {path} -c supervisord.conf")]);
        let ran = Run::of(shell);
        let (status, shown) = ran.stdout.split_once('\n').expect("the status, then the prompt");
        assert!(status.starts_with("cat  "), "{}", client.label);
        let help = shown.lines().next().expect("a line of help");
        assert!(help.starts_with("supervisor> version\t"), "{}: {help}", client.label);
        let expected = "\
supervisor> supervisor> *** Unknown syntax: bogus
supervisor> 4.3.0
supervisor> No such process nope
supervisor> Really shut the remote supervisord process down y/N? supervisor> 4.3.0
supervisor> 
";
        assert_eq!(&shown[help.len() + 1..], expected, "{}", client.label);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{}", client.label);
    }
}
