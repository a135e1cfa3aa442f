//! The console of a real process: stdin, stdout and the terminal behind them.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::{Answer, Console};

/// Reads lines from stdin. Ctrl-C interrupts a read instead of the process.
pub(crate) struct Terminal;

impl Terminal {
    /// The console of this process.
    pub(crate) fn new() -> Terminal {
        Terminal
    }
}

impl Console for Terminal {
    fn ask(&mut self, question: &str) -> Answer {
        let mut stdout = io::stdout();
        // Nobody can be told that nobody listens.
        let _ = stdout.write_all(question.as_bytes()).and_then(|()| stdout.flush());
        read_line()
    }

    fn ask_secretly(&mut self, question: &str) -> Answer {
        let hidden = if io::stdin().is_terminal() { Hidden::new().ok() } else { None };
        // The question must not end up in the output of the action.
        let _ = io::stderr().write_all(question.as_bytes());
        let answer = read_line();
        if hidden.is_some() {
            // The line end was not echoed either.
            let _ = io::stderr().write_all(b"\n");
        }
        answer
    }
}

/// Keeps the terminal from echoing until it is dropped.
struct Hidden {
    before: Termios,
}

impl Hidden {
    fn new() -> nix::Result<Hidden> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &silent)?;
        Ok(Hidden { before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nothing to be done about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &self.before);
    }
}

/// Reads one line, once there is one.
fn read_line() -> Answer {
    if io::stdin().is_terminal() && is_interrupted_while_waiting() {
        return Answer::Interrupted;
    }
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) | Err(_) => Answer::End,
        Ok(_) => Answer::Line(line.strip_suffix('\n').unwrap_or(&line).to_owned()),
    }
}

/// Waits until stdin can be read or Ctrl-C is pressed. The thread that waits does not read: a read
/// left behind by Ctrl-C would swallow the next line.
fn is_interrupted_while_waiting() -> bool {
    let Ok(runtime) = Builder::new_current_thread().enable_io().build() else {
        return false;
    };
    let (tell, readable) = oneshot::channel();
    std::thread::spawn(move || {
        let stdin = io::stdin();
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        while poll(&mut fds, PollTimeout::NONE) == Err(Errno::EINTR) {}
        // Whoever was interrupted no longer waits.
        let _ = tell.send(());
    });
    runtime.block_on(async {
        tokio::select! {
            _ = readable => false,
            _ = tokio::signal::ctrl_c() => true,
        }
    })
}
