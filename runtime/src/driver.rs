//! The shell around the core: waits for what happens, hands it in as messages, and carries out the
//! actions that come back. The one owner of the core, of the children and of their signals, so that
//! no signal can reach a recycled pid. What is to be done is never decided here.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, UNIX_EPOCH};

use compiler::plan::Plan;
use compiler::schema::value::LogLevel;
use nix::errno::Errno;
use tokio::sync::oneshot;

use crate::activity::Activity;
use crate::clock;
use crate::driver::flights::Flights;
use crate::driver::ground::Ground;
use crate::driver::opener::Opener;
use crate::driver::recompiler::{Outcome, Recompiler};
use crate::driver::slow::{Awaited, Done, JobId};
use crate::link::{DriverEnd, Pending};
use crate::logs::{Logs, Options};
use crate::origin::Origin;
use crate::os::clockset::ClockSet;
use crate::os::reap::{Children, reap};
use crate::os::signals::{Received, Signals};
use crate::os::sockets::python_error;
use crate::os::spawn::{self, Target};
use crate::supervisor::Supervisor;
use crate::supervisor::message::{
    Action, DaemonSignal, Exit, Fault, Message, Now, Pid, Reply, RequestId, SignalError,
    SpawnOrder, Wall,
};

mod attempt;
pub(crate) mod fcgi;
mod flights;
pub(crate) mod ground;
mod launcher;
mod opener;
mod recompiler;
mod slow;

/// Turns the other tasks get once the last answer is given, to hand it to their clients.
pub(crate) const LAST_TURNS: usize = 32;

/// How long a client that may read a log waits for what was printed and logged before: a disk may
/// be stalled.
pub(crate) const FENCE_LIMIT: Duration = Duration::from_millis(250);

/// The start is over as soon as nothing has happened for so long.
const CALM: Duration = Duration::from_secs(1);

/// How long the end of a run waits for the log files.
const LAST_WRITES: Duration = Duration::from_secs(5);

/// How long the end of a run waits for each output of the activity log.
pub(crate) const LAST_LINES: Duration = Duration::from_secs(1);

/// One run of the daemon.
pub(crate) struct Driver<'s> {
    supervisor: Supervisor,
    ground: Ground,
    logs: Logs,
    signals: &'s mut Signals,
    clock: &'s mut ClockSet,
    recompiler: Recompiler,
    end: DriverEnd,
    /// Spawns the core has ordered. One is carried out a turn, so that starting a thousand
    /// processes holds up nobody.
    spawns: VecDeque<SpawnOrder>,
    /// Those that are being carried out.
    flights: Flights,
    opener: Opener<(Option<JobId>, Done)>,
    last_job: JobId,
    /// What everybody else waits for.
    awaited: Option<Awaited>,
    /// Disconnected as soon as the sockets are closed that took too long to be waited for.
    closing: Option<Receiver<()>>,
    /// Answers the core has not got yet; empty between turns.
    inbox: VecDeque<Message>,
    waiting: BTreeMap<RequestId, oneshot::Sender<Result<Reply, Fault>>>,
    last_request: u64,
    timeline: Timeline,
    /// Whether the start is over, and its memory given back.
    settled: bool,
    exit: Option<Exit>,
}

/// The origin of the monotonic clock the core sees.
#[derive(Clone, Copy)]
pub(crate) struct Timeline(Instant);

/// What a turn of the loop is about.
enum Turn {
    Signal(Received),
    Messages(Vec<Message>),
    Request(Pending),
    Compiled(Outcome),
    Deadline,
    ClockSet,
    Spawn,
    Done(Option<JobId>, Done),
    Stalled,
    Settled,
}

impl Timeline {
    /// Starts now.
    pub(crate) fn begin() -> Self {
        Self(clock::monotonic())
    }

    /// Both clocks.
    pub(crate) fn now(self) -> Now {
        let mono = clock::monotonic().duration_since(self.0);
        let wall = match clock::wall().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |us| -us),
        };
        Now { mono, wall: Wall(wall) }
    }
}

impl<'s> Driver<'s> {
    /// A driver for a core whose groups are active.
    ///
    /// # Errors
    /// When the system has no room for another thread.
    pub(crate) fn new(
        supervisor: Supervisor,
        ground: Ground,
        origin: Origin,
        logs: Logs,
        (signals, clock): (&'s mut Signals, &'s mut ClockSet),
        end: DriverEnd,
    ) -> io::Result<Self> {
        Ok(Self {
            timeline: ground.timeline(),
            recompiler: Recompiler::new(origin),
            supervisor,
            ground,
            logs,
            signals,
            clock,
            end,
            spawns: VecDeque::new(),
            flights: Flights::default(),
            opener: Opener::new()?,
            last_job: JobId::default(),
            awaited: None,
            closing: None,
            inbox: VecDeque::new(),
            waiting: BTreeMap::new(),
            last_request: 0,
            settled: false,
            exit: None,
        })
    }

