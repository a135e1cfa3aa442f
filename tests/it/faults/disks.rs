//! Disks that are full, read-only, gone or standing still. The daemon and its programs live in a mount
//! namespace of their own, where a small disk is mounted for them.

use std::fs;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};

use harness::namespace::own_mounts;
use harness::wire::{Address, post};
use harness::{Daemon, Installation, Run, Sandbox, configured, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::both;

/// The command that runs `installation`'s daemon where `disk` is a file system with these
/// `options`. `None` where the system does not let us mount anything.
fn with_disk(installation: &Installation, sandbox: &Sandbox, options: &str) -> Option<Command> {
    let mut unshare = own_mounts(sandbox)?;
    let mount = format!("mount -t tmpfs -o {options} none disk");
    unshare.args(["sh", "-c", &after_mount(installation, sandbox, &mount)]);
    Some(unshare)
}

/// A shell's script that mounts something at `disk` and becomes the daemon.
fn after_mount(installation: &Installation, sandbox: &Sandbox, mount: &str) -> String {
    fs::create_dir_all(sandbox.join("disk")).expect("a place to mount at");
    format!("{mount} && exec {} -nc supervisord.conf", installation.supervisord.display())
}

/// Starts that daemon and waits until it answers.
fn start_with_disk<'s>(
    installation: &Installation,
    sandbox: &'s Sandbox,
    options: &str,
) -> Option<Daemon<'s>> {
    let command = with_disk(installation, sandbox, options)?;
    let daemon = Daemon::spawn_by(command, installation, sandbox);
    daemon.wait_for_socket();
    Some(daemon)
}

