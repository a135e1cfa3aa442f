//! Reading the configuration again: who waits for a compile, what differs from what is active,
//! and the plan that groups are added from.

use std::collections::BTreeMap;
use std::sync::Arc;

use compiler::plan::diff::{Reread, reread};
use compiler::plan::{GroupPlan, InterfacePlan, Plan, ProcessPlan, ServerPlan};
use compiler::schema::section::Supervisord;
use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

use super::message::{Action, CompileFailure, Fault, FaultCode, LogFiles, Reply, RequestId};
use super::{Mood, Supervisor};

/// The plan read last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Staged {
    pub(crate) plan: Arc<Plan>,
    /// The AUTO logs created from it, as in [`super::message::ConfigView`].
    pub(crate) auto_logs: BTreeMap<usize, Vec<LogFiles>>,
}

/// What the daemon was started with and only a restart changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fixed {
    supervisord: Supervisord,
    servers: Vec<ServerPlan>,
    interfaces: Vec<InterfacePlan>,
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
        Staged { auto_logs: BTreeMap::new(), plan }
    }

    pub(crate) fn identifier(&self) -> &str {
        &self.plan.supervisord.identifier
    }

    /// Remembers the AUTO logs of a process of `group`, unless another plan has been staged since.
    pub(crate) fn created(
        &mut self,
        place: usize,
        group: &Arc<GroupPlan>,
        process: &Arc<ProcessPlan>,
        files: LogFiles,
    ) {
        if !self.plan.groups.get(place).is_some_and(|staged| Arc::ptr_eq(staged, group)) {
            return;
        }
        let at = group.processes.iter().position(|other| Arc::ptr_eq(other, process));
        let Some(at) = at.filter(|_| files != LogFiles::default()) else { return };
        let none = || vec![LogFiles::default(); group.processes.len()];
        self.auto_logs.entry(place).or_insert_with(none)[at] = files;
    }

    /// The AUTO logs of a process, by its place in the group at `place`.
    pub(crate) fn auto_logs(&self, place: usize, at: usize) -> LogFiles {
        self.auto_logs.get(&place).map(|files| files[at].clone()).unwrap_or_default()
    }
}

impl Fixed {
    pub(crate) fn of(plan: &Plan) -> Fixed {
        Fixed {
            supervisord: plan.supervisord.clone(),
            servers: plan.servers.clone(),
            interfaces: plan.interfaces.clone(),
        }
    }

    /// The sections of `plan` that wait for a restart: named, where the original keeps silent
    /// (RUN-360).
    fn pending(&self, plan: &Plan) -> Vec<String> {
        let servers = self.servers.iter().chain(&plan.servers);
        let mut sections: Vec<_> = servers.map(|server| server.section.as_str()).collect();
        sections.sort_unstable();
        sections.dedup();
        sections.retain(|section| {
            let named = |server: &&ServerPlan| server.section == *section;
            self.servers.iter().find(named) != plan.servers.iter().find(named)
        });
        if self.interfaces != plan.interfaces {
            sections.push("rpcinterface:x");
        }
        if daemon_options(&self.supervisord) != daemon_options(&plan.supervisord) {
            sections.push("supervisord");
        }
        sections.into_iter().map(|section| format!("[{section}]")).collect()
    }
}

/// The options of `[supervisord]` that only a restart applies (CFG-356).
fn daemon_options(daemon: &Supervisord) -> impl PartialEq + use<'_> {
    // A reread does not look the user up.
    let user = daemon.user.as_ref().map(|user| &user.name);
    (
        (&daemon.logfile, daemon.logfile_maxbytes, daemon.logfile_backups, daemon.loglevel),
        (&daemon.pidfile, &daemon.directory, user, daemon.umask),
        (daemon.nodaemon, daemon.minprocs),
    )
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

    /// Compiles and rehearses before anything is stopped: a configuration the daemon cannot start
    /// over with changes nothing (CFG-497).
    pub(crate) fn request_restart(&mut self, id: Option<RequestId>) {
        if !self.is_stopping() {
            self.compile_for(Purpose::Restart(id));
        }
    }

    fn compile_for(&mut self, purpose: Purpose) {
        if self.compiles.running.is_empty() {
            self.start_compile(vec![purpose]);
        } else if purpose != Purpose::Restart(None) || !self.compiles.waiting.contains(&purpose) {
            self.compiles.waiting.push(purpose);
        }
    }

    fn start_compile(&mut self, purposes: Vec<Purpose>) {
        let rehearse = purposes.iter().any(|purpose| matches!(purpose, Purpose::Restart(_)));
        self.compiles.running = purposes;
        self.actions.push(Action::Compile { rehearse });
    }

    /// The answer to a compile.
    pub(crate) fn compiled(
        &mut self,
        plan: &Result<Arc<Plan>, CompileFailure>,
        obstacle: Option<&str>,
    ) {
        for purpose in std::mem::take(&mut self.compiles.running) {
            match (purpose, plan) {
                (Purpose::Reread(id), Ok(plan)) => self.stage(id, plan),
                (Purpose::Reread(id), Err(failure)) => {
                    self.reply_fault(id, Fault::new(FaultCode::CantReread, &*failure.message));
                }
                (Purpose::Restart(id), Ok(plan)) => match obstacle {
                    None => self.restart(id, plan),
                    Some(obstacle) => self.restart_refused(id, "", obstacle),
                },
                (Purpose::Restart(id), Err(failure)) => {
                    let why = ", the configuration does not compile";
                    self.restart_refused(id, why, &failure.message);
                }
            }
        }
        if !self.compiles.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.compiles.waiting);
            self.start_compile(waiting);
        }
    }

    /// RUN-355, RUN-358.
    fn stage(&mut self, id: RequestId, plan: &Arc<Plan>) {
        for section in self.fixed.pending(plan) {
            let text = format!("the changes of {section} take effect after a restart only");
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

    /// Nothing was stopped yet, and nothing is.
    fn restart_refused(&mut self, id: Option<RequestId>, why: &str, message: &str) {
        self.log(LogLevel::Critical, format!("not restarting{why}: {message}"));
        if let Some(id) = id {
            self.reply_fault(id, Fault::new(FaultCode::CantReread, message));
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
        let active = self.groups.values().map(|group| &*group.plan);
        let Reread { added, changed, removed } = reread(active, &self.staged.plan);
        let pending = self.fixed.pending(&self.staged.plan);
        Reply::Changes { added, changed, removed, pending }
    }
}
