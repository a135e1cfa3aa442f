//! Groups: how they are activated, looked up and removed, and in which order their processes
//! come.

use std::collections::BTreeMap;
use std::sync::Arc;

use compiler::plan::{GroupKind, GroupPlan};
use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

use super::message::{
    Action, AutoLogs, Exit, Fault, FaultCode, GroupId, GroupOrder, ProcessId, ProcessOrder,
    Publication, Reply, RequestId,
};
use super::pool::Pool;
use super::process::Process;
use super::request::Failure;
use super::{Mood, Supervisor};
use crate::events::{self, EventType};

/// An active group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    pub(crate) plan: Arc<GroupPlan>,
    /// In the order of the plan: automatic start, events, reports (RUN-303).
    pub(crate) members: Box<[ProcessId]>,
    /// Stable by priority: starts and stops by clients (RUN-306, RUN-307).
    pub(crate) by_priority: Box<[ProcessId]>,
    /// Sorted by name.
    pub(crate) by_name: Box<[(Arc<str>, ProcessId)]>,
    /// How many are in no stopped state.
    pub(crate) unstopped: usize,
    /// Of event listeners only.
    pub(crate) pool: Option<Box<Pool>>,
}

/// A group whose activation has been ordered and not been answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Activation {
    group: Group,
    /// Where the group stands in the plan it comes from.
    place: usize,
    /// In the order of their ids.
    processes: Vec<(ProcessId, Box<Process>)>,
    pub(crate) request: Option<RequestId>,
}

impl Group {
    /// The process of that name.
    pub(crate) fn process(&self, name: &str) -> Option<ProcessId> {
        let at = self.by_name.binary_search_by(|(other, _)| (**other).cmp(name)).ok()?;
        Some(self.by_name[at].1)
    }
}

impl Supervisor {
    /// Orders the activation of every group of the plan. Of several with one name the first wins
    /// (CFG-262).
    pub(crate) fn boot(&mut self) {
        let plan = Arc::clone(&self.staged.plan);
        for (place, group) in plan.groups.iter().enumerate() {
            if !self.is_taken(&group.name) {
                self.activate(place, None);
            }
        }
    }

    /// Announces RUNNING and starts what starts by itself, group by group (RUN-305).
    pub(crate) fn run(&mut self) {
        self.running = true;
        self.start_ticks();
        self.emit(EventType::SupervisorStateChangeRunning, String::new);
        for id in self.groups_by_priority() {
            self.start_members(id);
        }
        self.launches.mark_wave(self.now.mono);
    }

    fn start_members(&mut self, id: GroupId) {
        let Some(group) = self.groups.get(&id) else { return };
        for process in group.members.clone() {
            let wanted = self.processes.get(&process).is_some_and(|entry| {
                entry.plan.program.autostart && entry.start.is_none() && entry.tickets.is_empty()
            });
            if wanted {
                self.enqueue(process, None);
            }
        }
    }

