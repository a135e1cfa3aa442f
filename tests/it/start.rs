//! Starting the daemon: what stops it, what does not, and what it says either way.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::process::Command;

use harness::installation::command;
use harness::unprivileged::{as_stranger, unprivileged};
use harness::{
    Daemon, Installation, Run, Sandbox, configured, configured_as, head_with, wait_until,
};
use nix::sys::signal::Signal;
use nix::unistd::geteuid;

const CONF: &str = "supervisord.conf";

const SLEEPER: &str = "[program:sleeper]\ncommand=/bin/sleep 1000\nstartsecs=0\n";

/// Runs our daemon in the foreground until it ends by itself.
fn run(sandbox: &Sandbox, args: &[&str]) -> Run {
    let mut daemon = command(sandbox, crate::ours().supervisord);
    daemon.arg("-n").args(args);
    Run::of(daemon)
}

/// Asserts that a start fails with status 2 and `expected` as the line after `Error: `, which is
/// also what the original says, where it is installed.
#[track_caller]
fn refused(sandbox: &Sandbox, expected: &str) -> Run {
    let ours = run(sandbox, &["-c", "supervisord.conf"]);
    let first = |run: &Run| run.stderr.lines().next().unwrap_or_default().to_owned();
    assert_eq!((first(&ours).as_str(), ours.status), (&*format!("Error: {expected}"), 2));
    if let Some(original) = Installation::oracle() {
        let mut daemon: Command = command(sandbox, original.supervisord);
        daemon.args(["-n", "-c", "supervisord.conf"]);
        assert_eq!(first(&Run::of(daemon)), first(&ours), "the original says otherwise");
    }
    ours
}

// CFG-001, CFG-002, RUN-091
#[test]
fn a_broken_configuration_is_told_twice() {
    let sandbox =
        configured("[program:web]\ncommand=/bin/sleep 9\nstartsecs=soon\nautostart=maybe\n");
    let file = sandbox.join("supervisord.conf");
    let ours = refused(
        &sandbox,
        "not a valid boolean value: 'maybe' in section 'program:web' (file: 'supervisord.conf')",
    );
    let lines: Vec<_> = ours.stderr.lines().collect();
    assert!(lines[1].starts_with("For help, use "), "{}", ours.stderr);
    // Both mistakes are shown with their places, the first in the file first.
    let at = |text: &str| {
        ours.stderr.rfind(text).unwrap_or_else(|| panic!("no `{text}` in {}", ours.stderr))
    };
    assert!(at("startsecs=soon") < at("autostart=maybe"));
    assert_eq!(ours.stdout, "");
    assert!(file.exists() && !sandbox.join("supervisord.pid").exists());
}

// CFG-057, CFG-058
#[test]
fn a_configuration_that_cannot_be_read_is_named() {
    let sandbox = Sandbox::new();
    refused(&sandbox, "could not find config file supervisord.conf");
    fs::create_dir(sandbox.join("supervisord.conf")).expect("a directory");
    refused(&sandbox, "could not read config file supervisord.conf");
}

// CFG-080, RUN-081
#[test]
fn an_include_that_matches_nothing_is_a_warning() {
    let sandbox = configured("");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    let pattern = sandbox.join("conf.d/*.conf");
    let line = format!("WARN No file matches via include \"{}\"", pattern.display());
    assert!(sandbox.read("supervisord.log").contains(&line), "{}", daemon.output());
}

// CFG-188, RUN-066, RUN-447, RTRAP-040, HTTP-011: the original takes the AUTO logs of the first away.
#[test]
fn a_taken_socket_stops_the_second_daemon_alone() {
    let sandbox = configured(SLEEPER);
    let first = Daemon::start(&crate::ours(), &sandbox);
    first.wait_for("sleeper", "RUNNING");
    let logs = || {
        let entries = fs::read_dir(sandbox.path()).expect("the sandbox").flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("sleeper-std")).count()
    };
    assert_eq!(logs(), 2);
    // Only once: the original, asked what it says, would remove them.
    let second = run(&sandbox, &["-c", "supervisord.conf"]);
    assert_eq!((second.status, logs()), (2, 2));
    let pid = first.pid_of("sleeper");
    let taken = "Another program is already listening on a port that one of our HTTP servers is \
                 configured to use.  Shut this program down first before starting supervisord.";
    refused(&sandbox, taken);
    assert_eq!(first.pid_of("sleeper"), pid, "the first daemon lost its process");
}

