//! What clients ask for: names are looked up, questions answered, and long requests kept until
//! what they wait for has happened. Each request is answered exactly once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use compiler::schema::value::{LogLevel, Signal};
use serde::{Deserialize, Serialize};

use super::message::{
    Action, Channel, ConfigView, DaemonState, Fault, FaultCode, FeedResult, GroupId, Outcome,
    ProcessId, ProcessState, Reply, Request, RequestId, SignalArgument, Target, Why,
};
use super::state::{Event, State};
use super::timers::Timer;
use super::{Supervisor, lines, message};
use crate::events::{self, EventType};

mod wait;

pub(crate) use wait::Waiter;

/// A request that is not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// Whether it wants to know how it ends (start and stop only).
    wait: bool,
    shape: Shape,
}

impl Pending {
    /// How many processes it waits for.
    #[cfg(test)]
    pub(crate) fn outstanding(&self) -> usize {
        match &self.shape {
            Shape::One { .. } => 1,
            Shape::Many(entries) => entries.open.len(),
        }
    }
}

/// What the answer will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Shape {
    /// `true`, or a fault that names the process as the client did.
    One { name: String },
    /// An entry for each process.
    Many(Entries),
}

/// The entries of an answer about several processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entries {
    /// When the request came.
    since: Duration,
    /// The processes that are not done, with their places in the order of priority.
    open: BTreeMap<ProcessId, usize>,
    done: Vec<(Order, Outcome)>,
}

/// Where an entry stands (RPC-221): what is done at once comes first, the rest as it is done, to
/// the second; within a second the order of priority counts, as when the original looks at all
/// of them once a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Order {
    seconds: u64,
    place: usize,
}

/// Why something could not be done to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A fault whose detail is the name of the process.
    Named(FaultCode),
    /// RUN-145.
    UnknownState,
    /// Any other fault.
    Fault(Fault),
}

impl Failure {
    /// A `FAILED` with this text.
    pub(crate) fn failed(text: String) -> Failure {
        Failure::Fault(Fault::new(FaultCode::Failed, text))
    }

    fn into_fault(self, name: &str) -> Fault {
        match self {
            Failure::Named(code) => Fault::new(code, name),
            Failure::UnknownState => {
                Fault::new(FaultCode::Failed, format!("{name} is in an unknown process state"))
            }
            Failure::Fault(fault) => fault,
        }
    }
}

/// What a namespec stands for.
enum Named {
    Process(ProcessId),
    Group(GroupId),
}

impl Supervisor {
    pub(crate) fn request(&mut self, id: RequestId, request: Request) {
        let stopping = self.state() != DaemonState::Running;
        if stopping && !matches!(request, Request::RemoteEvent { .. }) {
            return self.reply_fault(id, Fault::bare(FaultCode::ShutdownState));
        }
        match request {
            Request::State => self.reply(id, Ok(Reply::State(self.state()))),
            Request::Identification => {
                self.reply(id, Ok(Reply::Text(self.staged.identifier().to_owned())));
            }
            Request::Info { name } => {
                let reply = self.one(&name).map(|process| self.info(process));
                self.reply(id, reply);
            }
            Request::AllInfo => self.reply(id, Ok(self.all_info())),
            Request::Config => self.reply(id, Ok(self.config())),
            Request::Start { target, wait } => self.start(id, &target, wait),
            Request::Stop { target, wait } => self.stop(id, &target, wait),
            Request::Signal { target, signal } => self.signal(id, &target, &signal),
            Request::AddGroup { name } => self.add_group(id, &name),
            Request::RemoveGroup { name } => self.remove_group(id, &name),
            Request::Reread => self.request_reread(id),
            Request::Restart => self.request_restart(Some(id)),
            Request::Shutdown => {
                self.reply(id, Ok(Reply::Done));
                self.begin_shutdown();
            }
            Request::SendStdin { name, data } => self.send_stdin(id, &name, data),
            Request::RemoteEvent { kind, data } => {
                self.emit(EventType::RemoteCommunication, || events::remote_payload(&kind, &data));
                self.reply(id, Ok(Reply::Done));
            }
            Request::ClearLogs { name } => self.clear_logs(id, &name),
            Request::ClearAllLogs => self.clear_all_logs(id),
            Request::LogPath { name, channel } => {
                let reply = self.one(&name).map(|process| self.log_path(process, channel));
                self.reply(id, reply);
            }
        }
    }

    pub(crate) fn reply(&mut self, id: RequestId, result: Result<Reply, Fault>) {
        self.actions.push(Action::Reply { id, result });
    }

    pub(crate) fn reply_fault(&mut self, id: RequestId, fault: Fault) {
        self.reply(id, Err(fault));
    }

