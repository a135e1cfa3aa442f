//! What the core wants done.

use std::sync::Arc;

use compiler::plan::{GroupPlan, Plan, ProcessPlan};
use compiler::schema::value::{LogLevel, Signal};

use super::{
    DaemonState, Fault, GroupId, LogFiles, Pid, ProcessId, ProcessStatus, Reply, RequestId, Why,
};

/// Something to be done, in order.
#[derive(Clone, Debug)]
pub enum Action {
    /// Write a line to the activity log.
    Log {
        /// Its level.
        level: LogLevel,
        /// Its text.
        text: String,
    },
    /// Write to the daemon's own stdout.
    Print(Vec<u8>),
    /// Create what a group needs: AUTO log files, a trial of its FastCGI socket (RUN-402).
    /// *Answered* by [`super::Message::Activated`].
    Activate(GroupOrder),
    /// A group is gone: forget its FastCGI socket. Log files stay (RUN-365).
    Deactivate {
        /// Which activation.
        group: GroupId,
    },
    /// Check the command of a process, spawn nothing (RUN-175 to RUN-179b).
    /// *Answered* by [`super::Message::Probed`].
    Probe {
        /// Whose.
        order: SpawnOrder,
        /// For which client; comes back in the answer.
        request: RequestId,
    },
    /// Spawn a process. *Answered* by [`super::Message::Spawned`].
    Spawn(SpawnOrder),
    /// Do not spawn a process that still waits for a disk. Its spawn is *answered* by
    /// [`super::Message::Spawned`] either way.
    Abandon {
        /// Which process.
        process: ProcessId,
    },
    /// Send a signal to a child that is not reaped yet. *Answered* by [`super::Message::Killed`].
    Kill {
        /// Which process.
        process: ProcessId,
        /// Its pid.
        pid: Pid,
        /// Which signal.
        signal: Signal,
        /// To its process group instead of itself.
        to_group: bool,
        /// What for; comes back in the answer.
        why: Why,
    },
    /// Read what the pipes of a dead process still hold, then close them (RUN-171, RUN-172).
    /// *Answered* by [`super::Message::Drained`].
    Drain {
        /// Which process.
        process: ProcessId,
    },
    /// Send an event to a listener's stdin. *Answered* by [`super::Message::Fed`].
    Feed {
        /// Which process.
        process: ProcessId,
        /// The envelope.
        data: Vec<u8>,
    },
    /// Send a client's bytes to a stdin. *Answered* by [`super::Message::Fed`].
    WriteStdin {
        /// Which process.
        process: ProcessId,
        /// For which client.
        request: RequestId,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Empty the logs of a process, alive or not. *Answered* by [`super::Message::LogsCleared`].
    ClearLogs {
        /// Which process.
        process: ProcessId,
        /// For which client.
        request: RequestId,
        /// Its files.
        files: LogFiles,
    },
    /// Log `supervisord logreopen`, then reopen the activity log and every open child log
    /// (LOG-060).
    ReopenLogs,
    /// Compile the configuration, off the core. At most one at a time.
    /// *Answered* by [`super::Message::Compiled`].
    Compile {
        /// Find out too whether the daemon could start over with the result.
        rehearse: bool,
    },
    /// A reread succeeded: `strip_ansi`, `childlogdir`, `identifier` and the capping of
    /// the debug copies by `loglevel` are taken from this plan from now on (CFG-356).
    Adopt(Arc<Plan>),
    /// Answer a client.
    Reply {
        /// Which request.
        id: RequestId,
        /// The answer.
        result: Result<Reply, Fault>,
    },
    /// Tell who watches.
    Publish(Publication),
    /// Nothing is left to supervise: flush the replies and end the run.
    Exit(Exit),
}

/// A group to be activated.
#[derive(Clone, Debug)]
pub struct GroupOrder {
    /// Which activation.
    pub group: GroupId,
    /// Its plan.
    pub plan: Arc<GroupPlan>,
    /// Its processes, in the order of the plan.
    pub processes: Vec<ProcessOrder>,
}

/// A process of a group to be activated.
#[derive(Clone, Debug)]
pub struct ProcessOrder {
    /// Which process.
    pub process: ProcessId,
    /// Its plan.
    pub plan: Arc<ProcessPlan>,
    /// AUTO logs it had before: to be created again under the same name (RUN-369).
    pub files: LogFiles,
}

/// A process to be probed or spawned.
#[derive(Clone, Debug)]
pub struct SpawnOrder {
    /// Which process.
    pub process: ProcessId,
    /// Its group, for the FastCGI socket and whether it is a listener.
    pub group: GroupId,
    /// The plan of its group.
    pub group_plan: Arc<GroupPlan>,
    /// Its own plan.
    pub plan: Arc<ProcessPlan>,
    /// The files its streams are logged to, AUTO resolved.
    pub files: LogFiles,
}

/// A change, for who watches live.
#[derive(Clone, Debug)]
pub enum Publication {
    /// A process changed its state.
    Process(Box<ProcessStatus>),
    /// A group was added.
    GroupAdded(Arc<str>),
    /// A group was removed.
    GroupRemoved(Arc<str>),
    /// The daemon changed its state.
    Daemon(DaemonState),
}

/// How a run ends.
#[derive(Clone, Debug)]
pub enum Exit {
    /// For good, status 0.
    Shutdown,
    /// Start over in the same pid with this plan.
    Restart {
        /// It compiled before anything was stopped.
        plan: Arc<Plan>,
        /// The next global event serial (EVT-034); hand it to the next `Supervisor`.
        serial: u64,
    },
    /// A group of the first plan could not be activated (RUN-076).
    Failed(String),
}