/// The text of a file as the daemon sees it.
fn read_inside(daemon: &Daemon<'_>, sandbox: &Sandbox, name: &str) -> String {
    let path = format!("/proc/{}/root{}", daemon.pid(), sandbox.join(name).display());
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

// LOG-009, RUN-013: mended. What is lost is told; nothing else is.
#[test]
fn a_disk_that_fills_up_and_is_cleared() {
    let sandbox = configured(
        "[program:filler]\ncommand=/bin/sh filler.sh\ndirectory=%(here)s\nautostart=false\n\
         autorestart=false\nstartsecs=0\nstdout_logfile=%(here)s/disk/filler.log\n\
         stdout_logfile_maxbytes=0\n\
         [program:steady]\ncommand=/bin/sleep 1000\nstartsecs=0\n\
         stdout_logfile=%(here)s/disk/steady.log\n\
         [program:janitor]\ncommand=/bin/rm -f disk/ballast\ndirectory=%(here)s\nstartsecs=0\n\
         autostart=false\nautorestart=false\n",
    );
    sandbox.write(
        "filler.sh",
        "head -c 300000 /dev/zero > disk/ballast\nseq 100000\n\
         while [ ! -e go ]; do sleep 0.05; done\necho room again\nexec sleep 1000\n",
    );
    let conf = sandbox.read("supervisord.conf").replace("loglevel=debug", "loglevel=info");
    sandbox.write("supervisord.conf", conf);
    let Some(daemon) = start_with_disk(&crate::ours(), &sandbox, "size=512k") else { return };
    daemon.wait_for("steady", "RUNNING");
    daemon.ctl(&["start", "filler"]);
    wait_until("the disk is full", || {
        sandbox.log().iter().any(|line| line.contains("could not write log file"))
    });
    assert_eq!(daemon.ctl(&["restart", "steady"]).stdout, "steady: stopped\nsteady: started\n");
    daemon.ctl(&["start", "janitor"]);
    daemon.wait_for("janitor", "EXITED");
    sandbox.write("go", "");
    wait_until("the log is written again", || {
        read_inside(&daemon, &sandbox, "disk/filler.log").ends_with("\nroom again\n")
    });
    let log = sandbox.log();
    let told = |text: &str| log.iter().filter(|line| line.contains(text)).count();
    let file = format!("log file `{}`", sandbox.join("disk/filler.log").display());
    assert_eq!(told(&format!("WARN could not write {file}")), 1, "{log:#?}");
    let again = format!("WARN {file} can be written again, ");
    assert_eq!(told(&again), 1, "{log:#?}");
    // Every byte is in the file or counted.
    let lost = log.iter().find_map(|line| line.strip_prefix(&again)?.split(' ').next());
    let lost: usize = lost.and_then(|count| count.parse().ok()).expect("a number of bytes");
    let printed: usize =
        (1..=100_000).map(|number: u32| number.to_string().len() + 1).sum::<usize>()
            + "room again\n".len();
    assert_eq!(read_inside(&daemon, &sandbox, "disk/filler.log").len() + lost, printed);
}

// RUN-179d, RUN-071, RUN-075: what needs the disk fails and says so; the rest does not.
#[test]
fn a_read_only_disk() {
    for installation in both() {
        let sandbox = configured(
            "[program:x]\ncommand=/bin/sleep 1000\nstartretries=0\nstartsecs=0\n\
             stdout_logfile=%(here)s/disk/x.log\n\
             [program:steady]\ncommand=/bin/sleep 1000\nstartsecs=0\n",
        );
        let conf = sandbox.read("supervisord.conf");
        let conf = conf.replace("%(here)s/supervisord.pid", "%(here)s/disk/supervisord.pid");
        sandbox.write("supervisord.conf", conf);
        let Some(mut daemon) = start_with_disk(&installation, &sandbox, "ro") else { return };
        daemon.wait_for("x", "FATAL");
        let status = daemon.ctl(&["status", "x"]).stdout;
        let reason = "unknown error making dispatchers for 'x': EROFS";
        assert!(status.ends_with(&format!("{reason}\n")), "{status}");
        sandbox.wait_for_line(&format!("INFO spawnerr: {reason}"));
        let path = sandbox.join("disk/supervisord.pid");
        sandbox.wait_for_line(&format!("CRIT could not write pidfile {}", path.display()));
        daemon.wait_for("steady", "RUNNING");
        daemon.signal(Signal::SIGTERM);
        assert!(daemon.wait().success(), "{}", daemon.output());
        assert_eq!(sandbox.read("daemon.err"), "", "{}", installation.label);
    }
}

// RUN-076: mended. Where the daemon cannot write its own log it does not start, and says why.
#[test]
fn an_activity_log_on_a_read_only_disk() {
    let sandbox = configured("");
    let conf = sandbox.read("supervisord.conf");
    sandbox
        .write("supervisord.conf", conf.replace("%(here)s/supervisord.log", "%(here)s/disk/log"));
    let Some(daemon) = with_disk(&crate::ours(), &sandbox, "ro") else { return };
    let run = Run::of(daemon);
    let path = sandbox.join("disk/log");
    assert_eq!(run.status, 1);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains(&path.display().to_string()), "{}", run.stderr);
    assert!(!sandbox.join("s.sock").exists());
}

// RUN-071, RUN-075, RUN-332: the pid file's directory goes while the daemon runs.
#[test]
fn the_pid_file_goes_with_its_directory() {
    let sandbox = configured("[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n");
    let conf = sandbox.read("supervisord.conf");
    let conf = conf.replace("%(here)s/supervisord.pid", "%(here)s/run/supervisord.pid");
    sandbox.write("supervisord.conf", conf);
    fs::create_dir(sandbox.join("run")).expect("a directory");
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("x", "RUNNING");
    fs::remove_dir_all(sandbox.join("run")).expect("the directory");
    // A restart could not write it again: nothing is stopped for it.
    let before = daemon.pid_of("x");
    let run = daemon.ctl(&["reload"]);
    assert_eq!(run.status, 1);
    assert!(run.stdout.contains("does not exist"), "{}", run.stdout);
    assert_eq!(daemon.pid_of("x"), before);
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success(), "{}", daemon.output());
    assert_eq!(sandbox.read("daemon.err"), "");
}

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

