//! Disks that are full, read-only or gone. The daemon and its programs live in a mount
//! namespace of their own, where a small disk is mounted for them.

use std::fs;
use std::process::Command;

use harness::namespace::own_mounts;
use harness::{Daemon, Installation, Run, Sandbox, configured, wait_until};
use nix::sys::signal::Signal;

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
pub(super) fn after_mount(installation: &Installation, sandbox: &Sandbox, mount: &str) -> String {
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
pub(super) fn read_inside(daemon: &Daemon<'_>, sandbox: &Sandbox, name: &str) -> String {
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
