//! A disk that stands still: mounted in a namespace of the daemon's own, and frozen there.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use harness::namespace::own_mounts;
use harness::wait::{PATIENCE, holds_within};
use harness::wire::{Connection, post};
use harness::{Daemon, Sandbox, configured, configured_as, head_with, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::disks::{after_mount, read_inside};
use crate::fcgi::sockets;

/// A daemon whose `disk` can be made to stand still. `None`, told on the terminal, where the system
/// has no such disk for us.
fn start_with_stallable_disk(sandbox: &Sandbox) -> Option<Daemon<'_>> {
    let mut probe = own_mounts(sandbox)?;
    let make = "PATH=$PATH:/usr/sbin:/sbin; mkfs.ext4 -q disk.img && mkdir disk && cp disk.img probe.img && \
                mount -o loop probe.img disk && command -v fsfreeze nsenter";
    let image = fs::File::create(sandbox.join("disk.img")).expect("a file");
    image.set_len(32 << 20).expect("a file with a hole");
    if !probe.args(["sh", "-c", make]).output().is_ok_and(|made| made.status.success()) {
        let told = io::stderr().write_all(b"NOT TESTED: this system gives us no disk to freeze\n");
        told.expect("a terminal to tell it on");
        return None;
    }
    let ours = crate::ours();
    let mut unshare = own_mounts(sandbox)?;
    unshare.args(["sh", "-c", &after_mount(&ours, sandbox, "mount -o loop disk.img disk")]);
    let daemon = Daemon::spawn_by(unshare, &ours, sandbox);
    daemon.wait_for_socket();
    Some(daemon)
}

/// How long a disk stands still at most. Who waits for it that long should not have waited.
const LIMIT: Duration = PATIENCE.checked_div(2).unwrap();

/// Freezes the file system at $0, says so, and thaws it after $1 seconds or when nobody wants it
/// frozen any more.
const FREEZE: &str = "PATH=$PATH:/usr/sbin:/sbin; trap : INT TERM; \
    fsfreeze -f \"$0\" && echo; timeout \"$1\" cat; fsfreeze -u \"$0\"";

/// Somebody who keeps the disk of a daemon from being written, until he is dropped or we end.
struct Freezer<'d> {
    daemon: &'d Daemon<'d>,
    process: Child,
}

impl<'d> Freezer<'d> {
    fn start(daemon: &'d Daemon<'d>, sandbox: &Sandbox) -> Self {
        let mut freezer = harness::installation::command(sandbox, "nsenter");
        freezer.args(["-t", &daemon.pid().to_string(), "-m", "sh", "-c", FREEZE]);
        freezer.arg(sandbox.join("disk")).arg(LIMIT.as_secs().to_string());
        freezer.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = freezer.spawn().expect("a program that enters namespaces");
        let mut freezer = Self { daemon, process };
        let told = freezer.process.stdout.as_mut().expect("its stdout").read_exact(&mut [0]);
        told.expect("a disk that stands still");
        freezer
    }

    /// What happens until now has happened in spite of the disk.
    #[track_caller]
    fn holds(&mut self, what: &str) {
        let ended = self.process.try_wait().expect("our child");
        assert!(ended.is_none(), "{what}: only after {LIMIT:?}, when the disk had been thawed");
    }

    /// Waits until something happens in spite of the disk.
    #[track_caller]
    fn wait_until(&mut self, what: &str, mut condition: impl FnMut() -> bool) {
        while !condition() {
            self.holds(what);
            thread::sleep(Duration::from_millis(10));
        }
        self.holds(what);
    }

    #[track_caller]
    fn wait_for(&mut self, name: &str, state: &str) {
        let daemon = self.daemon;
        self.wait_until(&format!("`{name}` is {state}"), || daemon.shows(name, state));
    }

