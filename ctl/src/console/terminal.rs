//! The console of a real process: stdin, stdout and the terminal behind them.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use super::{Answer, Console};
use crate::waiter::Waiter;

/// Reads lines from stdin. Ctrl-C interrupts a read instead of the process.
pub(crate) struct Terminal {
    waiter: Waiter,
}

impl Terminal {
    /// The console of this process.
    pub(crate) fn new(waiter: Waiter) -> Terminal {
        Terminal { waiter }
    }

    /// Reads one line, once there is one.
    fn read_line(&self) -> Answer {
        if io::stdin().is_terminal() && matches!(self.waiter.wait(readable()), Ok(None)) {
            return Answer::Interrupted;
        }
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => Answer::End,
            Ok(_) => Answer::Line(line.strip_suffix('\n').unwrap_or(&line).to_owned()),
        }
    }
}

impl Console for Terminal {
    fn ask(&mut self, question: &str) -> Answer {
        let mut stdout = io::stdout();
        // Nobody can be told that nobody listens.
        let _ = stdout.write_all(question.as_bytes()).and_then(|()| stdout.flush());
        self.read_line()
    }

    fn ask_secretly(&mut self, question: &str) -> Answer {
        let hidden = if io::stdin().is_terminal() { Hidden::new().ok() } else { None };
        // The question must not end up in the output of the action.
        let _ = io::stderr().write_all(question.as_bytes());
        let answer = self.read_line();
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

/// Returns once stdin can be read. The thread that waits does not read: a read left behind by
/// Ctrl-C would swallow the next line.
async fn readable() {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let stdin = io::stdin();
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        while poll(&mut fds, PollTimeout::NONE) == Err(Errno::EINTR) {}
        // Whoever was interrupted no longer waits.
        let _ = tell.send(());
    });
    // A thread that ends without a word has an answer too: reading will tell.
    let _ = told.await;
}
