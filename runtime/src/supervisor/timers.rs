//! When the core wants to be woken. An index only: what is due is decided by whom it concerns.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::ProcessId;

/// Something that waits for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Timer {
    /// The deadline of a process's state.
    Process(ProcessId),
    /// Another `waiting for ... to stop`.
    StopReport(ProcessId),
    /// Another `waiting for ... to die`.
    ShutdownReport,
    /// The end of the time listeners have for their last events.
    LastEvents,
    /// The next tick of the wall clock that somebody subscribed to.
    Tick,
}

/// The moments of the monotonic clock at which something is due.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timers {
    queue: BTreeSet<(Duration, Timer)>,
}

impl Timers {
    /// Moves a timer from where it was to where it shall be.
    pub(crate) fn move_to(&mut self, timer: Timer, old: Option<Duration>, new: Option<Duration>) {
        if let Some(at) = old {
            self.queue.remove(&(at, timer));
        }
        if let Some(at) = new {
            self.queue.insert((at, timer));
        }
    }

    /// The earliest moment.
    pub(crate) fn first(&self) -> Option<Duration> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// All that are set, the earliest first.
    #[cfg(test)]
    pub(crate) fn all(&self) -> impl Iterator<Item = (Duration, Timer)> {
        self.queue.iter().copied()
    }

    /// Takes the earliest timer out if it is due.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<Timer> {
        if self.first()? > now {
            return None;
        }
        self.queue.pop_first().map(|(_, timer)| timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_out_in_order_and_only_when_due() {
        let mut timers = Timers::default();
        let at = Duration::from_secs;
        timers.move_to(Timer::Tick, None, Some(at(5)));
        timers.move_to(Timer::Process(ProcessId(1)), None, Some(at(2)));
        timers.move_to(Timer::Process(ProcessId(2)), None, Some(at(1)));
        timers.move_to(Timer::Process(ProcessId(2)), Some(at(1)), Some(at(3)));
        assert_eq!(timers.first(), Some(at(2)));
        assert_eq!(timers.take_due(at(1)), None);
        assert_eq!(timers.take_due(at(3)), Some(Timer::Process(ProcessId(1))));
        assert_eq!(timers.take_due(at(3)), Some(Timer::Process(ProcessId(2))));
        assert_eq!(timers.take_due(at(3)), None);
        timers.move_to(Timer::Tick, Some(at(5)), None);
        assert_eq!(timers.first(), None);
    }
}
