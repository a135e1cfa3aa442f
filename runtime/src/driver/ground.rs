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
use crate::driver::attempt::{Attempt, Made, Means};
use crate::driver::fcgi::{self, FcgiSockets, Lease};
use crate::driver::launcher::Launcher;
use crate::driver::opener::Places;
use crate::logs::{Logs, auto};
use crate::os::environment::Inherited;
use crate::rehearsal::Held;
use crate::supervisor::Supervisor;
use crate::supervisor::message::{
    Action, AutoLogs, Exit, GroupId, GroupOrder, Message, Pid, ProcessId, SpawnError, SpawnOrder,
};

/// The parts of a run that need no runtime.
pub(crate) struct Ground {
    activity: Activity,
    launcher: Launcher,
    sockets: FcgiSockets,
    servers: Vec<Listen>,
    auto_logs: AutoLogNames,
    timeline: Timeline,
}

/// How the AUTO logs of groups to be activated are called.
#[derive(Clone, Debug)]
struct AutoLogNames {
    childlogdir: PathBuf,
    identifier: String,
}

/// A group to be activated: its files and socket are to be made, which may have to wait for a disk.
#[derive(Debug)]
pub(crate) struct Activation {
    order: GroupOrder,
    auto_logs: AutoLogNames,
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
            auto_logs: AutoLogNames::of(plan),
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
                if let Action::Activate(order) = action {
                    inbox.push_back(self.activation(order).carry_out());
                } else if let Action::Log { level, text } = &action {
                    self.activity.log(*level, text);
                } else if let Action::Exit(Exit::Failed(text)) = action {
                    return Err(text);
                }
            }
        }
        Ok(supervisor)
    }

    /// What is to be done to activate a group.
    pub(crate) fn activation(&self, order: GroupOrder) -> Activation {
        Activation { order, auto_logs: self.auto_logs.clone() }
    }

    /// Forgets what a group that is gone needed.
    pub(crate) fn deactivate(&mut self, group: GroupId) {
        self.sockets.forget(group);
    }

    /// What processes are spawned with.
    pub(crate) fn means(&self) -> Arc<Means> {
        self.launcher.means()
    }

    /// Whether the command of a process was read a moment ago.
    pub(crate) fn is_fresh(&self, process: &ProcessPlan) -> bool {
        self.launcher.is_fresh(process)
    }

    /// Gathers what a process is spawned from.
    pub(crate) fn attempt(&mut self, order: SpawnOrder, logs: &Logs) -> Attempt {
        let (socket, opening) = (self.sockets.claim(&order), logs.opening(&order));
        Attempt {
            order: Arc::new(order),
            birth: Arc::default(),
            means: self.launcher.means(),
            socket,
            logs: opening,
        }
    }

    /// Takes over what an attempt has made. The pid of the child, and why it did not become its
    /// program.
    ///
    /// # Errors
    /// When there is no child, in the terms of `spawnerr`.
    pub(crate) fn settle(
        &mut self,
        order: &SpawnOrder,
        made: Made,
        logs: &mut Logs,
    ) -> Result<(Pid, Option<String>), SpawnError> {
        match (made.socket, &made.child) {
            (Some(socket), Ok(_)) => self.sockets.keep(order.process, socket),
            (socket, _) => self.sockets.give_back(socket),
        }
        let child = made.child?;
        logs.attach(order.process, *child.outputs, child.pipes);
        if child.failure.is_none() {
            self.launcher.executed(&order.plan);
        }
        Ok((child.pid, child.failure))
    }

    /// Gives back what a dead process held.
    pub(crate) fn finish(&mut self, process: ProcessId) {
        self.sockets.release(process);
    }

    /// The shares of sockets that were given back, to be dropped by whoever may wait for a disk.
    pub(crate) fn take_returned(&mut self) -> Vec<Lease> {
        self.sockets.take_returned()
    }

    /// Takes over what a reread changes at once (CFG-356).
    pub(crate) fn adopt(&mut self, plan: &Plan) {
        self.auto_logs = AutoLogNames::of(plan);
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
}

impl AutoLogNames {
    fn of(plan: &Plan) -> Self {
        let daemon = &plan.supervisord;
        Self { childlogdir: daemon.childlogdir.clone(), identifier: daemon.identifier.clone() }
    }
}

impl Activation {
    /// Where it works; nowhere when nothing is to be made.
    pub(crate) fn places(&self) -> Places {
        let plans = || self.order.processes.iter().map(|process| &process.plan);
        let logs = plans().any(|plan| auto::has_any(plan)).then_some(&self.auto_logs.childlogdir);
        logs.cloned().into_iter().chain(fcgi::place(&self.order.plan)).collect()
    }

    /// Creates what the group needs, all of it or nothing.
    pub(crate) fn carry_out(self) -> Message {
        let mut made: Vec<AutoLogs> = Vec::new();
        let result = self.create(&mut made);
        if result.is_err() {
            discard(&made, &self.order);
        }
        Message::Activated { group: self.order.group, result: result.map(|()| made) }
    }

    fn create(&self, made: &mut Vec<AutoLogs>) -> Result<(), String> {
        let AutoLogNames { childlogdir, identifier } = &self.auto_logs;
        for process in &self.order.processes {
            let files = auto::create(&process.plan, &process.files, childlogdir, identifier)
                .map_err(|error| error.to_string())?;
            made.push(AutoLogs { process: process.process, files });
        }
        fcgi::try_out(&self.order.plan)
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
