//! Notices when the wall clock is set, or has run on while the machine slept. Nobody is woken as long
//! as it only advances.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A moment of the wall clock nobody here will see: the year 2242.
const NEVER: Duration = Duration::from_secs(2 * u32::MAX as u64);

/// Watches the wall clock.
#[derive(Debug)]
pub struct ClockSet(AsyncFd<Timer>);

/// A timer that is cancelled when the clock is set, as the runtime wants it.
#[derive(Debug)]
struct Timer(TimerFd);

impl AsRawFd for Timer {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl ClockSet {
    /// Begins to watch. Needs the runtime.
    ///
    /// # Errors
    /// When the system refuses the descriptor.
    #[expect(
        deprecated,
        reason = "the successor is unsafe; the timer owns its descriptor and never changes it"
    )]
    pub fn watch() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = Timer(TimerFd::new(ClockId::CLOCK_REALTIME, flags)?);
        timer.arm()?;
        Ok(Self(AsyncFd::with_interest(timer, Interest::READABLE)?))
    }

    /// Resolves when the clock has been set since the last time. May be dropped half-way without
    /// losing it.
    pub async fn changed(&mut self) {
        loop {
            let Ok(mut guard) = self.0.readable().await else {
                // The runtime is shutting down.
                return std::future::pending().await;
            };
            if guard.get_inner().was_set() {
                return;
            }
            guard.clear_ready();
        }
    }
}

impl Timer {
    fn arm(&self) -> nix::Result<()> {
        let flags =
            TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        self.0.set(Expiration::OneShot(TimeSpec::from_duration(NEVER)), flags)
    }

    /// Whether the clock was set since it was asked last.
    fn was_set(&self) -> bool {
        // The only thing that ends this timer; it goes on afterwards.
        self.0.wait().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clock_that_only_advances_wakes_nobody() {
        let mut clock = ClockSet::watch().unwrap();
        let advanced = tokio::time::timeout(Duration::from_millis(20), clock.changed()).await;
        assert!(advanced.is_err());
    }
}
