//! The original behind a pipe, and the machine both sides see.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use compiler::Depth;
use compiler::host::system::SystemHost;
use compiler::host::{Group, Host, PathKind, Stamp, User};
use serde_json::{Value, json};

/// What the original makes of a tree.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    /// What it prints after `Error: `.
    pub(crate) error: Option<String>,
    /// Every value it resolved.
    pub(crate) plan: Value,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accept,
    Reject,
    /// It ends in a stack trace.
    Crash,
}

/// The original's interpreter, when it is installed.
pub(crate) fn program() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os(harness::installation::ORACLE)?).join("bin/python"))
}

/// A running `tests/oracle/driver.py`.
pub(crate) struct Driver {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Driver {
    pub(crate) fn start(program: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracle/driver.py");
        let mut process = Command::new(program)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the original's interpreter");
        let questions = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Driver { process, questions, answers }
    }

    /// What the original makes of the tree below `root`, read in `cwd` with `env`. At depth `Host`
    /// it asks the machine for users and directories; else all of them exist.
    pub(crate) fn ask(
        &mut self,
        root: &Path,
        cwd: &Path,
        env: &BTreeMap<String, String>,
        depth: Depth,
    ) -> Answer {
        let assume = depth != Depth::Host;
        let question = json!({ "root": root, "cwd": cwd, "env": env, "assume": assume });
        writeln!(self.questions, "{question}").expect("the driver listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the driver answers");
        let answer: Value = serde_json::from_str(&line).expect("an answer in JSON");
        let verdict = match answer["verdict"].as_str() {
            Some("accept") => Verdict::Accept,
            Some("reject") => Verdict::Reject,
            _ => Verdict::Crash,
        };
        let error = answer["error"].as_str().map(str::to_owned);
        Answer { verdict, error, plan: answer["plan"].clone() }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It has nothing to save, and may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// This machine with another working directory and environment.
pub(crate) struct CaseHost<'c> {
    cwd: &'c Path,
    env: &'c BTreeMap<String, String>,
}

impl<'c> CaseHost<'c> {
    pub(crate) fn new(cwd: &'c Path, env: &'c BTreeMap<String, String>) -> Self {
        CaseHost { cwd, env }
    }
}

impl Host for CaseHost<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        SystemHost.read(&self.cwd.join(path))
    }

    fn glob(&self, pattern: &str) -> io::Result<Vec<PathBuf>> {
        SystemHost.glob(pattern)
    }

    fn stamp(&self, path: &Path) -> Option<Stamp> {
        SystemHost.stamp(&self.cwd.join(path))
    }

    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn env_names(&self) -> Vec<String> {
        self.env.keys().cloned().collect()
    }

    fn hostname(&self) -> String {
        SystemHost.hostname()
    }

    fn user(&self, name: &str) -> Option<User> {
        SystemHost.user(name)
    }

    fn group(&self, name: &str) -> Option<Group> {
        SystemHost.group(name)
    }

    fn kind(&self, path: &Path) -> Option<PathKind> {
        // Joined with nothing, the working directory would stand for an empty path.
        if path.as_os_str().is_empty() { None } else { SystemHost.kind(&self.cwd.join(path)) }
    }

    fn mode(&self, path: &Path) -> Option<u32> {
        SystemHost.mode(&self.cwd.join(path))
    }

    fn working_dir(&self) -> PathBuf {
        self.cwd.to_owned()
    }

    fn temp_dir(&self) -> PathBuf {
        PathBuf::from("/tmp")
    }

    fn uid(&self) -> u32 {
        SystemHost.uid()
    }
}
