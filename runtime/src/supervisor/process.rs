//! One entry of the process table, and how the effects of a transition are carried out on it.

use std::sync::Arc;
use std::time::Duration;

use compiler::plan::ProcessPlan;
use compiler::schema::value::LogTarget;
use serde::{Deserialize, Serialize};

use super::message::{
    Action, ExitStatus, GroupId, LogFiles, Now, Pid, ProcessId, ProcessState, ProcessStatus,
    Publication, SpawnOrder, Wall,
};
use super::pool::Listener;
use super::request::Waiter;
use super::state::{Change, Effect, Ending, Event, Policy, State, transition};
use super::timers::Timer;
use super::{Supervisor, lines};
use crate::events::{self, EventType};

mod child;

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) name: Arc<str>,
    pub(crate) group: GroupId,
    pub(crate) group_name: Arc<str>,
    pub(crate) plan: Arc<ProcessPlan>,
    /// The files its streams are logged to, AUTO resolved.
    pub(crate) files: LogFiles,
    pub(crate) state: State,
    /// How it ended, from its reaping until its output is drained. Its pid is not to be
    /// signalled any more, though events still show it (RUN-110).
    pub(crate) departed: Option<Departure>,
    pub(crate) start: Option<Wall>,
    pub(crate) stop: Option<Wall>,
    pub(crate) spawn_error: Option<Arc<str>>,
    pub(crate) exit_code: Option<i32>,
    /// How it ended last, whatever has become of it since.
    pub(crate) ended: Option<ExitStatus>,
    pub(crate) spawns: u64,
    pub(crate) throttle: Throttle,
    /// Where its timer stands.
    pub(crate) armed: Option<Duration>,
    /// When to log again that it is waited for.
    pub(crate) report_at: Option<Duration>,
    /// Requests that wait for something of it.
    pub(crate) waiters: Vec<Waiter>,
    /// Its places in the queue of launches.
    pub(crate) tickets: Vec<u64>,
    /// In a pool only.
    pub(crate) listener: Option<Box<Listener>>,
    /// Its group has been removed while it was UNKNOWN; only its exit is awaited (RUN-366).
    pub(crate) detached: bool,
}

/// A reaped child whose output is not drained yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Departure {
    status: ExitStatus,
    mono: Duration,
    wall: Wall,
}

/// Keeps a process that exits at once, and is to be restarted for ever, from eating the machine
/// (RUN-158): a burst of restarts is immediate, the long run has a pause between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Throttle {
    /// When the pauses of all restarts so far are over.
    paid_until: Duration,
}

impl Throttle {
    const PAUSE: Duration = Duration::from_millis(500);
    const BURST: u32 = 10;

    /// The earliest moment of another restart.
    fn earliest(self, now: Duration) -> Duration {
        now.max(self.paid_until.saturating_sub(Self::PAUSE * (Self::BURST - 1)))
    }

    /// Takes notice of a restart.
    pub(crate) fn restarted(&mut self, now: Duration) {
        self.paid_until = now.max(self.paid_until) + Self::PAUSE;
    }
}

impl Process {
    /// A process that was never started.
    pub(crate) fn new(
        plan: Arc<ProcessPlan>,
        group: GroupId,
        group_name: Arc<str>,
        listens: bool,
    ) -> Process {
        Process {
            name: plan.name.as_str().into(),
            group,
            group_name,
            files: configured_files(&plan),
            plan,
            state: State::Stopped { tries: 0 },
            departed: None,
            start: None,
            stop: None,
            spawn_error: None,
            exit_code: None,
            ended: None,
            spawns: 0,
            throttle: Throttle::default(),
            armed: None,
            report_at: None,
            waiters: Vec::new(),
            tickets: Vec::new(),
            listener: listens.then(Box::default),
            detached: false,
        }
    }

    /// Its name for people and faults (RPC-090).
    pub(crate) fn display(&self) -> String {
        rpc::namespec::display(&self.group_name, &self.name)
    }

    /// The child that may be signalled.
    pub(crate) fn live_pid(&self) -> Option<Pid> {
        if self.departed.is_some() { None } else { self.state.pid() }
    }

    /// What clients are told.
    pub(crate) fn status(&self, id: ProcessId, now: Now) -> ProcessStatus {
        ProcessStatus {
            id,
            name: Arc::clone(&self.name),
            group: Arc::clone(&self.group_name),
            state: self.state.shown(),
            pid: self.state.pid(),
            start: self.start,
            stop: self.stop,
            now: now.wall,
            spawn_error: self.spawn_error.clone(),
            exit_code: self.exit_code,
            ended: self.ended,
            stdout_log: self.files.stdout.clone(),
            stderr_log: self.files.stderr.clone(),
            spawns: self.spawns,
        }
    }
}

impl Supervisor {
    /// Lets `event` happen to a process.
    pub(crate) fn step(&mut self, id: ProcessId, event: Event) {
        self.step_at(id, event, self.now.mono);
    }

    fn step_at(&mut self, id: ProcessId, event: Event, at: Duration) {
        let starts = self.starts();
        let Some(process) = self.processes.get_mut(&id) else { return };
        let before = process.state;
        let starts = starts && !process.detached;
        let policy = Policy::new(&process.plan.program, starts, process.throttle.earliest(at));
        let (state, effects) = transition(before, event, at, &policy);
        process.state = state;
        if before != state {
            self.rearm(id);
        }
        for effect in effects {
            self.carry_out(id, effect);
        }
        if before.shown() != state.shown() {
            self.state_changed(id, before.shown(), state.shown());
        }
    }

