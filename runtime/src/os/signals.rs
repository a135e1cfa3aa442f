//! The signals a process handles, read from a descriptor instead of interrupting it. What they mean
//! is the core's business.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd, siginfo};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

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

/// What the daemon reads from the descriptor. The last only so that a write over a file size limit
/// fails instead of killing the daemon (RUN-346).
const TAKEN: [Signal; 7] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGUSR2,
    Signal::SIGTERM,
    Signal::SIGCHLD,
    Signal::SIGXFSZ,
];

impl Received {
    /// What a signal means to the daemon, if anything.
    fn of(info: &siginfo) -> Option<Self> {
        Some(match Signal::try_from(info.ssi_signo.cast_signed()).ok()? {
            Signal::SIGHUP => Self::Hangup,
            Signal::SIGINT => Self::Interrupt,
            Signal::SIGQUIT => Self::Quit,
            Signal::SIGUSR2 => Self::User2,
            Signal::SIGTERM => Self::Terminate,
            Signal::SIGCHLD => Self::Child(Pid(info.ssi_pid.cast_signed())),
            _ => return None,
        })
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
pub struct Signals(AsyncFd<Source>);

/// The descriptor, as the runtime wants it.
#[derive(Debug)]
struct Source(SignalFd);

impl AsRawFd for Source {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Signals {
    /// Begins to take the signals. Needs the runtime; threads started before would still be
    /// interrupted.
    ///
    /// # Errors
    /// When the system refuses the descriptor.
    #[expect(
        deprecated,
        reason = "the successor is unsafe; the source owns its descriptor and never changes it"
    )]
    pub fn install() -> io::Result<Self> {
        let source = Source(divert(TAKEN, SfdFlags::SFD_NONBLOCK)?);
        Ok(Self(AsyncFd::with_interest(source, Interest::READABLE)?))
    }

    /// The next signal; of several that wait, the one with the lowest number (RUN-004). May be
    /// dropped half-way without losing one.
    pub async fn next(&mut self) -> Received {
        loop {
            let Ok(mut guard) = self.0.readable().await else {
                // The runtime is shutting down.
                return std::future::pending().await;
            };
            match guard.get_inner().0.read_signal() {
                Ok(Some(info)) => {
                    if let Some(received) = Received::of(&info) {
                        return received;
                    }
                }
                Err(Errno::EINTR) => {}
                Ok(None) | Err(_) => guard.clear_ready(),
            }
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