/// Somebody who keeps the disk from being written, until he is dropped or we end.
struct Freezer(Child);

impl Freezer {
    fn start(daemon: &Daemon<'_>, sandbox: &Sandbox) -> Self {
        let mut freezer = harness::installation::command(sandbox, "nsenter");
        freezer.args(["-t", &daemon.pid().to_string(), "-m", "sh", "-c"]);
        freezer.arg("PATH=$PATH:/usr/sbin:/sbin; fsfreeze -f \"$0\" && echo; timeout 100 cat; fsfreeze -u \"$0\"");
        freezer.arg(sandbox.join("disk")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = freezer.spawn().expect("a program that enters namespaces");
        let told = process.stdout.as_mut().expect("its stdout").read_exact(&mut [0]);
        told.expect("a disk that stands still");
        Self(process)
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("the end of the freezer");
    }
}

/// Whether a thread of the daemon waits for a disk.
fn is_stalled(daemon: &Daemon<'_>) -> bool {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.pid())).expect("a live daemon");
    let states = tasks.flatten().map(|task| fs::read_to_string(task.path().join("status")));
    states.flatten().any(|status| status.contains("State:\tD"))
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

    let freezer = Freezer::start(&daemon, &sandbox);
    sandbox.write("go", "");
    wait_until("a log stands still", || is_stalled(&daemon));
    for name in ["there", "elsewhere"] {
        let before = daemon.pid_of(name);
        kill(Pid::from_raw(before), Signal::SIGKILL).expect("a program to kill");
        wait_until(&format!("{name} has been restarted"), || {
            ![0, before].contains(&daemon.pid_of(name))
        });
        let run = daemon.ctl(&["restart", name]);
        assert_eq!(run.stdout, format!("{name}: stopped\n{name}: started\n"));
    }
    assert!(daemon.ctl(&["status", "loud"]).stdout.contains("RUNNING"), "it waits for its log");
    let stored = || fs::metadata(sandbox.join("elsewhere.log")).map_or(0, |log| log.len());
    let before = stored();
    wait_until("what is printed elsewhere is stored", || stored() > before);
    drop(freezer);

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

    let freezer = Freezer::start(&daemon, &sandbox);
    let server = Address::Unix(sandbox.join("s.sock"));
    let ask = |method: &str, name: &str| {
        let call = rpc::xml::encode_call(&format!("supervisor.{method}"), &[name.into()]);
        let mut connection = server.connect().expect("a server that listens");
        connection.send(post("/RPC2", call.expect("a call")));
        connection
    };
    let waiting = [
        ask("startProcess", "one"),
        ask("startProcess", "two"),
        ask("addProcessGroup", "new"),
        ask("clearProcessLogs", "old"),
    ];
    let mut unwanted = ask("startProcess", "unwanted");
    wait_until("a log is waited for", || is_stalled(&daemon));
    for name in ["one", "two", "unwanted"] {
        daemon.wait_for(name, "STARTING");
    }
    // Everything else goes on.
    assert_eq!(daemon.ctl(&["stop", "unwanted"]).stdout, "unwanted: stopped\n");
    assert_eq!(
        unwanted.answer().expect("an answer").outcome(),
        "<Fault 50: 'SPAWN_ERROR: unwanted'>"
    );
    assert_eq!(daemon.ctl(&["restart", "ticking"]).stdout, "ticking: stopped\nticking: started\n");
    fs::remove_file(sandbox.join("ticking.log")).expect("a log");
    daemon.signal(Signal::SIGUSR2);
    wait_until("a log elsewhere is opened again and written", || {
        fs::read(sandbox.join("ticking.log")).is_ok_and(|log| log.starts_with(b"tick\n"))
    });
    drop(freezer);

    for mut connection in waiting {
        assert_eq!(connection.answer().expect("an answer").outcome(), "True");
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
