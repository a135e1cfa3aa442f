//! A log thread: moves bytes from the pipes of plain streams, and those the driver's thread
//! hands over, to their sinks. It is the one that waits for a disk that is slow. It sleeps when no
//! child writes.
//!
//! Three things keep it cheap. Bytes nobody has to see are spliced, when there are many of them, and
//! by way of a pipe of its own, so that who prints them does not wait for the file. Between two
//! rounds it lets pipes and commands gather for a moment, four milliseconds at most and less when a
//! pipe was found half full, so that a child writing line by line costs a read per round and not per
//! line, and a thousand children that come or go are not a thousand wake-ups. And a pipe
//! found full is enlarged.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use self::stream::{Found, Stream, Tools};
use super::ansi::AnsiFilter;
use super::pace::{HALF, PIPE, Pace};
use super::queue::{Command, Queue, Report, StreamId};
use super::sink::{Sink, Taken};

mod stream;
mod transit;

/// Token of the command queue; streams count from 1.
const COMMANDS: u64 = 0;

/// Set in the token of a sink that is waited for.
const SINK: u64 = 1 << 63;

/// Token of the syslog daemon, while it is waited for.
const SYSLOG: u64 = u64::MAX;

/// How many pipes may be that large at a time: they are the kernel's memory.
const LARGE_PIPES: usize = 32;

/// The state of a log thread.
pub(super) struct Pump {
    commands: Arc<Queue<Command>>,
    reports: Arc<Queue<Report>>,
    epoll: Epoll,
    streams: BTreeMap<StreamId, Box<Stream>>,
    tools: Tools,
    /// Who waits for the syslog daemon; `None` while it has room.
    waiting_for_syslog: Option<Waiting>,
    pace: Pace,
    closing: bool,
}

/// What goes on when the syslog daemon has room again.
#[derive(Default)]
struct Waiting {
    /// Streams whose pipes are not read meanwhile.
    held: BTreeSet<StreamId>,
    /// How much of watched streams has been taken and not been released.
    owed: Vec<(StreamId, usize)>,
}

