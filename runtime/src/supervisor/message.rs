//! What goes into the core and what comes out of it. Types and their contracts; what a message
//! does is decided elsewhere.
//!
//! The driver calls `Supervisor::handle(message, now)` and executes the returned actions **in
//! order**. An action marked *answered* is answered by one message, and every such answer that is
//! already known is handed in before any other message. So the core never waits, and nothing is
//! seen half done.

use std::sync::Arc;
use std::time::Duration;

use compiler::plan::Plan;
use compiler::schema::value::Signal;
use serde::{Deserialize, Serialize};

mod action;
mod request;

pub use super::command::{CommandError, SpawnError};
pub use action::{Action, Exit, GroupOrder, ProcessOrder, Publication, SpawnOrder};
pub use request::{
    AutoLogs, ConfigView, LogFiles, Outcome, ProcessStatus, Reply, Request, SignalArgument, Target,
};
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
    /// The wall clock has been set.
    ClockSet,
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
        /// For which client.
        request: RequestId,
        /// Whether its command could be executed.
        result: Result<(), CommandError>,
    },
    /// The spawn or the probe under way waits for a disk. It is answered when the disk has done it,
    /// or when it is abandoned; others need not wait for it.
    SpawnStalled {
        /// Which process.
        process: ProcessId,
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
    /// The end of a stream whose output is shown in the activity log (LOG-013).
    PipeClosed {
        /// Whose it was.
        process: ProcessId,
        /// Which of its streams.
        channel: Channel,
        /// The number of the stream, never used again.
        stream: u64,
        /// The descriptor it was read from.
        fd: i32,
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
    Compiled {
        /// The plan, or why there is none.
        plan: Result<Arc<Plan>, CompileFailure>,
        /// Why the daemon could not start over with the plan, if it was asked for and cannot.
        obstacle: Option<String>,
    },
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
