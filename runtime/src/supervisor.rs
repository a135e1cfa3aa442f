//! The supervision core: messages in, actions out. No I/O, no clock, no runtime.
//!
//! A driver owns one [`Supervisor`]. It hands in what happened with [`Supervisor::handle`],
//! executes the actions in order, and sends [`Message::Deadline`] when the monotonic clock reaches
//! [`Supervisor::deadline`]; `None` means there is nothing to wake up for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use compiler::plan::Plan;
use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

pub mod command;
mod group;
mod launch;
pub mod lines;
pub mod message;
mod pool;
mod process;
mod request;
mod shutdown;
pub mod state;
mod timers;
mod update;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use group::{Activation, Group};
use launch::Launches;
use message::{
    Action, DaemonSignal, DaemonState, GroupId, Message, Now, Pid, ProcessId, Publication,
    RequestId,
};
use pool::Announcer;
use process::Process;
use request::Pending;
use shutdown::Shutdown;
use timers::{Timer, Timers};
use update::{Compiles, Fixed, Staged};

/// How much of one kind may follow each other before anything else gets a turn: spawns, timers.
const BURST: usize = 32;

/// Everything that is known of what runs. A value: it can be encoded and decoded, and what was
/// decoded goes on as if nothing had happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Supervisor {
    /// Whether [`Message::Run`] has come.
    running: bool,
    /// Whether orphans of strangers come to be reaped here, as by process 1.
    adopts_orphans: bool,
    /// Whether nobody keeps lines of level DEBG, so that they need not be made.
    omits_debug_lines: bool,
    mood: Mood,
    /// What the configuration in force has that no reread changes.
    fixed: Fixed,
    staged: Staged,
    compiles: Compiles,
    groups: BTreeMap<GroupId, Group>,
    group_names: BTreeMap<Arc<str>, GroupId>,
    activations: BTreeMap<GroupId, Activation>,
    /// The names of the groups that are being activated.
    activating: BTreeSet<Arc<str>>,
    processes: BTreeMap<ProcessId, Box<Process>>,
    /// The children that are not reaped, those of removed groups too (RUN-352).
    pids: BTreeMap<Pid, ProcessId>,
    /// How many processes are in no stopped state.
    unstopped: usize,
    launches: Launches,
    requests: BTreeMap<RequestId, Pending>,
    shutdown: Option<Shutdown>,
    timers: Timers,
    announcer: Announcer,
    next_group: u64,
    next_process: u64,
    /// Pools that may have something to send, the first to be looked at last; empty between
    /// messages.
    #[serde(skip)]
    stirred: Vec<GroupId>,
    /// What this message has led to; empty between messages.
    #[serde(skip)]
    actions: Vec<Action>,
    /// The clocks as of this message.
    #[serde(skip)]
    now: Now,
}

/// What the daemon is about (RUN-010).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Mood {
    /// To keep things running.
    Running,
    /// To stop everything and start over with this plan.
    Restarting(Arc<Plan>),
    /// To stop everything and exit.
    Shutdown,
    /// Nothing any more: the exit has been ordered.
    Gone,
}

impl Supervisor {
    /// A supervisor of the groups of `plan`, none of which is active yet. `serial` numbers the
    /// first event; 0 but after a restart (EVT-034).
    #[must_use]
    pub fn new(plan: Arc<Plan>, serial: u64) -> Supervisor {
        Supervisor {
            running: false,
            adopts_orphans: false,
            omits_debug_lines: false,
            mood: Mood::Running,
            fixed: Fixed::of(&plan),
            staged: Staged::new(plan),
            compiles: Compiles::default(),
            groups: BTreeMap::new(),
            group_names: BTreeMap::new(),
            activations: BTreeMap::new(),
            activating: BTreeSet::new(),
            processes: BTreeMap::new(),
            pids: BTreeMap::new(),
            unstopped: 0,
            launches: Launches::default(),
            requests: BTreeMap::new(),
            shutdown: None,
            timers: Timers::default(),
            announcer: Announcer::new(serial),
            next_group: 0,
            next_process: 0,
            stirred: Vec::new(),
            actions: Vec::new(),
            now: Now::default(),
        }
    }

    /// As process 1, which reaps whatever is left behind: unknown children are everyday there, and
    /// logged at DEBG instead of INFO (RUN-421).
    pub fn adopt_orphans(&mut self) {
        self.adopts_orphans = true;
    }

    /// Without the lines of level DEBG that come with each event, which nobody keeps.
    pub fn omit_debug_lines(&mut self) {
        self.omits_debug_lines = true;
    }

    /// Takes notice of something that happened and says what is to be done, in order.
    pub fn handle(&mut self, message: Message, now: Now) -> Vec<Action> {
        self.now = now;
        if self.mood == Mood::Gone {
            self.refuse(&message);
        } else {
            self.launches.refresh(&message);
            self.dispatch(message);
            self.settle_down();
        }
        std::mem::take(&mut self.actions)
    }