impl Pump {
    /// A pump that takes commands from one queue and reports to the other.
    pub(super) fn new(
        commands: Arc<Queue<Command>>,
        reports: Arc<Queue<Report>>,
    ) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&commands, EpollEvent::new(EpollFlags::EPOLLIN, COMMANDS))?;
        Ok(Self {
            commands,
            reports,
            epoll,
            streams: BTreeMap::new(),
            tools: Tools::new()?,
            waiting_for_syslog: None,
            pace: Pace::default(),
            closing: false,
        })
    }

    /// Works until [`Command::Close`], and then for as long as somebody takes to read what is left
    /// for him. Who has no patience need not wait for the thread.
    pub(super) fn run(mut self) {
        while !self.closing {
            if self.round(EpollTimeout::NONE) {
                self.pause();
            }
        }
        while self.streams.values().any(|stream| !stream.backlog.is_empty()) {
            self.round(EpollTimeout::NONE);
        }
        self.tools.syslog.wait();
    }

    /// Serves everything that is ready. True when there was something.
    fn round(&mut self, timeout: EpollTimeout) -> bool {
        let mut events = [EpollEvent::empty(); 256];
        let count = self.epoll.wait(&mut events, timeout).unwrap_or(0);
        let mut fullest = None;
        for token in events[..count].iter().map(EpollEvent::data) {
            match token {
                COMMANDS => {
                    self.commands.take().into_iter().for_each(|command| self.execute(command))
                }
                SYSLOG => self.unblock_syslog(),
                token if token & SINK != 0 => self.unblock(StreamId(token & !SINK)),
                token => fullest = fullest.max(Some(self.serve(StreamId(token)))),
            }
        }
        if let Some(fullest) = fullest {
            self.pace.adapt(fullest);
        }
        count > 0
    }

    /// Lets the pipes and the commands gather, until somebody waits for one of them.
    fn pause(&self) {
        if let Some(pause) = self.pace.pause().filter(|_| !self.closing) {
            self.commands.pause(pause);
        }
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Attach { id, source, sink, strip_ansi } => {
                let filter = strip_ansi.then(AnsiFilter::default);
                let stream = Box::new(Stream::new(source, sink, filter));
                self.watch_pipe(id, &stream);
                self.streams.insert(id, stream);
            }
            Command::Write { id, bytes } => self.write(id, &bytes),
            Command::Finish { id } => self.finish(id),
            Command::Reopen => {
                for id in self.ids() {
                    self.change_file(id, Sink::reopen);
                }
            }
            Command::Clear { process, request, streams } => {
                let result = self.clear(&streams).map_err(|error| {
                    tracing::warn!("could not clear a log file: {error}");
                });
                self.reports.push(Report::Cleared { process, request, result });
            }
            Command::Fence(done) => {
                self.round_of_pipes();
                // Who asked may have gone away.
                done.send(()).unwrap_or_default();
            }
            Command::Close => {
                self.round_of_pipes();
                self.closing = true;
            }
        }
    }

    /// Looks once at every pipe.
    fn round_of_pipes(&mut self) {
        for id in self.ids() {
            self.serve(id);
        }
    }

    fn ids(&self) -> Vec<StreamId> {
        self.streams.keys().copied().collect()
    }

    /// Enlarges a pipe, unless enough of them are large already.
    fn enlarge(&mut self, id: StreamId) {
        let large = self.streams.values().filter(|stream| stream.capacity > PIPE).count();
        if large < LARGE_PIPES
            && let Some(stream) = self.streams.get_mut(&id)
        {
            stream.enlarge();
        }
    }

    /// Moves what the pipe of a stream holds. Returns how full it was, in 1/1024.
    fn serve(&mut self, id: StreamId) -> usize {
        let Some(stream) = self.streams.get_mut(&id) else { return 0 };
        if !stream.backlog.is_empty() {
            return 0;
        }
        if let Some(waiting) = &mut self.waiting_for_syslog
            && stream.sink.is_for_syslog()
        {
            if waiting.held.insert(id)
                && let Some(pipe) = &stream.pipe
            {
                self.epoll.delete(pipe).unwrap_or_default();
            }
            return 0;
        }
        let fill = match stream.step(&mut self.tools) {
            Found::Bytes { count, room } => {
                let fill = count * 1024 / room;
                stream.adapt(fill);
                if fill >= HALF && stream.capacity == PIPE {
                    self.enlarge(id);
                }
                fill
            }
            Found::Nothing => 0,
            Found::End => {
                // Closing the pipe takes it out of the epoll set.
                stream.end(&mut self.tools.syslog);
                0
            }
        };
        if self.streams.get(&id).is_some_and(|stream| !stream.backlog.is_empty()) {
            self.block(id);
        }
        self.look_after_syslog();
        fill
    }

    /// Takes the bytes of a watched stream.
    fn write(&mut self, id: StreamId, bytes: &[u8]) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let waited = stream.backlog.len();
        stream.take(bytes, &mut self.tools.syslog);
        let waits = stream.backlog.len();
        let for_syslog = stream.sink.is_for_syslog();
        let done = bytes.len() + waited - waits;
        self.look_after_syslog();
        match &mut self.waiting_for_syslog {
            Some(waiting) if for_syslog => waiting.owed.push((id, done)),
            Some(_) | None => self.release(id, done),
        }
        if waited == 0 && waits > 0 {
            self.block(id);
        }
    }

    /// Reads a dead process's pipe empty and closes it. A descendant that goes on writing is read
    /// for no more than the pipe can hold.
    fn finish(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let waited = !stream.backlog.is_empty();
        let mut left = stream.capacity;
        while let Found::Bytes { count, .. } = stream.step(&mut self.tools) {
            left = left.saturating_sub(count);
            if left == 0 {
                break;
            }
        }
        stream.end(&mut self.tools.syslog);
        stream.finished = true;
        if stream.backlog.is_empty() {
            self.streams.remove(&id);
        } else if !waited {
            self.block(id);
        }
        self.look_after_syslog();
    }

    /// Begins to wait for the syslog daemon if it has no room.
    fn look_after_syslog(&mut self) {
        if self.waiting_for_syslog.is_some() || !self.tools.syslog.is_full() {
            return;
        }
        let Some(fd) = self.tools.syslog.fd() else { return };
        match self.epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLOUT, SYSLOG)) {
            Ok(()) => self.waiting_for_syslog = Some(Waiting::default()),
            Err(error) => tracing::warn!("could not wait for the syslog daemon: {error}"),
        }
    }

    /// Sends on to a syslog daemon that has room again.
    fn unblock_syslog(&mut self) {
        if let Some(fd) = self.tools.syslog.fd() {
            self.epoll.delete(fd).unwrap_or_default();
        }
        self.tools.syslog.flush();
        let Some(before) = self.waiting_for_syslog.take() else { return };
        self.look_after_syslog();
        if let Some(waiting) = &mut self.waiting_for_syslog {
            *waiting = before;
            return;
        }
        for (id, count) in before.owed {
            self.release(id, count);
        }
        for id in before.held {
            if let Some(stream) = self.streams.get(&id).filter(|stream| stream.backlog.is_empty()) {
                self.watch_pipe(id, stream);
            }
        }
    }

    /// Stops reading a pipe until its sink, a pipe as well, has room.
    fn block(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        if let Some(pipe) = &stream.pipe {
            self.epoll.delete(pipe).unwrap_or_default();
        }
        let Some(fd) = stream.sink.fd() else { return };
        let event = EpollEvent::new(EpollFlags::EPOLLOUT, id.0 | SINK);
        if let Err(error) = self.epoll.add(fd, event) {
            tracing::warn!("could not wait for a log: {error}");
        }
    }

    /// Writes on into a sink that has room again.
    fn unblock(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if let Some(fd) = stream.sink.fd() {
            self.epoll.delete(fd).unwrap_or_default();
        }
        let mut backlog = std::mem::take(&mut stream.backlog);
        let mut written = backlog.len();
        if let Taken::Part(count) = stream.sink.write_file(&backlog) {
            written = count;
            stream.backlog = backlog.split_off(count);
        }
        self.release(id, written);
        let Some(stream) = self.streams.get(&id) else { return };
        if !stream.backlog.is_empty() {
            self.block(id);
        } else if stream.finished {
            self.streams.remove(&id);
        } else if !self.waiting_for_syslog.as_ref().is_some_and(|it| it.held.contains(&id)) {
            self.watch_pipe(id, stream);
        }
    }

    /// Changes the file of a sink, which may be waited for.
    fn change_file<T>(&mut self, id: StreamId, change: impl FnOnce(&mut Sink) -> T) -> Option<T> {
        let stream = self.streams.get_mut(&id)?;
        let waiting = !stream.backlog.is_empty();
        if waiting && let Some(fd) = stream.sink.fd() {
            self.epoll.delete(fd).unwrap_or_default();
        }
        let result = change(&mut stream.sink);
        if waiting {
            self.unblock(id);
        }
        Some(result)
    }

    fn watch_pipe(&self, id: StreamId, stream: &Stream) {
        if let Some(pipe) = &stream.pipe
            && let Err(error) = self.epoll.add(pipe, EpollEvent::new(EpollFlags::EPOLLIN, id.0))
        {
            tracing::warn!("could not wait for a program's output: {error}");
        }
    }

    fn release(&self, id: StreamId, count: usize) {
        let credit = self.streams.get(&id).and_then(|stream| stream.credit.as_ref());
        if credit.is_some_and(|credit| credit.release(count)) {
            self.reports.push(Report::Resume(id));
        }
    }

    /// Removes the files of open streams and creates them anew.
    fn clear(&mut self, streams: &[StreamId]) -> io::Result<()> {
        streams.iter().filter_map(|id| self.change_file(*id, Sink::clear)).collect()
    }
}

#[cfg(test)]
mod tests;