// CFG-188, HTTP-005
#[test]
fn a_taken_port_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    let sandbox = configured(&format!("[inet_http_server]\nport=127.0.0.1:{port}\n"));
    let taken = "Another program is already listening on a port that one of our HTTP servers is \
                 configured to use.  Shut this program down first before starting supervisord.";
    refused(&sandbox, taken);
    assert!(!sandbox.join("s.sock").exists(), "a socket is left behind");
}

// LOG-009
#[test]
fn a_full_disk_under_the_log_stops_nothing() {
    let sandbox = Sandbox::new();
    let head = head_with("logfile=/dev/full\nlogfile_maxbytes=0");
    sandbox.write("supervisord.conf", format!("{head}\n{SLEEPER}"));
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("sleeper", "RUNNING");
    assert_eq!(daemon.ctl(&["stop", "sleeper"]).stdout, "sleeper: stopped\n");
}

// RUN-030, RUN-036, RUN-071, RUN-075, RUN-357, CFG-344, CFG-357, CFG-496, RTRAP-041: mended.
#[test]
fn a_daemonised_start_returns_when_the_daemon_is_up() {
    let head = head_with(
        "nodaemon=false\ndirectory=/\numask=027\npidfile=supervisord.pid\nlogfile=supervisord.log",
    );
    let sandbox = configured_as(&head, SLEEPER);
    let mut start = command(&sandbox, crate::ours().supervisord);
    start.args(["-c", "supervisord.conf"]);
    let run = Run::of(start);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let pid = sandbox.read("supervisord.pid");
    assert!(pid.trim().parse::<i32>().is_ok(), "the pid file holds {pid:?}");
    let ctl = |args: &[&str]| crate::ours().ctl(&sandbox, args);
    assert_eq!(ctl(&["pid"]).stdout, pid);
    // A relative `-c` still works after the change of directory.
    assert_eq!(ctl(&["reread"]).stdout, "No config updates to processes\n");
    assert_eq!(ctl(&["maintail"]).status, 0);
    assert_eq!(ctl(&["shutdown"]).stdout, "Shut down\n");
    wait_until("the daemon is gone", || !sandbox.join("supervisord.pid").exists());
}

#[test]
fn a_plan_starts_without_its_configuration() {
    let sandbox = configured(SLEEPER);
    build(&sandbox);
    fs::rename(sandbox.join("supervisord.conf"), sandbox.join("away.conf")).expect("the file");
    let daemon = Daemon::spawn(&crate::ours(), &sandbox, &["-n", "--plan", "fleet.plan"]);
    daemon.wait_for_socket();
    let status = |action: &[&str]| {
        let mut ctl = command(&sandbox, crate::ours().supervisorctl);
        ctl.args(["-c", "away.conf"]).args(action);
        Run::of(ctl).stdout
    };
    wait_until("the process runs", || status(&["status"]).contains("RUNNING"));
    // A reread reads the plan again.
    assert_eq!(status(&["reread"]), "No config updates to processes\n");
}

#[test]
fn a_plan_that_is_none_is_refused_by_name() {
    let sandbox = configured(SLEEPER);
    build(&sandbox);
    let plan = fs::read(sandbox.join("fleet.plan")).expect("the plan");
    let mut damaged = plan.clone();
    *damaged.last_mut().expect("a byte") ^= 1;
    let mut newer = plan.clone();
    newer[8] ^= 0x40;
    let mut messages = Vec::new();
    for (name, bytes) in [
        ("short.plan", &plan[..plan.len() / 2]),
        ("damaged.plan", &damaged),
        ("newer.plan", &newer),
        ("foreign.plan", b"\x7fELF and more than a header of it, as any program has".as_slice()),
        ("empty.plan", b""),
    ] {
        sandbox.write(name, bytes);
        let run = run(&sandbox, &["--plan", name]);
        let first = run.stderr.lines().next().unwrap_or_default().to_owned();
        assert_eq!(run.status, 2, "{name}: {}", run.stderr);
        assert!(first.starts_with("Error: ") && first.contains(name), "{name}: {first}");
        messages.push(first.replace(name, ""));
    }
    messages.dedup();
    assert!(messages.len() >= 4, "one text for different faults: {messages:#?}");
    assert!(!sandbox.join("supervisord.pid").exists());
}

