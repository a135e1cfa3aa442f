//! The pid file: written when the daemon stands, removed when it ends. Never a lock (RUN-071).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A pid file this process has written; [`PidFile::remove`] takes it away.
#[derive(Debug)]
pub(crate) struct PidFile(PathBuf);

impl PidFile {
    /// Writes the pid of this process, over whatever is there.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(path: &Path) -> io::Result<Self> {
        fs::write(path, format!("{}\n", std::process::id()))?;
        Ok(Self(path.to_owned()))
    }

    /// Removes the file. Somebody else may have done so.
    pub(crate) fn remove(self) {
        drop(fs::remove_file(self.0));
    }
}

/// The pid in a file left by an earlier daemon.
pub(crate) fn read(path: &Path) -> Option<i32> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RUN-071
    #[test]
    fn a_stale_pid_is_read_and_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pid");
        assert_eq!(read(&path), None);
        fs::write(&path, "12345678\n").unwrap();
        assert_eq!(read(&path), Some(12_345_678));
        let written = PidFile::write(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}\n", std::process::id()));
        written.remove();
        assert!(!path.exists());
        assert!(PidFile::write(&dir.path().join("no/pid")).is_err());
    }
}
