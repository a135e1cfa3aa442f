//! Following a log file for a client that watches it grow: by name, across rotation, truncation
//! and removal. Costs nothing while nobody follows; wakes only when the directory or the file
//! changes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

/// Bytes before the end at which following starts (HTTP-068).
const START: u64 = 1024;

/// The most one call returns.
const LIMIT: u64 = 65_536;

/// A log file being followed.
#[derive(Debug)]
pub struct Follow {
    path: PathBuf,
    file: Option<File>,
    inode: u64,
    position: u64,
    changes: Inotify,
}

impl Follow {
    /// Starts following, 1024 bytes before the end or at the start of a smaller file (HTTP-068).
    ///
    /// # Errors
    /// When the file cannot be opened, or its directory not be watched.
    pub fn open(path: &Path) -> io::Result<Self> {
        let size = std::fs::metadata(path)?.size();
        Self::open_at(path, size.saturating_sub(START))
    }

    /// Starts following at `position`.
    ///
    /// # Errors
    /// As [`Follow::open`].
    pub fn open_at(path: &Path, position: u64) -> io::Result<Self> {
        let file = File::open(path)?;
        let inode = file.metadata()?.ino();
        let changes = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let appear = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
        changes.add_watch(directory.unwrap_or(Path::new(".")), appear)?;
        let follow = Self { path: path.to_owned(), file: Some(file), inode, position, changes };
        follow.watch_file()?;
        Ok(follow)
    }

    /// What has been added since the last call, at most 64 KiB; empty when there is nothing now.
    ///
    /// A file put in the place of the old one is followed from its start once the old one has been
    /// read to its end (HTTP-072, better); one that was truncated goes on at its new end
    /// (HTTP-073, better); one that was removed is awaited (HTTP-071).
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self) -> io::Result<Vec<u8>> {
        self.forget_changes();
        let data = self.read_on()?;
        if !data.is_empty() || !self.find_successor()? {
            return Ok(data);
        }
        self.read_on()
    }

    fn read_on(&mut self) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        if let Some(file) = &mut self.file {
            let size = file.metadata()?.size();
            if size < self.position {
                self.position = size;
            }
            if size > self.position {
                file.seek(SeekFrom::Start(self.position))?;
                self.position += file.take(LIMIT).read_to_end(&mut data)? as u64;
            }
        }
        Ok(data)
    }

    /// Opens the file that has the name now, if it is another one.
    fn find_successor(&mut self) -> io::Result<bool> {
        let Ok(metadata) = std::fs::metadata(&self.path) else { return Ok(false) };
        if metadata.ino() == self.inode {
            return Ok(false);
        }
        let Ok(file) = File::open(&self.path) else { return Ok(false) };
        self.inode = file.metadata()?.ino();
        self.file = Some(file);
        self.position = 0;
        self.watch_file()?;
        Ok(true)
    }

    fn watch_file(&self) -> io::Result<()> {
        self.changes.add_watch(&self.path, AddWatchFlags::IN_MODIFY)?;
        Ok(())
    }

    /// What changed does not matter, only that something did.
    fn forget_changes(&self) {
        while self.changes.read_events().is_ok_and(|events| !events.is_empty()) {}
    }
}

/// Readable when [`Follow::read`] may have something.
impl AsFd for Follow {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.changes.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    /// Follows a file of `start` through `change` and returns what is seen before and after.
    fn check(start: &str, change: impl FnOnce(&Path), expected: (&str, &str)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        fs::write(&path, start).unwrap();
        let mut follow = Follow::open(&path).unwrap();
        assert_eq!(String::from_utf8(follow.read().unwrap()).unwrap(), expected.0);
        assert_eq!(follow.read().unwrap(), b"");
        change(&path);
        let mut seen = Vec::new();
        loop {
            match follow.read().unwrap() {
                data if data.is_empty() => break,
                data => seen.extend(data),
            }
        }
        assert_eq!(String::from_utf8(seen).unwrap(), expected.1);
    }

    fn append(path: &Path, text: &str) {
        File::options()
            .append(true)
            .create(true)
            .open(path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
    }

    #[test]
    fn growth_rotation_truncation_and_removal_are_followed() {
        check("start\n", |path| append(path, "more\n"), ("start\n", "more\n"));
        let long = "x".repeat(3000);
        check(&long, |path| append(path, "y"), (&long[..1024], "y")); // HTTP-068
        check(
            "old\n",
            |path| {
                append(path, "last\n");
                fs::rename(path, path.with_extension("1")).unwrap();
                append(path, "new\n");
            },
            ("old\n", "last\nnew\n"),
        ); // HTTP-072
        check("a long one\n", |path| fs::write(path, "cut").unwrap(), ("a long one\n", "")); // HTTP-073
        check(
            "old\n",
            |path| {
                fs::remove_file(path).unwrap();
                append(path, "again\n");
            },
            ("old\n", "again\n"),
        ); // HTTP-071
    }

    #[test]
    fn the_descriptor_tells_of_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "");
        let mut follow = Follow::open(&path).unwrap();
        assert!(follow.changes.read_events().is_err());
        append(&path, "x");
        assert!(!follow.changes.read_events().unwrap().is_empty());
        fs::rename(&path, path.with_extension("1")).unwrap();
        append(&path, "y");
        assert!(!follow.changes.read_events().unwrap().is_empty());
        assert_eq!(follow.read().unwrap(), b"x");
        assert_eq!(follow.read().unwrap(), b"y");
        append(&path, "z");
        assert!(!follow.changes.read_events().unwrap().is_empty());
    }
}