/// Compiles the sandbox's configuration into `fleet.plan`.
fn build(sandbox: &Sandbox) {
    let mut build = command(sandbox, env!("CARGO_BIN_EXE_supervisorc-under-test"));
    build.args(["build", "-c", "supervisord.conf", "-o", "fleet.plan"]);
    let run = Run::of(build);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
}

/// What our daemon prints when `command` starts it in vain, and its status.
#[track_caller]
fn fails(mut command: Command, sandbox: &Sandbox, status: i32) -> String {
    command.args(["-c", "supervisord.conf"]);
    let run = Run::of(command);
    assert_eq!((run.status, run.stdout.as_str()), (status, ""), "{}", run.stderr);
    for name in ["supervisord.pid", "s.sock"] {
        assert!(!sandbox.join(name).exists(), "`{name}` is left behind");
    }
    run.stderr.lines().next().unwrap_or_default().to_owned()
}

/// A command for `program` under a limit, both soft and hard.
fn limited(sandbox: &Sandbox, program: impl AsRef<OsStr>, limit: &str) -> Command {
    let mut prlimit = command(sandbox, "prlimit");
    prlimit.arg(limit).arg(program);
    prlimit
}

// CFG-189, RUN-041, RUN-067, RUN-091
#[test]
fn what_does_not_exist_cannot_be_used() {
    for (options, expected) in [
        ("user=nobody-at-all", "Invalid user name nobody-at-all"),
        ("user=4294967294", "Invalid user id 4294967294"),
        (
            "[inet_http_server]\nport=192.0.2.1:9001",
            "Cannot open an HTTP server: socket.error reported errno.EADDRNOTAVAIL (99)",
        ),
    ] {
        let sandbox = match options.starts_with('[') {
            true => configured(options),
            false => configured_as(&head_with(options), ""),
        };
        refused(&sandbox, expected);
    }
}

// CFG-337, CFG-340, CFG-341, RUN-023, RUN-024, RUN-044, RUN-047, RUN-048, RUN-049, RTRAP-039
#[test]
fn limits_and_rights_that_are_not_ours_to_take() {
    let files = "The minimum number of file descriptors required to run this process is 600 as per \
                 the \"minfds\" command-line argument or config file setting. The current \
                 environment will only allow you to open 500 file descriptors.  Either raise the \
                 number of usable file descriptors in your environment (see README.rst) or lower \
                 the minfds setting in the config file to allow the process to start.";
    let processes = "The minimum number of available processes required to run this program is \
                     400 as per the \"minprocs\" command-line argument or config file setting. The \
                     current environment will only allow you to open 300 processes.  Either raise \
                     the number of usable processes in your environment (see README.rst) or lower \
                     the minprocs setting in the config file to allow the program to start.";
    let ours = crate::ours().supervisord;
    for (options, limit, expected) in [
        ("minfds=600", "--nofile=500:500", files),
        ("minprocs=400", "--nproc=300:300", processes),
        ("user=root", "--nofile=1024:", "Can't drop privilege as nonroot user"),
    ] {
        // Not in the foreground: what fails this early fails on the terminal all the same.
        let sandbox = configured_as(&head_with(&format!("nodaemon=false\n{options}")), "");
        let daemon = unprivileged(&sandbox, &ours);
        let mut limited = limited(&sandbox, daemon.get_program(), limit);
        as_stranger(&mut limited);
        assert_eq!(fails(limited, &sandbox, 2), format!("Error: {expected}"));
    }
    if geteuid().is_root() {
        // The user is changed before the limits are raised, so even root's cannot be.
        let head = head_with("nodaemon=false\nuser=nobody\nminfds=600");
        let sandbox = configured_as(&head, "");
        let daemon = limited(&sandbox, &ours, "--nofile=500:500");
        assert_eq!(fails(daemon, &sandbox, 2), format!("Error: {files}"));
    }
}

