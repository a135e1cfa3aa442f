//! What clients ask the core for, and what they are answered.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use compiler::plan::{GroupPlan, Plan};
use compiler::schema::value::Signal;
use serde::{Deserialize, Serialize};

use super::{Channel, DaemonState, ExitStatus, Pid, ProcessId, ProcessState, Wall};

/// What a client may want. The core checks the shutdown state first, then names, then values
/// (RPC-081); the number and the types of arguments are checked before.
#[derive(Clone, Debug)]
pub enum Request {
    /// The state of the daemon. Also the check for methods that need nothing else of the core:
    /// it faults `SHUTDOWN_STATE` like every other. Reply: `State`.
    State,
    /// The `identifier` in force. Reply: `Text`.
    Identification,
    /// One process. `g:*` is a bad name here. Reply: `Process`.
    Info {
        /// A namespec.
        name: String,
    },
    /// Every process, by group name, then process name. Reply: `Processes`.
    AllInfo,
    /// The plan read last, and what is active. Reply: `Config`.
    Config,
    /// Start. Reply: `Done` for a process, `Statuses` for a group or all.
    Start {
        /// What.
        target: Target,
        /// Answer only when it has succeeded or failed.
        wait: bool,
    },
    /// Stop. Reply as for `Start`.
    Stop {
        /// What.
        target: Target,
        /// Answer only when it is gone.
        wait: bool,
    },
    /// Send a signal. Reply as for `Start`.
    Signal {
        /// To what.
        target: Target,
        /// Which.
        signal: SignalArgument,
    },
    /// Activate a group of the plan read last. Reply: `Done`.
    AddGroup {
        /// Its name.
        name: String,
    },
    /// Remove a group whose processes are all stopped. Reply: `Done`.
    RemoveGroup {
        /// Its name.
        name: String,
    },
    /// Compile the configuration again and say what differs. Reply: `Changes`.
    Reread,
    /// Compile, stop everything, start over. Reply: `Done`, before anything is stopped.
    Restart,
    /// Stop everything and exit. Reply: `Done`, before anything is stopped.
    Shutdown,
    /// Write to a stdin. Reply: `Done`.
    SendStdin {
        /// A namespec of one process.
        name: String,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Emit `REMOTE_COMMUNICATION`; works during shutdown too (EVT-075). Reply: `Done`.
    RemoteEvent {
        /// The `type` of the event.
        kind: String,
        /// Its data.
        data: String,
    },
    /// Empty the logs of one process. Reply: `Done`.
    ClearLogs {
        /// A namespec of one process.
        name: String,
    },
    /// Empty the logs of every process. Reply: `Statuses`.
    ClearAllLogs,
    /// Which file a process logs a stream to, to read it elsewhere. Reply: `Path`.
    LogPath {
        /// A namespec of one process.
        name: String,
        /// Which stream.
        channel: Channel,
    },
}

/// What a start, stop or signal is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A namespec; `g:*` and `g:` mean the whole group (RPC-085).
    Process(String),
    /// The bare name of a group.
    Group(String),
    /// Everything.
    All,
}

/// A signal as a client gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalArgument {
    /// As given, for the text of `BAD_SIGNAL`.
    pub text: String,
    /// Its number; `None` when there is no such signal (RPC-159 to RPC-162).
    pub number: Option<Signal>,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug)]
pub enum Reply {
    /// `true`.
    Done,
    /// The state of the daemon.
    State(DaemonState),
    /// A text.
    Text(String),
    /// One process.
    Process(Box<ProcessStatus>),
    /// Several processes.
    Processes(Vec<ProcessStatus>),
    /// What is configured and what is active.
    Config(Box<ConfigView>),
    /// One entry for each process that was started, stopped, signalled or cleared, in the order
    /// of completion (RPC-221).
    Statuses(Vec<Outcome>),
    /// Names of groups (RPC-170).
    Changes {
        /// Configured, not active.
        added: Vec<String>,
        /// Active, configured otherwise.
        changed: Vec<String>,
        /// Active, no longer configured.
        removed: Vec<String>,
        /// The sections, in brackets, whose changes take effect after a restart only (RUN-360).
        pending: Vec<String>,
    },
    /// A log file, if there is one.
    Path(Option<Arc<Path>>),
}

impl Reply {
    /// The sections that wait for a restart.
    #[must_use]
    pub fn pending(&self) -> &[String] {
        if let Reply::Changes { pending, .. } = self { pending } else { &[] }
    }
}

/// What is known of a process. Cheap to clone. The description is rendered by who shows it, for
/// it needs the time zone (RUN-190 to RUN-194).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStatus {
    /// Which entry.
    pub id: ProcessId,
    /// Name without the group.
    pub name: Arc<str>,
    /// Name of the group.
    pub group: Arc<str>,
    /// Its state.
    pub state: ProcessState,
    /// Its pid while it is alive (RUN-110).
    pub pid: Option<Pid>,
    /// Last spawn attempt (RUN-111); `None` for never.
    pub start: Option<Wall>,
    /// Last exit (RUN-112); `None` for never.
    pub stop: Option<Wall>,
    /// The clock when this was written.
    pub now: Wall,
    /// Last spawn problem (RUN-115).
    pub spawn_error: Option<Arc<str>>,
    /// Exit code, -1 for a death by signal (RUN-116).
    pub exit_code: Option<i32>,
    /// How it ended last, also when it has been started again since; `None` for never.
    pub ended: Option<ExitStatus>,
    /// File of stdout, AUTO resolved.
    pub stdout_log: Option<Arc<Path>>,
    /// File of stderr, AUTO resolved; `None` when redirected.
    pub stderr_log: Option<Arc<Path>>,
    /// How often it was spawned since its group was activated.
    pub spawns: u64,
}

/// What is configured and what is active (RPC-190, RPC-215).
#[derive(Clone, Debug)]
pub struct ConfigView {
    /// The plan read last. Its `groups` are what `AddGroup` takes from.
    pub plan: Arc<Plan>,
    /// The active groups, in the order of activation.
    pub active: Vec<Arc<GroupPlan>>,
    /// The AUTO logs that exist: by the place of their group in `plan`, for each of its processes.
    pub auto_logs: BTreeMap<usize, Vec<LogFiles>>,
}

/// The files of AUTO logs; `None` for what is not AUTO or not created yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFiles {
    /// File of stdout.
    pub stdout: Option<Arc<Path>>,
    /// File of stderr.
    pub stderr: Option<Arc<Path>>,
}

/// The AUTO logs of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoLogs {
    /// Which process.
    pub process: ProcessId,
    /// Their files.
    pub files: LogFiles,
}

/// What became of one process of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Name without the group.
    pub name: Arc<str>,
    /// Name of the group.
    pub group: Arc<str>,
    /// 80, or the code of the fault.
    pub status: i32,
    /// `OK`, or the text of the fault.
    pub description: String,
}

impl LogFiles {
    /// The file of a stream.
    #[must_use]
    pub fn get(&self, channel: Channel) -> Option<&Arc<Path>> {
        match channel {
            Channel::Stdout => self.stdout.as_ref(),
            Channel::Stderr => self.stderr.as_ref(),
        }
    }
}
