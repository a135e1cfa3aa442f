//! The events listeners can subscribe to: their names, their ancestry, their payloads and the
//! envelope they are sent in. Who receives them is decided in the core's pools.

use itoa::Buffer as Digits;
use serde::{Deserialize, Serialize};

use crate::supervisor::message::{Channel, Pid};
use crate::supervisor::state::{Change, Entered};

/// Declares [`EventType`] and [`EVENTS`]: each row is the variant, its name, its parent and what
/// its payload holds.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $parent:expr, $payload:literal;)+) => {
        /// A type of event, abstract ones included (EVT-001 to EVT-014).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum EventType {
            $($(#[doc = $doc])+ $variant,)+
        }

        /// Every event type, a parent before its children.
        pub const EVENTS: &[EventSpec] = &[$(EventSpec {
            kind: EventType::$variant,
            name: $name,
            parent: $parent,
            payload: $payload,
            description: concat!($($doc),+),
        },)+];
    };
}

/// A row of [`EVENTS`].
#[derive(Clone, Copy, Debug)]
pub struct EventSpec {
    /// The type.
    pub kind: EventType,
    /// Its name in `events=` and in the envelope.
    pub name: &'static str,
    /// The type a subscription to which covers this one too.
    pub parent: Option<EventType>,
    /// The payload; empty for abstract types, which are never sent.
    pub payload: &'static str,
    /// What it tells.
    pub description: &'static str,
}

use EventType as T;

events! {
    /// Any event.
    Event = "EVENT", None, "";
    /// A process changed its state.
    ProcessState = "PROCESS_STATE", Some(T::Event), "";
    /// A process was stopped.
    ProcessStateStopped = "PROCESS_STATE_STOPPED", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S} pid:{n}";
    /// A process ended by itself.
    ProcessStateExited = "PROCESS_STATE_EXITED", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S} expected:{0 or 1} pid:{n}";
    /// A process is about to be spawned.
    ProcessStateStarting = "PROCESS_STATE_STARTING", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S} tries:{n}";
    /// A process was asked to stop.
    ProcessStateStopping = "PROCESS_STATE_STOPPING", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S} pid:{n}";
    /// A process ended too soon or could not be spawned.
    ProcessStateBackoff = "PROCESS_STATE_BACKOFF", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S} tries:{n}";
    /// A process was given up.
    ProcessStateFatal = "PROCESS_STATE_FATAL", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S}";
    /// A process has been up for `startsecs`.
    ProcessStateRunning = "PROCESS_STATE_RUNNING", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S} pid:{n}";
    /// A process could not be signalled.
    ProcessStateUnknown = "PROCESS_STATE_UNKNOWN", Some(T::ProcessState), "processname:{p} groupname:{g} from_state:{S}";
    /// A process wrote between the capture tokens.
    ProcessCommunication = "PROCESS_COMMUNICATION", Some(T::Event), "";
    /// The same, to its stdout.
    ProcessCommunicationStdout = "PROCESS_COMMUNICATION_STDOUT", Some(T::ProcessCommunication), "processname:{p} groupname:{g} pid:{n}\\n{data}";
    /// The same, to its stderr.
    ProcessCommunicationStderr = "PROCESS_COMMUNICATION_STDERR", Some(T::ProcessCommunication), "processname:{p} groupname:{g} pid:{n}\\n{data}";
    /// A process wrote.
    ProcessLog = "PROCESS_LOG", Some(T::Event), "";
    /// A process with `stdout_events_enabled` wrote to its stdout.
    ProcessLogStdout = "PROCESS_LOG_STDOUT", Some(T::ProcessLog), "processname:{p} groupname:{g} pid:{n} channel:stdout\\n{data}";
    /// A process with `stderr_events_enabled` wrote to its stderr.
    ProcessLogStderr = "PROCESS_LOG_STDERR", Some(T::ProcessLog), "processname:{p} groupname:{g} pid:{n} channel:stderr\\n{data}";
    /// A client called `sendRemoteCommEvent`.
    RemoteCommunication = "REMOTE_COMMUNICATION", Some(T::Event), "type:{type}\\n{data}";
    /// The daemon changed its state.
    SupervisorStateChange = "SUPERVISOR_STATE_CHANGE", Some(T::Event), "";
    /// The daemon is up.
    SupervisorStateChangeRunning = "SUPERVISOR_STATE_CHANGE_RUNNING", Some(T::SupervisorStateChange), "(nothing)";
    /// The daemon begins to stop or to restart.
    SupervisorStateChangeStopping = "SUPERVISOR_STATE_CHANGE_STOPPING", Some(T::SupervisorStateChange), "(nothing)";
    /// Time passed.
    Tick = "TICK", Some(T::Event), "";
    /// Another five seconds.
    Tick5 = "TICK_5", Some(T::Tick), "when:{seconds since the epoch}";
    /// Another minute.
    Tick60 = "TICK_60", Some(T::Tick), "when:{seconds since the epoch}";
    /// Another hour.
    Tick3600 = "TICK_3600", Some(T::Tick), "when:{seconds since the epoch}";
    /// A group was added or removed.
    ProcessGroup = "PROCESS_GROUP", Some(T::Event), "";
    /// A group was added.
    ProcessGroupAdded = "PROCESS_GROUP_ADDED", Some(T::ProcessGroup), "groupname:{g}\\n";
    /// A group was removed.
    ProcessGroupRemoved = "PROCESS_GROUP_REMOVED", Some(T::ProcessGroup), "groupname:{g}\\n";
}