// CFG-190, RUN-068, RUN-076, RUN-092: mended, nothing is left behind.
#[test]
fn what_cannot_be_made_is_named() {
    let ours = crate::ours().supervisord;
    for (options, status, expected) in [
        (
            "[program:x]\ncommand=/bin/cat\n[supervisord]\nchildlogdir=/proc/self",
            1,
            "/proc/self/x-stdout---supervisor-",
        ),
        (
            "[fcgi-program:x]\ncommand=/bin/cat\nsocket=unix:///no/such/f.sock",
            1,
            "Could not create FastCGI socket unix:///no/such/f.sock: ",
        ),
        (
            "[unix_http_server]\nchown=root:root",
            2,
            "/s.sock to uid/gid (0, 0); adjust \"sockchown\" value in config file or on command \
             line to values that the current user (",
        ),
    ] {
        let sandbox = configured(options);
        let mut daemon = unprivileged(&sandbox, &ours);
        daemon.arg("-n").arg("-s");
        let told = fails(daemon, &sandbox, status);
        assert!(told.starts_with("Error: ") && told.contains(expected), "{told}");
    }
}

// RUN-026
#[test]
fn root_is_warned_of_searching_for_its_configuration() {
    let warning = "Supervisord is running as root and it is searching for its configuration file \
                   in default locations (including its current working directory); you probably \
                   want to specify a \"-c\" argument specifying an absolute path to a \
                   configuration file for improved security.";
    let installations = [Some(crate::ours()), Installation::oracle()];
    for installation in installations.into_iter().flatten() {
        for (args, warned) in [(&["-n"][..], geteuid().is_root()), (&["-nc", CONF], false)] {
            let sandbox = configured("");
            let daemon = Daemon::spawn(&installation, &sandbox, args);
            daemon.wait_for_socket();
            let told = sandbox.read("daemon.err").contains(warning);
            assert_eq!(told, warned, "{}: {}", installation.label, daemon.output());
        }
    }
}

// RUN-065: mended. Who does not answer holds his socket all the same.
#[test]
fn a_hung_daemon_keeps_its_socket() {
    let sandbox = configured(SLEEPER);
    let first = Daemon::start(&crate::ours(), &sandbox);
    first.wait_for("sleeper", "RUNNING");
    first.signal(Signal::SIGSTOP);
    let second = run(&sandbox, &["-c", "supervisord.conf"]);
    first.signal(Signal::SIGCONT);
    assert_eq!(second.status, 2);
    assert!(second.stderr.starts_with("Error: Another program is already listening on a port"));
    assert_eq!(first.ctl(&["stop", "sleeper"]).stdout, "sleeper: stopped\n");
}

// RUN-061
#[test]
fn every_server_is_announced_at_the_lowest_level() {
    for installation in crate::both() {
        let sandbox = configured_as(&head_with("loglevel=trace"), "");
        let daemon = Daemon::start(&installation, &sandbox);
        let socket = sandbox.join("s.sock").display().to_string();
        let announced = format!("TRAC {socket}:Medusa (V1.12) started at ");
        let told = || {
            let log = sandbox.read("supervisord.log");
            log.split_once(&announced).map(|(_, told)| told.to_owned())
        };
        wait_until("the server is announced", || {
            told().is_some_and(|told| told.contains(&format!("\tPort:{socket}\n")))
        });
        let told = told().expect("a line about the server");
        let (date, rest) = told.split_once('\n').expect("a date");
        assert_eq!(date.split_whitespace().count(), 5, "{date}");
        let expected = format!("\tHostname: <unix domain socket>\n\tPort:{socket}\n");
        assert!(rest.starts_with(&expected), "{}", daemon.output());
    }
}

// A shell with `trap '' CHLD` hands that on; the system would collect the children unseen.
#[test]
fn a_daemon_started_with_sigchld_ignored_sees_its_children_end() {
    let sandbox =
        configured("[program:brief]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\n");
    let ours = crate::ours();
    let mut shell = command(&sandbox, "/bin/bash");
    shell.args(["-c", "trap '' CHLD; exec \"$0\" -n -c supervisord.conf"]).arg(&ours.supervisord);
    let mut daemon = Daemon::spawn_by(shell, &ours, &sandbox);
    daemon.wait_for_socket();
    daemon.wait_for("brief", "EXITED");
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
}
