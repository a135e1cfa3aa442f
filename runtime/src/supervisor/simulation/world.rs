//! The driver's part, played by data: actions are carried out on a table of children, their
//! answers handed in before anything else. Breaking a promise of the core panics.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use compiler::plan::Plan;
use compiler::schema::value::{LogTarget, Signal};

use crate::events::EventType;
use crate::supervisor::Supervisor;
use crate::supervisor::message::{
    Action, AutoLogs, CommandError, CompileFailure, Exit, ExitStatus, Fault, FeedResult,
    GroupOrder, LogFiles, Message, Now, Pid, ProcessId, Reply, Request, RequestId, SignalError,
    SpawnError, Wall, Why,
};
use crate::supervisor::request::Waiter;

/// A signal that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) process: ProcessId,
    pub(crate) pid: Pid,
    pub(crate) signal: Signal,
    pub(crate) to_group: bool,
}

/// The outside of a core.
pub(crate) struct World {
    pub(crate) core: Supervisor,
    pub(crate) now: Now,
    /// The names of all processes there ever were.
    pub(crate) names: BTreeMap<ProcessId, String>,
    /// The children that are alive or not reaped.
    pub(crate) children: BTreeMap<Pid, ProcessId>,
    next_pid: i32,
    next_request: u64,
    /// Requests that are not answered.
    pub(crate) open: BTreeMap<RequestId, String>,
    /// What becomes of the next attempts, by the name of the process.
    pub(crate) spawn_errors: BTreeMap<String, SpawnError>,
    pub(crate) probe_errors: BTreeMap<String, CommandError>,
    pub(crate) kill_errors: BTreeMap<String, SignalError>,
    pub(crate) feed_results: BTreeMap<String, FeedResult>,
    /// What the next compiles give.
    pub(crate) compiles: VecDeque<Result<Arc<Plan>, CompileFailure>>,
    /// Whether compiles are answered at once, or by [`World::finish_compile`].
    pub(crate) slow_compiles: bool,
    /// What stands in the way of the next restart.
    pub(crate) obstacle: Option<String>,
    /// The compile under way, and whether it is rehearsed.
    compiling: Option<bool>,
    /// Whether what may take its time does, until [`World::catch_up`].
    pub(crate) lazy: bool,
    held: VecDeque<Action>,
    /// Probes and spawns that a disk holds up, until [`World::thaw`].
    stalled: VecDeque<Action>,
    /// The pids whose end has been announced; they must not speak any more.
    silenced: BTreeSet<Pid>,
    /// Output still in the pipes of dead children.
    pub(crate) undrained: BTreeMap<ProcessId, Vec<Message>>,
    /// What happened, for scripts; empty when nobody reads it.
    pub(crate) transcript: Option<Vec<String>>,
    /// Signals sent since somebody last looked.
    pub(crate) sent: Vec<Sent>,
    pub(crate) exit: Option<Exit>,
    /// The groups in force, by their activation.
    pub(crate) groups: BTreeSet<u64>,
}

impl World {
    /// A daemon that has been started with this plan.
    pub(crate) fn start(plan: Arc<Plan>) -> World {
        let mut world = World::new(plan, 0);
        world.send(Message::Boot);
        world.send(Message::Run);
        world
    }

    pub(crate) fn new(plan: Arc<Plan>, serial: u64) -> World {
        World {
            core: Supervisor::new(plan, serial),
            now: Now { mono: Duration::from_secs(1000), wall: Wall(1_700_000_000_000_000) },
            names: BTreeMap::new(),
            children: BTreeMap::new(),
            next_pid: 1,
            next_request: 0,
            open: BTreeMap::new(),
            spawn_errors: BTreeMap::new(),
            probe_errors: BTreeMap::new(),
            kill_errors: BTreeMap::new(),
            feed_results: BTreeMap::new(),
            compiles: VecDeque::new(),
            slow_compiles: false,
            obstacle: None,
            compiling: None,
            lazy: false,
            held: VecDeque::new(),
            stalled: VecDeque::new(),
            silenced: BTreeSet::new(),
            undrained: BTreeMap::new(),
            transcript: Some(Vec::new()),
            sent: Vec::new(),
            exit: None,
            groups: BTreeSet::new(),
        }
    }

    /// Hands in a message, then every answer to what follows from it.
    pub(crate) fn send(&mut self, message: Message) {
        let mut messages = VecDeque::from([message]);
        while let Some(message) = messages.pop_front() {
            for action in self.core.handle(message, self.now) {
                self.execute(action, &mut messages);
            }
            self.collect_events();
        }
    }

