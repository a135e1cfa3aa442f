//! Log files: opened for append without ever blocking, rotated by size, reopened and removed by
//! name. Child logs and the activity log use the same type. What is written to them, and on which
//! thread, is decided elsewhere.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SpliceFFlags, fcntl, splice};
use thiserror::Error;

/// The most that is read from a pipe at once, and so the most a file grows beyond its limit before
/// it is rotated (RUN-011, LOG-020).
pub(super) const CHUNK: usize = 131_072;

/// A removed file above this size is closed on a thread of its own.
const LARGE: u64 = 4 << 20;

/// Names of descriptors, not of files.
const SHARED_DESCRIPTORS: [&str; 4] = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"];

/// When a log file is rotated and what is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Size in bytes at which the file is rotated; 0 for never (LOG-020).
    pub maxbytes: u64,
    /// Rotated files kept; 0 truncates the file instead (LOG-023).
    pub backups: u32,
}

/// A log file that cannot be opened.
#[derive(Debug, Error)]
#[error("cannot open log file `{}`: {source}", path.display())]
pub struct OpenError {
    /// The file as named.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl OpenError {
    /// The symbolic name of the error number, such as `EACCES`, as the spawn error of RUN-179d
    /// shows it.
    pub fn name(&self) -> String {
        self.source
            .raw_os_error()
            .map_or_else(|| "EIO".to_owned(), |number| format!("{:?}", Errno::from_raw(number)))
    }

    /// Whether the process has run out of file descriptors (RUN-179c).
    pub fn is_too_many_files(&self) -> bool {
        self.source.raw_os_error() == Some(Errno::EMFILE as i32)
    }
}

/// A log file, open for append.
#[derive(Debug)]
pub struct RotatingFile {
    path: Box<Path>,
    rotation: Rotation,
    mode: u32,
    file: File,
    kind: Kind,
    /// The file system it was first opened on.
    device: u64,
    /// Whether the descriptor is in append mode; splicing needs it not to be.
    appending: bool,
    /// The position at which the next rotation is tried. More than `maxbytes` only after a
    /// rotation has failed, so that a directory that cannot be written is not tried at each write.
    rotate_at: u64,
    rotation_error: Option<io::Error>,
}

/// What kind of file a log file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A regular file: may be rotated.
    Regular,
    /// A device, pipe or terminal: never rotated, never waited for.
    Other,
}

impl RotatingFile {
    /// Opens `path` for append, creating it with mode 0666 less the umask (LOG-027).
    ///
    /// Nothing here waits for another process: a FIFO without a reader is opened all the same.
    ///
    /// # Errors
    /// When the file can be neither opened nor created.
    pub fn open(path: &Path, rotation: Rotation) -> Result<Self, OpenError> {
        Self::open_with_mode(path, rotation, 0o666)
    }

    /// As [`RotatingFile::open`], but files it creates get `mode` less the umask; AUTO logs stay
    /// 0600 through rotation that way.
    ///
    /// # Errors
    /// When the file can be neither opened nor created.
    pub fn open_with_mode(path: &Path, rotation: Rotation, mode: u32) -> Result<Self, OpenError> {
        let (file, kind) = open_append(path, mode, false)
            .map_err(|source| OpenError { path: path.to_owned(), source })?;
        let rotate_at = rotation.maxbytes;
        Ok(Self {
            path: path.into(),
            rotation,
            mode,
            device: file.metadata().map_or(0, |metadata| metadata.dev()),
            file,
            kind,
            appending: true,
            rotate_at,
            rotation_error: None,
        })
    }

    /// The number of the file system of a regular file. A file that is opened again by name, and is
    /// on another one then, keeps its number.
    pub(super) fn device(&self) -> Option<u64> {
        (self.kind == Kind::Regular).then_some(self.device)
    }

    /// The file as named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether [`RotatingFile::splice`] works: the file is a regular one and its name is not that
    /// of a descriptor others write to as well.
    pub(super) fn is_spliceable(&self) -> bool {
        let shared = SHARED_DESCRIPTORS.iter().any(|name| self.path.starts_with(name));
        self.kind == Kind::Regular && !shared
    }

