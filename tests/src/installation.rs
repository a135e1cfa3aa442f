//! The programs under test: ours and, where it is installed, the original's.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{MARK, Sandbox};

/// How long a command may take, a large one on a busy machine among them.
const LIMIT: Duration = Duration::from_secs(300);

/// Where the original is installed: the directory of a virtual environment with
/// `supervisor==4.3.0`. Without it, tests compare with committed transcripts.
pub const ORACLE: &str = "PLANVISOR_ORACLE";

/// The same for `supervisor==4.2.5`, the release most distributions carry. Only its client is used.
pub const ORACLE_425: &str = "PLANVISOR_ORACLE_425";

/// The label of the original.
const ORIGINAL: &str = "original";

/// A daemon and the client that came with it.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Whose it is, for messages.
    pub label: &'static str,
    /// The path of `supervisord`.
    pub supervisord: PathBuf,
    /// The path of `supervisorctl`.
    pub supervisorctl: PathBuf,
}

/// What a finished command left.
#[derive(Clone, Debug)]
pub struct Run {
    /// Exit status; -1 for a death by signal.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Installation {
    /// The original, when [`ORACLE`] names it.
    pub fn oracle() -> Option<Self> {
        Installation::named_by(ORACLE, ORIGINAL)
    }

    /// The release before, when [`ORACLE_425`] names it.
    pub fn oracle_425() -> Option<Self> {
        Installation::named_by(ORACLE_425, "original 4.2.5")
    }

    fn named_by(variable: &str, label: &'static str) -> Option<Self> {
        let bin = PathBuf::from(std::env::var_os(variable)?).join("bin");
        Some(Installation {
            label,
            supervisord: bin.join("supervisord"),
            supervisorctl: bin.join("supervisorctl"),
        })
    }

    /// Whether it is the original 4.3.0, which some tests ask for another answer.
    pub fn is_original(&self) -> bool {
        self.label == ORIGINAL
    }

    /// The interpreter that has this installation's package, for the original's.
    pub fn python(&self) -> PathBuf {
        self.supervisord.with_file_name("python")
    }

    /// Runs this installation's client with the sandbox's `supervisord.conf`.
    pub fn ctl(&self, sandbox: &Sandbox, args: &[&str]) -> Run {
        let mut command = command(sandbox, &self.supervisorctl);
        command.args(["-c", "supervisord.conf"]).args(args);
        Run::of(command)
    }
}

impl Run {
    /// Runs `command` to its end with an empty stdin.
    ///
    /// # Panics
    ///
    /// When it does not end, as a client does whose daemon is stuck.
    #[track_caller]
    pub fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Run::finished(command, "")
    }

    /// Runs `command` to its end with `input` on its stdin.
    ///
    /// # Panics
    ///
    /// When it does not end, or ends before it has read its input.
    #[track_caller]
    pub fn with_input(mut command: Command, input: &str) -> Self {
        command.stdin(Stdio::piped());
        Run::finished(command, input)
    }

    #[track_caller]
    fn finished(mut command: Command, input: &str) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a program that can be run");
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).expect("a program that reads its input");
        }
        let pid = Pid::from_raw(child.id().cast_signed());
        let (done, output) = mpsc::channel();
        thread::spawn(move || done.send(child.wait_with_output()));
        let Ok(output) = output.recv_timeout(LIMIT) else {
            // It may have ended just now.
            let _ = kill(pid, Signal::SIGKILL);
            panic!("{command:?} does not end");
        };
        let output = output.expect("the output of a program");
        Run {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command in the sandbox: its directory, a small environment, its mark.
pub fn command(sandbox: &Sandbox, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(sandbox.path())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", sandbox.path())
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .env(MARK, sandbox.path());
    command
}