    /// Lets time pass, waking the core whenever it wants.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now.mono + time;
        while let Some(at) = self.core.deadline().filter(|at| *at <= end) {
            let step = at.saturating_sub(self.now.mono);
            self.pass(step);
            self.send(Message::Deadline);
        }
        self.pass(end - self.now.mono);
    }

    /// Moves both clocks.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now.mono += time;
        self.now.wall.0 += i64::try_from(time.as_micros()).expect("a short time");
    }

    /// Sends a request; what it is called in the transcript is `words`.
    pub(crate) fn ask(&mut self, words: &str, request: Request) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.open.insert(id, words.to_owned());
        self.send(Message::Request { id, request });
        id
    }

    /// A child is reaped.
    pub(crate) fn end(&mut self, pid: Pid, status: ExitStatus) {
        assert!(self.children.remove(&pid).is_some(), "only a child can end");
        self.send(Message::Exited { pid, status });
    }

    /// The living child of the process with this name.
    pub(crate) fn pid(&self, name: &str) -> Pid {
        let found = self.children.iter().find(|(_, process)| self.names[process] == name);
        *found.unwrap_or_else(|| panic!("{name} has no child")).0
    }

    /// The newest process with this name.
    pub(crate) fn process(&self, name: &str) -> ProcessId {
        let found = self.names.iter().rev().find(|(_, known)| *known == name);
        *found.unwrap_or_else(|| panic!("there is no {name}")).0
    }

    /// Answers a compile that was ordered.
    pub(crate) fn finish_compile(&mut self) {
        let rehearse = self.compiling.take().expect("no compile was ordered");
        let compiled = self.next_compile(rehearse);
        self.send(compiled);
    }

    pub(crate) fn is_compiling(&self) -> bool {
        self.compiling.is_some()
    }

    /// The requests whose writes take their time.
    pub(crate) fn writing(&self) -> impl Iterator<Item = RequestId> {
        self.held.iter().filter_map(|action| {
            let Action::WriteStdin { request, .. } = action else { return None };
            Some(*request)
        })
    }

    /// Carries out the oldest action that takes its time.
    pub(crate) fn catch_up(&mut self) {
        let action = self.held.pop_front();
        self.carry_out(action);
    }

    /// Carries out the oldest probe or spawn that a disk holds up.
    pub(crate) fn thaw(&mut self) {
        let spawn = self.stalled.pop_front();
        self.carry_out(spawn);
    }

    fn carry_out(&mut self, action: Option<Action>) {
        let Some(action) = action else { return };
        let (lazy, mut answers) = (std::mem::take(&mut self.lazy), VecDeque::new());
        self.execute(action, &mut answers);
        self.lazy = lazy;
        for answer in answers {
            self.send(answer);
        }
    }

    /// A disk holds up the probe or the spawn under way, if there is one that takes its time.
    pub(crate) fn stall(&mut self) {
        let Some(at) = self.held.iter().position(|action| launched_by(action).is_some()) else {
            return;
        };
        let action = self.held.remove(at);
        let process = action.as_ref().and_then(launched_by);
        self.stalled.extend(action);
        if let Some(process) = process {
            self.send(Message::SpawnStalled { process });
        }
    }

    pub(crate) fn catch_up_all(&mut self) {
        while !self.held.is_empty() || !self.stalled.is_empty() {
            self.catch_up();
            self.thaw();
        }
        if self.is_compiling() {
            self.finish_compile();
        }
    }

    /// Everything works again.
    pub(crate) fn mend(&mut self) {
        self.spawn_errors.clear();
        self.probe_errors.clear();
        self.kill_errors.clear();
        self.feed_results.clear();
    }

    /// The core is written down and read again, and nobody notices.
    pub(crate) fn reincarnate(&mut self) {
        let written = serde_json::to_string(&self.core).expect("a core can be written");
        let read: Supervisor = serde_json::from_str(&written).expect("and read");
        let again = serde_json::to_string(&read).expect("and written again");
        assert_eq!(written, again);
        self.core = read;
    }

    fn next_compile(&mut self, rehearse: bool) -> Message {
        let same = || Ok(Arc::clone(&self.core.staged.plan));
        let plan = self.compiles.pop_front().unwrap_or_else(same);
        let obstacle = if rehearse { self.obstacle.take() } else { None };
        Message::Compiled { plan, obstacle }
    }

    fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(transcript) = &mut self.transcript {
            transcript.push(text());
        }
    }

    fn execute(&mut self, action: Action, answers: &mut VecDeque<Message>) {
        assert!(self.exit.is_none(), "nothing follows the exit but {action:?}");
        let takes_time = matches!(
            action,
            Action::Activate(_)
                | Action::Probe { .. }
                | Action::Spawn(_)
                | Action::Drain { .. }
                | Action::Feed { .. }
                | Action::WriteStdin { .. }
        );
        if self.lazy && takes_time {
            return self.held.push_back(action);
        }
        match action {
            Action::Print(text) => self.note(|| format!("> {}", String::from_utf8_lossy(&text))),
            Action::Log { level, text } => self.note(|| format!("{} {text}", level.label())),
            Action::Activate(order) => answers.push_back(self.activate(&order)),
            Action::Deactivate { group } => {
                assert!(self.groups.remove(&group.0), "{group:?} was active");
            }
            Action::Probe { order, request } => {
                let process = order.process;
                let error = self.probe_errors.get(&self.names[&process]).cloned();
                let result = error.map_or(Ok(()), Err);
                answers.push_back(Message::Probed { process, request, result });
            }
            Action::Spawn(order) => answers.push_back(self.spawn(order.process)),
            Action::Abandon { process } => {
                let before = self.stalled.len();
                self.stalled.retain(
                    |held| !matches!(held, Action::Spawn(order) if order.process == process),
                );
                assert_eq!(self.stalled.len() + 1, before, "{process:?} is held up");
                let result = Err(SpawnError::Abandoned);
                answers.push_back(Message::Spawned { process, result });
            }
            Action::Kill { process, pid, signal, to_group, why } => {
                answers.push_back(self.kill(Sent { process, pid, signal, to_group }, why));
            }
            Action::Drain { process } => {
                answers.extend(self.undrained.remove(&process).unwrap_or_default());
                answers.push_back(Message::Drained { process });
            }
            Action::Feed { process, data } => self.feed(process, None, &data, answers),
            Action::WriteStdin { process, request, data } => {
                self.feed(process, Some(request), &data, answers);
            }
            Action::ClearLogs { process, request, .. } => {
                answers.push_back(Message::LogsCleared { process, request, result: Ok(()) });
            }
            Action::ReopenLogs => self.note(|| "reopen logs".to_owned()),
            Action::Compile { rehearse } => {
                assert!(!self.is_compiling(), "one compile at a time");
                if self.slow_compiles {
                    self.compiling = Some(rehearse);
                } else {
                    answers.push_back(self.next_compile(rehearse));
                }
            }
            Action::Adopt(_) | Action::Publish(_) => {}
            Action::Reply { id, result } => {
                let words = self.open.remove(&id).expect("a request is answered once");
                self.note(|| format!("= {words}: {}", answer(&result)));
            }
            Action::Exit(exit) => {
                assert!(self.open.is_empty(), "unanswered at the exit: {:?}", self.open);
                self.note(|| format!("exit {}", exit_word(&exit)));
                self.exit = Some(exit);
                // What was ordered before leads nowhere any more.
                self.held.clear();
                self.stalled.clear();
            }
        }
    }

    fn activate(&mut self, order: &GroupOrder) -> Message {
        assert!(self.groups.insert(order.group.0), "an activation is new");
        let mut created = Vec::new();
        for process in &order.processes {
            self.names.insert(process.process, process.plan.name.clone());
            let file = |target: &LogTarget, old: Option<Arc<std::path::Path>>, stream: &str| {
                let name = format!("/tmp/{}-{stream}-{}.log", process.plan.name, order.group.0);
                let new = || Arc::from(std::path::Path::new(&name));
                (*target == LogTarget::Auto).then(|| old.unwrap_or_else(new))
            };
            let program = &process.plan.program;
            let files = LogFiles {
                stdout: file(&program.stdout_logfile, process.files.stdout.clone(), "stdout"),
                stderr: file(&program.stderr_logfile, process.files.stderr.clone(), "stderr"),
            };
            created.push(AutoLogs { process: process.process, files });
        }
        Message::Activated { group: order.group, result: Ok(created) }
    }

    fn spawn(&mut self, process: ProcessId) -> Message {
        let name = &self.names[&process];
        if let Some(error) = self.spawn_errors.get(name) {
            return Message::Spawned { process, result: Err(error.clone()) };
        }
        let twin = self.children.values().find(|other| **other == process);
        assert!(twin.is_none(), "{name} has a child already");
        let pid = Pid(self.next_pid);
        self.next_pid += 1;
        self.children.insert(pid, process);
        Message::Spawned { process, result: Ok(pid) }
    }

    fn kill(&mut self, sent: Sent, why: Why) -> Message {
        assert_eq!(self.children.get(&sent.pid), Some(&sent.process), "a pid we hold");
        let process = sent.process;
        if why == Why::Stop {
            self.check_turn(process);
        }
        let name = self.names[&process].clone();
        let whom = if sent.to_group { "group of " } else { "" };
        self.note(|| format!("kill {} {whom}{name}", sent.signal.0));
        let result = match self.kill_errors.get(&name) {
            Some(error) => Err(error.clone()),
            None => {
                self.sent.push(sent);
                Ok(())
            }
        };
        Message::Killed { process, why, result }
    }

    fn feed(
        &mut self,
        process: ProcessId,
        request: Option<RequestId>,
        data: &[u8],
        answers: &mut VecDeque<Message>,
    ) {
        let name = self.names[&process].clone();
        if !self.children.values().any(|child| *child == process) {
            return answers.push_back(Message::Fed {
                process,
                request,
                result: FeedResult::Closed,
            });
        }
        let result = self.feed_results.get(&name).copied().unwrap_or(FeedResult::Accepted);
        let text = String::from_utf8_lossy(data).replace('\n', "\\n");
        self.note(|| format!("feed {name} {text}"));
        answers.push_back(Message::Fed { process, request, result });
    }

    /// Takes what the pool called `ear`, which has no listener, has heard.
    fn collect_events(&mut self) {
        let Some(id) = self.core.group_names.get("ear") else { return };
        let pool = self.core.groups.get_mut(id).and_then(|group| group.pool.as_mut());
        let buffer = pool.map(|pool| std::mem::take(&mut pool.buffer)).unwrap_or_default();
        for buffered in buffer {
            self.check_last_words(&buffered.event.kind, &buffered.event.payload);
            if self.transcript.is_none() {
                continue;
            }
            let name = buffered.event.kind.name();
            let name = name.strip_prefix("PROCESS_STATE_").unwrap_or(name);
            let payload = buffered.event.payload.replace('\n', "\\n");
            let payload = payload.replace("processname:", "").replace("groupname:", "");
            self.note(|| format!("> {name} {payload}").trim_end().to_owned());
        }
    }

    /// While the daemon stops, nobody is asked to stop before every later group has (RUN-322).
    fn check_turn(&self, process: ProcessId) {
        let core = &self.core;
        let asked = |waiter: &Waiter| matches!(waiter, Waiter::Sent(_));
        if core.processes[&process].waiters.iter().any(asked) {
            return; // A client asked, before the daemon began to stop.
        }
        let turn = core.processes[&process].group;
        let Some(group) = core.groups.get(&turn).filter(|_| core.is_stopping()) else { return };
        let rank = (group.plan.priority, turn);
        let mut later = core.groups.iter().filter(|(id, group)| (group.plan.priority, **id) > rank);
        let waiting = later.find(|(_, group)| group.unstopped > 0);
        assert!(waiting.is_none(), "{process:?} stopped before {waiting:?}");
    }

    /// The last output of a child precedes the event of its end.
    fn check_last_words(&mut self, kind: &EventType, payload: &str) {
        let pid = payload.split([' ', '\n']).find_map(|word| word.strip_prefix("pid:"));
        let Some(pid) = pid.and_then(|pid| pid.parse().ok()).map(Pid) else { return };
        if kind.is_a(EventType::ProcessLog) {
            assert!(pid != Pid(0) && !self.silenced.contains(&pid), "{payload} after its end");
        } else if matches!(kind, EventType::ProcessStateExited | EventType::ProcessStateStopped) {
            self.silenced.insert(pid);
        }
    }
}

