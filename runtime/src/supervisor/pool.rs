//! Events and the pools of listeners that receive them: serials, buffers, dispatch, rejection,
//! ticks. What a listener's output means is in `listener`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use compiler::plan::PoolPlan;
use compiler::schema::value::LogLevel;
use serde::{Deserialize, Serialize};

use super::Supervisor;
use super::message::{Action, Channel, FeedResult, GroupId, OutputKind, ProcessId, ProcessState};
use super::process::Process;
use crate::events::{self, EventType, TICKS};
use crate::quote;

mod listener;
mod ticks;

pub(crate) use listener::Listener;
use listener::{Judge, ListenerState, Remark};

/// The types of events that output of programs is.
const OUTPUT: [EventType; 4] = [
    EventType::ProcessLogStdout,
    EventType::ProcessLogStderr,
    EventType::ProcessCommunicationStdout,
    EventType::ProcessCommunicationStderr,
];

/// An event that at least one pool has accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announcement {
    pub(super) kind: EventType,
    pub(super) serial: u64,
    pub(super) payload: String,
}

/// An event in a pool, with the number the pool gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Buffered {
    pub(super) event: Arc<Announcement>,
    pool_serial: u64,
}

/// The part of a group that makes it a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pool {
    subscriptions: Vec<EventType>,
    /// Whether output of programs is among them.
    hears_output: bool,
    judge: Judge,
    capacity: usize,
    pub(super) buffer: VecDeque<Buffered>,
    next_serial: u64,
    /// The event whose sending has not been answered, and to whom.
    feeding: Option<(ProcessId, Buffered)>,
    /// Whether this round of dispatch has got anywhere (EVT-061).
    started: bool,
}

/// Who is to be told of events, and how they are numbered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Announcer {
    /// In the order of activation.
    pools: Vec<GroupId>,
    serial: u64,
    /// The slice of time each tick type was in last; `None` before the daemon runs.
    slices: Option<[i64; TICKS.len()]>,
    tick_at: Option<Duration>,
}

impl Announcer {
    pub(crate) fn new(serial: u64) -> Announcer {
        Announcer { pools: Vec::new(), serial, slices: None, tick_at: None }
    }

    pub(crate) fn next_serial(&self) -> u64 {
        self.serial
    }
}

impl Pool {
    pub(crate) fn new(plan: &PoolPlan) -> Pool {
        let subscriptions: Vec<_> =
            plan.events.iter().filter_map(|name| EventType::from_name(name)).collect();
        let covers = |kind: &EventType| subscriptions.iter().any(|wide| kind.is_a(*wide));
        Pool {
            hears_output: OUTPUT.iter().any(covers),
            subscriptions,
            judge: Judge::named(&plan.result_handler),
            capacity: usize::try_from(plan.buffer_size).unwrap_or(usize::MAX).max(1),
            buffer: VecDeque::new(),
            next_serial: 0,
            feeding: None,
            started: false,
        }
    }

    /// How often an event of this type is delivered (EVT-016).
    pub(super) fn deliveries(&self, kind: EventType) -> usize {
        self.subscriptions.iter().filter(|subscribed| kind.is_a(**subscribed)).count()
    }

    /// Whether this many events more would drive out some that wait.
    pub(super) fn is_short_of(&self, events: usize) -> bool {
        events > 0 && !self.buffer.is_empty() && self.buffer.len() + events > self.capacity
    }

    /// Makes room for one event; the serial of the one that had to go (EVT-066).
    fn make_room(&mut self) -> Option<u64> {
        if self.buffer.len() < self.capacity {
            return None;
        }
        self.buffer.pop_front().map(|discarded| discarded.event.serial)
    }
}

impl Supervisor {
    /// Tells the pools of an event. The payload is made only if somebody listens (EVT-070).
    pub(crate) fn emit(&mut self, kind: EventType, payload: impl FnOnce() -> String) {
        let mut payload = Some(payload);
        let mut event: Option<Arc<Announcement>> = None;
        for index in 0..self.announcer.pools.len() {
            let id = self.announcer.pools[index];
            let deliveries = self.pool(id).map_or(0, |pool| pool.deliveries(kind));
            for delivery in 0..deliveries {
                let event = match (&event, payload.take()) {
                    (Some(event), _) => Arc::clone(event),
                    (None, Some(payload)) => {
                        let serial = self.announcer.serial;
                        self.announcer.serial += 1;
                        let payload = payload();
                        Arc::clone(event.insert(Arc::new(Announcement { kind, serial, payload })))
                    }
                    (None, None) => return,
                };
                self.accept(id, event, delivery > 0);
            }
        }
    }