    /// RUN-364.
    pub(crate) fn add_group(&mut self, id: RequestId, name: &str) {
        match self.staged.plan.groups.iter().position(|group| group.name == name) {
            None => self.reply_fault(id, Fault::new(FaultCode::BadName, name)),
            Some(_) if self.is_taken(name) => {
                self.reply_fault(id, Fault::new(FaultCode::AlreadyAdded, name));
            }
            Some(place) => self.activate(place, Some(id)),
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.group_names.contains_key(name) || self.activating.contains(name)
    }

    /// Orders the activation of the group at `place` of the staged plan.
    fn activate(&mut self, place: usize, request: Option<RequestId>) {
        let plan = Arc::clone(&self.staged.plan.groups[place]);
        let id = GroupId(self.next_group);
        self.next_group += 1;
        let mut group = Group::new(&plan);
        let mut processes = Vec::with_capacity(plan.processes.len());
        let mut orders = Vec::with_capacity(plan.processes.len());
        // CFG-322: of several with one name the last wins, at the place of the first.
        let last: BTreeMap<&str, usize> =
            plan.processes.iter().enumerate().map(|(at, process)| (&*process.name, at)).collect();
        let mut by_name = BTreeMap::new();
        for name in plan.processes.iter().map(|process| process.name.as_str()) {
            if by_name.contains_key(name) {
                continue;
            }
            let process = &plan.processes[last[name]];
            let entry = ProcessId(self.next_process);
            self.next_process += 1;
            let files = self.staged.auto_logs(place, last[name]);
            orders.push(ProcessOrder { process: entry, plan: Arc::clone(process), files });
            let listens = group.pool.is_some();
            let process = Process::new(Arc::clone(process), id, Arc::clone(&group.name), listens);
            by_name.insert(Arc::clone(&process.name), entry);
            processes.push((entry, Box::new(process)));
        }
        group.members = processes.iter().map(|(entry, _)| *entry).collect();
        group.by_name = by_name.into_iter().collect();
        let mut by_priority: Vec<_> = processes.iter().collect();
        by_priority.sort_by_key(|(_, process)| process.plan.program.priority);
        group.by_priority = by_priority.into_iter().map(|(entry, _)| *entry).collect();
        self.activating.insert(Arc::clone(&group.name));
        self.activations.insert(id, Activation { group, place, processes, request });
        self.actions.push(Action::Activate(GroupOrder { group: id, plan, processes: orders }));
    }

    /// The answer to an activation.
    pub(crate) fn activated(&mut self, id: GroupId, result: Result<Vec<AutoLogs>, String>) {
        let Some(mut activation) = self.activations.remove(&id) else { return };
        self.activating.remove(&activation.group.name);
        match result {
            Err(text) => self.activation_failed(&activation, text),
            Ok(created) => {
                for AutoLogs { process, files } in created {
                    let ids = activation.processes.binary_search_by_key(&process, |(id, _)| *id);
                    let Ok(at) = ids else { continue };
                    let entry = &mut activation.processes[at].1;
                    entry.files.stdout = files.stdout.clone().or(entry.files.stdout.take());
                    entry.files.stderr = files.stderr.clone().or(entry.files.stderr.take());
                    let (place, group) = (activation.place, &activation.group);
                    self.staged.created(place, &group.plan, &entry.plan, files);
                }
                self.insert_group(id, activation);
            }
        }
    }

    fn activation_failed(&mut self, activation: &Activation, text: String) {
        match activation.request {
            Some(request) => {
                self.log(LogLevel::Error, text.clone());
                self.reply_fault(request, Fault::new(FaultCode::Failed, text));
            }
            None => {
                self.actions.push(Action::Exit(Exit::Failed(text)));
                self.refuse_pending();
                self.mood = Mood::Gone;
            }
        }
    }

    fn insert_group(&mut self, id: GroupId, activation: Activation) {
        let Activation { group, processes, request, .. } = activation;
        let name = Arc::clone(&group.name);
        self.processes.extend(processes);
        self.group_names.insert(Arc::clone(&name), id);
        let pool = group.pool.is_some();
        self.groups.insert(id, group);
        if pool {
            self.pool_added(id);
        }
        self.emit(EventType::ProcessGroupAdded, || events::group_payload(&name));
        self.actions.push(Action::Publish(Publication::GroupAdded(name)));
        if let Some(request) = request {
            self.reply(request, Ok(Reply::Done));
        }
        if self.running && self.starts() {
            self.start_members(id);
            self.launches.mark_wave(self.now.mono);
        }
    }

    /// RUN-365 to RUN-368. A restart that was pending is forgotten (RUN-367).
    pub(crate) fn remove_group(&mut self, request: RequestId, name: &str) {
        let Some(&id) = self.group_names.get(name) else {
            return self.reply_fault(request, Fault::new(FaultCode::BadName, name));
        };
        if self.groups.get(&id).is_some_and(|group| group.unstopped > 0) {
            return self.reply_fault(request, Fault::new(FaultCode::StillRunning, name));
        }
        self.group_names.remove(name);
        if let Some(group) = self.groups.remove(&id) {
            for process in group.members {
                self.forget(process);
            }
            if group.pool.is_some() {
                self.pool_removed(id);
            }
            self.actions.push(Action::Deactivate { group: id });
            self.emit(EventType::ProcessGroupRemoved, || events::group_payload(name));
            self.actions.push(Action::Publish(Publication::GroupRemoved(group.name)));
        }
        self.reply(request, Ok(Reply::Done));
    }

    fn forget(&mut self, id: ProcessId) {
        self.cancel_launches(id, &Failure::Named(FaultCode::BadName));
        let Some(process) = self.processes.get_mut(&id) else { return };
        process.detached = true;
        let alive = process.state.pid().is_some();
        self.disarm(id);
        if !alive {
            self.processes.remove(&id);
        }
    }

    /// Groups by priority, then in the order of activation (RUN-300).
    pub(crate) fn groups_by_priority(&self) -> Vec<GroupId> {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|(_, group)| group.plan.priority);
        groups.into_iter().map(|(id, _)| *id).collect()
    }

    pub(crate) fn by_priority(&self, id: GroupId) -> Vec<ProcessId> {
        self.groups.get(&id).map(|group| group.by_priority.to_vec()).unwrap_or_default()
    }

    /// Every process, by the priority of its group, then its own.
    pub(crate) fn all_by_priority(&self) -> Vec<ProcessId> {
        self.groups_by_priority().into_iter().flat_map(|id| self.by_priority(id)).collect()
    }
}

impl Group {
    fn new(plan: &Arc<GroupPlan>) -> Group {
        Group {
            name: plan.name.as_str().into(),
            plan: Arc::clone(plan),
            members: Box::default(),
            by_priority: Box::default(),
            by_name: Box::default(),
            unstopped: 0,
            pool: match &plan.kind {
                GroupKind::EventListener(pool) => Some(Box::new(Pool::new(pool))),
                GroupKind::Program | GroupKind::Fcgi(_) => None,
            },
        }
    }
}
