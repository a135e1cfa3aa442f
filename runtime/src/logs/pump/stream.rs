//! One stream of the log thread: moving its bytes, by splice or by copy, from its pipe to its sink.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, splice};
use nix::unistd::read;

use super::super::ansi::AnsiFilter;
use super::super::pace::{HALF, PIPE};
use super::super::queue::{Credit, Source};
use super::super::rotate::CHUNK;
use super::super::sink::{Sink, Taken};
use super::super::syslog::Syslog;
use super::transit::Transit;

/// Capacity given to pipes that were found full.
pub(super) const LARGE_PIPE: usize = 1 << 20;

/// One stream.
pub(super) struct Stream {
    /// The daemon's end of the pipe until its end is reached; none for a watched stream.
    pub(super) pipe: Option<OwnedFd>,
    pub(super) capacity: usize,
    pub(super) filter: Option<AnsiFilter>,
    pub(super) sink: Sink,
    /// Of a watched stream.
    pub(super) credit: Option<Credit>,
    /// What the sink had no room for. While there is any, the pipe is not read.
    pub(super) backlog: Vec<u8>,
    /// Whether the process is dead, and the stream ends with its backlog.
    pub(super) finished: bool,
    /// Whether the last look found the pipe so full that splicing pays.
    pub(super) flooding: bool,
    pub(super) cannot_splice: bool,
}

/// What all streams of a log thread use in turn.
pub(super) struct Tools {
    buffer: Box<[u8]>,
    transit: Transit,
    null: File,
    pub(super) syslog: Syslog,
}

/// What one look at a pipe found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// So many bytes, which are taken care of, where so many could have been found.
    Bytes { count: usize, room: usize },
    /// Nothing for now.
    Nothing,
    /// The end: no writer is left.
    End,
}

impl Tools {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            buffer: vec![0; CHUNK].into_boxed_slice(),
            transit: Transit::new()?,
            null: File::options().write(true).open("/dev/null")?,
            syslog: Syslog::default(),
        })
    }
}

impl Stream {
    pub(super) fn new(source: Source, sink: Sink, filter: Option<AnsiFilter>) -> Self {
        let (pipe, credit) = match source {
            Source::Pipe(pipe) => (Some(pipe), None),
            Source::Watched(credit) => (None, Some(credit)),
        };
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

    /// Moves one chunk from the pipe to the sink: without looking at it when it goes nowhere,
    /// spliced when nobody has to see it and there is much of it, else copied.
    pub(super) fn step(&mut self, tools: &mut Tools) -> Found {
        let Some(pipe) = &self.pipe else { return Found::Nothing };
        let (found, room) = if self.sink.is_null() {
            let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
            (splice(pipe, None, &tools.null, None, LARGE_PIPE, flags), self.capacity)
        } else if self.is_to_be_spliced() {
            let entered = tools.transit.enter(pipe);
            self.leave(entered.unwrap_or(0), tools);
            (entered, self.capacity)
        } else {
            let found = read(pipe, &mut tools.buffer);
            if let Ok(count @ 1..) = found {
                self.take(&tools.buffer[..count], &mut tools.syslog);
            }
            (found, self.capacity.min(CHUNK))
        };
        match found {
            Ok(0) => Found::End,
            Ok(count) => Found::Bytes { count, room },
            Err(Errno::EAGAIN | Errno::EINTR) => Found::Nothing,
            Err(_) => Found::End,
        }
    }

    fn is_to_be_spliced(&self) -> bool {
        let plain = !self.cannot_splice && self.filter.is_none();
        self.flooding && plain && self.sink.is_spliceable()
    }

    /// Moves what has entered the transit on into the file. What the file does not take that way is
    /// copied, and meets the same error, which is reported then.
    fn leave(&mut self, mut count: usize, tools: &mut Tools) {
        while count > 0 {
            match self.sink.splice(tools.transit.exit(), count) {
                Ok(moved) if moved > 0 => count -= moved,
                refused => {
                    self.cannot_splice = refused == Err(Errno::EINVAL);
                    break;
                }
            }
        }
        while count > 0 {
            let limit = count.min(tools.buffer.len());
            match read(tools.transit.exit(), &mut tools.buffer[..limit]) {
                Ok(copied @ 1..) => {
                    self.take(&tools.buffer[..copied], &mut tools.syslog);
                    count -= copied;
                }
                Err(Errno::EINTR) => {}
                Ok(0) | Err(_) => return,
            }
        }
    }

    /// Hands bytes to the sink; what it has no room for waits.
    pub(super) fn take(&mut self, bytes: &[u8], syslog: &mut Syslog) {
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
    pub(super) fn end(&mut self, syslog: &mut Syslog) {
        self.pipe = None;
        let held = self.filter.as_mut().map_or(&[][..], AnsiFilter::finish);
        if !held.is_empty() {
            self.filter = None;
            self.take(held, syslog);
        }
    }

    /// Learns from how full the pipe was, in 1/1024.
    pub(super) fn adapt(&mut self, fill: usize) {
        self.flooding = fill >= HALF || (self.flooding && fill >= HALF / 8);
    }

    /// Enlarges the pipe. The kernel may refuse an unprivileged daemon; then it stays as it is.
    pub(super) fn enlarge(&mut self) {
        let wanted = i32::try_from(LARGE_PIPE).unwrap_or(i32::MAX);
        if let Some(pipe) = &self.pipe
            && let Ok(capacity) = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(wanted))
        {
            self.capacity = usize::try_from(capacity).unwrap_or(PIPE);
        }
    }
}