    fn accept(&mut self, id: GroupId, event: Arc<Announcement>, again: bool) {
        let Some(pool) = self.pool_mut(id) else { return };
        let pool_serial = if again {
            pool.next_serial.saturating_sub(1)
        } else {
            let serial = pool.next_serial;
            pool.next_serial += 1;
            serial
        };
        let buffered = Buffered { event, pool_serial };
        if again {
            self.log_rebuffering(id, buffered.event.serial);
        }
        self.buffer(id, |buffer| buffer.push_back(buffered));
    }

    /// Puts an event back at the head of its own pool (EVT-067; not of others, EVT-069).
    fn rebuffer(&mut self, id: GroupId, buffered: Buffered) {
        self.log_rebuffering(id, buffered.event.serial);
        self.buffer(id, |buffer| buffer.push_front(buffered));
    }

    fn log_rebuffering(&mut self, id: GroupId, serial: u64) {
        let Some(group) = self.groups.get(&id) else { return };
        let Some(pool) = &group.pool else { return };
        let (name, waiting, capacity) = (Arc::clone(&group.name), pool.buffer.len(), pool.capacity);
        self.log_debug(|| {
            format!(
                "rebuffering event {serial} for pool {name} (buf size={waiting}, max={capacity})"
            )
        });
    }

