//! What the children print and are told: from their pipes to log files, to syslog and to the core,
//! and from clients and event pools to their stdin.
//!
//! Streams come in two kinds. A **plain** stream goes to a file, to syslog or nowhere; its pipe is
//! handed to a log thread and the core never hears of it. A **watched** stream is one the core
//! has to see: a listener's stdout, a channel with capture or events, and every channel when
//! output is mirrored into the activity log. It is read here, on the driver's thread, without
//! blocking, so that by the time [`Logs::finish`] returns everything the process said has been
//! said; what goes to its file is handed to the log thread of its disk. Listeners are heard at once,
//! other output when the core has a use for it (`intake`).
//!
//! Nothing here waits: not for a disk, not for a pipe, not for a child that does not read. Where
//! bytes come faster than they can be stored, pipes are left full and the children wait.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use compiler::plan::GroupKind;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::epoll::EpollFlags;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::oneshot;

use self::bell::{Bell, Bells};
use self::clearing::Clearings;
use self::intake::Intake;
use self::output::Output;
pub use self::output::{Opening, Outputs};
use self::pace::PIPE;
use self::poller::Poller;
use self::pumps::Pumps;
use self::queue::{Command, Credit, Queue, Report, Source, StreamId};
use self::rotate::CHUNK;
use self::stdin::{Flush, Stdin};
use self::watch::{Outlet, Progress, Watch};
use crate::os::awaited::awaited;
use crate::supervisor::message::{Channel, FeedResult, Message, ProcessId, RequestId, SpawnOrder};

mod ansi;
pub mod auto;
mod bell;
mod capture;
mod clearing;
pub mod follow;
mod intake;
mod output;
mod pace;
mod poller;
mod pump;
mod pumps;
mod queue;
pub mod read;
pub mod rotate;
mod sink;
mod stdin;
pub(crate) mod syslog;
mod watch;

/// Token of the log threads' reports; streams count from 1.
const REPORTS: u64 = 0;

/// Token of the alarm of the intake.
const ALARM: u64 = u64::MAX;

/// How many ready streams are served before the driver gets its turn again.
const BATCH: usize = 16;

/// What applies to all processes spawned from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Remove ANSI escape sequences.
    pub strip_ansi: bool,
    /// Show output in the activity log: its level is debug or lower (LOG-011).
    pub mirror: bool,
}

/// The daemon's ends of a process's pipes.
#[derive(Debug, Default)]
pub struct Pipes {
    /// Its stdin; none for a FastCGI process.
    pub stdin: Option<OwnedFd>,
    /// Its stdout.
    pub stdout: Option<OwnedFd>,
    /// Its stderr; none when it goes where stdout goes.
    pub stderr: Option<OwnedFd>,
}

/// The streams of all living processes.
#[derive(Debug)]
pub struct Logs {
    options: Options,
    pumps: Pumps,
    reports: Arc<Queue<Report>>,
    /// Becomes readable when a log thread reports something, a stdin has room or output has
    /// gathered.
    poller: AsyncFd<Poller>,
    /// Tell of the listeners' pipes.
    bells: Bells,
    /// Tells of the other watched pipes.
    intake: Intake,
    slots: BTreeMap<StreamId, Slot>,
    processes: BTreeMap<ProcessId, Streams>,
    last_id: u64,
    /// Whether something may be left that was announced before and will not be again.
    unread: bool,
    buffer: Box<[u8]>,
    clearings: Clearings,
}

/// A descriptor on the driver's thread.
#[derive(Debug)]
enum Slot {
    /// Few streams are watched, and what it takes is large.
    Watch(Box<Watched>),
    Stdin {
        process: ProcessId,
        stdin: Stdin,
    },
}

/// A watched stream, and the log thread that has its file.
#[derive(Debug)]
struct Watched {
    watch: Watch,
    /// A listener has one; of the others the intake tells.
    bell: Option<Bell>,
    credit: Credit,
    commands: Arc<Queue<Command>>,
}

/// The streams of one living process.
#[derive(Debug)]
struct Streams {
    stdin: Option<StreamId>,
    outputs: Vec<Home>,
}

/// An output stream, and the commands to the log thread that has it.
#[derive(Debug)]
struct Home {
    id: StreamId,
    commands: Arc<Queue<Command>>,
}