    /// Writes all of `bytes`, then rotates when the position has reached the limit (LOG-020). A
    /// rotation that fails loses nothing: writing goes on in the same file, and
    /// [`RotatingFile::take_rotation_error`] tells why.
    ///
    /// # Errors
    /// How many bytes were written, and why no more. `WouldBlock` when the target is a pipe that
    /// is full.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        let mut written = 0;
        if !self.appending {
            let append = self.set_appending(true);
            append.map_err(|error| WriteError { written, source: error.into() })?;
        }
        while written < bytes.len() {
            match self.file.write(&bytes[written..]) {
                Ok(0) => return Err(WriteError { written, source: ErrorKind::WriteZero.into() }),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(WriteError { written, source }),
            }
        }
        self.rotate_if_due();
        Ok(())
    }

    /// How many bytes may be written before the file is rotated.
    pub(crate) fn room(&self) -> usize {
        if self.rotation.maxbytes == 0 || self.kind != Kind::Regular {
            return usize::MAX;
        }
        let position = (&self.file).stream_position().unwrap_or(0);
        usize::try_from(self.rotate_at.saturating_sub(position)).unwrap_or(usize::MAX)
    }

    /// Moves up to `limit` bytes from `pipe` to the end of the file without copying them through
    /// the daemon, then rotates as after a write. Returns how many were moved; 0 at the end of the
    /// stream.
    ///
    /// The kernel does not splice into a file in append mode, so another program that writes to
    /// the same file in the same instant may have its bytes overwritten; one that truncates it
    /// between two calls is noticed.
    ///
    /// # Errors
    /// As `splice(2)`: `EAGAIN` for an empty pipe; `EINVAL` when the file system cannot do it.
    pub(super) fn splice(&mut self, pipe: BorrowedFd<'_>, limit: usize) -> nix::Result<usize> {
        if self.appending {
            self.set_appending(false)?;
        }
        let position = self.file.seek(SeekFrom::End(0)).map_err(|_| Errno::EINVAL)?;
        let limit = match self.rotation.maxbytes {
            0 => limit,
            _ => usize::try_from(self.rotate_at.saturating_sub(position))
                .map_or(limit, |left| left.max(CHUNK).min(limit)),
        };
        let flags = SpliceFFlags::SPLICE_F_NONBLOCK | SpliceFFlags::SPLICE_F_MOVE;
        let moved = splice(pipe, None, &self.file, None, limit, flags)?;
        self.rotate_if_due();
        Ok(moved)
    }

    /// Rotates when the position has reached the limit.
    fn rotate_if_due(&mut self) {
        if self.rotation.maxbytes == 0 || self.kind != Kind::Regular {
            return;
        }
        let Ok(position) = self.file.stream_position() else { return };
        if position < self.rotate_at {
            return;
        }
        match self.rotate() {
            Ok(()) => self.rotate_at = self.rotation.maxbytes,
            Err(error) => {
                self.rotate_at = position.saturating_add(self.rotation.maxbytes);
                self.rotation_error = Some(error);
            }
        }
    }

    /// Why the last rotation failed, once.
    pub fn take_rotation_error(&mut self) -> Option<io::Error> {
        self.rotation_error.take()
    }

    /// Closes the file and opens it again by name (LOG-060). Until that succeeds, writing goes on
    /// in the old file.
    ///
    /// # Errors
    /// When the file can be neither opened nor created.
    pub fn reopen(&mut self) -> io::Result<()> {
        self.open_again(false)?;
        self.rotate_at = self.rotation.maxbytes;
        Ok(())
    }

    /// Removes the file; one that is gone already is no error, and devices, pipes and terminals
    /// are left alone. Writing goes on in the removed file until [`RotatingFile::reopen`]
    /// (LOG-062, LOG-065).
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn remove(&mut self) -> io::Result<()> {
        match self.kind {
            Kind::Regular => ignore_missing(fs::remove_file(&self.path)),
            Kind::Other => Ok(()),
        }
    }

    fn set_appending(&mut self, appending: bool) -> nix::Result<()> {
        let flags = if appending { OFlag::O_APPEND } else { OFlag::empty() };
        fcntl(&self.file, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        self.appending = appending;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        if self.rotation.backups > 0 {
            let oldest = hold(&self.backup(self.rotation.backups));
            for number in (1..self.rotation.backups).rev() {
                rename(&self.backup(number), &self.backup(number + 1))?;
            }
            rename(&self.path, &self.backup(1))?;
            oldest.into_iter().for_each(close);
        }
        self.open_again(true)
    }

    fn open_again(&mut self, truncate: bool) -> io::Result<()> {
        let (file, kind) = open_append(&self.path, self.mode, truncate)?;
        close(std::mem::replace(&mut self.file, file));
        self.kind = kind;
        self.appending = true;
        Ok(())
    }

    fn backup(&self, number: u32) -> PathBuf {
        let mut name = OsString::from(self.path.as_os_str());
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

impl Drop for RotatingFile {
    fn drop(&mut self) {
        if is_large_and_removed(&self.file) {
            // Another descriptor is the last one, which is closed aside.
            self.file.try_clone().into_iter().for_each(close);
        }
    }
}

impl AsFd for RotatingFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A write that ended early.
#[derive(Debug, Error)]
#[error("{source}")]
pub struct WriteError {
    /// Bytes written before the error.
    pub written: usize,
    /// Why no more were written.
    pub source: io::Error,
}

fn open_append(path: &Path, mode: u32, truncate: bool) -> io::Result<(File, Kind)> {
    let mut options = OpenOptions::new();
    options.append(true).mode(mode);
    // Non-blocking from the start: opening a FIFO or a terminal must not wait. It means nothing
    // for regular files.
    options.custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits());
    let existing = match options.open(path) {
        // Only now, because even where there is a file, who may create one waits for a disk that
        // stands still.
        Err(error) if error.kind() == ErrorKind::NotFound => options.create(true).open(path),
        other => other,
    };
    let file = match existing {
        // A FIFO without a reader; with a reading end of our own the open never waits.
        Err(error) if error.raw_os_error() == Some(Errno::ENXIO as i32) && is_fifo(path) => {
            options.read(true).open(path)?
        }
        other => other?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok((file, Kind::Other));
    }
    if truncate && metadata.size() > 0 {
        file.set_len(0)?;
    }
    (&file).seek(SeekFrom::End(0))?;
    Ok((file, Kind::Regular))
}

/// Empties the logs of a process that is not alive (LOG-063), on whatever thread may wait for a
/// disk. What cannot be emptied is told in the activity log.
pub(crate) fn empty_all<'p>(files: impl IntoIterator<Item = &'p Path>) -> Result<(), ()> {
    files.into_iter().try_for_each(empty).map_err(|error| {
        tracing::warn!("could not clear a log file: {error}");
    })
}

