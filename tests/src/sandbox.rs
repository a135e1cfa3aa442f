//! A directory for one test, and the mark by which everything started in it is found again.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::wait::{PATIENCE, holds_within, wait_until};

/// The variable that marks everything started in a sandbox; its value is the sandbox's directory.
pub const MARK: &str = "PLANVISOR_SANDBOX";

/// A temporary directory. When it is dropped, no process started in it may be left.
pub struct Sandbox {
    dir: TempDir,
}

impl Sandbox {
    /// An empty one. The path is short enough for the name of a UNIX socket. From now on files have
    /// the usual modes, whatever mask the tests were started with.
    #[expect(clippy::new_without_default, reason = "it touches the disk")]
    pub fn new() -> Self {
        umask(Mode::S_IWGRP | Mode::S_IWOTH);
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
        let mut source = tempfile::tempfile().expect("a temporary file");
        source.write_all(text.as_bytes()).and_then(|()| source.rewind()).expect("the script");
        self.install("/dev/stdin", source.into(), name)
    }

    /// Copies a program.
    pub fn program(&self, source: impl AsRef<Path>, name: &str) -> PathBuf {
        self.install(source, Stdio::null(), name)
    }

    /// Another process makes what is to be executed. While this one had it open for writing, whoever
    /// is started by another test would have it open too for a moment, and the system executes no
    /// such file.
    fn install(&self, source: impl AsRef<Path>, stdin: Stdio, name: &str) -> PathBuf {
        let path = self.join(name);
        let mut install = Command::new("install");
        install.args(["-D", "--mode=755"]).arg(source.as_ref()).arg(&path).stdin(stdin);
        let made = install.status().expect("a program that copies programs");
        assert!(made.success(), "{} is not made", path.display());
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
        let gone =
            std::thread::panicking() || holds_within(PATIENCE, &mut || self.processes().is_empty());
        let left = self.processes();
        for pid in &left {
            // It may end by itself meanwhile; then there is nothing to kill.
            let _ = kill(*pid, Signal::SIGKILL);
        }
        assert!(gone, "processes are left behind: {left:?}");
    }
}

/// Whether the environment of `pid` holds `mark`. Zombies have none.
fn carries(pid: i32, mark: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|variable| variable == mark))
}
