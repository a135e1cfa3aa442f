//! Reading the configuration again: who waits for a compile, what differs from what is active,
//! and the plan that groups are added from.

use std::collections::BTreeMap;
use std::sync::Arc;

use compiler::plan::{GroupKind, GroupPlan, Plan, ProcessPlan};
use compiler::schema::value::{LogLevel, LogTarget};
use serde::{Deserialize, Serialize};

use super::message::{Action, CompileFailure, Fault, FaultCode, LogFiles, Reply, RequestId};
use super::{Mood, Supervisor};

/// The plan read last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Staged {
    pub(crate) plan: Arc<Plan>,
    /// The AUTO logs created from it, as in [`super::message::ConfigView`].
    pub(crate) auto_logs: Vec<Vec<LogFiles>>,
}

/// Compiles under way and who waits for them. One runs at a time; who asks while it runs waits
/// for the next, which will see what the files hold now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Compiles {
    running: Vec<Purpose>,
    waiting: Vec<Purpose>,
}

/// What a compile is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    /// `reloadConfig`.
    Reread(RequestId),
    /// `restart`, or SIGHUP when nobody waits for an answer.
    Restart(Option<RequestId>),
}

impl Staged {
    pub(crate) fn new(plan: Arc<Plan>) -> Staged {
        let none = |group: &Arc<GroupPlan>| vec![LogFiles::default(); group.processes.len()];
        Staged { auto_logs: plan.groups.iter().map(none).collect(), plan }
    }

    pub(crate) fn identifier(&self) -> &str {
        &self.plan.supervisord.identifier
    }

    /// The AUTO logs a process had when it was activated from this plan before (RUN-369).
    pub(crate) fn files(&self, group: &Arc<GroupPlan>, place: usize) -> LogFiles {
        let files = self.place(group).and_then(|index| self.auto_logs[index].get(place));
        files.cloned().unwrap_or_default()
    }

    /// Remembers the AUTO logs of a process.
    pub(crate) fn created(
        &mut self,
        group: &Arc<GroupPlan>,
        process: &Arc<ProcessPlan>,
        files: LogFiles,
    ) {
        let Some(index) = self.place(group) else { return };
        let place = group.processes.iter().position(|other| Arc::ptr_eq(other, process));
        if let Some(slot) = place.and_then(|place| self.auto_logs[index].get_mut(place)) {
            *slot = files;
        }
    }

    fn place(&self, group: &Arc<GroupPlan>) -> Option<usize> {
        self.plan.groups.iter().position(|other| Arc::ptr_eq(other, group))
    }
}

#[cfg(test)]
impl Compiles {
    /// Who waits.
    pub(crate) fn requests(&self) -> impl Iterator<Item = RequestId> + '_ {
        self.running.iter().chain(&self.waiting).filter_map(|purpose| match purpose {
            Purpose::Reread(id) => Some(*id),
            Purpose::Restart(id) => *id,
        })
    }
}

impl Supervisor {
    pub(crate) fn request_reread(&mut self, id: RequestId) {
        self.compile_for(Purpose::Reread(id));
    }

    /// Compiles before anything is stopped: a configuration that does not compile changes nothing
    /// (CFG-497).
    pub(crate) fn request_restart(&mut self, id: Option<RequestId>) {
        if !self.is_stopping() {
            self.compile_for(Purpose::Restart(id));
        }
    }

    fn compile_for(&mut self, purpose: Purpose) {
        if self.compiles.running.is_empty() {
            self.compiles.running.push(purpose);
            self.actions.push(Action::Compile);
        } else {
            self.compiles.waiting.push(purpose);
        }
    }

    /// The answer to a compile.
    pub(crate) fn compiled(&mut self, result: Result<Arc<Plan>, CompileFailure>) {
        for purpose in std::mem::take(&mut self.compiles.running) {
            match (purpose, &result) {
                (Purpose::Reread(id), Ok(plan)) => self.stage(id, plan),
                (Purpose::Reread(id), Err(failure)) => {
                    self.reply_fault(id, Fault::new(FaultCode::CantReread, &*failure.message));
                }
                (Purpose::Restart(id), Ok(plan)) => self.restart(id, plan),
                (Purpose::Restart(id), Err(failure)) => self.restart_refused(id, failure),
            }
        }
        if !self.compiles.waiting.is_empty() {
            self.compiles.running = std::mem::take(&mut self.compiles.waiting);
            self.actions.push(Action::Compile);
        }
    }

    /// RUN-355, RUN-358.
    fn stage(&mut self, id: RequestId, plan: &Arc<Plan>) {
        for text in unapplied(&self.staged.plan, plan) {
            self.log(LogLevel::Warn, text);
        }
        self.staged = Staged::new(Arc::clone(plan));
        self.actions.push(Action::Adopt(Arc::clone(plan)));
        let reply = self.changes();
        self.reply(id, Ok(reply));
    }

    fn restart(&mut self, id: Option<RequestId>, plan: &Arc<Plan>) {
        if let Some(id) = id {
            if self.mood == Mood::Shutdown {
                return self.reply_fault(id, Fault::bare(FaultCode::ShutdownState));
            }
            self.reply(id, Ok(Reply::Done));
        }
        if self.mood == Mood::Running {
            self.begin_stopping(Mood::Restarting(Arc::clone(plan)));
        }
    }

