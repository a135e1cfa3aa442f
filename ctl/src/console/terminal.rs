//! The console of a real process: stdin, stdout and the terminal behind them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use super::{Answer, Console};
use crate::waiter::Waiter;

/// Reads lines from stdin and passwords from the terminal. Ctrl-C interrupts a read instead of the
/// process.
pub(crate) struct Terminal {
    waiter: Waiter,
}

impl Terminal {
    /// The console of this process.
    pub(crate) fn new(waiter: Waiter) -> Terminal {
        Terminal { waiter }
    }

    /// Reads one line, once there is one. `source` is where `input` reads from.
    fn read_line(&self, source: BorrowedFd<'_>, input: &mut dyn BufRead) -> Answer {
        if source.is_terminal() && matches!(self.waiter.wait(readable(source)), Ok(None)) {
            return Answer::Interrupted;
        }
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => Answer::End,
            Ok(_) => Answer::Line(line.strip_suffix('\n').unwrap_or(&line).to_owned()),
        }
    }

    /// Shows a question and reads a line that is not echoed, where `source` is a terminal.
    fn read_secret(
        &self,
        question: &str,
        source: &impl AsFd,
        input: &mut dyn BufRead,
        output: &mut dyn Write,
    ) -> Answer {
        let hidden = Hidden::new(source.as_fd()).ok();
        // Where this cannot be written, no complaint can be either.
        let _ = output.write_all(question.as_bytes());
        let answer = self.read_line(source.as_fd(), input);
        if hidden.is_some() && answer != Answer::Interrupted {
            // The line end was not echoed either.
            let _ = output.write_all(b"\n");
        }
        answer
    }
}

impl Console for Terminal {
    fn ask(&mut self, question: &str) -> Answer {
        let mut stdout = io::stdout();
        // Where this cannot be written, no complaint can be either.
        let _ = stdout.write_all(question.as_bytes()).and_then(|()| stdout.flush());
        self.read_line(io::stdin().as_fd(), &mut io::stdin().lock())
    }

    /// Asks at the terminal the process belongs to, wherever stdin comes from and stdout goes.
    fn ask_secretly(&mut self, question: &str) -> Answer {
        match File::options().read(true).write(true).open("/dev/tty") {
            Ok(tty) => self.read_secret(question, &tty, &mut BufReader::new(&tty), &mut &tty),
            Err(_) => {
                // The question must not end up in the output of the action.
                let (stdin, mut stderr) = (io::stdin(), io::stderr());
                self.read_secret(question, &stdin, &mut stdin.lock(), &mut stderr)
            }
        }
    }
}

/// Keeps a terminal from echoing until it is dropped.
struct Hidden<'fd> {
    terminal: BorrowedFd<'fd>,
    before: Termios,
}

impl<'fd> Hidden<'fd> {
    /// # Errors
    /// When it is no terminal.
    fn new(terminal: BorrowedFd<'fd>) -> nix::Result<Hidden<'fd>> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(terminal, SetArg::TCSAFLUSH, &silent)?;
        Ok(Hidden { terminal, before })
    }
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        // There is nothing to be done about a terminal that is gone.
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}

/// Returns once `source` can be read. The thread that waits does not read: a read left behind by
/// Ctrl-C would swallow the next line.
async fn readable(source: BorrowedFd<'_>) {
    // Without a descriptor to wait with, the read waits, and Ctrl-C with it.
    let Ok(source) = source.try_clone_to_owned() else { return };
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        wait_for(&source);
        // Whoever was interrupted no longer waits.
        let _ = tell.send(());
    });
    // A thread that ends without a word has an answer too: reading will tell.
    let _ = told.await;
}

fn wait_for(source: &OwnedFd) {
    let mut fds = [PollFd::new(source.as_fd(), PollFlags::POLLIN)];
    while poll(&mut fds, PollTimeout::NONE) == Err(Errno::EINTR) {}
}
