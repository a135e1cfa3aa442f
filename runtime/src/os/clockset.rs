//! Notices when the wall clock is set, or has run on while the machine slept. Nobody is woken as long
//! as it only advances.

use std::io;
use std::time::Duration;

use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::os::awaited::Awaited;

/// A moment of the wall clock nobody here will see: the year 2242.
const NEVER: Duration = Duration::from_secs(2 * u32::MAX as u64);

/// Watches the wall clock.
#[derive(Debug)]
pub struct ClockSet(Awaited<TimerFd>);

impl ClockSet {
    /// Begins to watch. Needs the runtime.
    ///
    /// # Errors
    /// When the system refuses the descriptor.
    pub fn watch() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_REALTIME, flags)?;
        let cancelled =
            TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        timer.set(Expiration::OneShot(TimeSpec::from_duration(NEVER)), cancelled)?;
        Ok(Self(Awaited::new(timer)?))
    }

    /// Resolves when the clock has been set since the last time. May be dropped half-way without
    /// losing it.
    pub async fn changed(&mut self) {
        // Being set is the only thing that ends this timer; it goes on afterwards.
        self.0.next(|timer| timer.wait().ok()).await;
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