    /// The process or group of a namespec (RPC-083 to RPC-091).
    fn named(&self, name: &str) -> Result<Named, Fault> {
        let bad_name = || Fault::new(FaultCode::BadName, name);
        let namespec = rpc::Namespec::parse(name);
        let group = *self.group_names.get(namespec.group).ok_or_else(bad_name)?;
        let Some(process) = namespec.process else { return Ok(Named::Group(group)) };
        let group = self.groups.get(&group).ok_or_else(bad_name)?;
        group.process(process).map(Named::Process).ok_or_else(bad_name)
    }

    /// The process of a namespec that must not name a group (RPC-086).
    fn one(&self, name: &str) -> Result<ProcessId, Fault> {
        match self.named(name)? {
            Named::Process(id) => Ok(id),
            Named::Group(_) => Err(Fault::new(FaultCode::BadName, name)),
        }
    }

    /// One process, or the processes of a target that is a group or all, by priority (RPC-146).
    fn targeted(&self, target: &Target) -> Result<Result<ProcessId, Vec<ProcessId>>, Fault> {
        match target {
            Target::Process(name) => Ok(match self.named(name)? {
                Named::Process(id) => Ok(id),
                Named::Group(group) => Err(self.by_priority(group)),
            }),
            Target::Group(name) => match self.group_names.get(name.as_str()) {
                Some(group) => Ok(Err(self.by_priority(*group))),
                None => Err(Fault::new(FaultCode::BadName, name)),
            },
            Target::All => Ok(Err(self.all_by_priority())),
        }
    }

    fn info(&self, id: ProcessId) -> Reply {
        let statuses = self.processes.get(&id).map(|process| process.status(id, self.now));
        statuses.map_or(Reply::Done, |status| Reply::Process(Box::new(status)))
    }

    /// RPC-189.
    fn all_info(&self) -> Reply {
        let groups = self.group_names.values().filter_map(|id| self.groups.get(id));
        let ids = groups.flat_map(|group| group.by_name.iter().map(|(_, id)| id));
        Reply::Processes(
            ids.filter_map(|id| Some(self.processes.get(id)?.status(*id, self.now))).collect(),
        )
    }

    fn config(&self) -> Reply {
        Reply::Config(Box::new(ConfigView {
            plan: Arc::clone(&self.staged.plan),
            active: self.groups.values().map(|group| Arc::clone(&group.plan)).collect(),
            auto_logs: self.staged.auto_logs.clone(),
        }))
    }

    fn log_path(&self, id: ProcessId, channel: Channel) -> Reply {
        Reply::Path(self.processes.get(&id).and_then(|process| process.files.get(channel).cloned()))
    }

    fn state_of(&self, id: ProcessId) -> Option<ProcessState> {
        self.processes.get(&id).map(|process| process.state.shown())
    }

    fn start(&mut self, id: RequestId, target: &Target, wait: bool) {
        match self.targeted(target) {
            Err(fault) => self.reply_fault(id, fault),
            Ok(Ok(process)) => {
                self.open_one(id, target, wait);
                self.enqueue(process, Some(id));
            }
            Ok(Err(members)) => {
                let stopped = self.members(members, |state| !state.is_runnable());
                self.open_many(id, &stopped, wait);
                for process in stopped {
                    self.enqueue(process, Some(id));
                }
            }
        }
    }

    fn stop(&mut self, id: RequestId, target: &Target, wait: bool) {
        match self.targeted(target) {
            Err(fault) => self.reply_fault(id, fault),
            Ok(Ok(process)) => {
                self.open_one(id, target, wait);
                if self.is_stoppable(process) {
                    self.stop_one(process, id);
                } else {
                    self.finish(id, process, Err(Failure::Named(FaultCode::NotRunning)));
                }
            }
            Ok(Err(mut members)) => {
                members.retain(|member| self.is_stoppable(*member));
                self.open_many(id, &members, wait);
                for process in members {
                    self.stop_one(process, id);
                }
            }
        }
    }

    /// Running, as the interface sees it, or about to be.
    fn is_stoppable(&self, id: ProcessId) -> bool {
        self.processes.get(&id).is_some_and(|process| {
            process.state.shown().is_runnable()
                || !process.tickets.is_empty()
                || matches!(process.state, State::Exited { restart_at: Some(_) })
        })
    }

    fn stop_one(&mut self, id: ProcessId, request: RequestId) {
        self.cancel_launches(id, &Failure::Named(FaultCode::AbnormalTermination));
        if let Some(process) = self.processes.get_mut(&id) {
            self.timers.move_to(Timer::StopReport(id), process.report_at.take(), None);
            process.waiters.push(Waiter::Sent(request));
        }
        self.step(id, Event::Stop);
        let departed = self.processes.get(&id).is_some_and(|process| process.departed.is_some());
        if departed || self.state_of(id).is_some_and(ProcessState::is_stopped) {
            self.stop_sent(id);
        }
    }

