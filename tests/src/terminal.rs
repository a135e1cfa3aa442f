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
    /// The beginning of a sequence or a character whose end is still to come.
    partial: Vec<u8>,
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
        // Unlike those given, copies are not inherited by what other tests start meanwhile.
        let [keyboard, ours] =
            [&pty.master, &pty.slave].map(|fd| File::from(fd.try_clone().expect("a descriptor")));
        drop(pty);
        let side = || ours.try_clone().expect("a descriptor");
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
        Terminal { keyboard, output, partial: Vec::new(), shown: String::new(), client }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("a terminal that takes keys");
    }

    /// Types a line and waits until it is shown to its end, so that what is expected next comes
    /// after it.
    #[track_caller]
    pub fn enter(&mut self, line: &str) {
        self.press(&format!("{line}\r"));
        self.expect("\n");
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
            self.partial.extend(bytes);
            let rest = self.partial.split_off(whole(&self.partial));
            let bytes = std::mem::replace(&mut self.partial, rest);
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

/// How many of these bytes can be shown: a sequence or a character may be cut off at their end.
fn whole(bytes: &[u8]) -> usize {
    let text = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Ok(_) | Err(_) => bytes.len(),
    };
    let Some(escape) = bytes[..text].iter().rposition(|byte| *byte == 0x1b) else { return text };
    let is_whole = match &bytes[escape + 1..text] {
        [] => false,
        [b'[', rest @ ..] => rest.iter().any(u8::is_ascii_alphabetic),
        [..] => true,
    };
    if is_whole { text } else { escape }
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

#[cfg(test)]
mod tests {
    use super::{whole, without_escapes};

    #[test]
    fn what_is_cut_off_waits_for_its_end() {
        for text in ["prompt> \u{1b}[1;31m", "caf\u{e9}", "\u{1b}[?2004h> ", "\u{1b}(B"] {
            for cut in 0..=text.len() {
                let (first, second) = text.as_bytes().split_at(cut);
                let shown = &first[..whole(first)];
                let rest = [&first[whole(first)..], second].concat();
                let plain = |bytes: &[u8]| without_escapes(&String::from_utf8_lossy(bytes));
                assert_eq!(
                    plain(shown) + &plain(&rest),
                    without_escapes(text),
                    "{text:?} at {cut}"
                );
            }
        }
    }
}