impl Logs {
    /// Starts the first log thread. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// When the kernel refuses a descriptor or a thread.
    pub fn start(options: Options) -> io::Result<Self> {
        let reports = Queue::new()?;
        let poller = Poller::new()?;
        poller.add(&reports, EpollFlags::EPOLLIN, REPORTS)?;
        let intake = Intake::new()?;
        poller.add(intake.alarm(), EpollFlags::EPOLLIN | EpollFlags::EPOLLET, ALARM)?;
        Ok(Self {
            options,
            pumps: Pumps::start(&reports)?,
            reports,
            poller: awaited(poller, Interest::READABLE)?,
            bells: Bells::default(),
            intake,
            slots: BTreeMap::new(),
            processes: BTreeMap::new(),
            last_id: REPORTS,
            unread: false,
            buffer: vec![0; CHUNK].into_boxed_slice(),
            clearings: Clearings::default(),
        })
    }

    /// Changes what applies to processes spawned from now on.
    pub fn adopt(&mut self, options: Options) {
        self.options = options;
    }

    /// The log files of a process that is about to be spawned, to be opened by whoever may wait for
    /// a disk.
    pub fn opening(&self, order: &SpawnOrder) -> Opening {
        let listener = matches!(order.group_plan.kind, GroupKind::EventListener(_));
        let (plan, files) = (Arc::clone(&order.plan), order.files.clone());
        Opening::new(plan, files, listener, self.options.clone())
    }

    /// Takes over the pipes of a process that has been spawned.
    pub fn attach(&mut self, process: ProcessId, outputs: Outputs, pipes: Pipes) {
        let mut streams = Streams { stdin: None, outputs: Vec::with_capacity(2) };
        if let Some(pipe) = pipes.stdin {
            set_nonblocking(&pipe);
            let id = self.next_id();
            self.slots.insert(id, Slot::Stdin { process, stdin: Stdin::new(pipe) });
            streams.stdin = Some(id);
        }
        if let Some(pipe) = pipes.stdout {
            streams.outputs.push(self.attach_one(process, Channel::Stdout, outputs.stdout, pipe));
        }
        if let (Some(pipe), Some(output)) = (pipes.stderr, outputs.stderr) {
            streams.outputs.push(self.attach_one(process, Channel::Stderr, output, pipe));
        }
        self.processes.insert(process, streams);
    }

    /// Waits until a stream has something for the core, and appends it to `messages`; it may also
    /// return without. Listeners are heard at once, other output while the core has a use for that
    /// of `wanted` streams; what it has no use for yet follows in a few milliseconds. Dropping the
    /// future loses nothing.
    pub async fn ready(&mut self, wanted: usize, messages: &mut Vec<Message>) {
        if !self.unread {
            poll_fn(|context| self.poll(wanted, context)).await;
        }
        for _ in 0..BATCH {
            let Some(id) = self.bells.take() else { break };
            self.serve(id, messages);
            if matches!(messages.last(), Some(Message::ListenerOutput { .. })) {
                // It gets its next event before anything else is looked at: while it is still about
                // this one, it need not be woken for it.
                return;
            }
        }
        if std::mem::take(&mut self.unread) {
            self.look(messages);
        }
        self.take_in(self.intake.allowance(wanted).min(BATCH), messages);
    }

    /// Reads what the core has had no use for so far, before it is told of something else.
    pub fn catch_up(&mut self, messages: &mut Vec<Message>) {
        let gathered = self.intake.hurry();
        self.take_in(gathered, messages);
    }

    /// Whether anything is ready.
    fn poll(&mut self, wanted: usize, context: &mut Context<'_>) -> Poll<()> {
        let rung = self.bells.poll(context);
        // An error means that the runtime is shutting down.
        if let Poll::Ready(Ok(mut guard)) = self.poller.poll_read_ready(context) {
            // Before looking, so that whatever comes from now on is announced again.
            guard.clear_ready();
            self.unread = true;
            return Poll::Ready(());
        }
        if rung.is_ready() { rung } else { self.intake.poll(wanted, context) }
    }

    /// Reads up to `count` of the streams that have something.
    fn take_in(&mut self, count: usize, messages: &mut Vec<Message>) {
        let mut fullest = None;
        for _ in 0..count {
            let Some(id) = self.intake.take() else { break };
            fullest = fullest.max(Some(self.serve(id, messages) * 1024 / PIPE));
        }
        if let Some(fullest) = fullest {
            self.intake.adapt(fullest);
        }
    }

