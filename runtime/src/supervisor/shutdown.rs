//! Stopping everything: group after group in descending priority, patiently, then the exit.

use std::time::Duration;

use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

use super::message::{Action, DaemonState, Exit, GroupId};
use super::state::Event;
use super::timers::Timer;
use super::{Mood, Supervisor};
use crate::events::EventType;

/// The pause between two `waiting for ... to die` (RUN-324).
const REPORT: Duration = Duration::from_secs(3);

/// How long listeners may take over their last events before they are stopped, and how long, all in
/// all, other groups are left alone for listeners that have no room for the events of their end.
/// The original gives them as long by being slow: it looks at the next group when it looks again,
/// up to a second later (RUN-323).
const PATIENCE: Duration = Duration::from_secs(1);

/// A shutdown or restart under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shutdown {
    /// The groups that are not stopped yet; the last one's turn it is.
    groups: Vec<GroupId>,
    /// Whether the last one has been told to stop.
    told: bool,
    /// Until when the last one is left alone, so that listeners can go on with their events.
    lingers_until: Option<Duration>,
    /// What is left of the patience with pools that have no room.
    patience: Duration,
}

impl Supervisor {
    /// Turns to stopping for good (RUN-320, RUN-340). A restart under way becomes a shutdown
    /// (RUN-343).
    pub(crate) fn begin_shutdown(&mut self) {
        if self.mood != Mood::Shutdown {
            self.begin_stopping(Mood::Shutdown);
        }
    }

    /// Stops everything, whatever comes after.
    pub(super) fn begin_stopping(&mut self, mood: Mood) {
        self.set_mood(mood);
        if self.shutdown.is_some() {
            return;
        }
        self.cancel_all_launches();
        self.disarm_starts();
        self.shutdown = Some(Shutdown {
            groups: self.groups_by_priority(),
            told: false,
            lingers_until: None,
            patience: PATIENCE,
        });
        self.emit(EventType::SupervisorStateChangeStopping, String::new);
        self.advance_shutdown();
        self.report_shutdown();
    }

    /// Goes on to the next group once the current one is stopped (RUN-321, RUN-322).
    pub(crate) fn advance_shutdown(&mut self) {
        loop {
            let Some(shutdown) = &mut self.shutdown else { return };
            let Some(&id) = shutdown.groups.last() else { return };
            if !shutdown.told {
                if self.lingers(id) {
                    return;
                }
                self.tell(id);
            }
            if self.groups.get(&id).is_some_and(|group| group.unstopped > 0) {
                return;
            }
            if let Some(shutdown) = &mut self.shutdown {
                shutdown.groups.pop();
                shutdown.told = false;
            }
        }
    }

    /// Whether the group is left alone for a while: it is a pool that has events to answer, or its
    /// end would overflow the buffer of one that has.
    fn lingers(&mut self, id: GroupId) -> bool {
        let (is_last, is_crowded) = (self.is_pool_at_work(id), self.would_overflow_a_pool(id));
        let now = self.now.mono;
        let Some(shutdown) = &mut self.shutdown else { return false };
        let until = shutdown.lingers_until.take();
        let later = match until {
            Some(until) => until,
            None if is_last => now + PATIENCE,
            None => now + shutdown.patience,
        };
        if (is_last || is_crowded) && now < later {
            shutdown.lingers_until = Some(later);
            self.timers.move_to(Timer::LastEvents, until, Some(later));
            return true;
        }
        if let Some(until) = until {
            shutdown.patience = shutdown.patience.min(until.saturating_sub(now));
        }
        self.timers.move_to(Timer::LastEvents, until, None);
        false
    }

    /// Whether a pool that works has less room than the end of this group has events for it. One
    /// whose buffer is empty has all the room there can be.
    fn would_overflow_a_pool(&self, id: GroupId) -> bool {
        let Some(group) = self.groups.get(&id) else { return false };
        self.is_any_pool_at_work(|pool| {
            let each = pool.deliveries(EventType::ProcessStateStopping)
                + pool.deliveries(EventType::ProcessStateStopped);
            pool.is_short_of(each * group.unstopped)
        })
    }

    /// Tells the group whose turn it is to stop.
    fn tell(&mut self, id: GroupId) {
        if let Some(shutdown) = &mut self.shutdown {
            shutdown.told = true;
            self.stop_group(id);
        }
    }

    /// RUN-321: descending priority; equal ones in reverse order.
    fn stop_group(&mut self, id: GroupId) {
        for process in self.by_priority(id).into_iter().rev() {
            self.step(process, Event::GiveUp);
            self.step(process, Event::Stop);
        }
    }

    /// RUN-324.
    fn report_shutdown(&mut self) {
        let waiting: Vec<_> = self
            .groups
            .values()
            .flat_map(|group| &group.members)
            .filter_map(|id| self.processes.get(id))
            .map(|process| (process.name.clone(), process.state.shown()))
            .filter(|(_, state)| !state.is_stopped())
            .collect();
        if waiting.is_empty() {
            return;
        }
        let names: Vec<_> = waiting.iter().map(|(name, _)| &**name).collect();
        self.log(LogLevel::Info, format!("waiting for {} to die", names.join(", ")));
        for (name, state) in &waiting {
            self.log(LogLevel::Blather, format!("{name} state: {}", state.name()));
        }
        self.timers.move_to(Timer::ShutdownReport, None, Some(self.now.mono + REPORT));
    }

    pub(crate) fn shutdown_report_due(&mut self) {
        self.report_shutdown();
    }

    /// Exits when nothing is left (RUN-325).
    pub(crate) fn exit_if_done(&mut self) {
        if self.shutdown.is_some() && self.unstopped == 0 {
            self.exit();
        }
    }

    fn exit(&mut self) {
        self.refuse_pending();
        self.refuse_compiles();
        let mood = std::mem::replace(&mut self.mood, Mood::Gone);
        let exit = match mood {
            Mood::Restarting(plan) => Exit::Restart { plan, serial: self.announcer.next_serial() },
            Mood::Running | Mood::Shutdown | Mood::Gone => Exit::Shutdown,
        };
        self.shutdown = None;
        self.timers = super::Timers::default();
        self.stirred.clear();
        self.actions.push(Action::Exit(exit));
    }

    /// Whether the daemon stops or restarts.
    pub(crate) fn is_stopping(&self) -> bool {
        self.state() != DaemonState::Running
    }
}
