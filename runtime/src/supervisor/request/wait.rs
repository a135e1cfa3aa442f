//! Requests that wait for processes: how they are opened, what settles them, how they are
//! answered.

use std::sync::Arc;
use std::time::Duration;

use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

use super::{Entries, Failure, Order, Pending, Shape};
use crate::supervisor::Supervisor;
use crate::supervisor::message::{
    Fault, FaultCode, Outcome, ProcessId, ProcessState, Reply, RequestId, Target,
};
use crate::supervisor::process::Process;
use crate::supervisor::state::Event;
use crate::supervisor::timers::Timer;

/// The pause between two `waiting for ... to stop` (RUN-170).
const STOP_REPORT: Duration = Duration::from_secs(2);

/// A request that waits for something of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Waiter {
    /// That it is RUNNING.
    Started(RequestId),
    /// That its stop signal is sent.
    Sent(RequestId),
    /// That it is gone.
    Stopped(RequestId),
}

impl Supervisor {
    pub(super) fn open_one(&mut self, id: RequestId, target: &Target, wait: bool) {
        let name = match target {
            Target::Process(name) | Target::Group(name) => name.clone(),
            Target::All => String::new(),
        };
        self.requests.insert(id, Pending { wait, shape: Shape::One { name } });
    }

    /// A request for several processes; for none it is answered at once (RPC-147, RPC-154).
    pub(super) fn open_many(&mut self, id: RequestId, members: &[ProcessId], wait: bool) {
        if members.is_empty() {
            return self.reply(id, Ok(Reply::Statuses(Vec::new())));
        }
        let open = members.iter().enumerate().map(|(place, member)| (*member, place)).collect();
        let entries = Entries { since: self.now.mono, open, done: Vec::new() };
        self.requests.insert(id, Pending { wait, shape: Shape::Many(entries) });
    }

    /// A request is done with one process, without having waited for it.
    pub(crate) fn finish(
        &mut self,
        id: RequestId,
        process: ProcessId,
        result: Result<(), Failure>,
    ) {
        self.finish_after(id, process, 0, result);
    }

    /// A request that waited for a process is done with it.
    fn finish_waiting(&mut self, id: RequestId, process: ProcessId, result: Result<(), Failure>) {
        let seconds = match self.requests.get(&id).map(|pending| &pending.shape) {
            Some(Shape::Many(entries)) => 1 + self.now.mono.saturating_sub(entries.since).as_secs(),
            Some(Shape::One { .. }) | None => 0,
        };
        self.finish_after(id, process, seconds, result);
    }

    fn finish_after(
        &mut self,
        id: RequestId,
        process: ProcessId,
        seconds: u64,
        result: Result<(), Failure>,
    ) {
        let Some(pending) = self.requests.get_mut(&id) else { return };
        let entries = match &mut pending.shape {
            Shape::One { name } => {
                let result = result.map_err(|failure| failure.into_fault(name));
                self.requests.remove(&id);
                return self.reply(id, result.map(|()| Reply::Done));
            }
            Shape::Many(entries) => entries,
        };
        let Some(entry) = self.processes.get(&process) else { return };
        let Some(place) = entries.open.remove(&process) else { return };
        entries.done.push((Order { seconds, place }, outcome(entry, result)));
        if entries.open.is_empty() {
            entries.done.sort_by_key(|(order, _)| *order);
            let outcomes = std::mem::take(&mut entries.done).into_iter();
            let outcomes = outcomes.map(|(_, outcome)| outcome).collect();
            self.requests.remove(&id);
            self.reply(id, Ok(Reply::Statuses(outcomes)));
        }
    }

    fn waits(&self, id: RequestId) -> bool {
        self.requests.get(&id).is_some_and(|pending| pending.wait)
    }

    /// A start has got as far as it gets at once (RPC-138 to RPC-143).
    pub(crate) fn start_answered(&mut self, id: RequestId, process: ProcessId) {
        // RPC-139: with startsecs=0 it is RUNNING right away.
        self.step(process, Event::Deadline);
        let wait = self.waits(id);
        let Some(entry) = self.processes.get_mut(&process) else { return };
        let failed = entry.spawn_error.is_some();
        let waiter = Waiter::Started(id);
        match settled(waiter, entry.state.shown(), failed) {
            Some((_, result)) if wait || failed => self.finish(id, process, result),
            None if wait => entry.waiters.push(waiter),
            Some(_) | None => self.finish(id, process, Ok(())),
        }
    }

    /// A start was taken out of the line before it began.
    pub(crate) fn start_cancelled(&mut self, id: RequestId, process: ProcessId, why: Failure) {
        let promised = !self.waits(id) && why == Failure::Named(FaultCode::AbnormalTermination);
        self.finish(id, process, if promised { Ok(()) } else { Err(why) });
    }