    fn restart_refused(&mut self, id: Option<RequestId>, failure: &CompileFailure) {
        let message = &failure.message;
        self.log(
            LogLevel::Critical,
            format!("not restarting, the configuration does not compile: {message}"),
        );
        if let Some(id) = id {
            self.reply_fault(id, Fault::new(FaultCode::CantReread, message.as_str()));
        }
    }

    /// Nobody will see the result any more.
    pub(crate) fn refuse_compiles(&mut self) {
        let compiles = std::mem::take(&mut self.compiles);
        for purpose in compiles.running.into_iter().chain(compiles.waiting) {
            if let Purpose::Reread(id) | Purpose::Restart(Some(id)) = purpose {
                self.reply_fault(id, Fault::bare(FaultCode::ShutdownState));
            }
        }
    }

    /// What the staged plan would add, change and remove (CFG-350 to CFG-352).
    fn changes(&self) -> Reply {
        let active: BTreeMap<&str, &GroupPlan> =
            self.groups.values().map(|group| (&*group.name, &*group.plan)).collect();
        let (mut added, mut changed) = (Vec::new(), Vec::new());
        for group in &self.staged.plan.groups {
            match active.get(group.name.as_str()) {
                None => added.push(group.name.clone()),
                Some(current) if differs(current, group) => changed.push(group.name.clone()),
                Some(_) => {}
            }
        }
        let configured =
            |name: &str| self.staged.plan.groups.iter().any(|group| group.name == name);
        let removed = self.groups.values().map(|group| group.name.to_string());
        Reply::Changes {
            added,
            changed,
            removed: removed.filter(|name| !configured(name)).collect(),
        }
    }
}

/// Whether a group has to be removed and added to become what is configured (CFG-361 to CFG-364).
fn differs(active: &GroupPlan, new: &GroupPlan) -> bool {
    let kinds_differ = match (&active.kind, &new.kind) {
        (GroupKind::Program, GroupKind::Program) => false,
        (GroupKind::EventListener(active), GroupKind::EventListener(new)) => active != new,
        // CFG-363: the address only.
        (GroupKind::Fcgi(active), GroupKind::Fcgi(new)) => active.address != new.address,
        (GroupKind::Program | GroupKind::EventListener(_) | GroupKind::Fcgi(_), _) => true,
    };
    kinds_differ
        || active.priority != new.priority
        || active.processes.len() != new.processes.len()
        || active.processes.iter().zip(&new.processes).any(|(a, b)| process_differs(a, b))
}

/// CFG-366 to CFG-371.
fn process_differs(active: &ProcessPlan, new: &ProcessPlan) -> bool {
    if active.program == new.program && active.name == new.name {
        return false;
    }
    let mut program = new.program.clone();
    let current = &active.program;
    skip_auto(&mut program.stdout_logfile, &current.stdout_logfile);
    skip_auto(&mut program.stderr_logfile, &current.stderr_logfile);
    let uid = |user: &Option<compiler::schema::value::UserRef>| user.as_ref().map(|user| user.uid);
    if uid(&program.user) == uid(&current.user) {
        program.user.clone_from(&current.user);
    }
    program.numprocs = current.numprocs;
    program.numprocs_start = current.numprocs_start;
    program.process_name.clone_from(&current.process_name);
    active.name != new.name || program != *current
}

/// A log that is AUTO on either side is not compared (CFG-367).
fn skip_auto(new: &mut LogTarget, active: &LogTarget) {
    if *new == LogTarget::Auto || *active == LogTarget::Auto {
        new.clone_from(active);
    }
}

/// What a reread cannot apply: named, where the original keeps silent (RUN-360).
fn unapplied(active: &Plan, new: &Plan) -> Vec<String> {
    let mut texts = Vec::new();
    let mut note = |differs: bool, what: &str| {
        if differs {
            texts.push(format!("the changes of {what} take effect after a restart only"));
        }
    };
    let servers = active.servers.iter().chain(&new.servers);
    let mut sections: Vec<_> = servers.map(|server| server.section.as_str()).collect();
    sections.sort_unstable();
    sections.dedup();
    for section in sections {
        let find =
            |plan: &Plan| plan.servers.iter().find(|server| server.section == section).cloned();
        note(find(active) != find(new), &format!("[{section}]"));
    }
    note(active.interfaces != new.interfaces, "[rpcinterface:x]");
    note(daemon_options(active) != daemon_options(new), "[supervisord]");
    texts
}

/// The options of `[supervisord]` that only a restart applies (CFG-356).
fn daemon_options(plan: &Plan) -> impl PartialEq + use<'_> {
    let daemon = &plan.supervisord;
    (
        (&daemon.logfile, daemon.logfile_maxbytes, daemon.logfile_backups, daemon.loglevel),
        (&daemon.pidfile, &daemon.directory, &daemon.user, daemon.umask),
        (daemon.nodaemon, daemon.minprocs),
    )
}
