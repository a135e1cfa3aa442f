//! Faults and states of the interface, until the `rpc` crate has them under the same names.

/// Why a call is not carried out. Displays as the `faultString`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong.
    pub code: FaultCode,
    /// What it went wrong with: a name, a path, a message.
    pub detail: Option<String>,
}

/// The codes of [`Fault`] (RPC-053 to RPC-071).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// The daemon is stopping or restarting.
    ShutdownState = 6,
    /// No such process or group.
    BadName = 10,
    /// No such signal.
    BadSignal = 11,
    /// A file (log, command, pipe) is missing.
    NoFile = 20,
    /// The command cannot be executed.
    NotExecutable = 21,
    /// Something else failed.
    Failed = 30,
    /// The process ended while it was waited for.
    AbnormalTermination = 40,
    /// The process could not be spawned.
    SpawnError = 50,
    /// The process runs already.
    AlreadyStarted = 60,
    /// The process does not run.
    NotRunning = 70,
    /// Not a fault: the `status` of a success in result arrays (RPC-068).
    Success = 80,
    /// The group is active already.
    AlreadyAdded = 90,
    /// The group cannot be removed, a member still runs.
    StillRunning = 91,
    /// The configuration does not compile.
    CantReread = 92,
}

/// The state of a process as the interface shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProcessState {
    /// Not running, on purpose or not yet started.
    Stopped = 0,
    /// Spawned, not yet up for `startsecs`.
    Starting = 10,
    /// Up.
    Running = 20,
    /// Ended too soon; to be spawned again.
    Backoff = 30,
    /// Signalled to stop, not yet gone.
    Stopping = 40,
    /// Ended by itself.
    Exited = 100,
    /// Given up.
    Fatal = 200,
    /// The daemon lost track of it.
    Unknown = 1000,
}

/// The state of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DaemonState {
    /// Stopping for good.
    Shutdown = -1,
    /// Stopping in order to start over.
    Restarting = 0,
    /// At work.
    Running = 1,
}
