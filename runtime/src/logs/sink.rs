//! Where the bytes of one stream end: a log file, syslog, both or neither. A file that cannot be
//! written costs its bytes and one line in the activity log, never the daemon.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use super::rotate::{RotatingFile, WriteError};
use super::syslog::Syslog;

/// The destinations of one stream.
#[derive(Debug, Default)]
pub(super) struct Sink {
    /// Many streams of a large configuration have none.
    file: Option<Box<RotatingFile>>,
    /// What stands before each record in syslog; `None` when syslog is off.
    syslog_prefix: Option<Box<str>>,
    /// Bytes the file did not take since it last took some.
    lost: u64,
}

/// How much of the bytes a sink has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Everything: written, or counted as lost.
    All,
    /// So many; the rest must wait until the file, a full pipe, has room.
    Part(usize),
}

impl Sink {
    /// A sink for `file`, and for syslog with the process's name before each record (LOG-041).
    pub(super) fn new(file: Option<RotatingFile>, syslog_name: Option<&str>) -> Self {
        let syslog_prefix = syslog_name.map(|name| format!("{name} ").into());
        Self { file: file.map(Box::new), syslog_prefix, lost: 0 }
    }

    /// The number of the file system that bytes end up on, if they do.
    pub(super) fn device(&self) -> Option<u64> {
        self.file.as_ref()?.device()
    }

    /// Whether bytes end here without being looked at.
    pub(super) fn is_null(&self) -> bool {
        self.file.is_none() && self.syslog_prefix.is_none()
    }

    /// Whether the kernel may move bytes into the file without anybody seeing them.
    pub(super) fn is_spliceable(&self) -> bool {
        let plain = self.syslog_prefix.is_none() && self.lost == 0;
        plain && self.file.as_ref().is_some_and(|file| file.is_spliceable())
    }

    /// Moves up to `limit` bytes from `pipe` to the file, as [`RotatingFile::splice`] does.
    pub(super) fn splice(&mut self, pipe: BorrowedFd<'_>, limit: usize) -> nix::Result<usize> {
        let Some(file) = &mut self.file else { return Err(Errno::EINVAL) };
        let moved = file.splice(pipe, limit)?;
        self.report_rotation();
        Ok(moved)
    }

    /// Whether bytes go to syslog.
    pub(super) fn is_for_syslog(&self) -> bool {
        self.syslog_prefix.is_some()
    }

    /// Sends a chunk to syslog, if it goes there.
    pub(super) fn write_syslog(&self, chunk: &[u8], syslog: &mut Syslog) {
        if let Some(prefix) = &self.syslog_prefix {
            syslog.write(prefix, chunk);
        }
    }

    /// Writes to the file, if there is one.
    pub(super) fn write_file(&mut self, bytes: &[u8]) -> Taken {
        let Some(file) = &mut self.file else { return Taken::All };
        match file.write(bytes) {
            Ok(()) => {
                self.report_rotation();
                self.report_recovery();
                Taken::All
            }
            Err(error) if error.source.kind() == io::ErrorKind::WouldBlock => {
                Taken::Part(error.written)
            }
            Err(error) => {
                self.lose(&error, bytes.len() - error.written);
                Taken::All
            }
        }
    }

    /// Closes the file and opens it again by name (LOG-060).
    pub(super) fn reopen(&mut self) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.reopen()
        {
            tracing::warn!("could not reopen log file `{}`: {error}", file.path().display());
        }
    }

    /// Removes the file and creates it anew (LOG-062).
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.remove()?;
        file.reopen()
    }

    /// Says how rotation went after the last write, if it went wrong.
    fn report_rotation(&mut self) {
        if let Some(file) = &mut self.file
            && let Some(error) = file.take_rotation_error()
        {
            tracing::warn!(
                "could not rotate log file `{}`: {error}; it grows on",
                file.path().display()
            );
        }
    }

    /// The descriptor to wait for when a write was not taken whole.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.file.as_deref().map(AsFd::as_fd)
    }

    fn lose(&mut self, error: &WriteError, count: usize) {
        if self.lost == 0
            && let Some(file) = &self.file
        {
            let path = file.path().display();
            tracing::warn!(
                "could not write log file `{path}`: {error}; output is lost until it can be"
            );
        }
        self.lost += count as u64;
    }

    fn report_recovery(&mut self) {
        let lost = std::mem::take(&mut self.lost);
        if lost > 0
            && let Some(file) = &self.file
        {
            tracing::warn!(
                "log file `{}` can be written again, {lost} bytes were lost",
                file.path().display()
            );
        }
    }
}

impl Drop for Sink {
    /// Says what was lost to the end.
    fn drop(&mut self) {
        if self.lost > 0
            && let Some(file) = &self.file
        {
            tracing::warn!(
                "{} bytes were lost for log file `{}`",
                self.lost,
                file.path().display()
            );
        }
    }
}
