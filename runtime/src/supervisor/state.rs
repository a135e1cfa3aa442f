//! The machine of one process: its states, what can happen to it, and the one table that says
//! what follows. No names, no texts, no clock; who carries out the effects is elsewhere.

use std::time::Duration;

use compiler::schema::section::Program;
use compiler::schema::value::{AutoRestart, ExitCodes, Signal};
use serde::{Deserialize, Serialize};

use super::message::{Pid, ProcessState, Why};

mod cells;
mod reference;

use cells::Failure;
pub use reference::reference;

/// The state of one process. Moments are readings of the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Not running, on purpose or not yet started.
    Stopped {
        /// Failed starts in a row; a stop does not forget them (RUN-114, RUN-162).
        tries: u32,
    },
    /// A spawn has been ordered and not been answered. Shown as STARTING.
    Spawning {
        /// Failed starts in a row before this one.
        tries: u32,
        /// When it was ordered.
        since: Duration,
        /// Stop it as soon as it exists.
        stop: bool,
    },
    /// The child exists and is not yet up for `startsecs`.
    Starting {
        /// Its pid.
        pid: Pid,
        /// Failed starts in a row before this one.
        tries: u32,
        /// When it counts as started.
        until: Duration,
    },
    /// Up.
    Running {
        /// Its pid.
        pid: Pid,
    },
    /// Ended too soon, or could not be spawned.
    Backoff {
        /// Failed starts in a row, this one included.
        tries: u32,
        /// When to try again.
        retry_at: Duration,
    },
    /// Asked to stop, not yet gone.
    Stopping {
        /// Its pid.
        pid: Pid,
        /// Failed starts in a row before it was stopped.
        tries: u32,
        /// When to send SIGKILL.
        kill_at: Duration,
    },
    /// Ended by itself.
    Exited {
        /// When to start it again, if it is to be.
        restart_at: Option<Duration>,
    },
    /// Given up.
    Fatal,
    /// A signal could not be sent; the process may live on.
    Unknown {
        /// Its pid.
        pid: Pid,
        /// Failed starts in a row before.
        tries: u32,
        /// Whether it was being stopped.
        stopping: bool,
    },
}

/// Something that happens to one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is to be spawned: by a client, at the start, after an exit, after a failure.
    Launch,
    /// The child exists.
    Spawned(Pid),
    /// There is no child.
    SpawnFailed,
    /// It is to stop.
    Stop,
    /// The signal that stops it could not be sent, and not because it is gone.
    KillFailed,
    /// A client's signal could not be sent, and not because it is gone.
    SignalFailed,
    /// The child was reaped; the exit code, or -1 for anything but an exit.
    Exited(i32),
    /// The state's deadline may have passed.
    Deadline,
    /// The daemon stops and it is this process's turn.
    GiveUp,
}

/// What the configuration and the daemon's state say about a process.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    /// How long it must be up to count as started.
    pub startsecs: Duration,
    /// How many failed starts in a row are followed by another.
    pub startretries: i64,
    /// How long it may take to stop.
    pub stopwaitsecs: Duration,
    /// What asks it to stop.
    pub stopsignal: Signal,
    /// Whether that goes to its process group.
    pub stopasgroup: bool,
    /// Whether SIGKILL goes to its process group.
    pub killasgroup: bool,
    /// When to start it again after an exit.
    pub autorestart: AutoRestart,
    /// The exit codes that are expected.
    pub exitcodes: &'a ExitCodes,
    /// Whether processes are started at all: not while the daemon stops (RUN-151).
    pub starts: bool,
    /// The earliest moment of an automatic restart from EXITED.
    pub restart_at: Duration,
}

/// What follows from an event, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Order a spawn; a new attempt begins (RUN-111, RUN-115).
    Spawn,
    /// Do not wait any longer for a spawn that a disk holds up.
    Abandon,
    /// Wait in line for a spawn.
    Queue,
    /// Send a signal.
    Kill {
        /// To whom.
        pid: Pid,
        /// Which.
        signal: Signal,
        /// To the process group.
        to_group: bool,
        /// What for.
        why: Why,
    },
    /// Emit the event of the new state.
    Notify(Change),
    /// Remember how it ended.
    Ended(Ending),
    /// Write a line to the activity log.
    Log(Line),
}

/// A change of state as `PROCESS_STATE_*` events tell it (EVT-020 to EVT-023).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The state before.
    pub from: ProcessState,
    /// The state now, with what its event tells.
    pub to: Entered,
}