    /// Heeds the log threads and writes on to those who read.
    fn look(&mut self, messages: &mut Vec<Message>) {
        let tokens = self.poller.get_ref().ready::<BATCH>();
        self.unread = tokens.len() == BATCH;
        for token in tokens {
            match token {
                REPORTS => self.heed_reports(messages),
                ALARM => self.intake.ripen(),
                token => {
                    self.serve(StreamId(token), messages);
                }
            }
        }
    }

    /// Reads what a dead process's pipes still hold and closes everything (RUN-171, RUN-172).
    /// Everything the core has to see is in `messages` when this returns; what only goes to files
    /// follows on the log threads.
    pub fn finish(&mut self, process: ProcessId, messages: &mut Vec<Message>) {
        let Some(streams) = self.processes.remove(&process) else { return };
        if let Some(id) = streams.stdin {
            self.slots.remove(&id);
        }
        for Home { id, commands } in streams.outputs {
            self.end_watch(id, true, messages);
            commands.push(Command::Finish { id });
        }
    }

    /// Writes to the stdin of a process. A process that is not alive, is a FastCGI one or has
    /// closed its stdin is [`FeedResult::Closed`] (RUN-209, RPC-185).
    pub fn feed(&mut self, process: ProcessId, bytes: &[u8]) -> FeedResult {
        let id = self.processes.get(&process).and_then(|streams| streams.stdin);
        let Some((id, Slot::Stdin { stdin, .. })) =
            id.and_then(|id| Some((id, self.slots.get_mut(&id)?)))
        else {
            return FeedResult::Closed;
        };
        let waited = stdin.is_waiting();
        let result = stdin.feed(bytes);
        if stdin.is_waiting() && !waited {
            let room = self.poller.get_ref().add(&*stdin, EpollFlags::EPOLLOUT, id.0);
            room.unwrap_or_else(|error| cannot_wait(&error));
        }
        if result == FeedResult::Closed {
            self.slots.remove(&id);
        }
        result
    }

    /// Closes and opens again the logs of every living process (LOG-060, LOG-061).
    pub fn reopen(&mut self) {
        self.pumps.all().for_each(|commands| commands.push_urgent(Command::Reopen));
    }

    /// Empties the logs of a process (LOG-062); answered by [`Message::LogsCleared`]. False when the
    /// process is not alive, and nothing has been done.
    pub fn clear(&mut self, process: ProcessId, request: RequestId) -> bool {
        let Some(streams) = self.processes.get(&process) else { return false };
        for home in &streams.outputs {
            if let Some(Slot::Watch(watched)) = self.slots.get_mut(&home.id) {
                watched.watch.clear();
            }
        }
        self.clearings.begin(process, request, &streams.outputs)
    }

