//! What goes into the core and what comes out of it. Types and their contracts; what a message
//! does is decided elsewhere.
//!
//! The driver calls `Supervisor::handle(message, now)` and executes the returned actions **in
//! order**. An action marked *answered* is answered by one message, and every such answer that is
//! already known is handed in before any other message. So the core never waits, and nothing is
//! seen half done.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use compiler::plan::{GroupPlan, Plan, ProcessPlan};
use compiler::schema::value::{LogLevel, Signal};
use serde::{Deserialize, Serialize};

pub use super::command::{CommandError, SpawnError};
pub use rpc::{DaemonState, Fault, FaultCode, ProcessState};

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock; its origin is arbitrary. Decides.
    pub mono: Duration,
    /// The wall clock. Only shown.
    pub wall: Wall,
}

/// A moment of the wall clock: microseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wall(pub i64);

/// One entry of the process table. Never used twice in the life of a `Supervisor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId(pub u64);

/// One activation of a group. A group removed and added again has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupId(pub u64);

/// The number the kernel gave to a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pid(pub i32);

/// One request of a client, numbered by the driver. The core answers each exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// A stream of a process that has a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Channel {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// First message: activate the groups of the plan (RUN-021 g). Before daemonising.
    Boot,
    /// Second message, once every activation is answered and the servers are up: announce
    /// RUNNING and start what starts by itself.
    Run,
    /// A client wants something.
    Request {
        /// Where the answer goes.
        id: RequestId,
        /// What it wants.
        request: Request,
    },
    /// The daemon received a signal.
    Signal(DaemonSignal),
    /// A deadline given by `Supervisor::deadline` has passed. Harmless when none has.
    Deadline,
    /// Answers [`Action::Activate`].
    Activated {
        /// Which activation.
        group: GroupId,
        /// The names of the AUTO logs that were created, or the text of what failed, in which
        /// case nothing of the group is left behind.
        result: Result<Vec<AutoLogs>, String>,
    },
    /// Answers [`Action::Probe`].
    Probed {
        /// Which process.
        process: ProcessId,
        /// Whether its command could be executed.
        result: Result<(), CommandError>,
    },
    /// Answers [`Action::Spawn`]: the child exists, or it does not.
    Spawned {
        /// Which process.
        process: ProcessId,
        /// Its pid.
        result: Result<Pid, SpawnError>,
    },
    /// The child could not be set up or executed; it exits with status 127 (RUN-210 to RUN-215).
    ChildFailed {
        /// Which process.
        process: ProcessId,
        /// The text the child wrote, one line, without `supervisor: `.
        reason: String,
    },
    /// A child was reaped. Its pid may be reused from now on.
    Exited {
        /// The pid; perhaps not one of ours (RUN-350).
        pid: Pid,
        /// How it ended.
        status: ExitStatus,
    },
    /// `waitpid` failed with something else than ECHILD and EINTR (RUN-351).
    ReapFailed {
        /// The error number.
        errno: i32,
    },
    /// Answers [`Action::Drain`]: all output of the dead process has been handed in, its pipes
    /// are closed.
    Drained {
        /// Which process.
        process: ProcessId,
    },
    /// Answers [`Action::Kill`].
    Killed {
        /// Which process.
        process: ProcessId,
        /// The action's `why`.
        why: Why,
        /// Whether the signal was sent.
        result: Result<(), SignalError>,
    },
    /// A process wrote something that is an event (LOG-086, EVT-074), after strip_ansi. The core
    /// logs the line of LOG-086.
    Output {
        /// Which process.
        process: ProcessId,
        /// Where it wrote.
        channel: Channel,
        /// A chunk of the log, or what it wrote between the capture tokens.
        kind: OutputKind,
        /// The bytes.
        data: Vec<u8>,
    },
    /// An event listener wrote to its stdout. The bytes as read, in order.
    ListenerOutput {
        /// Which process.
        process: ProcessId,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Answers [`Action::Feed`] and [`Action::WriteStdin`].
    Fed {
        /// Which process.
        process: ProcessId,
        /// For which client, if for one.
        request: Option<RequestId>,
        /// What became of the bytes.
        result: FeedResult,
    },
    /// A stdin that was answered with [`FeedResult::Full`] has been read empty.
    StdinDrained {
        /// Which process.
        process: ProcessId,
    },
    /// Answers [`Action::ClearLogs`].
    LogsCleared {
        /// Which process.
        process: ProcessId,
        /// For which client.
        request: RequestId,
        /// Whether its logs are empty now.
        result: Result<(), ()>,
    },
    /// Answers [`Action::Compile`].
    Compiled(Result<Arc<Plan>, CompileFailure>),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExitStatus {
    /// With this code, 0..=255.
    Code(u8),
    /// By a signal.
    Signal {
        /// Which one.
        signal: Signal,
        /// Whether it left a core file.
        core: bool,
    },
    /// With a status that says neither.
    Other(u16),
}

/// Why a signal could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignalError {
    /// ESRCH: the process is gone, its exit is on the way (RUN-142).
    Gone,
    /// Anything else, as `[Errno 1] Operation not permitted`.
    Failed(String),
}