/// A state as its event tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// `STOPPED`; no pid when it had none.
    Stopped(Option<Pid>),
    /// `STARTING`, with the failed starts so far.
    Starting(u32),
    /// `RUNNING`.
    Running(Pid),
    /// `BACKOFF`, with the failed starts so far.
    Backoff(u32),
    /// `STOPPING`.
    Stopping(Pid),
    /// `EXITED`.
    Exited {
        /// Its late pid.
        pid: Pid,
        /// Whether its exit code is among the expected ones.
        expected: bool,
    },
    /// `FATAL`.
    Fatal,
    /// `UNKNOWN`.
    Unknown,
}

/// How a process ended, as the table of processes remembers it (RUN-115, RUN-116).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was stopped.
    Stopped(i32),
    /// It was not up for `startsecs`.
    Quick,
    /// With an expected exit code.
    Expected(i32),
    /// With another exit code, or by a signal.
    Unexpected(i32),
}

/// A line for the activity log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// `spawned: ...`
    Spawned(Pid),
    /// `success: ...`
    Success,
    /// `gave up: ...`
    GaveUp,
    /// `exited: ...`, and whether that was expected.
    Exited(bool),
    /// `stopped: ...`, and whether the exit code was expected.
    Stopped(bool),
    /// `killing ... with signal ...`
    Killing {
        /// The pid.
        pid: Pid,
        /// The signal.
        signal: Signal,
        /// Whether it goes to the process group.
        to_group: bool,
    },
    /// `killing ... with SIGKILL`
    Escalating(Pid),
    /// `Attempted to kill ..., which is in BACKOFF state.`
    StopInBackoff,
}

/// SIGKILL.
pub const KILL: Signal = Signal(9);

/// What follows when `event` happens to a process in `state`. Every pair is named; most change
/// nothing.
#[must_use]
pub fn transition(
    state: State,
    event: Event,
    now: Duration,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    use Event as E;
    use State as S;
    match (state, event) {
        (S::Stopped { tries } | S::Backoff { tries, .. }, E::Launch) => {
            cells::launch(state, tries, now)
        }
        (S::Exited { .. } | S::Fatal, E::Launch) => cells::launch(state, 0, now),

        (S::Spawning { tries, since, stop }, E::Spawned(pid)) => {
            cells::spawned(pid, tries, since, stop, now, policy)
        }
        (S::Spawning { tries, stop, .. }, E::SpawnFailed) => {
            cells::failed(state, tries, Failure::Spawn { then_stop: stop }, now, policy)
        }

        (S::Spawning { tries, since, stop: false }, E::Stop) => {
            (S::Spawning { tries, since, stop: true }, vec![Effect::Abandon])
        }
        (S::Starting { pid, tries, .. }, E::Stop) => cells::stop(state, pid, tries, now, policy),
        (S::Running { pid }, E::Stop) => cells::stop(state, pid, 0, now, policy),
        (S::Backoff { tries, .. }, E::Stop) => cells::stop_in_backoff(tries),
        (S::Exited { .. }, E::Stop) => (S::Exited { restart_at: None }, Vec::new()),

        (S::Stopping { pid, tries, .. }, E::KillFailed | E::SignalFailed) => {
            cells::lose(state, pid, tries, true)
        }
        (S::Starting { pid, tries, .. }, E::SignalFailed) => cells::lose(state, pid, tries, false),
        (S::Running { pid }, E::SignalFailed) => cells::lose(state, pid, 0, false),

        (S::Starting { tries, until, .. }, E::Exited(_)) if now < until => {
            cells::failed(state, tries, Failure::Exit, now, policy)
        }
        (S::Starting { pid, .. }, E::Exited(code)) => {
            cells::promoted_then_exited(state, pid, code, policy)
        }
        (S::Running { pid } | S::Unknown { pid, stopping: false, .. }, E::Exited(code)) => {
            cells::exited(state, pid, code, policy)
        }
        (
            S::Stopping { pid, tries, .. } | S::Unknown { pid, tries, stopping: true },
            E::Exited(code),
        ) => cells::stopped(state, pid, tries, code, policy),

        (S::Starting { pid, until, .. }, E::Deadline) if until <= now => cells::promote(state, pid),
        (S::Stopping { pid, tries, kill_at }, E::Deadline) if kill_at <= now => {
            cells::escalate(pid, tries, now, policy)
        }
        (S::Backoff { retry_at: at, .. } | S::Exited { restart_at: Some(at) }, E::Deadline)
            if at <= now && policy.starts =>
        {
            (state, vec![Effect::Queue])
        }

        (S::Backoff { .. }, E::GiveUp) => cells::give_up(state, None),

        // Too late, too early, or not for this state: nothing changes.
        (
            S::Spawning { .. }
            | S::Starting { .. }
            | S::Running { .. }
            | S::Stopping { .. }
            | S::Unknown { .. },
            E::Launch,
        )
        | (
            S::Stopped { .. }
            | S::Starting { .. }
            | S::Running { .. }
            | S::Backoff { .. }
            | S::Stopping { .. }
            | S::Exited { .. }
            | S::Fatal
            | S::Unknown { .. },
            E::Spawned(_) | E::SpawnFailed,
        )
        | (
            S::Stopped { .. }
            | S::Spawning { stop: true, .. }
            | S::Stopping { .. }
            | S::Fatal
            | S::Unknown { .. },
            E::Stop,
        )
        | (S::Starting { .. } | S::Running { .. }, E::KillFailed)
        | (
            S::Stopped { .. }
            | S::Spawning { .. }
            | S::Backoff { .. }
            | S::Exited { .. }
            | S::Fatal
            | S::Unknown { .. },
            E::KillFailed | E::SignalFailed,
        )
        | (
            S::Stopped { .. }
            | S::Spawning { .. }
            | S::Backoff { .. }
            | S::Exited { .. }
            | S::Fatal,
            E::Exited(_),
        )
        | (
            S::Stopped { .. }
            | S::Spawning { .. }
            | S::Starting { .. }
            | S::Running { .. }
            | S::Backoff { .. }
            | S::Stopping { .. }
            | S::Exited { .. }
            | S::Fatal
            | S::Unknown { .. },
            E::Deadline,
        )
        | (
            S::Stopped { .. }
            | S::Spawning { .. }
            | S::Starting { .. }
            | S::Running { .. }
            | S::Stopping { .. }
            | S::Exited { .. }
            | S::Fatal
            | S::Unknown { .. },
            E::GiveUp,
        ) => (state, Vec::new()),
    }
}