/// Whose probe or spawn this is.
fn launched_by(action: &Action) -> Option<ProcessId> {
    let (Action::Probe { order, .. } | Action::Spawn(order)) = action else { return None };
    Some(order.process)
}

fn exit_word(exit: &Exit) -> String {
    match exit {
        Exit::Shutdown => "for good".to_owned(),
        Exit::Restart { serial, .. } => format!("to restart, next serial {serial}"),
        Exit::Failed(text) => format!("failed: {text}"),
    }
}

fn answer(result: &Result<Reply, Fault>) -> String {
    match result {
        Err(fault) => fault.to_string(),
        Ok(Reply::Done) => "true".to_owned(),
        Ok(Reply::State(state)) => state.name().to_owned(),
        Ok(Reply::Text(text)) => text.clone(),
        Ok(Reply::Process(status)) => format!(
            "{} pid={} err={} code={}",
            status.state.name(),
            status.pid.map_or(0, |pid| pid.0),
            status.spawn_error.as_deref().unwrap_or("-"),
            status.exit_code.map_or("-".to_owned(), |code| code.to_string()),
        ),
        Ok(Reply::Processes(all)) => {
            let names = all.iter().map(|status| format!("{}:{}", status.group, status.name));
            names.collect::<Vec<_>>().join(" ")
        }
        Ok(Reply::Config(view)) => format!("{} groups", view.plan.groups.len()),
        Ok(Reply::Statuses(outcomes)) => {
            let entries = outcomes
                .iter()
                .map(|entry| format!("{} {} {}", entry.name, entry.status, entry.description));
            format!("[{}]", entries.collect::<Vec<_>>().join(", "))
        }
        Ok(Reply::Changes { added, changed, removed, pending }) => {
            let waiting = match pending.as_slice() {
                [] => String::new(),
                sections => format!(" pending {}", sections.join(" ")),
            };
            format!("added {added:?} changed {changed:?} removed {removed:?}{waiting}")
        }
        Ok(Reply::Path(path)) => format!("{path:?}"),
    }
}
