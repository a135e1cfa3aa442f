//! Ticks: events that say how the wall clock advances, and the only thing that wakes an idle daemon.

use std::time::Duration;

use crate::events::{self, TICKS};
use crate::supervisor::Supervisor;
use crate::supervisor::timers::Timer;

impl Supervisor {
    /// The first look at the clock only remembers (EVT-065).
    pub(crate) fn start_ticks(&mut self) {
        self.announcer.slices = Some(self.slices());
        self.rearm_ticks();
    }

    /// The slice of time of each tick type, as seconds since the epoch.
    fn slices(&self) -> [i64; TICKS.len()] {
        TICKS.map(|(_, period)| self.slice(period))
    }

    fn slice(&self, period: i64) -> i64 {
        let seconds = self.now.wall.0.div_euclid(1_000_000);
        seconds - seconds.rem_euclid(period)
    }

    /// Emits the ticks whose slice is another one than last time.
    pub(crate) fn emit_ticks(&mut self) {
        let Some(last) = self.announcer.slices else { return };
        // Every longer slice begins with one of the shortest, whose end mostly is yet to come.
        let elapsed = self.now.wall.0 - last[0] * 1_000_000;
        if (0..TICKS[0].1 * 1_000_000).contains(&elapsed) {
            return;
        }
        let slices = self.slices();
        self.announcer.slices = Some(slices);
        for (index, (kind, _)) in TICKS.into_iter().enumerate() {
            if slices[index] != last[index] {
                self.emit(kind, || events::tick_payload(slices[index]));
            }
        }
        self.rearm_ticks();
    }

    pub(crate) fn tick_due(&mut self) {
        self.announcer.tick_at = None;
        self.emit_ticks();
        self.rearm_ticks();
    }

    /// Wakes at the end of the shortest slice somebody has subscribed to, and not at all if
    /// nobody has.
    pub(crate) fn rearm_ticks(&mut self) {
        let pools = self.announcer.pools.iter().filter_map(|id| self.pool(*id));
        let subscribed = |kind| pools.clone().any(|pool| pool.deliveries(kind) > 0);
        let period = TICKS.iter().find(|(kind, _)| subscribed(*kind)).map(|(_, period)| *period);
        let wanted = period.filter(|_| self.announcer.slices.is_some()).map(|period| {
            let period = period * 1_000_000;
            let left = period - self.now.wall.0.rem_euclid(period);
            self.now.mono + Duration::from_micros(left.unsigned_abs())
        });
        self.timers.move_to(Timer::Tick, self.announcer.tick_at, wanted);
        self.announcer.tick_at = wanted;
    }
}