    /// Runs one action of the client, which is to be answered in spite of the disk.
    #[track_caller]
    fn ctl(&mut self, args: &[&str]) -> String {
        let run = self.daemon.ctl(args);
        self.holds(&format!("{args:?} was answered"));
        run.stdout
    }

    /// The end of it, if nobody has waited for it.
    #[track_caller]
    fn thaw(mut self) {
        self.holds("everything was done");
    }
}

impl Drop for Freezer<'_> {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let process = &mut self.process;
        let thawed = holds_within(LIMIT, &mut || matches!(process.try_wait(), Ok(Some(_))));
        if !thread::panicking() {
            assert!(thawed, "the disk cannot be thawed");
        }
    }
}

/// Whether a thread of the daemon waits for a disk.
fn is_stalled(daemon: &Daemon<'_>) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.pid())).expect("a live daemon");
    let states = tasks.flatten().map(|task| fs::read_to_string(task.path().join("status")));
    states.flatten().any(|status| status.contains("State:\tD"))
}

/// Calls a method that takes a name, and does not wait for the answer.
pub(super) fn ask(daemon: &Daemon<'_>, method: &str, name: &str) -> Connection {
    let call = rpc::xml::encode_call(&format!("supervisor.{method}"), &[name.into()]);
    let mut connection = daemon.server().connect().expect("a server that listens");
    connection.send(post("/RPC2", call.expect("a call")));
    connection
}

pub(super) fn outcome(connection: &mut Connection) -> String {
    connection.answer().expect("an answer").outcome()
}

// LOG-005, LOG-020: mended. The original stands still with the disk.
#[test]
fn a_disk_that_stands_still() {
    let sandbox = configured(
        "[program:loud]\ncommand=/bin/sh loud.sh\ndirectory=%(here)s\nautorestart=false\n\
         startsecs=0\nstdout_logfile=%(here)s/disk/loud.log\nstdout_logfile_maxbytes=100KB\n\
         stdout_logfile_backups=99\n\
         [program:there]\ncommand=/bin/sleep 1000\nstartsecs=0\nstderr_logfile=NONE\n\
         stdout_logfile=%(here)s/disk/there.log\n\
         [program:elsewhere]\ncommand=/bin/sh elsewhere.sh\ndirectory=%(here)s\nstartsecs=0\n\
         stdout_logfile=%(here)s/elsewhere.log\n",
    );
    sandbox.write("elsewhere.sh", "while :; do echo here; sleep 0.05; done\n");
    sandbox.write("loud.sh", "while [ ! -e go ]; do sleep 0.05; done\nexec seq 400000\n");
    let conf = sandbox.read("supervisord.conf");
    let conf = conf.replace("logfile=%(here)s/supervisord", "logfile=%(here)s/disk/supervisord");
    sandbox.write("supervisord.conf", conf.replace("loglevel=debug", "loglevel=info"));
    let Some(daemon) = start_with_stallable_disk(&sandbox) else { return };
    daemon.wait_for("elsewhere", "RUNNING");

    let mut freezer = Freezer::start(&daemon, &sandbox);
    sandbox.write("go", "");
    freezer.wait_until("a log stands still", || is_stalled(&daemon));
    for name in ["there", "elsewhere"] {
        let before = daemon.pid_of(name);
        kill(Pid::from_raw(before), Signal::SIGKILL).expect("a program to kill");
        freezer.wait_until(&format!("{name} has been restarted"), || {
            ![0, before].contains(&daemon.pid_of(name))
        });
        let told = freezer.ctl(&["restart", name]);
        assert_eq!(told, format!("{name}: stopped\n{name}: started\n"));
    }
    assert!(freezer.ctl(&["status", "loud"]).contains("RUNNING"), "it waits for its log");
    let stored = || fs::metadata(sandbox.join("elsewhere.log")).map_or(0, |log| log.len());
    let before = stored();
    freezer.wait_until("what is printed elsewhere is stored", || stored() > before);
    freezer.thaw();

    daemon.wait_for("loud", "EXITED");
    let expected: String = (1..=400_000).map(|number| format!("{number}\n")).collect();
    let rotated = (1..=99).rev().map(|number| format!("disk/loud.log.{number}"));
    let files: Vec<String> = rotated.chain(["disk/loud.log".to_owned()]).collect();
    wait_until("everything is in the files", || {
        let found: String = files.iter().map(|file| read_inside(&daemon, &sandbox, file)).collect();
        found == expected
    });
}

