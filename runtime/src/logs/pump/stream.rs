//! One stream of the log thread: moving its bytes, by splice or by copy, from its pipe to its sink.

use std::borrow::Cow;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SpliceFFlags, fcntl, splice};
use nix::unistd::read;

use super::super::ansi::AnsiFilter;
use super::super::queue::Credit;
use super::super::sink::{Sink, Taken};
use super::super::syslog::Syslog;

/// Capacity of a pipe as the kernel makes it.
pub(super) const PIPE: usize = 65_536;

/// Capacity given to pipes that were found full.
pub(super) const LARGE_PIPE: usize = 1 << 20;

/// Half full, in 1/1024.
pub(super) const HALF: usize = 512;

/// One stream.
pub(super) struct Stream {
    /// The daemon's end of the pipe until its end is reached; none for a watched stream.
    pub(super) pipe: Option<OwnedFd>,
    pub(super) capacity: usize,
    pub(super) filter: Option<AnsiFilter>,
    pub(super) sink: Sink,
    pub(super) credit: Credit,
    /// What the sink had no room for. While there is any, the pipe is not read.
    pub(super) backlog: Vec<u8>,
    /// Whether the process is dead, and the stream ends with its backlog.
    pub(super) finished: bool,
    /// Whether the last look found the pipe so full that splicing pays.
    pub(super) flooding: bool,
    pub(super) cannot_splice: bool,
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

impl Stream {
    pub(super) fn new(
        pipe: Option<OwnedFd>,
        sink: Sink,
        filter: Option<AnsiFilter>,
        credit: Credit,
    ) -> Self {
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
    pub(super) fn step(&mut self, buffer: &mut [u8], null: &File, syslog: &mut Syslog) -> Found {
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
