//! The signals the daemon handles, as a stream. What they mean is the core's business.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal the daemon acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// `SIGHUP`.
    Hangup,
    /// `SIGINT`.
    Interrupt,
    /// `SIGQUIT`.
    Quit,
    /// `SIGUSR2`.
    User2,
    /// `SIGTERM`.
    Terminate,
    /// `SIGCHLD`.
    Child,
}

impl Received {
    /// Its number, as log lines name it.
    pub fn number(self) -> i32 {
        let kind = match self {
            Self::Hangup => SignalKind::hangup(),
            Self::Interrupt => SignalKind::interrupt(),
            Self::Quit => SignalKind::quit(),
            Self::User2 => SignalKind::user_defined2(),
            Self::Terminate => SignalKind::terminate(),
            Self::Child => SignalKind::child(),
        };
        kind.as_raw_value()
    }
}

/// The installed handlers. Signals of one kind that arrive together count once (RUN-004).
#[derive(Debug)]
pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    quit: Signal,
    user2: Signal,
    terminate: Signal,
    child: Signal,
    /// Handled only so that a write over a file size limit fails instead of killing the daemon
    /// (RUN-346).
    _file_size: Signal,
}

impl Signals {
    /// Installs the handlers; needs the runtime.
    ///
    /// # Errors
    /// When the system refuses one of them.
    pub fn install() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            user2: signal(SignalKind::user_defined2())?,
            terminate: signal(SignalKind::terminate())?,
            child: signal(SignalKind::child())?,
            _file_size: signal(SignalKind::from_raw(nix::libc::SIGXFSZ))?,
        })
    }

    /// The next signal; of several that wait, the one with the lowest number (RUN-004). May be
    /// dropped half-way without losing one.
    pub async fn next(&mut self) -> Received {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => Received::Hangup,
            _ = self.interrupt.recv() => Received::Interrupt,
            _ = self.quit.recv() => Received::Quit,
            _ = self.user2.recv() => Received::User2,
            _ = self.terminate.recv() => Received::Terminate,
            _ = self.child.recv() => Received::Child,
        }
    }
}