    /// Supervises until nothing is left to supervise. Gives back where the next plan comes from.
    pub(crate) async fn run(mut self) -> (Exit, Origin) {
        self.feed(Message::Run);
        let exit = loop {
            if let Some(exit) = self.exit.take() {
                break exit;
            }
            let turn = self.next().await;
            if !matches!(turn, Turn::Messages(_)) {
                self.catch_up();
            }
            match turn {
                Turn::Signal(signal) => self.on_signal(signal),
                Turn::Messages(messages) => self.feed_all(messages),
                Turn::Request(pending) => self.on_request(pending),
                Turn::Compiled(Outcome { plan, obstacle }) => {
                    self.feed(Message::Compiled { plan, obstacle });
                }
                Turn::Deadline => self.feed(Message::Deadline),
                Turn::ClockSet => self.feed(Message::ClockSet),
                Turn::Spawn => {
                    self.spawn_next();
                    tokio::task::yield_now().await;
                }
                Turn::Done(job, done) => self.on_done(job, done),
                Turn::Stalled => self.put_aside(),
                Turn::Settled => self.settle_down(),
            }
        };
        self.ground.activity().flush(LAST_LINES);
        for _ in 0..LAST_TURNS {
            tokio::task::yield_now().await;
        }
        if !self.logs.close(LAST_WRITES) {
            tracing::warn!("gave up writing the logs of the programs after {LAST_WRITES:?}");
        }
        (exit, self.recompiler.into_origin())
    }

    /// Gives back the memory of the start.
    fn settle_down(&mut self) {
        self.settled = true;
        if let Err(error) = spawn::release_memory() {
            tracing::debug!("could not give back the memory of the start: {error}");
        }
    }

    /// Waits for the next thing to happen. Nothing is lost when several happen at once.
    async fn next(&mut self) -> Turn {
        let deadline = self.supervisor.deadline().map(|at| self.timeline.0 + at);
        let stalled = self.awaited.map(|awaited| awaited.until);
        let calm = (!self.settled).then(|| clock::monotonic() + CALM);
        let wakes = [(deadline, Turn::Deadline), (stalled, Turn::Stalled), (calm, Turn::Settled)];
        let wakes = wakes.into_iter().filter_map(|(at, turn)| Some((at?, turn)));
        let first = wakes.min_by_key(|(at, _)| *at);
        let wake = async {
            let Some((at, turn)) = first else { return std::future::pending().await };
            tokio::time::sleep_until(at.into()).await;
            turn
        };
        let wanted = self.supervisor.wanted_outputs();
        let mut messages = Vec::new();
        tokio::select! {
            signal = self.signals.next() => Turn::Signal(signal),
            Some(pending) = self.end.requests.recv(), if !self.supervisor.is_spawning() => {
                Turn::Request(pending)
            }
            outcome = self.recompiler.done() => Turn::Compiled(outcome),
            () = self.logs.ready(wanted, &mut messages) => Turn::Messages(messages),
            (job, done) = self.opener.done() => Turn::Done(job, done),
            turn = wake => turn,
            () = self.clock.changed() => Turn::ClockSet,
            () = std::future::ready(()), if !self.spawns.is_empty() => Turn::Spawn,
        }
    }

    /// Tells the core what was printed before it is told of something else.
    fn catch_up(&mut self) {
        let mut messages = Vec::new();
        self.logs.catch_up(&mut messages);
        if !messages.is_empty() {
            self.feed_all(messages);
        }
    }

    fn on_signal(&mut self, signal: Received) {
        let kind = match signal {
            Received::Hangup => DaemonSignal::Hup,
            Received::Interrupt => DaemonSignal::Int,
            Received::Quit => DaemonSignal::Quit,
            Received::User2 => DaemonSignal::Usr2,
            Received::Terminate => DaemonSignal::Term,
            Received::Child(_) => DaemonSignal::Chld,
        };
        self.feed(Message::Signal(kind));
        if let Received::Child(pid) = signal {
            // The announced one is not searched for: a thousand siblings do not make it late.
            self.reap(Children::One(pid));
            while self.reap(Children::Any) {}
        }
    }

    /// Collects one child; false when there is none. Its exit is known to the core before the next
    /// is collected: until then its pid is not free, so no signal can reach a stranger. Of one whose
    /// spawn is not told of yet, no pid is known to the core.
    fn reap(&mut self, children: Children) -> bool {
        let reaped = reap(children);
        let found = matches!(reaped, Ok(Some(_)));
        match reaped {
            Ok(Some((pid, status))) => {
                if !self.flights.collected(pid, status) {
                    self.feed(Message::Exited { pid, status });
                }
            }
            Ok(None) => {}
            Err(errno) => self.feed(Message::ReapFailed { errno: errno as i32 }),
        }
        found
    }

    fn on_request(&mut self, pending: Pending) {
        self.last_request += 1;
        let id = RequestId(self.last_request);
        self.waiting.insert(id, pending.answer);
        self.feed(Message::Request { id, request: pending.request });
    }

