//! A directory for one test, and the mark by which everything started in it is found again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::wait::{holds_within, wait_until};

/// The variable that marks everything started in a sandbox; its value is the sandbox's directory.
pub const MARK: &str = "PLANVISOR_SANDBOX";

/// A temporary directory. When it is dropped, no process started in it may be left.
pub struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// An empty one. The path is short enough for the name of a UNIX socket.
    #[expect(clippy::new_without_default, reason = "it touches the disk")]
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("pv").tempdir().expect("a temporary directory");
        Sandbox { dir }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The path of `name` in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file, making the directories above it.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        let above = path.parent().expect("a file in the sandbox");
        fs::create_dir_all(above).expect("the directories above a file");
        fs::write(&path, text).expect("a file of the sandbox");
        path
    }

    /// Writes an executable script.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .expect("the mode of a script");
        path
    }

    /// The text of a file; what is not UTF-8 is replaced.
    pub fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The lines of the activity log, their times cut off, those for debugging left out.
    pub fn log(&self) -> Vec<String> {
        let log = self.read("supervisord.log");
        let lines = log.lines().filter_map(|line| line.get("2000-01-01 00:00:00,000 ".len()..));
        let debugging =
            |line: &&str| ["DEBG", "TRAC", "BLAT"].iter().any(|level| line.starts_with(level));
        lines.filter(|line| !debugging(line)).map(str::to_owned).collect()
    }

    /// Waits until the activity log has a line with `text` in it.
    ///
    /// # Panics
    ///
    /// When it does not get one.
    #[track_caller]
    pub fn wait_for_line(&self, text: &str) {
        let logged = || self.log().iter().any(|line| line.contains(text));
        wait_until(&format!("`{text}` is logged"), logged);
    }

    /// The live processes that were started in it, zombies excluded.
    pub fn processes(&self) -> Vec<Pid> {
        let mark = format!("{MARK}={}", self.path().display());
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid| carries(*pid, mark.as_bytes()))
            .map(Pid::from_raw)
            .collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let gone = holds_within(Duration::from_secs(5), &mut || self.processes().is_empty());
        let left = self.processes();
        for pid in &left {
            // It may end by itself meanwhile; then there is nothing to kill.
            let _ = kill(*pid, Signal::SIGKILL);
        }
        if !std::thread::panicking() {
            assert!(gone, "processes are left behind: {left:?}");
        }
    }
}

/// Whether the environment of `pid` holds `mark`. Zombies have none.
fn carries(pid: i32, mark: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|variable| variable == mark))
}
