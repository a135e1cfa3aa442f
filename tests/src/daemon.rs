//! A running daemon: started in the foreground, asked through its client, ended when dropped.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::installation::{Installation, Run, command};
use crate::sandbox::Sandbox;
use crate::wait::{PATIENCE, holds_within, wait_until};
use crate::wire::Address;

/// A daemon in the foreground, with the sandbox's `supervisord.conf`.
pub struct Daemon<'s> {
    sandbox: &'s Sandbox,
    client: Installation,
    process: Child,
}

impl<'s> Daemon<'s> {
    /// Starts `installation`'s daemon and waits until its socket answers.
    pub fn start(installation: &Installation, sandbox: &'s Sandbox) -> Self {
        let daemon = Daemon::spawn(installation, sandbox, &["-n", "-c", "supervisord.conf"]);
        daemon.wait_for_socket();
        daemon
    }

    /// Starts `installation`'s daemon with `args`, its output in `daemon.out` and `daemon.err`.
    pub fn spawn(installation: &Installation, sandbox: &'s Sandbox, args: &[&str]) -> Self {
        let mut daemon = command(sandbox, &installation.supervisord);
        daemon.args(args);
        Daemon::spawn_by(daemon, installation, sandbox)
    }

    /// Starts a daemon by a command of one's own, which need not be the daemon itself but must end
    /// when it does. `installation` is whose client is used.
    pub fn spawn_by(
        mut daemon: Command,
        installation: &Installation,
        sandbox: &'s Sandbox,
    ) -> Self {
        // Appended to, because `/dev/stdout` may be opened a second time.
        let open = |name: &str| {
            let path = sandbox.write(name, "");
            File::options().append(true).open(path).expect("a file for the output")
        };
        let (out, err) = (open("daemon.out"), open("daemon.err"));
        let process = daemon
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .expect("a daemon that can be started");
        Daemon { sandbox, client: installation.clone(), process }
    }

    /// Waits until somebody answers at `s.sock`. That it can be connected to says little: the daemon
    /// may still have much to do before it listens to anybody.
    pub fn wait_for_socket(&self) {
        let ready = holds_within(PATIENCE, &mut || self.answers().is_ok());
        assert!(ready, "the daemon did not come up:\n{}", self.output());
    }

    /// Asks for anything, and waits for the beginning of the answer.
    fn answers(&self) -> io::Result<()> {
        let mut connection = UnixStream::connect(self.sandbox.join("s.sock"))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(b"GET /ok.html HTTP/1.0\r\n\r\n")?;
        connection.read_exact(&mut [0])
    }

    /// Uses `installation`'s client from now on.
    pub fn with_client(mut self, installation: &Installation) -> Self {
        self.client = installation.clone();
        self
    }

    /// Runs one action of the client.
    pub fn ctl(&self, args: &[&str]) -> Run {
        self.client.ctl(self.sandbox, args)
    }

    /// Waits until `status` shows `name` in `state`.
    #[track_caller]
    pub fn wait_for(&self, name: &str, state: &str) {
        wait_until(&format!("`{name}` is {state}"), || self.shows(name, state));
    }

    /// Whether `status` shows `name` in `state`.
    pub fn shows(&self, name: &str, state: &str) -> bool {
        let shown = |line: &str| {
            let mut words = line.split_whitespace();
            words.next() == Some(name) && words.next() == Some(state)
        };
        self.ctl(&["status"]).stdout.lines().any(shown)
    }

    /// Waits until the daemon is asleep: none of its threads runs for a while.
    #[track_caller]
    pub fn wait_until_asleep(&self) {
        let mut last = self.switches();
        wait_until("the daemon is asleep", || {
            thread::sleep(Duration::from_millis(200));
            std::mem::replace(&mut last, self.switches()) == last
        });
    }

    /// How often its threads have gone to sleep so far.
    fn switches(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("a live daemon");
        let status = |task: fs::DirEntry| fs::read_to_string(task.path().join("status"));
        let status: String = tasks.flatten().filter_map(|task| status(task).ok()).collect();
        let counts = status.lines().filter_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
        counts.filter_map(|count| count.trim().parse::<u64>().ok()).sum()
    }

    /// The pid of the daemon.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("a pid"))
    }

    /// The pid of one process, as the client prints it: 0 when it does not run.
    pub fn pid_of(&self, name: &str) -> i32 {
        self.ctl(&["pid", name]).stdout.trim().parse().expect("a pid")
    }

    /// Waits until a process whose pid was `before` runs under another one. The daemon may be out
    /// of reach meanwhile.
    #[track_caller]
    pub fn wait_for_new_pid(&self, name: &str, before: i32) {
        wait_until(&format!("`{name}` runs anew"), || {
            let now = self.ctl(&["pid", name]).stdout.trim().parse::<i32>();
            now.is_ok_and(|now| now != 0 && now != before)
        });
    }

    /// The server at the socket of the sandbox.
    pub fn server(&self) -> Address {
        Address::Unix(self.sandbox.join("s.sock"))
    }

    /// Its resident memory, in KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status_kib("VmRSS:")
    }

    /// The most resident memory it ever had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status_kib("VmHWM:")
    }

    fn status_kib(&self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()));
        let status = status.expect("a live daemon");
        let size = status.lines().find_map(|line| line.strip_prefix(field));
        let size = size.and_then(|size| size.trim().strip_suffix(" kB")?.parse().ok());
        size.expect("the size of its memory")
    }

    /// Sends the daemon a signal.
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("a daemon to signal");
    }

    /// Waits for the daemon's end.
    pub fn wait(&mut self) -> ExitStatus {
        let ended = holds_within(PATIENCE, &mut || {
            self.process.try_wait().expect("the daemon is our child").is_some()
        });
        assert!(ended, "the daemon does not end:\n{}", self.output());
        self.process.wait().expect("the daemon has ended")
    }

    /// What the daemon has printed and logged, for messages.
    pub fn output(&self) -> String {
        ["daemon.out", "daemon.err", "supervisord.log"]
            .map(|name| format!("--- {name}\n{}", self.sandbox.read(name)))
            .join("")
    }

    #[expect(clippy::print_stderr, reason = "a failed test tells what its daemon said")]
    fn show_output(&self) {
        eprintln!("{}", self.output());
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show_output();
        }
        if matches!(self.process.try_wait(), Ok(Some(_))) {
            return;
        }
        // Failures here mean that it has just ended.
        let pid = self.pid();
        let _ = kill(pid, Signal::SIGTERM);
        // Of a test that has failed already nothing more is to be learned.
        let limit = if std::thread::panicking() { Duration::from_secs(20) } else { PATIENCE };
        let process = &mut self.process;
        let mut has_ended = || matches!(process.try_wait(), Ok(Some(_)));
        let ended = holds_within(limit, &mut has_ended);
        if !ended {
            let _ = kill(pid, Signal::SIGKILL);
            // What waits for a disk is not even killed.
            holds_within(limit, &mut has_ended);
        }
        if !std::thread::panicking() {
            assert!(ended, "the daemon ignored SIGTERM:\n{}", self.output());
        }
    }
}