    /// Hands in one message, then every answer to what the core wants done because of it.
    ///
    /// All of it happens at one moment: an answer that took its time is not later than what it
    /// answers.
    fn feed(&mut self, message: Message) {
        self.feed_all([message]);
    }

    /// As [`Driver::feed`], one after the other.
    fn feed_all(&mut self, messages: impl IntoIterator<Item = Message>) {
        let now = self.timeline.now();
        let mut inbox = std::mem::take(&mut self.inbox);
        for message in messages {
            inbox.push_back(message);
            while let Some(message) = inbox.pop_front() {
                for action in self.supervisor.handle(message, now) {
                    self.execute(action, &mut inbox);
                }
            }
        }
        self.inbox = inbox;
        self.close_sockets();
    }

    fn execute(&mut self, action: Action, inbox: &mut VecDeque<Message>) {
        match action {
            Action::Log { level, text } => self.ground.activity().log(level, &text),
            Action::Print(text) => self.ground.activity().print(&text),
            Action::Activate(order) => inbox.extend(self.activate(order)),
            Action::Deactivate { group } => self.ground.deactivate(group),
            Action::Probe { order, request } => inbox.extend(self.probe(order, request)),
            Action::Spawn(order) => self.spawns.push_back(order),
            Action::Abandon { process } => inbox.extend(self.abandon(process)),
            Action::Kill { process, pid, signal, to_group, why } => {
                let ended = self.flights.has_ended(pid);
                let result =
                    if ended { Err(SignalError::Gone) } else { kill(pid, signal.0, to_group) };
                inbox.push_back(Message::Killed { process, why, result });
            }
            Action::Drain { process } => {
                let mut last = Vec::new();
                self.logs.finish(process, &mut last);
                self.ground.finish(process);
                inbox.extend(last);
                inbox.push_back(Message::Drained { process });
            }
            Action::Feed { process, data } => {
                let result = self.logs.feed(process, &data);
                inbox.push_back(Message::Fed { process, request: None, result });
            }
            Action::WriteStdin { process, request, data } => {
                let result = self.logs.feed(process, &data);
                inbox.push_back(Message::Fed { process, request: Some(request), result });
            }
            Action::ClearLogs { process, request, files } => {
                inbox.extend(self.clear_logs(process, request, files));
            }
            Action::ReopenLogs => self.reopen_logs(),
            Action::Compile { rehearse } => {
                self.recompiler.start(rehearse.then(|| self.ground.held()));
            }
            Action::Adopt(plan) => self.adopt(&plan),
            Action::Reply { id, result } => self.reply(id, result),
            // Nobody watching is no error.
            Action::Publish(publication) => self.end.publish(publication),
            Action::Exit(exit) => self.exit = Some(exit),
        }
    }

    /// Who is told of a log file is about to read it: everything printed so far has to be in it.
    /// And who is told that something was done finds it done, and in the activity log.
    fn reply(&mut self, id: RequestId, result: Result<Reply, Fault>) {
        let Some(answer) = self.waiting.remove(&id) else { return };
        self.close_sockets();
        let printed = matches!(result, Ok(Reply::Path(Some(_)))).then(|| self.logs.fence());
        let logged = self.ground.activity().fence();
        if printed.is_none() && logged.is_none() {
            // The client may have gone.
            return drop(answer.send(result));
        }
        tokio::task::spawn_local(async move {
            let fences = async {
                if let Some(printed) = printed {
                    printed.await;
                }
                if let Some(logged) = logged {
                    drop(logged.await);
                }
            };
            drop(tokio::time::timeout(FENCE_LIMIT, fences).await);
            drop(answer.send(result));
        });
    }

    /// LOG-060: both lines land in the old file.
    fn reopen_logs(&mut self) {
        let activity = self.ground.activity();
        activity.log(LogLevel::Info, &"supervisord logreopen");
        activity.reopen();
        self.logs.reopen();
    }

    fn adopt(&mut self, plan: &Arc<Plan>) {
        self.ground.adopt(plan);
        self.logs.adopt(log_options(plan, self.ground.activity()));
    }
}

/// What applies to the output of programs; the log itself must keep what is mirrored (CFG-356).
pub(crate) fn log_options(plan: &Plan, activity: &Activity) -> Options {
    let daemon = &plan.supervisord;
    let mirror = daemon.loglevel <= LogLevel::Debug && activity.keeps(LogLevel::Debug);
    Options { strip_ansi: daemon.strip_ansi, mirror }
}

/// Sends a signal to a child that is not reaped yet.
fn kill(pid: Pid, signal: i32, to_group: bool) -> Result<(), SignalError> {
    let pid = nix::unistd::Pid::from_raw(pid.0);
    let target = if to_group { Target::Group(pid) } else { Target::Process(pid) };
    spawn::signal(target, signal).map_err(|errno| {
        if errno == Errno::ESRCH {
            SignalError::Gone
        } else {
            SignalError::Failed(python_error(&errno.into()))
        }
    })
}