impl<'a> Policy<'a> {
    /// What these options say, while processes are started or not, and when a restart is due.
    #[must_use]
    pub fn new(program: &'a Program, starts: bool, restart_at: Duration) -> Policy<'a> {
        Policy {
            startsecs: seconds(program.startsecs),
            startretries: program.startretries,
            stopwaitsecs: seconds(program.stopwaitsecs),
            stopsignal: program.stopsignal,
            stopasgroup: program.stopasgroup,
            killasgroup: program.killasgroup,
            autorestart: program.autorestart,
            exitcodes: &program.exitcodes,
            starts,
            restart_at,
        }
    }
}

impl State {
    /// The state as clients see it.
    #[must_use]
    pub fn shown(self) -> ProcessState {
        match self {
            State::Stopped { .. } => ProcessState::Stopped,
            State::Spawning { .. } | State::Starting { .. } => ProcessState::Starting,
            State::Running { .. } => ProcessState::Running,
            State::Backoff { .. } => ProcessState::Backoff,
            State::Stopping { .. } => ProcessState::Stopping,
            State::Exited { .. } => ProcessState::Exited,
            State::Fatal => ProcessState::Fatal,
            State::Unknown { .. } => ProcessState::Unknown,
        }
    }

    /// The pid, in the states that have a process.
    #[must_use]
    pub fn pid(self) -> Option<Pid> {
        match self {
            State::Starting { pid, .. }
            | State::Running { pid }
            | State::Stopping { pid, .. }
            | State::Unknown { pid, .. } => Some(pid),
            State::Stopped { .. }
            | State::Spawning { .. }
            | State::Backoff { .. }
            | State::Exited { .. }
            | State::Fatal => None,
        }
    }

    /// When [`Event::Deadline`] will change something.
    #[must_use]
    pub fn deadline(self) -> Option<Duration> {
        match self {
            State::Starting { until, .. } => Some(until),
            State::Backoff { retry_at, .. } => Some(retry_at),
            State::Stopping { kill_at, .. } => Some(kill_at),
            State::Exited { restart_at } => restart_at,
            State::Stopped { .. }
            | State::Spawning { .. }
            | State::Running { .. }
            | State::Fatal
            | State::Unknown { .. } => None,
        }
    }
}

impl Entered {
    /// The state that was entered.
    #[must_use]
    pub fn state(self) -> ProcessState {
        match self {
            Entered::Stopped(_) => ProcessState::Stopped,
            Entered::Starting(_) => ProcessState::Starting,
            Entered::Running(_) => ProcessState::Running,
            Entered::Backoff(_) => ProcessState::Backoff,
            Entered::Stopping(_) => ProcessState::Stopping,
            Entered::Exited { .. } => ProcessState::Exited,
            Entered::Fatal => ProcessState::Fatal,
            Entered::Unknown => ProcessState::Unknown,
        }
    }
}

/// A configured number of seconds; a negative one counts as none.
fn seconds(value: i64) -> Duration {
    Duration::from_secs(value.try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests;
