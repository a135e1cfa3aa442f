//! A client on a real terminal: keys are pressed, and what is shown is waited for.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};

use nix::pty::openpty;
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};

use crate::installation::{Installation, command};
use crate::sandbox::Sandbox;
use crate::wait::{PATIENCE, wait_until};

/// Ends what runs.
pub const CTRL_C: &str = "\u{3}";
/// Ends the input.
pub const CTRL_D: &str = "\u{4}";
/// Asks an editor for the line before.
pub const CTRL_P: &str = "\u{10}";

/// A terminal with a client in it.
pub struct Terminal {
    keyboard: File,
    output: Receiver<Vec<u8>>,
    /// What was shown and not yet expected, without escape sequences.
    shown: String,
    client: Child,
}

impl Terminal {
    /// Runs `installation`'s client with `args` and the sandbox's `supervisord.conf`.
    pub fn open(installation: &Installation, sandbox: &Sandbox, args: &[&str]) -> Terminal {
        let client = &installation.supervisorctl;
        Terminal::run(sandbox, client, [&["-c", "supervisord.conf"], args].concat())
    }

    /// Runs any program.
    pub fn run(
        sandbox: &Sandbox,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Terminal {
        let pty = openpty(None, None).expect("a terminal");
        keep_output(&pty.slave);
        let side = || File::from(pty.slave.try_clone().expect("a descriptor"));
        // Makes stdin the controlling terminal.
        let client = command(sandbox, "setsid")
            .arg("--ctty")
            .arg(program)
            .args(args)
            .env("TERM", "xterm")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("a program in a terminal");
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
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal that takes keys");
    }

    /// Waits until `text` is shown, and gives what came before it.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
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
    pub fn end(mut self) -> Option<i32> {
        wait_until("the client ends", || {
            self.client.try_wait().expect("the client is our child").is_some()
        });
        self.client.wait().expect("the client has ended").code()
    }
}

/// Has the terminal show what was printed around a Ctrl-C: it throws away what nobody has read, and
/// the client's answer to the signal may be among it.
fn keep_output(terminal: impl AsFd) {
    let mut settings = tcgetattr(&terminal).expect("the settings of a terminal");
    settings.local_flags.insert(LocalFlags::NOFLSH);
    tcsetattr(&terminal, SetArg::TCSANOW, &settings).expect("a terminal that can be set");
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
