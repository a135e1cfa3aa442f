//! The signals a process handles, read from a descriptor instead of interrupting it. What they mean
//! is the core's business.

use std::io;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};

use crate::os::awaited::Awaited;
use crate::supervisor::message::Pid;

/// A signal the daemon acts on. The order is that in which signals are taken that wait together.
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
    /// `SIGCHLD`, and the child it came for. Others may have ended since: their signals are one
    /// with this one.
    Child(Pid),
}

impl Received {
    /// Those that are nothing but their kind.
    const PLAIN: [(Signal, Self); 5] = [
        (Signal::SIGHUP, Self::Hangup),
        (Signal::SIGINT, Self::Interrupt),
        (Signal::SIGQUIT, Self::Quit),
        (Signal::SIGUSR2, Self::User2),
        (Signal::SIGTERM, Self::Terminate),
    ];

    /// What a signal means to the daemon, if anything.
    fn of(info: &siginfo) -> Option<Self> {
        let number = info.ssi_signo.cast_signed();
        if number == Signal::SIGCHLD as i32 {
            return Some(Self::Child(Pid(info.ssi_pid.cast_signed())));
        }
        let mut plain = Self::PLAIN.into_iter();
        plain.find(|(signal, _)| *signal as i32 == number).map(|(_, received)| received)
    }
}

/// Keeps `signals` from interrupting this thread, and those it will start, for good; they are read
/// from the descriptor instead. One that is ignored arrives all the same, and of several that wait
/// the one with the lowest number comes first.
///
/// # Errors
/// When the system refuses the descriptor.
pub fn divert(signals: impl IntoIterator<Item = Signal>, flags: SfdFlags) -> io::Result<SignalFd> {
    let mask: SigSet = signals.into_iter().collect();
    mask.thread_block()?;
    Ok(SignalFd::with_flags(&mask, flags | SfdFlags::SFD_CLOEXEC)?)
}

/// The signals of the daemon, as a stream. Those of one kind that arrive together count once
/// (RUN-004).
#[derive(Debug)]
pub struct Signals(Awaited<SignalFd>);

impl Signals {
    /// Begins to take the signals. Needs the runtime; threads started before would still be
    /// interrupted.
    ///
    /// # Errors
    /// When the system refuses the descriptor.
    pub fn install() -> io::Result<Self> {
        let plain = Received::PLAIN.map(|(signal, _)| signal);
        // The last only so that a write over a file size limit fails instead of killing the daemon
        // (RUN-346).
        let taken = plain.into_iter().chain([Signal::SIGCHLD, Signal::SIGXFSZ]);
        Ok(Self(Awaited::new(divert(taken, SfdFlags::SFD_NONBLOCK)?)?))
    }

    /// The next signal; of several that wait, the one with the lowest number (RUN-004). May be
    /// dropped half-way without losing one.
    pub async fn next(&mut self) -> Received {
        self.0.next(take).await
    }
}

/// The first signal that means something.
fn take(signals: &SignalFd) -> Option<Received> {
    loop {
        match signals.read_signal() {
            Ok(Some(info)) => {
                if let Some(received) = Received::of(&info) {
                    return Some(received);
                }
            }
            Err(Errno::EINTR) => {}
            Ok(None) | Err(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RUN-004
    #[tokio::test]
    async fn signals_that_wait_come_once_and_lowest_number_first() {
        let mut signals = Signals::install().unwrap();
        for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGUSR2, Signal::SIGHUP] {
            // To this thread alone, so that no other test sees it.
            nix::sys::pthread::pthread_kill(nix::sys::pthread::pthread_self(), signal).unwrap();
        }
        let mut got = Vec::new();
        for _ in 0..3 {
            got.push(signals.next().await);
        }
        assert_eq!(got, [Received::Hangup, Received::User2, Received::Terminate]);
        let more = tokio::time::timeout(std::time::Duration::ZERO, signals.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}
