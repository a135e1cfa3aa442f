//! The client on a real terminal: the shell with its completion and history, Ctrl-C, `tail -f`,
//! `fg`, passwords that are not echoed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};

use harness::daemon::HEAD;
use harness::installation::command;
use harness::wait::PATIENCE;
use harness::{Daemon, Sandbox, wait_until};
use nix::pty::openpty;

/// A terminal with a client in it.
struct Terminal {
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// What was shown and not yet expected, without escape sequences.
    shown: String,
    client: Child,
}

impl Terminal {
    /// Runs our client with `args`; `setsid` makes the terminal its controlling one.
    fn open(sandbox: &Sandbox, args: &[&str]) -> Terminal {
        let pty = openpty(None, None).expect("a terminal");
        let side = || File::from(pty.slave.try_clone().expect("a descriptor"));
        let client = command(sandbox, "setsid")
            .arg("--ctty")
            .arg(crate::ours().supervisorctl)
            .args(["-c", "supervisord.conf"])
            .args(args)
            .env("TERM", "xterm")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("a client in a terminal");
        let keyboard = File::from(pty.master);
        let mut screen = keyboard.try_clone().expect("a descriptor");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Terminal { keyboard, output, shown: String::new(), client }
    }

    /// Presses keys.
    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal that takes keys");
    }

    /// Waits until `text` is shown, and gives what came before it.
    #[track_caller]
    fn expect(&mut self, text: &str) -> String {
        loop {
            if let Some((before, after)) = self.shown.split_once(text) {
                let (before, after) = (before.to_owned(), after.to_owned());
                self.shown = after;
                return before;
            }
            let Ok(bytes) = self.output.recv_timeout(PATIENCE) else {
                panic!("`{text}` does not come: {:?}", self.shown);
            };
            self.shown += &without_escapes(&String::from_utf8_lossy(&bytes));
        }
    }

    /// Waits for the client's end and gives its exit status.
    fn end(mut self) -> Option<i32> {
        wait_until("the client ends", || {
            self.client.try_wait().expect("the client is our child").is_some()
        });
        self.client.wait().expect("the client has ended").code()
    }
}

/// Drops `ESC [ … letter`.
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        rest = rest.get(1..).unwrap_or_default();
    }
    plain + rest
}

const PROGRAMS: &str = "\
[program:cat]
command=/bin/cat
startsecs=0
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", format!("{HEAD}{PROGRAMS}"));
    sandbox
}

const CTRL_C: &str = "\u{3}";
const CTRL_D: &str = "\u{4}";
const CTRL_P: &str = "\u{10}";

// CTL-132, CTL-133, CTL-134, CTL-139, CTL-140, CTL-141
#[test]
fn the_shell_completes_and_remembers() {
    let sandbox = sandbox();
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&sandbox, &[]);
    assert!(terminal.expect("supervisor> ").contains("RUNNING"));
    terminal.press("ver\t");
    terminal.expect("version ");
    terminal.press("\r");
    terminal.expect("4.3.0");
    terminal.expect("supervisor> ");
    terminal.press(CTRL_P);
    terminal.expect("version ");
    terminal.press("\r");
    terminal.expect("4.3.0");
    terminal.expect("supervisor> ");
    terminal.press("pid c\t");
    terminal.expect("pid cat ");
    terminal.press("\r");
    terminal.expect("supervisor> ");
    terminal.press("bogus\r");
    terminal.expect("*** Unknown syntax: bogus");
    terminal.expect("supervisor> ");
    terminal.press(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
}

// CTL-135
#[test]
fn ctrl_c_leaves_the_shell() {
    let sandbox = sandbox();
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&sandbox, &[]);
    terminal.expect("supervisor> ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), Some(0));
}

// CTL-091, CTL-094, CTL-101, CTL-102
#[test]
fn ctrl_c_ends_tail_and_fg_and_swallows_no_line() {
    let sandbox = sandbox();
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&sandbox, &[]);
    terminal.expect("supervisor> ");
    terminal.press("fg cat\r");
    terminal.expect("==> Press Ctrl-C to exit <==");
    terminal.press("hello\r");
    // Once from the terminal, once from the process.
    terminal.expect("hello");
    terminal.expect("hello");
    terminal.press(CTRL_C);
    terminal.expect("Exiting foreground");
    terminal.expect("supervisor> ");
    terminal.press("version\r");
    terminal.expect("4.3.0");
    terminal.expect("supervisor> ");
    terminal.press("tail -f cat\r");
    terminal.expect("==> Press Ctrl-C to exit <==");
    terminal.expect("hello");
    terminal.press(CTRL_C);
    terminal.expect("supervisor> ");
    terminal.press("quit\r");
    assert_eq!(terminal.end(), Some(0));
}

