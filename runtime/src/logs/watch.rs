//! A watched stream: output the core has to see. Reads the pipe, finds captures, removes escape
//! sequences, mirrors to the activity log, and makes the messages; what belongs into a file is
//! returned, not written.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use compiler::python_repr;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::unistd::read;

use super::ansi::AnsiFilter;
use super::capture::{CaptureBuffer, Piece, Splitter};
use super::rotate::CHUNK;
use crate::quote;
use crate::supervisor::message::{Channel, Message, OutputKind, ProcessId};

/// What a watched stream is watched for, fixed when its process is spawned.
#[derive(Debug)]
pub(super) struct Interest {
    /// Whose it is.
    pub(super) process: ProcessId,
    /// Its name, for the mirror.
    pub(super) name: String,
    /// Which stream.
    pub(super) channel: Channel,
    /// Whether it is the stdout of an event listener: the core gets every byte.
    pub(super) listener: bool,
    /// Whether each chunk is an event.
    pub(super) events: bool,
    /// Whether each chunk is shown in the activity log (LOG-011).
    pub(super) mirror: bool,
    /// Size of the capture buffer; 0 for no capture.
    pub(super) capture_maxbytes: usize,
    /// Whether escape sequences are removed.
    pub(super) strip_ansi: bool,
    /// Whether there is a file or syslog to write to.
    pub(super) logged: bool,
}

/// A watched stream of a living process.
#[derive(Debug)]
pub(super) struct Watch {
    pipe: Arc<OwnedFd>,
    interest: Interest,
    capture: Option<(Splitter, CaptureBuffer)>,
    filter: Option<AnsiFilter>,
}

/// What reading found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// A chunk of so many bytes.
    Read(usize),
    /// Nothing for now.
    Nothing,
    /// The end: no writer is left.
    End,
}

/// Where the bytes of a chunk go.
pub(super) struct Outlet<'a> {
    /// For the core.
    pub(super) messages: &'a mut Vec<Message>,
    /// For the file and syslog.
    pub(super) log: &'a mut Vec<u8>,
}

impl Watch {
    /// Watches the daemon's end of a pipe, which must be non-blocking.
    pub(super) fn new(pipe: Arc<OwnedFd>, interest: Interest) -> Self {
        let capture = (interest.capture_maxbytes > 0)
            .then(|| (Splitter::default(), CaptureBuffer::new(interest.capture_maxbytes)));
        let filter = interest.strip_ansi.then(AnsiFilter::default);
        Self { pipe, interest, capture, filter }
    }

    /// Reads one chunk. Each chunk is at most one event (RUN-011).
    pub(super) fn step(&mut self, buffer: &mut [u8], outlet: &mut Outlet<'_>) -> Progress {
        match read(&self.pipe, buffer) {
            Ok(0) => Progress::End,
            Ok(count) => {
                self.chunk(&buffer[..count], outlet);
                Progress::Read(count)
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Progress::Nothing,
            Err(_) => Progress::End,
        }
    }

    /// Reads what a dead process has left. A descendant that goes on writing is read for no more
    /// than the pipe can hold.
    pub(super) fn drain(&mut self, buffer: &mut [u8], outlet: &mut Outlet<'_>) {
        let mut left = fcntl(&self.pipe, FcntlArg::F_GETPIPE_SZ)
            .map_or(CHUNK, |capacity| usize::try_from(capacity).unwrap_or(CHUNK));
        while let Progress::Read(count) = self.step(buffer, outlet) {
            left = left.saturating_sub(count);
            if left == 0 {
                return;
            }
        }
    }

    /// Hands on what was held back when the stream ends.
    pub(super) fn end(&mut self, outlet: &mut Outlet<'_>) {
        if let Some((mut splitter, mut buffer)) = self.capture.take() {
            splitter.finish(&mut |piece| self.piece(piece, &mut buffer, outlet));
        }
        let held = self.filter.take().map_or(&[][..], |mut filter| filter.finish());
        if !held.is_empty() {
            self.output(held.to_vec(), true, outlet);
        }
    }

    /// Forgets what has been captured so far (LOG-062).
    pub(super) fn clear(&mut self) {
        if let Some((_, buffer)) = &mut self.capture {
            drop(buffer.take());
        }
    }

    /// What the core logs once nothing more comes, if it shows output at all (LOG-013).
    pub(super) fn closed(&self, stream: u64) -> Option<Message> {
        let Interest { process, channel, .. } = self.interest;
        let fd = self.pipe.as_raw_fd();
        self.interest.mirror.then_some(Message::PipeClosed { process, channel, stream, fd })
    }

    fn chunk(&mut self, chunk: &[u8], outlet: &mut Outlet<'_>) {
        if self.interest.listener {
            self.listener_chunk(chunk, outlet);
        } else if let Some((mut splitter, mut buffer)) = self.capture.take() {
            splitter.feed(chunk, &mut |piece| self.piece(piece, &mut buffer, outlet));
            self.capture = Some((splitter, buffer));
        } else {
            let text = self.strip(chunk);
            self.output(text, true, outlet);
        }
    }

    /// The protocol is mirrored and sent as it is; only the log's copy is stripped (LOG-012).
    fn listener_chunk(&mut self, chunk: &[u8], outlet: &mut Outlet<'_>) {
        if self.interest.mirror {
            let (name, shown) = (python_repr(&self.interest.name), quote::bytes(chunk));
            tracing::debug!("{name} {} output:\n{shown}", self.interest.channel.name());
        }
        if self.interest.logged {
            let text = self.strip(chunk);
            outlet.log.extend_from_slice(&text);
        }
        let process = self.interest.process;
        outlet.messages.push(Message::ListenerOutput { process, data: chunk.to_vec() });
    }

    fn piece(&mut self, piece: Piece<'_>, buffer: &mut CaptureBuffer, outlet: &mut Outlet<'_>) {
        match piece {
            Piece::Output(bytes) => {
                let text = self.strip(bytes);
                self.output(text, true, outlet);
            }
            // LOG-084, LOG-087
            Piece::Captured(bytes) => {
                let text = self.strip(bytes);
                buffer.push(&text);
                self.output(text, false, outlet);
            }
            Piece::End => {
                outlet.messages.push(self.message(OutputKind::Communication, buffer.take()))
            }
        }
    }

    /// Output after capture and stripping; an empty rest is an event all the same (LOG-079).
    fn output(&self, text: Vec<u8>, logged: bool, outlet: &mut Outlet<'_>) {
        if logged && self.interest.logged {
            outlet.log.extend_from_slice(&text);
        }
        if self.interest.mirror {
            let (name, shown) = (python_repr(&self.interest.name), quote::text(&text));
            tracing::debug!("{name} {} output:\n{shown}", self.interest.channel.name());
        }
        if self.interest.events {
            outlet.messages.push(self.message(OutputKind::Log, text));
        }
    }

    fn strip(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.filter.as_mut().map_or_else(|| bytes.to_vec(), |filter| filter.strip(bytes))
    }

    fn message(&self, kind: OutputKind, data: Vec<u8>) -> Message {
        let Interest { process, channel, .. } = self.interest;
        Message::Output { process, channel, kind, data }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

#[cfg(test)]
mod tests;