    /// The moment of the monotonic clock at which [`Message::Deadline`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        if self.launches.is_paused() {
            Some(Duration::ZERO)
        } else if self.launches.is_wave_under_way() {
            None
        } else {
            self.timers.first()
        }
    }

    /// Whether processes that start together are being spawned, and clients wait for that, for a few
    /// seconds at most. The original starts them all between two looks at its clients (RUN-305):
    /// none of them is ever STOPPED to who asks, to be started by him, or removed with its group.
    #[must_use]
    pub fn is_spawning(&self) -> bool {
        self.launches.is_awaited(self.now.mono)
    }

    fn dispatch(&mut self, message: Message) {
        match message {
            Message::Boot => self.boot(),
            Message::Run => self.run(),
            Message::Request { id, request } => self.request(id, request),
            Message::Signal(signal) => self.daemon_signal(signal),
            Message::Deadline => self.wake(),
            Message::ClockSet => self.rearm_ticks(),
            Message::Activated { group, result } => self.activated(group, result),
            Message::Probed { process, request, result } => self.probed(process, request, result),
            Message::SpawnStalled { process } => self.spawn_stalled(process),
            Message::Spawned { process, result } => self.spawned(process, result),
            Message::ChildFailed { process, reason } => self.child_failed(process, &reason),
            Message::Exited { pid, status } => self.exited(pid, status),
            Message::ReapFailed { errno } => self.log(
                LogLevel::Critical,
                format!("waitpid error {errno}; a process may not be cleaned up properly"),
            ),
            Message::Drained { process } => self.drained(process),
            Message::Killed { process, why, result } => self.killed(process, why, result),
            Message::Output { process, channel, kind, data } => {
                self.output(process, channel, kind, data);
            }
            Message::ListenerOutput { process, data } => self.listener_output(process, &data),
            Message::PipeClosed { process, channel, stream, fd } => {
                self.pipe_closed(process, channel, stream, fd);
            }
            Message::Fed { process, request: Some(id), result } => {
                self.stdin_written(id, process, result);
            }
            Message::Fed { process, request: None, result } => self.fed(process, result),
            Message::StdinDrained { process } => self.stdin_drained(process),
            Message::LogsCleared { process, request, result } => {
                self.logs_cleared(request, process, result);
            }
            Message::Compiled { plan, obstacle } => self.compiled(&plan, obstacle.as_deref()),
        }
    }

    /// What every message may have made possible.
    fn settle_down(&mut self) {
        self.launch_next();
        if self.launches.is_idle() {
            self.wake();
            self.launch_next();
        }
        self.advance_shutdown();
        self.emit_ticks();
        self.feed_stirred();
        self.exit_if_done();
    }

    /// Carries out what is due, or so much of it that everybody else gets a turn in between:
    /// [`Supervisor::deadline`] stays in the past until the rest is done.
    fn wake(&mut self) {
        if self.launches.is_wave_under_way() {
            return;
        }
        for _ in 0..BURST {
            let Some(timer) = self.timers.take_due(self.now.mono) else { return };
            match timer {
                Timer::Process(id) => self.process_due(id),
                Timer::StopReport(id) => self.stop_report_due(id),
                Timer::ShutdownReport => self.shutdown_report_due(),
                // The shutdown goes on after every message.
                Timer::LastEvents => {}
                Timer::Tick => self.tick_due(),
            }
        }
    }

    /// After the exit has been ordered there is only one answer.
    fn refuse(&mut self, message: &Message) {
        if let Message::Request { id, .. } = message {
            self.reply_fault(*id, message::Fault::bare(message::FaultCode::ShutdownState));
        }
    }

    /// RUN-340 to RUN-345.
    fn daemon_signal(&mut self, signal: DaemonSignal) {
        let name = signal.name();
        match signal {
            DaemonSignal::Term | DaemonSignal::Int | DaemonSignal::Quit => {
                self.log(LogLevel::Warn, format!("received {name} indicating exit request"));
                self.begin_shutdown();
            }
            DaemonSignal::Hup if self.mood == Mood::Shutdown => self.log(
                LogLevel::Warn,
                format!("ignored {name} indicating restart request (shutdown in progress)"),
            ),
            DaemonSignal::Hup => {
                self.log(LogLevel::Warn, format!("received {name} indicating restart request"));
                self.request_restart(None);
            }
            DaemonSignal::Usr2 => {
                self.log(LogLevel::Info, format!("received {name} indicating log reopen request"));
                self.actions.push(Action::ReopenLogs);
            }
            DaemonSignal::Chld => {
                self.log(LogLevel::Debug, format!("received {name} indicating a child quit"));
            }
        }
    }

    /// Whether processes are started at all (RUN-151).
    fn starts(&self) -> bool {
        self.mood == Mood::Running
    }

    fn set_mood(&mut self, mood: Mood) {
        self.mood = mood;
        self.actions.push(Action::Publish(Publication::Daemon(self.state())));
    }

    /// The state of the daemon.
    #[must_use]
    pub fn state(&self) -> DaemonState {
        match self.mood {
            Mood::Running => DaemonState::Running,
            Mood::Restarting(_) => DaemonState::Restarting,
            Mood::Shutdown | Mood::Gone => DaemonState::Shutdown,
        }
    }

    fn log(&mut self, level: LogLevel, text: String) {
        self.actions.push(Action::Log { level, text });
    }

    /// Logs at level DEBG what is made only if it is kept.
    fn log_debug(&mut self, text: impl FnOnce() -> String) {
        if !self.omits_debug_lines {
            self.log(LogLevel::Debug, text());
        }
    }
}

impl DaemonSignal {
    /// `SIGTERM` and so on.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DaemonSignal::Term => "SIGTERM",
            DaemonSignal::Int => "SIGINT",
            DaemonSignal::Quit => "SIGQUIT",
            DaemonSignal::Hup => "SIGHUP",
            DaemonSignal::Usr2 => "SIGUSR2",
            DaemonSignal::Chld => "SIGCHLD",
        }
    }
}