/// The tick types with their periods in seconds, in the order they are emitted (EVT-065).
pub const TICKS: [(EventType, i64); 3] = [(T::Tick5, 5), (T::Tick60, 60), (T::Tick3600, 3600)];

impl EventType {
    /// The type with this name, in any case (EVT-015).
    #[must_use]
    pub fn from_name(name: &str) -> Option<EventType> {
        EVENTS.iter().find(|spec| spec.name.eq_ignore_ascii_case(name)).map(|spec| spec.kind)
    }

    /// Its row of [`EVENTS`].
    #[must_use]
    pub fn spec(self) -> &'static EventSpec {
        // The table has one row a variant, in order: both come from one macro.
        &EVENTS[self as usize]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Whether a subscription to `subscribed` covers it.
    #[must_use]
    pub fn is_a(self, subscribed: EventType) -> bool {
        self == subscribed || self.spec().parent.is_some_and(|parent| parent.is_a(subscribed))
    }

    /// The event of a change of state.
    #[must_use]
    pub fn of_change(change: &Change) -> EventType {
        match change.to {
            Entered::Stopped(_) => T::ProcessStateStopped,
            Entered::Starting(_) => T::ProcessStateStarting,
            Entered::Running(_) => T::ProcessStateRunning,
            Entered::Backoff(_) => T::ProcessStateBackoff,
            Entered::Stopping(_) => T::ProcessStateStopping,
            Entered::Exited { .. } => T::ProcessStateExited,
            Entered::Fatal => T::ProcessStateFatal,
            Entered::Unknown => T::ProcessStateUnknown,
        }
    }
}

/// The payload of `PROCESS_STATE_*` (EVT-020 to EVT-023).
#[must_use]
pub fn state_payload(process: &str, group: &str, change: &Change) -> String {
    let from = change.from.name();
    let head = format!("processname:{process} groupname:{group} from_state:{from}");
    match change.to {
        Entered::Starting(tries) | Entered::Backoff(tries) => format!("{head} tries:{tries}"),
        Entered::Running(pid) | Entered::Stopping(pid) => format!("{head} pid:{}", pid.0),
        Entered::Stopped(pid) => format!("{head} pid:{}", pid.map_or(0, |pid| pid.0)),
        Entered::Exited { pid, expected } => {
            format!("{head} expected:{} pid:{}", u8::from(expected), pid.0)
        }
        Entered::Fatal | Entered::Unknown => head,
    }
}

/// The payload of `PROCESS_LOG_*` (EVT-024). `data` is text already.
#[must_use]
pub fn log_payload(process: &str, group: &str, pid: Pid, channel: Channel, data: &str) -> String {
    // Not by `format!`, which takes a good part of the time an event takes.
    [
        "processname:",
        process,
        " groupname:",
        group,
        " pid:",
        Digits::new().format(pid.0),
        " channel:",
        channel.name(),
        "\n",
        data,
    ]
    .concat()
}

/// The payload of `PROCESS_COMMUNICATION_*` (EVT-025). `data` is text already.
#[must_use]
pub fn communication_payload(process: &str, group: &str, pid: Pid, data: &str) -> String {
    format!("processname:{process} groupname:{group} pid:{}\n{data}", pid.0)
}

/// The payload of `REMOTE_COMMUNICATION` (EVT-026).
#[must_use]
pub fn remote_payload(kind: &str, data: &str) -> String {
    format!("type:{kind}\n{data}")
}

/// The payload of `TICK_*` (EVT-028).
#[must_use]
pub fn tick_payload(when: i64) -> String {
    format!("when:{when}")
}

/// The payload of `PROCESS_GROUP_*`, with its line feed (EVT-029).
#[must_use]
pub fn group_payload(group: &str) -> String {
    format!("groupname:{group}\n")
}

/// An event as a listener receives it: one header line, then the payload (EVT-032). `len` counts
/// characters, not bytes, as every existing listener expects (EVT-033).
#[must_use]
pub fn envelope(
    identifier: &str,
    serial: u64,
    pool: &str,
    pool_serial: u64,
    kind: EventType,
    payload: &str,
) -> Vec<u8> {
    [
        "ver:3.0 server:",
        identifier,
        " serial:",
        Digits::new().format(serial),
        " pool:",
        pool,
        " poolserial:",
        Digits::new().format(pool_serial),
        " eventname:",
        kind.name(),
        " len:",
        Digits::new().format(payload.chars().count()),
        "\n",
        payload,
    ]
    .concat()
    .into_bytes()
}

/// The page `docs/reference/events.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    for spec in EVENTS {
        let (name, description) = (spec.name, spec.description.trim());
        let parent = spec.parent.map_or(String::new(), |parent| format!("`{}`", parent.name()));
        let payload = match spec.payload {
            "" => "never sent itself".to_owned(),
            "(nothing)" => "nothing".to_owned(),
            payload => format!("`{payload}`"),
        };
        page.push_str(&format!("| `{name}` | {parent} | {description} | {payload} |\n"));
    }
    page.replace("|  |", "| |")
}

const INTRODUCTION: &str = "\
# Events

Rendered from the table in `runtime/src/events.rs`; do not edit. A pool of event listeners receives
the types its `events=` names, and every type below one of them. Each event is one header line,

    ver:3.0 server:{identifier} serial:{n} pool:{pool} poolserial:{n} eventname:{name} len:{n}

followed by the payload, `len` characters without a terminator. `\\n` stands for a line feed.

| event | kind of | what it tells | payload |
| --- | --- | --- | --- |
";

#[cfg(test)]
mod tests;
