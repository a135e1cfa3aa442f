//! The line in which processes wait to be spawned. One spawn is under way at a time, so that
//! events and log lines come in the original's order; after a burst of them everybody else gets
//! a turn. A spawn that a disk holds up is put aside, and the next one follows.

use std::collections::BTreeMap;
use std::time::Duration;

use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

use super::message::{
    Action, CommandError, Fault, FaultCode, Message, ProcessId, ProcessState, RequestId,
};
use super::request::Failure;
use super::state::{Event, State};
use super::{BURST, Supervisor};

/// How long clients wait for processes that start together. A thousand are started in less; of more,
/// or of such as a disk holds up, those are shown that there are.
const PATIENCE: Duration = Duration::from_secs(3);

/// The processes that are to be spawned, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Launches {
    queue: BTreeMap<u64, Launch>,
    next: u64,
    /// The one whose probe or spawn has not been answered.
    current: Option<Launch>,
    /// Those whose spawn waits for a disk.
    stalled: BTreeMap<ProcessId, Launch>,
    /// Those whose probe does.
    stalled_probes: Vec<Launch>,
    /// Spawns since the last message that was not an answer.
    burst: usize,
    /// The first ticket after the last wave of processes that start by themselves.
    wave: u64,
    /// Until when clients wait for the wave.
    wave_until: Duration,
}

/// A process to be spawned, for a client or on the daemon's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Launch {
    ticket: u64,
    process: ProcessId,
    request: Option<RequestId>,
    stage: Stage,
}

/// How far a launch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// Its command has not been looked for.
    Queued,
    /// That is being done.
    Probing,
    /// It has been done, or is done by the spawn itself.
    Ready,
}

impl Launches {
    /// A message that is not an answer to an action ends the burst.
    pub(crate) fn refresh(&mut self, message: &Message) {
        if !matches!(message, Message::Spawned { .. } | Message::Probed { .. }) {
            self.burst = 0;
        }
    }

    /// Whether nothing is to be spawned.
    pub(crate) fn is_idle(&self) -> bool {
        self.current.is_none() && self.queue.is_empty()
    }

    /// Whether the next spawn only waits for everybody else's turn.
    pub(crate) fn is_paused(&self) -> bool {
        self.current.is_none() && !self.queue.is_empty()
    }

    /// Whether this process is the one under way.
    #[cfg(test)]
    pub(crate) fn is_current(&self, process: ProcessId) -> bool {
        self.current.is_some_and(|launch| launch.process == process)
    }

    /// The requests that wait in line.
    #[cfg(test)]
    pub(crate) fn requests(&self) -> impl Iterator<Item = RequestId> {
        let begun = self.current.iter().chain(self.stalled.values()).chain(&self.stalled_probes);
        self.queue.values().chain(begun).filter_map(|launch| launch.request)
    }

    /// Everything in line now is one wave.
    pub(crate) fn mark_wave(&mut self, now: Duration) {
        if !self.is_wave_under_way() {
            self.wave_until = now + PATIENCE;
        }
        self.wave = self.next;
    }

    /// Whether clients wait for a wave: they are to find all of it started or nothing.
    pub(crate) fn is_awaited(&self, now: Duration) -> bool {
        self.is_wave_under_way() && now < self.wave_until
    }

    /// Whether processes that start together are not all spawned yet. Until then nothing else
    /// that is due happens to any process, so that every STARTING precedes the first RUNNING
    /// (RUN-305).
    pub(crate) fn is_wave_under_way(&self) -> bool {
        let current = self.current.map(|launch| launch.ticket);
        let first = self.queue.first_key_value().map(|(ticket, _)| *ticket);
        current.or(first).is_some_and(|ticket| ticket < self.wave)
    }

    /// The answer to a spawn: for whom it was.
    pub(crate) fn finish(&mut self, process: ProcessId) -> Option<RequestId> {
        // The current one may be the probe of another start of a process that stalled.
        let stalled = self.stalled.remove(&process);
        let current = || self.current.take_if(|launch| launch.process == process);
        stalled.or_else(current)?.request
    }

