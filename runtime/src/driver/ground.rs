//! What the driver stands on before and after the daemon has left the terminal: the log, the means
//! to activate groups and to launch processes.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use compiler::plan::{Listen, Plan, ProcessPlan};
use compiler::schema::value::LogLevel;

use crate::activity::Activity;
use crate::driver::Timeline;
use crate::driver::fcgi::FcgiSockets;
use crate::driver::launcher::{Launched, Launcher};
use crate::logs::{Logs, auto};
use crate::os::environment::Inherited;
use crate::rehearsal::Held;
use crate::supervisor::Supervisor;
use crate::supervisor::message::{
    Action, AutoLogs, CommandError, Exit, GroupId, GroupOrder, Message, ProcessId, SpawnError,
    SpawnOrder,
};

/// The parts of a run that need no runtime.
pub(crate) struct Ground {
    activity: Activity,
    launcher: Launcher,
    sockets: FcgiSockets,
    servers: Vec<Listen>,
    childlogdir: PathBuf,
    identifier: String,
    timeline: Timeline,
}

impl Ground {
    /// The ground of a run of `plan`.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub(crate) fn new(activity: Activity, inherited: Inherited, plan: &Plan) -> io::Result<Self> {
        Ok(Self {
            activity,
            launcher: Launcher::new(inherited, plan)?,
            sockets: FcgiSockets::default(),
            servers: plan.servers.iter().map(|server| server.listen.clone()).collect(),
            childlogdir: plan.supervisord.childlogdir.clone(),
            identifier: plan.supervisord.identifier.clone(),
            timeline: Timeline::begin(),
        })
    }

    /// Makes a core for `plan` and activates its groups (RUN-021 g). Nothing is started.
    ///
    /// # Errors
    /// Why a group cannot be activated (RUN-076).
    pub(crate) fn boot(&mut self, plan: Arc<Plan>, serial: u64) -> Result<Supervisor, String> {
        let mut supervisor = Supervisor::new(plan, serial);
        if std::process::id() == 1 {
            supervisor.adopt_orphans();
        }
        if !self.activity.keeps(LogLevel::Debug) {
            supervisor.omit_debug_lines();
        }
        let mut inbox = VecDeque::from([Message::Boot]);
        while let Some(message) = inbox.pop_front() {
            for action in supervisor.handle(message, self.timeline.now()) {
                if let Action::Activate(order) = &action {
                    inbox.push_back(self.activate(order));
                } else if let Action::Log { level, text } = &action {
                    self.activity.log(*level, text);
                } else if let Action::Exit(Exit::Failed(text)) = action {
                    return Err(text);
                }
            }
        }
        Ok(supervisor)
    }

    /// Creates what a group needs, all of it or nothing.
    pub(crate) fn activate(&self, order: &GroupOrder) -> Message {
        let mut made: Vec<AutoLogs> = Vec::new();
        let result = self.create(order, &mut made);
        if result.is_err() {
            discard(&made, order);
        }
        Message::Activated { group: order.group, result: result.map(|()| made) }
    }

    /// Forgets what a group that is gone needed.
    pub(crate) fn deactivate(&mut self, group: GroupId) {
        self.sockets.forget(group);
    }

    /// Whether the command of a process could be executed.
    pub(crate) fn probe(&self, process: &ProcessPlan) -> Result<(), CommandError> {
        self.launcher.probe(process).map(drop)
    }

    /// Starts a process.
    pub(crate) fn launch(
        &mut self,
        order: &SpawnOrder,
        logs: &mut Logs,
    ) -> Result<Launched, SpawnError> {
        self.launcher.launch(order, logs, &mut self.sockets)
    }

    /// Gives back what a dead process held.
    pub(crate) fn finish(&mut self, process: ProcessId) {
        self.sockets.release(process);
    }

    /// Takes over what a reread changes at once (CFG-356).
    pub(crate) fn adopt(&mut self, plan: &Plan) {
        self.childlogdir.clone_from(&plan.supervisord.childlogdir);
        self.identifier.clone_from(&plan.supervisord.identifier);
    }

    /// What the run keeps others from, and gives back at its end.
    pub(crate) fn held(&self) -> Held {
        Held { servers: self.servers.clone(), fcgi: self.sockets.addresses() }
    }

    /// The activity log.
    pub(crate) fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The clock of the run.
    pub(crate) fn timeline(&self) -> Timeline {
        self.timeline
    }

    fn create(&self, order: &GroupOrder, made: &mut Vec<AutoLogs>) -> Result<(), String> {
        for process in &order.processes {
            let plan = &process.plan;
            let files = auto::create(plan, &process.files, &self.childlogdir, &self.identifier)
                .map_err(|error| error.to_string())?;
            made.push(AutoLogs { process: process.process, files });
        }
        self.sockets.check(&order.plan)
    }
}

/// Removes the AUTO logs that were made for a group in vain; those it had before stay.
fn discard(made: &[AutoLogs], order: &GroupOrder) {
    for (logs, process) in made.iter().zip(&order.processes) {
        let files = [&logs.files.stdout, &logs.files.stderr];
        let before = [&process.files.stdout, &process.files.stderr];
        for path in
            files.into_iter().flatten().filter(|path| !before.contains(&&Some(Arc::clone(path))))
        {
            drop(std::fs::remove_file(path));
        }
    }
}
