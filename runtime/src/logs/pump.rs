//! The log thread: moves bytes from the pipes of plain streams, and those the driver's thread
//! hands over, to their sinks. It is the only thread that waits for a disk. It sleeps when no
//! child writes.
//!
//! Three things keep it cheap. Bytes nobody has to see are spliced, when there are many of them.
//! Between two rounds it lets the pipes fill for a moment, four milliseconds at most and less
//! when a pipe was found half full, so that a child writing line by line costs a read per round
//! and not per line. And a pipe found full is enlarged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, splice};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use nix::unistd::read;

use super::ansi::AnsiFilter;
use super::queue::{Command, Credit, Queue, Report, StreamId};
use super::rotate::{self, CHUNK};
use super::sink::{Sink, Taken};
use super::syslog::Syslog;
use crate::supervisor::message::LogFiles;

/// Token of the command queue; streams count from 1.
const COMMANDS: u64 = 0;

/// Set in the token of a sink that is waited for.
const SINK: u64 = 1 << 63;

/// Capacity of a pipe as the kernel makes it.
const PIPE: usize = 65_536;

/// Capacity given to pipes that were found full.
const LARGE_PIPE: usize = 1 << 20;

/// How many pipes may be that large at a time: they are the kernel's memory.
const LARGE_PIPES: usize = 32;

/// Half full, in 1/1024.
const HALF: usize = 512;

/// The longest the pipes are left to fill between two rounds.
const PACE: Duration = Duration::from_millis(4);

/// A shorter pause than this is none.
const SHORTEST_PACE: Duration = Duration::from_micros(100);

/// The log thread's state.
pub(super) struct Pump {
    commands: Arc<Queue<Command>>,
    reports: Arc<Queue<Report>>,
    epoll: Epoll,
    streams: BTreeMap<StreamId, Stream>,
    buffer: Box<[u8]>,
    null: File,
    syslog: Syslog,
    pace: Duration,
    closing: bool,
}

/// One stream.
struct Stream {
    /// The daemon's end of the pipe until its end is reached; none for a watched stream.
    pipe: Option<OwnedFd>,
    capacity: usize,
    filter: Option<AnsiFilter>,
    sink: Sink,
    credit: Credit,
    /// What the sink had no room for. While there is any, the pipe is not read.
    backlog: Vec<u8>,
    /// Whether the process is dead, and the stream ends with its backlog.
    finished: bool,
    /// Whether the last look found the pipe so full that splicing pays.
    flooding: bool,
    cannot_splice: bool,
}