/// Empties the log of a process that is not alive: removes it and creates it anew, as for an open
/// one. A log that was never created stays that way, and devices are left alone (LOG-063).
///
/// # Errors
/// When the file can be neither removed nor created.
fn empty(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let mode = metadata.mode() & 0o777;
            fs::remove_file(path)?;
            OpenOptions::new().append(true).create(true).mode(mode).open(path).map(drop)
        }
        Ok(_) => Ok(()),
        Err(error) => ignore_missing(Err(error)),
    }
}

/// Keeps a file in being without opening it for reading, which might wait; `None` if there is none.
fn hold(path: &Path) -> Option<File> {
    OpenOptions::new().read(true).custom_flags(OFlag::O_PATH.bits()).open(path).ok()
}

/// Closes a file. If it has no name any more, such as the oldest backup of a rotation, its space is
/// given back with that, which takes long for a large file: logs are not held up by it.
fn close(file: File) {
    if is_large_and_removed(&file) {
        // Without a thread it happens right here.
        drop(thread::Builder::new().name("close".to_owned()).spawn(move || drop(file)));
    }
}

fn is_large_and_removed(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.nlink() == 0 && metadata.size() > LARGE)
}

fn is_fifo(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    ignore_missing(fs::rename(from, to))
}

/// Someone else may clean up log files at any time (LOG-024).
fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