// CTL-125
#[test]
fn the_shell_asks_before_it_ends_the_daemon() {
    let sandbox = sandbox();
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&sandbox, &["-i", "shutdown"]);
    terminal.expect("Really shut the remote supervisord process down y/N? ");
    terminal.press("no\r");
    assert_eq!(terminal.end(), Some(0));
    let mut terminal = Terminal::open(&sandbox, &["-i", "shutdown"]);
    terminal.expect("y/N? ");
    terminal.press("Yes\r");
    terminal.expect("Shut down");
    assert_eq!(terminal.end(), Some(0));
    assert!(daemon.wait().success());
}

// CTL-040
#[test]
fn passwords_are_asked_for_and_not_shown() {
    let sandbox = sandbox();
    let head = HEAD.replace("s.sock\n\n[rpc", "s.sock\nusername=chris\npassword=secret\n\n[rpc");
    sandbox.write("supervisord.conf", format!("{head}{PROGRAMS}"));
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let mut terminal = Terminal::open(&sandbox, &[]);
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

const GROUPS: &str = "\
[program:member]
command=/bin/cat
process_name=%(program_name)s-%(process_num)d
numprocs=2
startsecs=0

[group:set]
programs=member
";

/// What a shell prints that runs `script` with the client in its path as `supervisorctl`.
fn in_shell(sandbox: &Sandbox, shell: &str, script: &str) -> Option<Vec<String>> {
    let client = crate::ours().supervisorctl;
    sandbox.script("bin/supervisorctl", &format!("#!/bin/sh\nexec {} \"$@\"\n", client.display()));
    let completions = crate::workspace().join("docs/reference/completions");
    let mut command = command(sandbox, shell);
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", sandbox.join("bin").display());
    command.args(["-c", script]).env("PATH", path).env("COMPLETIONS", completions);
    let output = command.output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut words: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    words.sort();
    Some(words)
}

#[test]
fn bash_completes_options_actions_and_live_names() {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", format!("{HEAD}{PROGRAMS}{GROUPS}"));
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("set:member-1", "RUNNING");
    let completed = |line: &str| {
        let script = format!(
            "source $COMPLETIONS/supervisorctl.bash; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; \
             _supervisorctl; for reply in \"${{COMPREPLY[@]}}\"; do echo \"$reply\"; done"
        );
        in_shell(&sandbox, "bash", &script).expect("bash").join(" ")
    };
    assert_eq!(completed("supervisorctl st"), "start status stop");
    assert_eq!(completed("supervisorctl --serv"), "--serverurl");
    assert_eq!(
        completed("supervisorctl -c sup"),
        "supervisord.conf supervisord.log supervisord.pid"
    );
    assert_eq!(completed("supervisorctl help re"), "reload remove reread restart");
    assert_eq!(completed("supervisorctl start "), "cat set:* set:member-0 set:member-1");
    assert_eq!(completed("supervisorctl -c supervisord.conf start c"), "cat");
    // What stands before a colon is not completed again.
    assert_eq!(completed("supervisorctl stop cat set:"), "* member-0 member-1");
    assert_eq!(completed("supervisorctl update "), "cat set");
    assert_eq!(completed("supervisorctl avail "), "");
    assert_eq!(completed("supervisorctl -s unix:///none start "), "");
}

#[test]
fn other_shells_complete_live_names_where_they_are_installed() {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", format!("{HEAD}{PROGRAMS}{GROUPS}"));
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("set:member-1", "RUNNING");
    let names = ["cat", "set:*", "set:member-0", "set:member-1"];
    let fish = "source $COMPLETIONS/supervisorctl.fish; complete -C 'supervisorctl stop '";
    if let Some(words) = in_shell(&sandbox, "fish", fish) {
        assert_eq!(words, names);
        let action = "source $COMPLETIONS/supervisorctl.fish; complete -C 'supervisorctl sig'";
        let words = in_shell(&sandbox, "fish", action).expect("fish");
        assert!(words[0].starts_with("signal"), "{words:?}");
    }
    let zsh = "compdef() { }; source $COMPLETIONS/_supervisorctl; \
               LBUFFER='supervisorctl -i -c supervisord.conf stop '; _supervisorctl_processes | sort -u";
    if let Some(words) = in_shell(&sandbox, "zsh", zsh) {
        assert_eq!(words, names);
    }
}