    /// Puts what is under way aside.
    fn put_aside(&mut self, process: ProcessId) {
        let Some(launch) = self.current.take_if(|launch| launch.process == process) else { return };
        match launch.stage {
            Stage::Probing => self.stalled_probes.push(launch),
            Stage::Queued | Stage::Ready => drop(self.stalled.insert(process, launch)),
        }
    }

    /// The launch whose probe is answered, and whether it is the one under way.
    fn probed(&mut self, process: ProcessId, request: RequestId) -> Option<(Launch, bool)> {
        let is_it = |launch: &Launch| {
            (launch.process, launch.request, launch.stage)
                == (process, Some(request), Stage::Probing)
        };
        let stalled = self.stalled_probes.iter().position(is_it);
        let stalled = stalled.map(|at| (self.stalled_probes.remove(at), false));
        stalled
            .or_else(|| self.current.take_if(|launch| is_it(launch)).map(|launch| (launch, true)))
    }

    /// Takes the probes of a process that are under way.
    fn take_probes(&mut self, process: ProcessId) -> Vec<Launch> {
        let is_its =
            |launch: &mut Launch| launch.process == process && launch.stage == Stage::Probing;
        let current = self.current.take_if(|launch| is_its(launch));
        self.stalled_probes.extract_if(.., is_its).chain(current).collect()
    }

    /// Whether the spawn of this process has been put aside.
    pub(crate) fn is_stalled(&self, process: ProcessId) -> bool {
        self.stalled.contains_key(&process)
    }

    fn pop(&mut self) -> Option<Launch> {
        if self.current.is_some() || self.burst >= BURST {
            return None;
        }
        self.queue.pop_first().map(|(_, launch)| launch)
    }
}

impl Supervisor {
    /// Puts a process at the end of the line.
    pub(crate) fn enqueue(&mut self, id: ProcessId, request: Option<RequestId>) {
        let stage = if request.is_some() { Stage::Queued } else { Stage::Ready };
        self.enqueue_at(stage, id, request);
    }