    /// Resolves when what the pipes of plain streams hold, and what has been read of watched ones,
    /// is in the files. Who reads a log for a client waits for it, with a limit: a disk may be
    /// stalled.
    pub fn fence(&self) -> impl Future<Output = ()> + 'static {
        let fence = |commands: &Queue<Command>| {
            let (done, fence) = oneshot::channel();
            commands.push_urgent(Command::Fence(done));
            fence
        };
        let fences: Vec<_> = self.pumps.all().map(fence).collect();
        async move {
            for fence in fences {
                // A thread that has ended has written everything.
                drop(fence.await);
            }
        }
    }

    /// Ends the log threads once they have written what they were given, and waits for that, for at
    /// most `limit`. False when the limit has passed.
    pub fn close(self, limit: Duration) -> bool {
        self.pumps.close(limit)
    }

    /// Gives a stream to the log thread of its disk, and its pipe as well unless it is watched.
    fn attach_one(
        &mut self,
        process: ProcessId,
        channel: Channel,
        output: Output,
        pipe: OwnedFd,
    ) -> Home {
        set_nonblocking(&pipe);
        let id = self.next_id();
        let commands = self.pumps.of(output.sink.device());
        let strip_ansi = output.options.strip_ansi && !output.is_watched();
        let source = if output.is_watched() {
            let interest = output.interest(process, channel);
            let pipe = Arc::new(pipe);
            let hang = || self.bells.hang(id, Arc::clone(&pipe)).inspect_err(cannot_wait).ok();
            let bell = output.listener.then(hang).flatten();
            if bell.is_none() {
                self.intake.add(id, &pipe);
            }
            let watched = Watched {
                watch: Watch::new(pipe, interest),
                bell,
                credit: Credit::default(),
                commands: Arc::clone(&commands),
            };
            let credit = watched.credit.clone();
            self.slots.insert(id, Slot::Watch(Box::new(watched)));
            Source::Watched(credit)
        } else {
            Source::Pipe(pipe)
        };
        commands.push(Command::Attach { id, source, sink: output.sink, strip_ansi });
        Home { id, commands }
    }

    /// Reads a watched pipe, or writes on to a stdin. Returns how many bytes have been read.
    fn serve(&mut self, id: StreamId, messages: &mut Vec<Message>) -> usize {
        match self.slots.get_mut(&id) {
            Some(Slot::Watch(watched)) => {
                let Watched { watch, bell, credit, commands } = &mut **watched;
                let mut log = Vec::new();
                let progress =
                    watch.step(&mut self.buffer, &mut Outlet { messages, log: &mut log });
                let stop = !log.is_empty() && credit.take(log.len());
                let has_more = progress == Progress::Read(CHUNK);
                match bell {
                    Some(_) if stop => {}
                    Some(bell) if has_more => bell.listen(),
                    Some(bell) => bell.listen_anew(),
                    None if stop => self.intake.remove(&*watch),
                    None if has_more => self.intake.put_back(id),
                    None => {}
                }
                write(commands, id, log, stop);
                match progress {
                    Progress::Read(count) => return count,
                    Progress::Nothing => {}
                    Progress::End => self.end_watch(id, false, messages),
                }
            }
            Some(Slot::Stdin { process, stdin }) => {
                let process = *process;
                let flush = stdin.flush();
                if flush != Flush::Blocked {
                    self.poller.get_ref().remove(&*stdin);
                }
                if let Flush::Drained { refused: true } | Flush::Closed { refused: true } = flush {
                    messages.push(Message::StdinDrained { process });
                }
                if matches!(flush, Flush::Closed { .. }) {
                    self.slots.remove(&id);
                }
            }
            None => {}
        }
        0
    }

    /// Ends a watched stream: at the end of its pipe, or with its process after reading the rest.
    fn end_watch(&mut self, id: StreamId, drain: bool, messages: &mut Vec<Message>) {
        let Some(Slot::Watch(watched)) = self.slots.remove(&id) else { return };
        let Watched { mut watch, credit, commands, .. } = *watched;
        let mut log = Vec::new();
        let mut outlet = Outlet { messages, log: &mut log };
        if drain {
            watch.drain(&mut self.buffer, &mut outlet);
        }
        watch.end(&mut outlet);
        messages.extend(watch.closed(id.0));
        credit.take(log.len());
        write(&commands, id, log, false);
    }

    fn heed_reports(&mut self, messages: &mut Vec<Message>) {
        for report in self.reports.take() {
            match report {
                Report::Resume(id) => {
                    if let Some(Slot::Watch(watched)) = self.slots.get(&id) {
                        match &watched.bell {
                            Some(bell) => bell.listen(),
                            None => self.intake.add(id, &watched.watch),
                        }
                    }
                }
                Report::Cleared { process, request, result } => {
                    messages.extend(self.clearings.done(process, request, result));
                }
            }
        }
    }

    fn next_id(&mut self) -> StreamId {
        self.last_id += 1;
        StreamId(self.last_id)
    }
}

/// Hands bytes of a watched stream to its log thread, which does not pause if the stream has been
/// stopped for them.
fn write(commands: &Queue<Command>, id: StreamId, bytes: Vec<u8>, stopped: bool) {
    if bytes.is_empty() {
        return;
    }
    let command = Command::Write { id, bytes };
    if stopped {
        commands.push_urgent(command);
    } else {
        commands.push(command);
    }
}

fn cannot_wait(error: &io::Error) {
    tracing::warn!("could not wait for a program's pipe: {error}");
}

/// Our ends of the pipes only; the child's have their own flags.
fn set_nonblocking(pipe: &OwnedFd) {
    if let Err(error) = fcntl(pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)) {
        tracing::warn!("could not make a program's pipe non-blocking: {error}");
    }
}

#[cfg(test)]
mod tests;