/// What a [`Action::Kill`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// To ask the process to stop.
    Stop,
    /// To make it: SIGKILL after `stopwaitsecs`.
    Escalate,
    /// Because a client said so (RUN-169).
    Request(RequestId),
}

/// What kind of event output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// `PROCESS_LOG_*`.
    Log,
    /// `PROCESS_COMMUNICATION_*`.
    Communication,
}

/// What became of bytes for a stdin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedResult {
    /// Written, or queued to be written as the pipe drains (EVT-076).
    Accepted,
    /// The process has closed its stdin: EPIPE. Nothing was queued.
    Closed,
    /// Earlier bytes still wait. Nothing was queued; [`Message::StdinDrained`] follows.
    Full,
}

/// A configuration that does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileFailure {
    /// The original's error line without `Error: `; the detail of `CANT_REREAD`.
    pub message: String,
}

/// The signals the daemon acts upon (RUN-340 to RUN-345).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DaemonSignal {
    /// Shut down.
    Term,
    /// Shut down.
    Int,
    /// Shut down.
    Quit,
    /// Restart.
    Hup,
    /// Reopen the logs.
    Usr2,
    /// A child changed state; only logged.
    Chld,
}

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
    },
    /// A log file, if there is one.
    Path(Option<Arc<Path>>),
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
    /// For each group of `plan`, for each of its processes: the files of its AUTO logs, once they
    /// exist.
    pub auto_logs: Vec<Vec<LogFiles>>,
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
    /// Create what a group needs: AUTO log files, a trial of its FastCGI socket (RUN-402).
    /// *Answered* by [`Message::Activated`].
    Activate(GroupOrder),
    /// A group is gone: forget its FastCGI socket. Log files stay (RUN-365).
    Deactivate {
        /// Which activation.
        group: GroupId,
    },
    /// Check the command of a process, spawn nothing (RUN-175 to RUN-179b).
    /// *Answered* by [`Message::Probed`].
    Probe(SpawnOrder),
    /// Spawn a process. *Answered* by [`Message::Spawned`].
    Spawn(SpawnOrder),
    /// Send a signal to a child that is not reaped yet. *Answered* by [`Message::Killed`].
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
    /// *Answered* by [`Message::Drained`].
    Drain {
        /// Which process.
        process: ProcessId,
    },
    /// Send an event to a listener's stdin. *Answered* by [`Message::Fed`].
    Feed {
        /// Which process.
        process: ProcessId,
        /// The envelope.
        data: Vec<u8>,
    },
    /// Send a client's bytes to a stdin. *Answered* by [`Message::Fed`].
    WriteStdin {
        /// Which process.
        process: ProcessId,
        /// For which client.
        request: RequestId,
        /// The bytes.
        data: Vec<u8>,
    },
    /// Empty the logs of a process, alive or not. *Answered* by [`Message::LogsCleared`].
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
    /// *Answered* by [`Message::Compiled`].
    Compile,
    /// A reread succeeded: `minfds`, `strip_ansi`, `childlogdir`, `identifier` and the capping of
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

impl Channel {
    /// `stdout` or `stderr`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Channel::Stdout => "stdout",
            Channel::Stderr => "stderr",
        }
    }
}
