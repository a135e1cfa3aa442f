//! One destination of the activity log and how lines get into it. May wait for a disk, a pipe or a
//! terminal; who must not wait writes through an outlet.

use std::io;
use std::os::fd::AsFd;

use compiler::schema::value::LogLevel;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;

use super::{ClearError, line_of};
use crate::logs::rotate::{RotatingFile, WriteError};
use crate::logs::syslog::Syslog;

/// Lines are gathered to this many bytes before they are written together.
const GATHERED: usize = 8192;

/// Where lines go.
#[derive(Debug)]
pub(super) enum Target {
    /// A rotated file.
    File(RotatingFile),
    /// A datagram a line.
    Syslog(Syslog),
    /// The daemon's stdout.
    Stdout,
}

/// Writes lines to a target. A target that cannot be written costs its lines, never the daemon.
#[derive(Debug)]
pub(super) struct Writer {
    target: Target,
    /// Whether the last write failed, so that a full disk is reported once and not per record.
    failing: bool,
    /// Whether a full pipe is waited for.
    patient: bool,
    /// Lines to be written together.
    gathered: Vec<u8>,
    /// How many bytes may be gathered.
    room: usize,
}

impl Writer {
    /// A writer that waits for a full pipe, or takes it for an error.
    pub(super) fn new(target: Target, patient: bool) -> Self {
        Self { target, failing: false, patient, gathered: Vec::new(), room: 0 }
    }

    /// From now on a full pipe is waited for.
    pub(super) fn have_patience(&mut self) {
        self.patient = true;
    }

    /// Takes a line. It is written by the next [`Writer::flush`] at the latest, and at once when
    /// the file is to be rotated after it.
    pub(super) fn gather(&mut self, line: &[u8]) {
        if let Target::Syslog(syslog) = &mut self.target {
            syslog.record(line);
            if self.patient {
                syslog.wait();
            }
            return;
        }
        if self.gathered.is_empty() {
            self.room = match &self.target {
                Target::File(file) => file.room().min(GATHERED),
                Target::Syslog(_) | Target::Stdout => GATHERED,
            };
        }
        self.gathered.extend_from_slice(line);
        if self.gathered.len() >= self.room {
            self.flush();
        }
    }

    /// Writes what was gathered.
    pub(super) fn flush(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let written = self.try_write();
        self.gathered.clear();
        if let Target::File(file) = &mut self.target
            && let Some(error) = file.take_rotation_error()
        {
            // Rotation is tried again only when as much has been written once more.
            let text = format!("could not rotate the activity log: {error}; it grows on");
            self.gather(line_of(LogLevel::Warn, &text).as_bytes());
            return self.flush();
        }
        match written {
            Ok(()) => self.failing = false,
            Err(error) if !self.failing => {
                self.failing = true;
                complain(&error);
            }
            Err(_) => {}
        }
    }

    /// Opens the file again by name (LOG-060). When that fails the old one stays.
    pub(super) fn reopen(&mut self) -> io::Result<()> {
        match &mut self.target {
            Target::File(file) => file.reopen(),
            Target::Syslog(_) | Target::Stdout => Ok(()),
        }
    }

    /// Removes the file and starts an empty one. The line about it lands in the removed one
    /// (LOG-065).
    pub(super) fn clear(&mut self) -> Result<(), ClearError> {
        let Target::File(file) = &mut self.target else { return Err(ClearError::NoFile) };
        if !file.path().exists() {
            return Err(ClearError::NoFile);
        }
        file.remove().map_err(ClearError::Failed)?;
        self.gather(line_of(LogLevel::Info, &"reopening log file").as_bytes());
        self.flush();
        self.reopen().map_err(ClearError::Failed)
    }

    fn try_write(&mut self) -> io::Result<()> {
        let mut rest = &self.gathered[..];
        loop {
            let result = match &mut self.target {
                Target::File(file) => file.write(rest),
                Target::Stdout => write_stdout(rest),
                Target::Syslog(_) => Ok(()),
            };
            match result {
                Ok(()) => return Ok(()),
                Err(error) if self.patient && error.source.kind() == io::ErrorKind::WouldBlock => {
                    rest = &rest[error.written..];
                    match &self.target {
                        Target::File(file) => wait_for_room(file),
                        Target::Syslog(_) | Target::Stdout => wait_for_room(io::stdout()),
                    }
                }
                Err(error) => return Err(error.source),
            }
        }
    }
}

/// Not through the standard library's stdout: its lock would be held for as long as this waits.
fn write_stdout(bytes: &[u8]) -> Result<(), WriteError> {
    let mut written = 0;
    while written < bytes.len() {
        match write(io::stdout(), &bytes[written..]) {
            Ok(count) => written += count,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(WriteError { written, source: errno.into() }),
        }
    }
    Ok(())
}

fn wait_for_room(target: impl AsFd) {
    let mut target = [PollFd::new(target.as_fd(), PollFlags::POLLOUT)];
    // Whatever it answers, the next write tells.
    poll(&mut target, PollTimeout::NONE).unwrap_or_default();
}

#[expect(clippy::print_stderr, reason = "the log itself cannot take it")]
fn complain(error: &io::Error) {
    eprintln!("supervisord: cannot write the activity log: {error}");
}