    fn enqueue_at(&mut self, stage: Stage, id: ProcessId, request: Option<RequestId>) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        let ticket = self.launches.next;
        self.launches.next += 1;
        self.launches.queue.insert(ticket, Launch { ticket, process: id, request, stage });
        process.tickets.push(ticket);
    }

    /// Begins with the next in line, if none is under way.
    pub(crate) fn launch_next(&mut self) {
        while let Some(launch) = self.launches.pop() {
            let Some(process) = self.processes.get_mut(&launch.process) else { continue };
            process.tickets.retain(|held| *held != launch.ticket);
            // Most processes wait in line once in their life.
            process.tickets.shrink_to_fit();
            match (launch.request, launch.stage) {
                (None, _) => self.launch_automatic(launch),
                (Some(request), Stage::Queued | Stage::Probing) => {
                    if let Some(order) = self.spawn_order(launch.process) {
                        self.launches.current = Some(Launch { stage: Stage::Probing, ..launch });
                        self.actions.push(Action::Probe { order, request });
                    }
                }
                (Some(request), Stage::Ready) => self.launch_wanted(launch, request),
            }
        }
    }

    /// What was to start by itself may have been started or stopped while it waited.
    fn launch_automatic(&mut self, launch: Launch) {
        let starts = self.starts();
        let now = self.now.mono;
        let Some(process) = self.processes.get_mut(&launch.process) else { return };
        let wanted = match process.state {
            State::Stopped { .. } => process.start.is_none() && process.plan.program.autostart,
            State::Backoff { .. } => true,
            State::Exited { restart_at } => restart_at.is_some(),
            State::Spawning { .. }
            | State::Starting { .. }
            | State::Running { .. }
            | State::Stopping { .. }
            | State::Fatal
            | State::Unknown { .. } => false,
        };
        if wanted && starts {
            if matches!(process.state, State::Exited { .. }) {
                process.throttle.restarted(now);
            }
            self.begin(launch);
        }
    }

    fn begin(&mut self, launch: Launch) {
        self.launches.current = Some(Launch { stage: Stage::Ready, ..launch });
        self.launches.burst += 1;
        self.step(launch.process, Event::Launch);
    }

    /// The spawn or the probe under way waits for a disk. If the process is to stop by now, nobody
    /// waits for its spawn.
    pub(crate) fn spawn_stalled(&mut self, id: ProcessId) {
        self.launches.put_aside(id);
        let state = self.processes.get(&id).map(|process| process.state);
        if matches!(state, Some(State::Spawning { stop: true, .. })) {
            self.abandon_if_stalled(id);
        }
    }

    /// A process that is to stop is not waited for any longer.
    pub(crate) fn abandon_if_stalled(&mut self, id: ProcessId) {
        if self.launches.is_stalled(id) {
            self.actions.push(Action::Abandon { process: id });
        }
    }

    /// The answer to a probe. The command is checked before the state (RPC-129, RPC-133).
    pub(crate) fn probed(
        &mut self,
        id: ProcessId,
        request: RequestId,
        result: Result<(), CommandError>,
    ) {
        let Some((launch, is_current)) = self.launches.probed(id, request) else { return };
        if let Err(error) = result {
            self.finish(request, id, Err(Failure::Fault(command_fault(&error))));
        } else if is_current {
            self.launch_wanted(launch, request);
        } else {
            // Others have gone on meanwhile.
            self.enqueue_at(Stage::Ready, id, Some(request));
        }
    }

    /// Starts a process whose command is there, if its state allows it.
    fn launch_wanted(&mut self, launch: Launch, request: RequestId) {
        let id = launch.process;
        let Some(process) = self.processes.get(&id) else { return };
        let state = process.state.shown();
        if state.is_runnable() {
            self.finish(request, id, Err(Failure::Named(FaultCode::AlreadyStarted)));
        } else if state == ProcessState::Unknown {
            self.finish(request, id, Err(Failure::UnknownState));
        } else if state == ProcessState::Stopping {
            // RUN-147: nothing is started, yet who does not wait is told it was.
            let text = format!("process '{}' already running", process.name);
            self.log(LogLevel::Warn, text);
            self.start_answered(request, id);
        } else {
            self.begin(launch);
        }
    }

    /// Takes a process out of the line. Whether it was in it.
    pub(crate) fn cancel_launches(&mut self, id: ProcessId, why: &Failure) -> bool {
        let Some(process) = self.processes.get_mut(&id) else { return false };
        let tickets = std::mem::take(&mut process.tickets);
        let probing = self.launches.take_probes(id);
        let queued: Vec<_> =
            tickets.iter().filter_map(|ticket| self.launches.queue.remove(ticket)).collect();
        let any = !probing.is_empty() || !queued.is_empty();
        for launch in probing.into_iter().chain(queued) {
            if let Some(request) = launch.request {
                self.start_cancelled(request, id, why.clone());
            }
        }
        any
    }

    /// Takes everything out of the line, because nothing is started any more (RPC-263).
    pub(crate) fn cancel_all_launches(&mut self) {
        let waiting: Vec<_> = self.launches.queue.values().map(|launch| launch.process).collect();
        let begun = self.launches.current.iter().chain(&self.launches.stalled_probes);
        let begun: Vec<_> = begun.map(|launch| launch.process).collect();
        for id in waiting.into_iter().chain(begun) {
            self.cancel_launches(id, &Failure::Fault(Fault::bare(FaultCode::ShutdownState)));
        }
    }
}

/// RPC-130 to RPC-132.
fn command_fault(error: &CommandError) -> Fault {
    let code = match error {
        CommandError::NotFound(_) => FaultCode::NoFile,
        CommandError::Directory(_)
        | CommandError::NotExecutable(_)
        | CommandError::NotPermitted(_)
        | CommandError::Unparsable { .. }
        | CommandError::Empty => FaultCode::NotExecutable,
    };
    Fault::new(code, error.to_string())
}