    /// The stop signal has been sent, or there is nobody to send it to.
    pub(crate) fn stop_sent(&mut self, process: ProcessId) {
        let Some(entry) = self.processes.get_mut(&process) else { return };
        let mut sent = Vec::new();
        entry.waiters.retain(|waiter| match waiter {
            Waiter::Sent(id) => {
                sent.push(*id);
                false
            }
            Waiter::Started(_) | Waiter::Stopped(_) => true,
        });
        let stopped = entry.state.shown().is_stopped();
        for id in sent {
            if stopped || !self.waits(id) {
                self.finish(id, process, Ok(()));
            } else {
                if let Some(entry) = self.processes.get_mut(&process) {
                    entry.waiters.push(Waiter::Stopped(id));
                }
                self.report_stop(process);
            }
        }
    }

    /// The stop signal could not be sent (RPC-152).
    pub(crate) fn stop_failed(&mut self, process: ProcessId, text: &str) {
        let Some(entry) = self.processes.get_mut(&process) else { return };
        let mut failed = Vec::new();
        entry.waiters.retain(|waiter| match waiter {
            Waiter::Sent(id) => {
                failed.push(*id);
                false
            }
            Waiter::Started(_) | Waiter::Stopped(_) => true,
        });
        for id in failed {
            self.finish(id, process, Err(Failure::failed(text.to_owned())));
        }
    }

    /// Answers those whose wait is over in the process's new state.
    pub(crate) fn settle_waiters(&mut self, process: ProcessId) {
        let Some(entry) = self.processes.get_mut(&process) else { return };
        if entry.waiters.is_empty() {
            return;
        }
        let state = entry.state.shown();
        let failed = entry.spawn_error.is_some();
        let mut over = Vec::new();
        entry.waiters.retain(|waiter| match settled(*waiter, state, failed) {
            Some(verdict) => {
                over.push(verdict);
                false
            }
            None => true,
        });
        if state.is_stopped() {
            self.timers.move_to(Timer::StopReport(process), entry.report_at.take(), None);
        }
        for (id, result) in over {
            self.finish_waiting(id, process, result);
        }
    }

    /// RUN-170: at once, then every two seconds, as long as somebody waits.
    fn report_stop(&mut self, process: ProcessId) {
        let Some(entry) = self.processes.get_mut(&process) else { return };
        if entry.report_at.is_some() {
            return;
        }
        let at = self.now.mono + STOP_REPORT;
        entry.report_at = Some(at);
        self.timers.move_to(Timer::StopReport(process), None, Some(at));
        let text = format!("waiting for {} to stop", entry.name);
        self.log(LogLevel::Info, text);
    }

    pub(crate) fn stop_report_due(&mut self, process: ProcessId) {
        let Some(entry) = self.processes.get_mut(&process) else { return };
        entry.report_at = None;
        if entry.waiters.iter().any(|waiter| matches!(waiter, Waiter::Stopped(_))) {
            self.report_stop(process);
        }
    }

    /// Answers everything that is still open, because the daemon is about to be gone.
    pub(crate) fn refuse_pending(&mut self) {
        self.activating.clear();
        let activations = std::mem::take(&mut self.activations).into_values();
        let activating = activations.filter_map(|activation| activation.request);
        for id in std::mem::take(&mut self.requests).into_keys().chain(activating) {
            self.reply_fault(id, Fault::bare(FaultCode::ShutdownState));
        }
    }
}

fn outcome(process: &Process, result: Result<(), Failure>) -> Outcome {
    let fault = result.map_err(|failure| failure.into_fault(&process.display())).err();
    Outcome {
        name: Arc::clone(&process.name),
        group: Arc::clone(&process.group_name),
        status: fault.as_ref().map_or(FaultCode::Success, |fault| fault.code).code(),
        description: fault.map_or_else(|| "OK".to_owned(), |fault| fault.to_string()),
    }
}

/// Whether a wait is over, and how.
fn settled(
    waiter: Waiter,
    state: ProcessState,
    failed: bool,
) -> Option<(RequestId, Result<(), Failure>)> {
    match waiter {
        Waiter::Started(id) if failed => Some((id, Err(Failure::Named(FaultCode::SpawnError)))),
        Waiter::Started(id) => match state {
            ProcessState::Running => Some((id, Ok(()))),
            ProcessState::Starting => None,
            ProcessState::Stopped
            | ProcessState::Backoff
            | ProcessState::Stopping
            | ProcessState::Exited
            | ProcessState::Fatal
            | ProcessState::Unknown => {
                Some((id, Err(Failure::Named(FaultCode::AbnormalTermination))))
            }
        },
        Waiter::Sent(id) | Waiter::Stopped(id) if state.is_stopped() => Some((id, Ok(()))),
        Waiter::Sent(_) | Waiter::Stopped(_) => None,
    }
}
