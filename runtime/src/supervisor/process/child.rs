//! What becomes of children: spawned or not, signalled or not, reaped, drained.

use compiler::schema::value::LogLevel;

use super::Departure;
use crate::supervisor::message::{
    Action, ExitStatus, Now, Pid, ProcessId, RequestId, SignalError, SpawnError, Why,
};
use crate::supervisor::request::Failure;
use crate::supervisor::state::Event;
use crate::supervisor::{Supervisor, lines};

impl Supervisor {
    /// The answer to a spawn.
    pub(crate) fn spawned(&mut self, id: ProcessId, result: Result<Pid, SpawnError>) {
        let request = self.launches.finish(id);
        let Some(process) = self.processes.get_mut(&id) else { return };
        match result {
            Ok(pid) => {
                process.spawns += 1;
                self.pids.insert(pid, id);
                self.step(id, Event::Spawned(pid));
            }
            Err(error) => {
                let text = error.text(&process.name);
                process.spawn_error = Some(text.as_str().into());
                self.log(LogLevel::Info, format!("spawnerr: {text}"));
                self.step(id, Event::SpawnFailed);
            }
        }
        if let Some(request) = request {
            self.start_answered(request, id);
        }
    }

    /// RUN-454: the original leaves the reason in the process's own log only.
    pub(crate) fn child_failed(&mut self, id: ProcessId, reason: &str) {
        if let Some(process) = self.processes.get(&id) {
            let text = format!("'{}' was not spawned: {reason}", process.name);
            self.log(LogLevel::Warn, text);
        }
    }

    /// A child was reaped: its pid is not ours any more, its output still is.
    pub(crate) fn exited(&mut self, pid: Pid, status: ExitStatus) {
        let Some(id) = self.pids.remove(&pid) else {
            let text = format!("reaped unknown pid {} ({})", pid.0, lines::ending(status));
            let level = if self.adopts_orphans { LogLevel::Debug } else { LogLevel::Info };
            self.log(level, text);
            return;
        };
        let Now { mono, wall } = self.now;
        if let Some(process) = self.processes.get_mut(&id) {
            process.departed = Some(Departure { status, mono, wall });
            self.actions.push(Action::Drain { process: id });
        }
    }

    /// All output of a reaped child has been seen; now its exit counts.
    pub(crate) fn drained(&mut self, id: ProcessId) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        let Some(departure) = process.departed else { return };
        process.stop = Some(departure.wall);
        process.ended = Some(departure.status);
        self.step_at(id, Event::Exited(departure.status.code()), departure.mono);
        if let Some(process) = self.processes.get_mut(&id) {
            process.departed = None;
            if process.detached {
                self.processes.remove(&id);
                return;
            }
        }
        self.reject_unfinished(id);
    }

    /// The answer to a signal.
    pub(crate) fn killed(&mut self, id: ProcessId, why: Why, result: Result<(), SignalError>) {
        match (why, result) {
            (Why::Request(request), result) => self.signalled(request, id, result),
            (Why::Stop, Ok(())) => self.stop_sent(id),
            (Why::Escalate, Ok(())) => {}
            (Why::Stop | Why::Escalate, Err(SignalError::Gone)) => {
                self.log_signal(id, LogLevel::Debug, |name, pid| {
                    format!(
                        "unable to signal {name} (pid {pid}), it probably just exited on its own: \
                         [Errno 3] No such process"
                    )
                });
                self.stop_sent(id);
            }
            (Why::Stop | Why::Escalate, Err(SignalError::Failed(error))) => {
                let text = self.log_signal(id, LogLevel::Critical, |name, pid| {
                    format!("unknown problem killing {name} ({pid}):{error}")
                });
                self.stop_failed(id, &text);
                self.step(id, Event::KillFailed);
            }
        }
    }

    /// The answer to a signal a client asked for.
    fn signalled(&mut self, request: RequestId, id: ProcessId, result: Result<(), SignalError>) {
        match result {
            Ok(()) => self.finish(request, id, Ok(())),
            Err(SignalError::Gone) => {
                self.log_signal(id, LogLevel::Debug, |name, pid| {
                    format!(
                        "unable to signal {name} (pid {pid}), it probably just now exited on its \
                         own: [Errno 3] No such process"
                    )
                });
                self.finish(request, id, Ok(()));
            }
            Err(SignalError::Failed(error)) => {
                let text = self.log_signal(id, LogLevel::Critical, |name, pid| {
                    format!("unknown problem sending sig {name} ({pid}):{error}")
                });
                self.step(id, Event::SignalFailed);
                self.finish(request, id, Err(Failure::failed(text)));
            }
        }
    }

    fn log_signal(
        &mut self,
        id: ProcessId,
        level: LogLevel,
        text: impl FnOnce(&str, i32) -> String,
    ) -> String {
        let Some(process) = self.processes.get(&id) else { return String::new() };
        let text = text(&process.name, process.state.pid().map_or(0, |pid| pid.0));
        self.log(level, text.clone());
        text
    }
}