    /// Has one event put into the buffer of a pool, and one thrown out if it is full.
    fn buffer(&mut self, id: GroupId, put: impl FnOnce(&mut VecDeque<Buffered>)) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        let Some(pool) = group.pool.as_deref_mut() else { return };
        let overflowed = pool.make_room().map(|serial| {
            let name = &group.name;
            format!("pool {name} event buffer overflowed, discarding event {serial}")
        });
        put(&mut pool.buffer);
        self.stir(id);
        if let Some(text) = overflowed {
            self.log(LogLevel::Error, text);
        }
    }

    pub(crate) fn pool_added(&mut self, id: GroupId) {
        self.announcer.pools.push(id);
        self.rearm_ticks();
        let Some(group) = self.groups.get(&id) else { return };
        if let compiler::plan::GroupKind::EventListener(plan) = &group.plan.kind
            && Judge::named(&plan.result_handler) == Judge::Foreign
        {
            let text = format!(
                "pool {}: result_handler `{}` cannot be loaded, every result is taken for success",
                group.name, plan.result_handler
            );
            self.log(LogLevel::Warn, text);
        }
    }

    pub(crate) fn pool_removed(&mut self, id: GroupId) {
        self.announcer.pools.retain(|pool| *pool != id);
        self.rearm_ticks();
    }

    fn pool(&self, id: GroupId) -> Option<&Pool> {
        self.groups.get(&id)?.pool.as_deref()
    }

    fn pool_mut(&mut self, id: GroupId) -> Option<&mut Pool> {
        self.groups.get_mut(&id)?.pool.as_deref_mut()
    }

    /// Something has changed in a pool.
    pub(super) fn stir(&mut self, id: GroupId) {
        if let Err(place) = self.stirred.binary_search_by(|stirred| id.cmp(stirred)) {
            self.stirred.insert(place, id);
        }
    }

    /// Sends what can be sent to the listeners of pools in which something has changed.
    pub(crate) fn feed_stirred(&mut self) {
        while let Some(id) = self.stirred.pop() {
            self.feed_pool(id);
        }
    }

    /// EVT-061: the oldest event to the first ready listener, one at a time.
    fn feed_pool(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        let Some(pool) = group.pool.as_deref_mut() else { return };
        if pool.feeding.is_some() {
            return;
        }
        let Some(oldest) = pool.buffer.front() else {
            pool.started = false;
            return;
        };
        let Some(process) = ready_listener(&group.members, &self.processes) else {
            if std::mem::take(&mut pool.started) && !self.omits_debug_lines {
                self.keep_oldest(id);
            }
            return;
        };
        let event = &oldest.event;
        let data = events::envelope(
            self.staged.identifier(),
            event.serial,
            &group.name,
            oldest.pool_serial,
            event.kind,
            &event.payload,
        );
        pool.feeding = pool.buffer.pop_front().map(|oldest| (process, oldest));
        self.actions.push(Action::Feed { process, data });
    }

    /// Logs what the original does: takes the oldest event out and puts it back.
    fn keep_oldest(&mut self, id: GroupId) {
        let Some(oldest) = self.pool_mut(id).and_then(|pool| pool.buffer.pop_front()) else {
            return;
        };
        self.log_rebuffering(id, oldest.event.serial);
        if let Some(pool) = self.pool_mut(id) {
            pool.buffer.push_front(oldest);
        }
    }

    /// The output of how many streams there is a use for: none while every pool that hears of
    /// output has events that wait, and no more than it has room for as soon as one has none.
    #[must_use]
    pub fn wanted_outputs(&self) -> usize {
        let pools = self.announcer.pools.iter().filter_map(|id| self.pool(*id));
        let mut hearing = pools.filter(|pool| pool.hears_output).peekable();
        if hearing.peek().is_none() {
            return usize::MAX;
        }
        hearing.filter(|pool| pool.buffer.is_empty()).map(|pool| pool.capacity).min().unwrap_or(0)
    }

    /// Whether a listener of the pool works on an event, or is about to get one.
    pub(crate) fn is_pool_at_work(&self, id: GroupId) -> bool {
        let Some(group) = self.groups.get(&id) else { return false };
        let Some(pool) = &group.pool else { return false };
        let any = |is: fn(&Listener) -> bool| {
            let members = group.members.iter().filter_map(|id| self.processes.get(id));
            members.filter_map(|process| process.listener.as_deref()).any(is)
        };
        let is_one_ready = || ready_listener(&group.members, &self.processes).is_some();
        let served = || is_one_ready() || any(Listener::is_between_events);
        any(Listener::is_at_work) || (!pool.buffer.is_empty() && served())
    }

    /// Whether a pool of this kind works on an event, or is about to get one.
    pub(super) fn is_any_pool_at_work(&self, is: impl Fn(&Pool) -> bool) -> bool {
        let mut pools = self.announcer.pools.iter();
        pools.any(|id| self.pool(*id).is_some_and(&is) && self.is_pool_at_work(*id))
    }

    /// The answer to the sending of an event.
    pub(crate) fn fed(&mut self, id: ProcessId, result: FeedResult) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        let (group, name) = (process.group, Arc::clone(&process.name));
        let Some(pool) = self.groups.get_mut(&group).and_then(|group| group.pool.as_mut()) else {
            return;
        };
        let Some((_, buffered)) = pool.feeding.take_if(|(to, _)| *to == id) else { return };
        pool.started = true;
        let serial = buffered.event.serial;
        let Some(listener) = &mut process.listener else { return };
        match result {
            FeedResult::Accepted => {
                listener.take(buffered);
                self.log_debug(|| format!("event {serial} sent to listener {name}"));
            }
            FeedResult::Closed => {
                listener.close();
                pool.buffer.push_front(buffered);
                self.log_debug(|| {
                    format!(
                        "epipe occurred while sending event {serial} to listener {name}, \
                         listener state unchanged"
                    )
                });
            }
            FeedResult::Full => {
                listener.block(true);
                pool.buffer.push_front(buffered);
            }
        }
        self.stir(group);
    }

    /// A listener that did not read has caught up.
    pub(crate) fn stdin_drained(&mut self, id: ProcessId) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        if let Some(listener) = &mut process.listener {
            listener.block(false);
            let group = process.group;
            self.stir(group);
        }
    }

    /// What a listener says.
    pub(crate) fn listener_output(&mut self, id: ProcessId, data: &[u8]) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        let (group, name) = (process.group, Arc::clone(&process.name));
        let pool = self.groups.get(&group).and_then(|group| group.pool.as_ref());
        // One of a removed group is heard to its end.
        let judge = pool.map_or(Judge::Stock, |pool| pool.judge);
        let Some(listener) = &mut process.listener else { return };
        for remark in listener.hear(data, judge) {
            self.remark(group, &name, remark);
        }
        self.stir(group);
    }

    fn remark(&mut self, group: GroupId, name: &str, remark: Remark) {
        match remark {
            Remark::Changed(old, new) => {
                self.log_debug(|| format!("{name}: {} -> {}", old.name(), new.name()));
                if new == ListenerState::Unknown {
                    let text = format!(
                        "{name}: has entered the UNKNOWN state and will no longer receive events, \
                         this usually indicates the process violated the eventlistener protocol"
                    );
                    self.log(LogLevel::Warn, text);
                }
            }
            Remark::BadLine(line) => {
                let text = format!("{name}: bad result line: '{}'", quote::text(&line));
                self.log(LogLevel::Warn, text);
            }
            Remark::Processed => {
                self.log_debug(|| format!("{name}: event was processed"));
            }
            Remark::Shown(text) => self.actions.push(Action::Print(text)),
            Remark::Refused => self.log(LogLevel::Warn, format!("{name}: event was rejected")),
            Remark::Returned(event) => self.rebuffer(group, event),
        }
    }

    /// A listener died over an event: somebody else gets it (EVT-068).
    pub(crate) fn reject_unfinished(&mut self, id: ProcessId) {
        let Some(process) = self.processes.get_mut(&id) else { return };
        let group = process.group;
        if let Some(event) = process.listener.as_deref_mut().and_then(Listener::give_back) {
            self.rebuffer(group, event);
        }
    }

    /// Output that is an event (EVT-024, EVT-025).
    pub(crate) fn output(
        &mut self,
        id: ProcessId,
        channel: Channel,
        kind: OutputKind,
        data: Vec<u8>,
    ) {
        let Some(process) = self.processes.get(&id) else { return };
        let (name, group) = (Arc::clone(&process.name), Arc::clone(&process.group_name));
        let pid = process.state.pid().unwrap_or(super::message::Pid(0));
        let text = || quote::text(&data);
        let event = match (kind, channel) {
            (OutputKind::Log, Channel::Stdout) => EventType::ProcessLogStdout,
            (OutputKind::Log, Channel::Stderr) => EventType::ProcessLogStderr,
            (OutputKind::Communication, Channel::Stdout) => EventType::ProcessCommunicationStdout,
            (OutputKind::Communication, Channel::Stderr) => EventType::ProcessCommunicationStderr,
        };
        match kind {
            OutputKind::Log => {
                self.emit(event, || events::log_payload(&name, &group, pid, channel, &text()));
            }
            OutputKind::Communication => {
                self.emit(event, || events::communication_payload(&name, &group, pid, &text()));
                self.log_debug(|| format!("'{name}' {} emitted a comm event", channel.name()));
            }
        }
    }

    /// The end of a stream whose output was shown (LOG-013). Where the original has the addresses
    /// of its objects, the numbers of the stream and of the process stand.
    pub(crate) fn pipe_closed(&mut self, id: ProcessId, channel: Channel, stream: u64, fd: i32) {
        let Some(process) = self.processes.get(&id) else { return };
        let dispatcher = match (&process.listener, channel) {
            (Some(_), Channel::Stdout) => "PEventListenerDispatcher",
            (Some(_) | None, _) => "POutputDispatcher",
        };
        let (name, state) = (&process.name, process.state.shown().name());
        let text = format!(
            "fd {fd} closed, stopped monitoring <{dispatcher} at {stream} for <Subprocess at {} \
             with name {name} in state {state}> ({})>",
            id.0,
            channel.name()
        );
        self.log(LogLevel::Debug, text);
    }
}

/// The first of these processes that can be sent an event.
fn ready_listener(
    members: &[ProcessId],
    processes: &BTreeMap<ProcessId, Box<Process>>,
) -> Option<ProcessId> {
    members.iter().copied().find(|id| {
        processes.get(id).is_some_and(|process| {
            process.state.shown() == ProcessState::Running
                && process.departed.is_none()
                && process.listener.as_deref().is_some_and(Listener::is_ready)
        })
    })
}