    /// Moves the process's timer to the deadline of its state. Nothing is armed that would only
    /// start something while nothing is started.
    fn rearm(&mut self, id: ProcessId) {
        let starts = self.starts();
        let Some(process) = self.processes.get_mut(&id) else { return };
        let starting = matches!(process.state, State::Backoff { .. } | State::Exited { .. });
        let wanted = process.state.deadline().filter(|_| starts || !starting);
        self.timers.move_to(Timer::Process(id), process.armed, wanted);
        process.armed = wanted;
    }

    /// Takes the timers of a process away.
    pub(crate) fn disarm(&mut self, id: ProcessId) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        self.timers.move_to(Timer::Process(id), process.armed.take(), None);
        self.timers.move_to(Timer::StopReport(id), process.report_at.take(), None);
    }

    /// Disarms retries and restarts, when the daemon begins to stop.
    pub(crate) fn disarm_starts(&mut self) {
        for id in self.processes.keys().copied().collect::<Vec<_>>() {
            self.rearm(id);
        }
    }

    pub(crate) fn process_due(&mut self, id: ProcessId) {
        if let Some(process) = self.processes.get_mut(&id) {
            process.armed = None;
            self.step(id, Event::Deadline);
        }
    }

    fn carry_out(&mut self, id: ProcessId, effect: Effect) {
        match effect {
            Effect::Spawn => self.order_spawn(id),
            Effect::Abandon => self.abandon_if_stalled(id),
            Effect::Queue => self.enqueue(id, None),
            Effect::Kill { pid, signal, to_group, why } => {
                let alive =
                    self.processes.get(&id).is_some_and(|process| process.live_pid() == Some(pid));
                // A reaped child is past signalling: its pid may be somebody else's by now.
                if alive {
                    self.actions.push(Action::Kill { process: id, pid, signal, to_group, why });
                }
            }
            Effect::Notify(change) => self.notify(id, &change),
            Effect::Ended(ending) => self.record_ending(id, ending),
            Effect::Log(line) => {
                let Some(process) = self.processes.get(&id) else { return };
                let status = process.departed.map(|departure| lines::ending(departure.status));
                let startsecs = process.plan.program.startsecs;
                let text = line.text(&process.name, startsecs, &status.unwrap_or_default());
                self.log(line.level(), text);
            }
        }
    }

    fn notify(&mut self, id: ProcessId, change: &Change) {
        let Some(process) = self.processes.get(&id) else { return };
        let (name, group) = (Arc::clone(&process.name), Arc::clone(&process.group_name));
        self.emit(EventType::of_change(change), || events::state_payload(&name, &group, change));
    }

    fn order_spawn(&mut self, id: ProcessId) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        process.start = Some(self.now.wall);
        process.spawn_error = None;
        process.exit_code = None;
        if let Some(listener) = &mut process.listener {
            **listener = Listener::default();
        }
        if let Some(order) = self.spawn_order(id) {
            self.actions.push(Action::Spawn(order));
        }
    }

    pub(crate) fn spawn_order(&self, id: ProcessId) -> Option<SpawnOrder> {
        let process = self.processes.get(&id)?;
        let group = self.groups.get(&process.group)?;
        Some(SpawnOrder {
            process: id,
            group: process.group,
            group_plan: Arc::clone(&group.plan),
            plan: Arc::clone(&process.plan),
            files: process.files.clone(),
        })
    }

    fn record_ending(&mut self, id: ProcessId, ending: Ending) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        match ending {
            Ending::Stopped(code) | Ending::Expected(code) => process.exit_code = Some(code),
            Ending::Quick => {
                process.exit_code = None;
                process.spawn_error =
                    Some("Exited too quickly (process log may have details)".into());
            }
            Ending::Unexpected(code) => {
                process.exit_code = Some(code);
                process.spawn_error = Some(format!("Bad exit code {code}").into());
            }
        }
    }

    fn state_changed(&mut self, id: ProcessId, from: ProcessState, to: ProcessState) {
        let Some(process) = self.processes.get(&id) else { return };
        let group = process.group;
        let status = Box::new(process.status(id, self.now));
        self.actions.push(Action::Publish(Publication::Process(status)));
        if !process.detached {
            self.count_unstopped(group, from.is_stopped(), to.is_stopped());
        }
        if self.processes.get(&id).is_some_and(|process| process.listener.is_some()) {
            self.stir(group);
        }
        self.settle_waiters(id);
    }

    fn count_unstopped(&mut self, group: GroupId, was_stopped: bool, is_stopped: bool) {
        let Some(group) = self.groups.get_mut(&group) else { return };
        if was_stopped && !is_stopped {
            group.unstopped += 1;
            self.unstopped += 1;
        } else if !was_stopped && is_stopped {
            group.unstopped -= 1;
            self.unstopped -= 1;
        }
    }
}

/// The files a plan names; AUTO ones are not known yet.
fn configured_files(plan: &ProcessPlan) -> LogFiles {
    let file = |target: &LogTarget| match target {
        LogTarget::File(path) => Some(Arc::from(path.as_path())),
        LogTarget::None | LogTarget::Auto => None,
    };
    let program = &plan.program;
    let stderr = if program.redirect_stderr { None } else { file(&program.stderr_logfile) };
    LogFiles { stdout: file(&program.stdout_logfile), stderr }
}