/// What one look at a pipe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// So many bytes, which are taken care of, where so many could have been found.
    Bytes { count: usize, room: usize },
    /// Nothing for now.
    Nothing,
    /// The end: no writer is left.
    End,
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
            buffer: vec![0; CHUNK].into_boxed_slice(),
            null: File::options().write(true).open("/dev/null")?,
            syslog: Syslog::default(),
            pace: PACE,
            closing: false,
        })
    }

    /// Works until [`Command::Close`].
    pub(super) fn run(mut self) {
        while !self.closing {
            if self.round(EpollTimeout::NONE) {
                self.pause();
            }
        }
    }

    /// Serves everything that is ready. True when bytes came from a pipe.
    fn round(&mut self, timeout: EpollTimeout) -> bool {
        let mut events = [EpollEvent::empty(); 256];
        let count = self.epoll.wait(&mut events, timeout).unwrap_or(0);
        let mut fullest = None;
        for token in events[..count].iter().map(EpollEvent::data) {
            match token {
                COMMANDS => {
                    self.commands.take().into_iter().for_each(|command| self.execute(command))
                }
                token if token & SINK != 0 => self.unblock(StreamId(token & !SINK)),
                token => fullest = fullest.max(Some(self.serve(StreamId(token)))),
            }
        }
        if let Some(fullest) = fullest {
            self.pace = next_pace(self.pace, fullest);
        }
        fullest.is_some()
    }

    /// Lets the pipes fill; commands are not kept waiting.
    fn pause(&self) {
        if self.pace >= SHORTEST_PACE {
            let mut wake = [PollFd::new(self.commands.as_fd(), PollFlags::POLLIN)];
            // An early return only means a shorter pause.
            ppoll(&mut wake, Some(TimeSpec::from_duration(self.pace)), None).unwrap_or_default();
        }
    }

    fn execute(&mut self, command: Command) {
        match command {
            Command::Attach { id, pipe, sink, strip_ansi, credit } => {
                let filter = strip_ansi.then(AnsiFilter::default);
                let stream = Stream::new(pipe, sink, filter, credit);
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
            Command::Clear { process, request, streams, files } => {
                let result = self.clear(&streams, &files).map_err(|error| {
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
        let fill = match stream.step(&mut self.buffer, &self.null, &mut self.syslog) {
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
                stream.end(&mut self.syslog);
                0
            }
        };
        if self.streams.get(&id).is_some_and(|stream| !stream.backlog.is_empty()) {
            self.block(id);
        }
        fill
    }

    /// Takes the bytes of a watched stream.
    fn write(&mut self, id: StreamId, bytes: &[u8]) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        let waited = stream.backlog.len();
        stream.take(bytes, &mut self.syslog);
        let waits = stream.backlog.len();
        self.release(id, bytes.len() + waited - waits);
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
        while let Found::Bytes { count, .. } =
            stream.step(&mut self.buffer, &self.null, &mut self.syslog)
        {
            left = left.saturating_sub(count);
            if left == 0 {
                break;
            }
        }
        stream.end(&mut self.syslog);
        stream.finished = true;
        if stream.backlog.is_empty() {
            self.streams.remove(&id);
        } else if !waited {
            self.block(id);
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
        } else {
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
        if self.streams.get(&id).is_some_and(|stream| stream.credit.release(count)) {
            self.reports.push(Report::Resume(id));
        }
    }

    /// Removes and recreates the logs of open streams, removes those of a dead process.
    fn clear(&mut self, streams: &[StreamId], files: &LogFiles) -> io::Result<()> {
        if streams.is_empty() {
            return [&files.stdout, &files.stderr]
                .into_iter()
                .flatten()
                .try_for_each(|path| rotate::empty(path));
        }
        streams.iter().filter_map(|id| self.change_file(*id, Sink::clear)).collect()
    }
}

impl Stream {
    fn new(pipe: Option<OwnedFd>, sink: Sink, filter: Option<AnsiFilter>, credit: Credit) -> Self {
        Self {
            pipe,
            capacity: PIPE,
            filter,
            sink,
            credit,
            backlog: Vec::new(),
            finished: false,
            flooding: false,
            cannot_splice: false,
        }
    }

    /// Moves one chunk from the pipe to the sink.
    fn step(&mut self, buffer: &mut [u8], null: &File, syslog: &mut Syslog) -> Found {
        match self.move_unseen(null) {
            Some(Ok(0)) => return Found::End,
            Some(Ok(count)) => {
                self.sink.report_rotation();
                return Found::Bytes { count, room: self.capacity };
            }
            Some(Err(Errno::EAGAIN | Errno::EINTR)) => return Found::Nothing,
            // A full disk, say: the copy meets the same error and reports it.
            Some(Err(error)) => self.cannot_splice = error == Errno::EINVAL,
            None => {}
        }
        let Some(pipe) = &self.pipe else { return Found::Nothing };
        match read(pipe, buffer) {
            Ok(0) => Found::End,
            Ok(count) => {
                self.take(&buffer[..count], syslog);
                Found::Bytes { count, room: self.capacity.min(buffer.len()) }
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Found::Nothing,
            Err(_) => Found::End,
        }
    }

    /// Splices, when nobody has to see the bytes and there are many of them; `None` when they are
    /// to be copied.
    fn move_unseen(&mut self, null: &File) -> Option<nix::Result<usize>> {
        let pipe = self.pipe.as_ref()?;
        if self.sink.is_null() {
            let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
            return Some(splice(pipe, None, null, None, LARGE_PIPE, flags));
        }
        if !self.flooding || self.cannot_splice || self.filter.is_some() {
            return None;
        }
        Some(self.sink.spliceable()?.splice(pipe.as_fd(), LARGE_PIPE))
    }

    /// Hands bytes to the sink; what it has no room for waits.
    fn take(&mut self, bytes: &[u8], syslog: &mut Syslog) {
        let bytes = match &mut self.filter {
            Some(filter) => Cow::Owned(filter.strip(bytes)),
            None => Cow::Borrowed(bytes),
        };
        self.sink.write_syslog(&bytes, syslog);
        if !self.backlog.is_empty() {
            self.backlog.extend_from_slice(&bytes);
        } else if let Taken::Part(count) = self.sink.write_file(&bytes) {
            self.backlog.extend_from_slice(&bytes[count..]);
        }
    }

    /// Closes the pipe and hands on what the filter held back.
    fn end(&mut self, syslog: &mut Syslog) {
        self.pipe = None;
        let held = self.filter.as_mut().map_or(&[][..], AnsiFilter::finish);
        if !held.is_empty() {
            self.filter = None;
            self.take(held, syslog);
        }
    }

    /// Learns from how full the pipe was, in 1/1024.
    fn adapt(&mut self, fill: usize) {
        self.flooding = fill >= HALF || (self.flooding && fill >= HALF / 8);
    }

    /// Enlarges the pipe. The kernel may refuse an unprivileged daemon; then it stays as it is.
    fn enlarge(&mut self) {
        let wanted = i32::try_from(LARGE_PIPE).unwrap_or(i32::MAX);
        if let Some(pipe) = &self.pipe
            && let Ok(capacity) = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(wanted))
        {
            self.capacity = usize::try_from(capacity).unwrap_or(PIPE);
        }
    }
}

/// The pause before the next round, after one that found the fullest pipe so full (in 1/1024).
fn next_pace(pace: Duration, fullest: usize) -> Duration {
    match fullest {
        HALF.. => pace / 4,
        fullest if fullest < HALF / 4 => (pace * 2).clamp(SHORTEST_PACE * 2, PACE),
        _ => pace,
    }
}

#[cfg(test)]
mod tests;