    fn signal(&mut self, id: RequestId, target: &Target, signal: &SignalArgument) {
        match self.targeted(target) {
            Err(fault) => self.reply_fault(id, fault),
            Ok(Ok(process)) => {
                self.open_one(id, target, false);
                // RPC-155: the signal is looked at before the state.
                if signal.number.is_some()
                    && !self.state_of(process).is_some_and(ProcessState::is_signallable)
                {
                    self.finish(id, process, Err(Failure::Named(FaultCode::NotRunning)));
                } else {
                    self.signal_one(process, id, signal);
                }
            }
            Ok(Err(members)) => {
                let members = self.members(members, ProcessState::is_signallable);
                self.open_many(id, &members, false);
                for process in members {
                    self.signal_one(process, id, signal);
                }
            }
        }
    }

    fn signal_one(&mut self, id: ProcessId, request: RequestId, argument: &SignalArgument) {
        let Some(signal) = argument.number else {
            let fault = Fault::new(FaultCode::BadSignal, argument.text.as_str());
            return self.finish(request, id, Err(Failure::Fault(fault)));
        };
        let Some(process) = self.processes.get(&id) else { return };
        let (name, pid) = (Arc::clone(&process.name), process.state.pid());
        let (signame, live) = (lines::signal_name(signal), process.live_pid());
        let Some(pid) = pid else {
            let text = format!("attempted to send {name} sig {signame} but it wasn't running");
            self.log(LogLevel::Debug, text.clone());
            return self.finish(request, id, Err(Failure::failed(text)));
        };
        self.log(LogLevel::Debug, format!("sending {name} (pid {}) sig {signame}", pid.0));
        if live.is_some() {
            self.kill_for(request, id, pid, signal);
        } else {
            self.finish(request, id, Ok(()));
        }
    }

    /// RUN-169: never the process group.
    fn kill_for(&mut self, request: RequestId, id: ProcessId, pid: message::Pid, signal: Signal) {
        let why = Why::Request(request);
        self.actions.push(Action::Kill { process: id, pid, signal, to_group: false, why });
    }

    /// RPC-181 to RPC-187.
    fn send_stdin(&mut self, id: RequestId, name: &str, data: Vec<u8>) {
        let process = match self.one(name) {
            Ok(process) => process,
            Err(fault) => return self.reply_fault(id, fault),
        };
        let listening = self.processes.get(&process).is_some_and(|entry| {
            entry.live_pid().is_some() && entry.state.shown() != ProcessState::Stopping
        });
        if !listening {
            return self.reply_fault(id, Fault::new(FaultCode::NotRunning, name));
        }
        self.open_one(id, &Target::Process(name.to_owned()), false);
        self.actions.push(Action::WriteStdin { process, request: id, data });
    }

    pub(crate) fn stdin_written(&mut self, id: RequestId, process: ProcessId, result: FeedResult) {
        let result = match result {
            FeedResult::Accepted => Ok(()),
            FeedResult::Closed => Err(Failure::Named(FaultCode::NoFile)),
            FeedResult::Full => Err(Failure::Named(FaultCode::Failed)),
        };
        self.finish(id, process, result);
    }

    fn clear_logs(&mut self, id: RequestId, name: &str) {
        match self.one(name) {
            Ok(process) => {
                self.open_one(id, &Target::Process(name.to_owned()), false);
                self.order_clear(process, id);
            }
            Err(fault) => self.reply_fault(id, fault),
        }
    }

    /// RPC-180, all at once.
    fn clear_all_logs(&mut self, id: RequestId) {
        let members = self.all_by_priority();
        self.open_many(id, &members, false);
        for process in members {
            self.order_clear(process, id);
        }
    }

    fn order_clear(&mut self, process: ProcessId, request: RequestId) {
        let Some(entry) = self.processes.get(&process) else { return };
        let files = entry.files.clone();
        self.actions.push(Action::ClearLogs { process, request, files });
    }

    pub(crate) fn logs_cleared(
        &mut self,
        id: RequestId,
        process: ProcessId,
        result: Result<(), ()>,
    ) {
        self.finish(id, process, result.map_err(|()| Failure::Named(FaultCode::Failed)));
    }

    fn members(
        &self,
        members: Vec<ProcessId>,
        wanted: impl Fn(ProcessState) -> bool,
    ) -> Vec<ProcessId> {
        members.into_iter().filter(|id| self.state_of(*id).is_some_and(&wanted)).collect()
    }
}