// LOG-060, LOG-063: mended. The original stands still with the disk.
#[test]
fn logs_to_be_made_on_a_disk_that_stands_still() {
    let on_disk = |name: &str, command: &str| {
        format!(
            "[program:{name}]\ncommand={command}\nautostart=false\nautorestart=false\n\
             startsecs=0\nstdout_logfile=%(here)s/disk/{name}.log\nstderr_logfile=NONE\n"
        )
    };
    let counting = "/bin/sh -c \"seq 1000; exec sleep 1000\"";
    let sandbox = configured(&format!(
        "{}{}{}{}[program:ticking]\ncommand=/bin/sh ticking.sh\ndirectory=%(here)s\nstartsecs=0\n\
         stdout_logfile=%(here)s/ticking.log\nstderr_logfile=NONE\n",
        on_disk("one", counting),
        on_disk("two", counting),
        on_disk("unwanted", counting),
        on_disk("old", "/bin/echo old")
    ));
    sandbox.write("ticking.sh", "while :; do echo tick; sleep 0.05; done\n");
    let conf = sandbox.read("supervisord.conf").replace("loglevel=debug", "loglevel=info");
    let conf = conf.replace("childlogdir=%(here)s", "childlogdir=%(here)s/disk");
    sandbox.write("supervisord.conf", conf);
    let Some(daemon) = start_with_stallable_disk(&sandbox) else { return };
    daemon.wait_for("ticking", "RUNNING");
    daemon.ctl(&["start", "old"]);
    daemon.wait_for("old", "EXITED");
    wait_until("a log is there", || read_inside(&daemon, &sandbox, "disk/old.log") == "old\n");
    sandbox.write("conf.d/new.conf", "[program:new]\ncommand=/bin/sleep 1000\nstartsecs=0\n");
    daemon.ctl(&["reread"]);

    let mut freezer = Freezer::start(&daemon, &sandbox);
    let waiting = [
        ask(&daemon, "startProcess", "one"),
        ask(&daemon, "startProcess", "two"),
        ask(&daemon, "addProcessGroup", "new"),
        ask(&daemon, "clearProcessLogs", "old"),
    ];
    let mut unwanted = ask(&daemon, "startProcess", "unwanted");
    freezer.wait_until("a log is waited for", || is_stalled(&daemon));
    for name in ["one", "two", "unwanted"] {
        freezer.wait_for(name, "STARTING");
    }
    // Everything else goes on.
    assert_eq!(freezer.ctl(&["stop", "unwanted"]), "unwanted: stopped\n");
    assert_eq!(outcome(&mut unwanted), "<Fault 50: 'SPAWN_ERROR: unwanted'>");
    assert_eq!(freezer.ctl(&["restart", "ticking"]), "ticking: stopped\nticking: started\n");
    fs::remove_file(sandbox.join("ticking.log")).expect("a log");
    daemon.signal(Signal::SIGUSR2);
    freezer.wait_until("a log elsewhere is opened again and written", || {
        fs::read(sandbox.join("ticking.log")).is_ok_and(|log| log.starts_with(b"tick\n"))
    });
    freezer.thaw();

    for mut connection in waiting {
        assert_eq!(outcome(&mut connection), "True");
    }
    daemon.wait_for("new", "RUNNING");
    let expected: String = (1..=1000).map(|number| format!("{number}\n")).collect();
    for name in ["one", "two"] {
        daemon.wait_for(name, "RUNNING");
        wait_until("its output is in its log", || {
            read_inside(&daemon, &sandbox, &format!("disk/{name}.log")) == expected
        });
    }
    assert_eq!(read_inside(&daemon, &sandbox, "disk/old.log"), "");
    daemon.wait_for("unwanted", "STOPPED");
}

// RUN-400, RUN-403: mended. The original stands still with the disk.
#[test]
fn sockets_on_a_disk_that_stands_still() {
    let on_disk = |name: &str, more: &str| {
        format!(
            "[fcgi-program:{name}]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
             socket=unix://%(here)s/disk/{name}.sock\n{more}"
        )
    };
    let sandbox = configured_as(
        &head_with("loglevel=info"),
        &format!(
            "{}{}{}[program:elsewhere]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
            on_disk("new", "autostart=false\nprocess_name=%(process_num)d\nnumprocs=2\n"),
            on_disk("unwanted", "autostart=false\n"),
            on_disk("old", ""),
        ),
    );
    let Some(mut daemon) = start_with_stallable_disk(&sandbox) else { return };
    daemon.wait_for("old", "RUNNING");
    daemon.wait_for("elsewhere", "RUNNING");
    let inside = |name: &str| {
        let path = sandbox.join("disk").join(name);
        format!("/proc/{}/root{}", daemon.pid(), path.display())
    };
    // Of a socket whose file is gone the end is written to the disk, by some systems at once.
    fs::remove_file(inside("old.sock")).expect("a socket");

    let mut freezer = Freezer::start(&daemon, &sandbox);
    let waiting = ["new:0", "new:1"].map(|name| ask(&daemon, "startProcess", name));
    let mut unwanted = ask(&daemon, "startProcess", "unwanted");
    freezer.wait_until("a socket is waited for", || is_stalled(&daemon));
    for name in ["new:0", "new:1", "unwanted"] {
        freezer.wait_for(name, "STARTING");
    }
    // Everything else goes on, the end of what has its socket there too.
    assert_eq!(freezer.ctl(&["stop", "unwanted"]), "unwanted: stopped\n");
    assert_eq!(outcome(&mut unwanted), "<Fault 50: 'SPAWN_ERROR: unwanted'>");
    assert_eq!(freezer.ctl(&["remove", "unwanted"]), "unwanted: removed process group\n");
    let before = daemon.pid_of("old");
    kill(Pid::from_raw(before), Signal::SIGKILL).expect("a program to kill");
    freezer.wait_for("old", "STARTING");
    assert_eq!(freezer.ctl(&["stop", "old"]), "old: stopped\n");
    let told = freezer.ctl(&["restart", "elsewhere"]);
    assert_eq!(told, "elsewhere: stopped\nelsewhere: started\n");
    freezer.thaw();

    for mut connection in waiting {
        assert_eq!(outcome(&mut connection), "True");
    }
    for name in ["new:0", "new:1"] {
        daemon.wait_for(name, "RUNNING");
    }
    assert!(UnixStream::connect(inside("new.sock")).is_ok());
    daemon.ctl(&["stop", "new:*"]);
    assert!(UnixStream::connect(inside("new.sock")).is_err());
    let sockets = |name: &str| sockets(&sandbox, &format!("disk/{name}"));
    wait_until("what nobody wanted any more has been left", || sockets("old") == "+-+-");
    assert_eq!((sockets("new").as_str(), sockets("unwanted").as_str()), ("+-+-", "+-"));

    // Nor does an end wait for a socket that is being made.
    let mut freezer = Freezer::start(&daemon, &sandbox);
    let _never_made = ask(&daemon, "startProcess", "new:0");
    freezer.wait_until("a socket is waited for", || is_stalled(&daemon));
    daemon.signal(Signal::SIGTERM);
    freezer.wait_until("nothing runs any more", || !sandbox.join("supervisord.pid").exists());
    freezer.thaw();
    assert!(daemon.wait().success(), "{}", daemon.output());
}
