//! How a daemon comes to stand: the lines it logs, the terminal it leaves, the rights and limits it
//! takes, the files it makes. What stops it from standing is in `start.rs`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;

use harness::installation::command;
use harness::unprivileged::unprivileged;
use harness::{Daemon, HEAD, Installation, Run, Sandbox, configured_as, head_with, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid, getpgid, getsid};

use crate::both;

const SLEEPER: &str = "[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n";

/// A sandbox whose configuration is the usual one at level info with these options of the daemon's,
/// and `programs`.
fn sandbox(options: &str, programs: &str) -> Sandbox {
    configured_as(&head_with(&format!("loglevel=info\n{options}")), programs)
}

/// Has `installation`'s daemon leave the terminal, with open files limited to `files`, and waits
/// until it stands.
fn launch(installation: &Installation, sandbox: &Sandbox, files: u32) -> (Run, Pid) {
    let mut prlimit = command(sandbox, "prlimit");
    prlimit.arg(format!("--nofile={files}:")).arg(&installation.supervisord);
    prlimit.args(["-c", &sandbox.join("supervisord.conf").display().to_string()]);
    let run = Run::of(prlimit);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let pid = || sandbox.read("supervisord.pid").trim().parse().ok();
    wait_until("the pid file is written", || pid().is_some());
    (run, Pid::from_raw(pid().expect("a pid")))
}

fn shut_down(installation: &Installation, sandbox: &Sandbox) {
    assert_eq!(installation.ctl(sandbox, &["shutdown"]).stdout, "Shut down\n");
    wait_until("the daemon is gone", || !sandbox.join("supervisord.pid").exists());
}

/// One line of `/proc/PID/status` or `limits`.
fn proc_line(pid: Pid, file: &str, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).expect("a live process");
    let line = text.lines().find_map(|line| line.strip_prefix(name)).expect("a line of it");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn link(pid: Pid, name: &str) -> String {
    fs::read_link(format!("/proc/{pid}/{name}")).expect("a link").display().to_string()
}

// CFG-186, CFG-187, CFG-334, CFG-335, CFG-336, CFG-339, CFG-345, CFG-346, RUN-021, RUN-022,
// RUN-042, RUN-046, RUN-060, RUN-081, RUN-082, RUN-083, RUN-084, RUN-085, RUN-086, RUN-087,
// RUN-088, RUN-402, RUN-403
#[test]
fn the_lines_of_a_start_and_their_order() {
    // Being who one is already needs no right, but a name.
    let named = User::from_uid(geteuid()).is_ok_and(|user| user.is_some());
    let user = if named { format!("user={}", geteuid()) } else { String::new() };
    let assumed = format!("INFO Set uid to user {} succeeded", geteuid());
    for installation in both() {
        let sandbox = sandbox(
            &format!("nodaemon=false\ndirectory=/\nminfds=600\n{user}"),
            "[fcgi-program:f]\ncommand=/bin/sleep 1000\nsocket=unix://%(here)s/f.sock\nstartsecs=0\n",
        );
        sandbox.write(
            "conf.d/x.conf",
            format!(
                "{SLEEPER}redirect_stderr=true\nstderr_logfile=/tmp/x\nstdout_logfile_maxbytes=0\n"
            ),
        );
        let (run, pid) = launch(&installation, &sandbox, 500);
        assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
        sandbox.wait_for_line("spawned: 'x' with pid");
        sandbox.wait_for_line("for > than 0 seconds (startsecs)");
        let dir = sandbox.path().display().to_string();
        let log: Vec<_> = sandbox.log().iter().map(|line| line.replace(&dir, "$DIR")).collect();
        let until = log.iter().position(|line| line.contains("spawned: 'f'")).expect("a spawn");
        let expected = [
            "WARN For [program:x], AUTO logging used for stdout_logfile without rollover, set \
             maxbytes > 0 to avoid filling up filesystem unintentionally",
            "WARN For [program:x], redirect_stderr=true but stderr_logfile has also been set to a \
             filename, the filename has been ignored",
            "INFO Included extra file \"$DIR/conf.d/x.conf\" during parsing",
            &assumed,
            "INFO Increased RLIMIT_NOFILE limit to 600",
            "INFO Creating socket unix://$DIR/f.sock",
            "INFO Closing socket unix://$DIR/f.sock",
            "INFO RPC interface 'supervisor' initialized",
            "CRIT Server 'unix_http_server' running without any HTTP authentication checking",
            "INFO daemonizing the supervisord process",
            "INFO set current directory: '/'",
            &format!("INFO supervisord started with pid {pid}"),
            "INFO Creating socket unix://$DIR/f.sock",
        ];
        let expected = expected.into_iter().filter(|line| named || *line != assumed);
        assert_eq!(log[..until], expected.collect::<Vec<_>>(), "{}", installation.label);
        shut_down(&installation, &sandbox);
    }
}

// CFG-339, RUN-031, RUN-034, RUN-050, RUN-071, RUN-090, RUN-201, RUN-205, RUN-226, RTRAP-009
#[test]
fn a_daemon_leaves_its_terminal_behind() {
    for installation in both() {
        let sandbox = sandbox("nodaemon=false\ndirectory=/usr\numask=027\nminfds=600", SLEEPER);
        let (_, pid) = launch(&installation, &sandbox, 500);
        wait_until("it runs", || {
            installation.ctl(&sandbox, &["status"]).stdout.contains("RUNNING")
        });
        let x = installation.ctl(&sandbox, &["pid", "x"]).stdout.trim().parse().expect("a pid");
        let x = Pid::from_raw(x);
        for number in ["0", "1", "2"] {
            assert_eq!(link(pid, &format!("fd/{number}")), "/dev/null");
        }
        assert_eq!(getsid(Some(pid)), Ok(pid), "a session of its own");
        assert_eq!(getsid(Some(x)), Ok(pid), "in which its programs are");
        assert_eq!(getpgid(Some(x)), Ok(x), "each leading its process group");
        for process in [pid, x] {
            assert_eq!(link(process, "cwd"), "/usr");
            assert_eq!(proc_line(process, "status", "Umask:"), "0027");
            let files = proc_line(process, "limits", "Max open files");
            assert!(files.starts_with("600 "), "{files}");
        }
        // The pid file comes after the mask, the log and the programs' logs before (RUN-022).
        let mode = |name: &str| modes(&sandbox, name);
        assert_eq!((mode("supervisord.pid"), mode("supervisord.log")), (0o640, 0o644));
        shut_down(&installation, &sandbox);
    }
}

// CFG-343, CFG-481, RUN-033, RUN-035, RTRAP-007: in the foreground everything is the caller's.
#[test]
fn a_daemon_in_the_foreground_stays_where_it_is() {
    for installation in both() {
        let sandbox = sandbox("directory=/usr\numask=027", SLEEPER);
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        let x = Pid::from_raw(daemon.pid_of("x"));
        let own = Pid::this();
        for process in [daemon.pid(), x] {
            assert_eq!(link(process, "cwd"), sandbox.path().display().to_string());
            assert_eq!(proc_line(process, "status", "Umask:"), proc_line(own, "status", "Umask:"));
            assert_eq!(getsid(Some(process)), getsid(Some(own)));
        }
        assert_eq!(getpgid(Some(x)), Ok(x));
        let log = sandbox.log();
        let expected = |line: &String| line.contains("daemonizing") || line.contains("directory");
        assert!(!log.iter().any(expected), "{log:#?}");
        // The log is shown as it is written (LOG-005).
        let shown = || sandbox.read("daemon.out").contains("INFO spawned: 'x' with pid");
        wait_until("it is shown", shown);
    }
}

// RUN-035, LOG-005, LOG-006, RTRAP-046: what goes to the terminal anyway goes there twice.
#[test]
fn a_log_on_the_terminal_is_shown_twice_unless_silent() {
    for installation in both() {
        for (silent, times) in [("false", 2), ("true", 1)] {
            let sandbox = sandbox(&format!("silent={silent}"), "");
            let conf = sandbox.read("supervisord.conf");
            let own = "logfile=%(here)s/supervisord.log";
            let conf = conf.replace(own, "logfile=/dev/stdout\nlogfile_maxbytes=0");
            sandbox.write("supervisord.conf", conf);
            let mut daemon = Daemon::start(&installation, &sandbox);
            // Signals are obeyed from here on.
            wait_until("it stands", || sandbox.read("daemon.out").contains("started with pid"));
            daemon.signal(Signal::SIGTERM);
            assert!(daemon.wait().success());
            let out = sandbox.read("daemon.out");
            let line = "WARN received SIGTERM indicating exit request\n";
            assert_eq!(out.matches(line).count(), times, "{}: {out}", installation.label);
        }
    }
}

// CFG-345, RUN-032, RUN-031: only told, not obeyed; the mask after it still is.
#[test]
fn a_directory_that_cannot_be_entered_is_told() {
    let sandbox = sandbox("nodaemon=false\ndirectory=%(here)s/closed\numask=077", SLEEPER);
    fs::create_dir(sandbox.join("closed")).expect("a directory");
    let nobodys = fs::Permissions::from_mode(0o000);
    fs::set_permissions(sandbox.join("closed"), nobodys).expect("the mode of a directory");
    let ours = crate::ours();
    let mut start = unprivileged(&sandbox, &ours.supervisord);
    start.args(["-c", "supervisord.conf"]);
    assert_eq!(Run::of(start).status, 0);
    let closed = sandbox.join("closed").display().to_string();
    sandbox.wait_for_line(&format!(
        "CRIT can't chdir into '{closed}': [Errno 13] Permission denied: '{closed}'"
    ));
    sandbox.wait_for_line("INFO supervisord started with pid");
    assert_eq!(modes(&sandbox, "supervisord.pid"), 0o600);
    shut_down(&ours, &sandbox);
}

// CFG-376, CFG-378: limits, directory and mask stay as they are, everything else is done over.
#[test]
fn a_restart_says_what_a_start_says_but_for_the_terminal() {
    for installation in both() {
        let sandbox = sandbox("nodaemon=false\ndirectory=/usr\numask=027\nminfds=600", "");
        sandbox.write("conf.d/x.conf", SLEEPER);
        let (_, pid) = launch(&installation, &sandbox, 500);
        sandbox.wait_for_line("spawned: 'x' with pid");
        fs::rename(sandbox.join("supervisord.log"), sandbox.join("old.log")).expect("the log");
        kill(pid, Signal::SIGHUP).expect("a live daemon");
        wait_until("it has started over", || {
            sandbox.read("supervisord.log").contains("spawned: 'x' with pid")
        });
        let log = sandbox.log();
        let included = sandbox.join("conf.d/x.conf").display().to_string();
        let included = format!("INFO Included extra file \"{included}\" during parsing");
        let started = format!("INFO supervisord started with pid {pid}");
        assert!(log.contains(&included) && log.contains(&started), "{log:#?}");
        let once = ["Increased RLIMIT", "daemonizing", "set current directory"];
        let again = log.iter().find(|line| once.iter().any(|once| line.contains(once)));
        assert_eq!(again, None, "{}", installation.label);
        assert_eq!(link(pid, "cwd"), "/usr");
        assert_eq!(proc_line(pid, "status", "Umask:"), "0027");
        let files = proc_line(pid, "limits", "Max open files");
        assert!(files.starts_with("600 "), "{files}");
        shut_down(&installation, &sandbox);
    }
}

// CFG-336, RUN-040, RUN-080: only root is told, and only if that was not asked for.
#[test]
fn running_as_root_is_told() {
    let told = "CRIT Supervisor is running as root.  Privileges were not dropped because no user \
                is specified in the config file.  If you intend to run as root, you can set \
                user=root in the config file to avoid this message.";
    for installation in both() {
        for (user, expected) in [("", geteuid().is_root()), ("user=root", false)] {
            if !geteuid().is_root() && !user.is_empty() {
                continue; // RUN-044
            }
            let sandbox = sandbox(user, "");
            let _daemon = Daemon::start(&installation, &sandbox);
            assert_eq!(sandbox.log()[0] == told, expected, "{:#?}", sandbox.log());
        }
    }
}

// RUN-070, RUN-448: without a socket nothing tells two daemons apart, and the pid file is the last one's.
#[test]
fn a_pid_file_is_no_lock() {
    for installation in both() {
        let head = HEAD.replace("[unix_http_server]\nfile=%(here)s/s.sock\n", "");
        let sandbox = configured_as(&head, "");
        let start = || Daemon::spawn(&installation, &sandbox, &["-nc", "supervisord.conf"]);
        let holds = |daemon: &Daemon<'_>| {
            let pid = format!("{}\n", daemon.pid());
            wait_until("it has its pid file", || sandbox.read("supervisord.pid") == pid);
        };
        let mut first = start();
        holds(&first);
        let mut second = start();
        holds(&second);
        assert!(!sandbox.log().iter().any(|line| line.contains("authentication")));
        second.signal(Signal::SIGTERM);
        assert!(second.wait().success());
        assert!(!sandbox.join("supervisord.pid").exists());
        first.signal(Signal::SIGTERM);
        assert!(first.wait().success(), "{}", installation.label);
    }
}

// RUN-072, RUN-073, RUN-074: AUTO logs of this identifier go at every start, those that cannot are
// told.
#[test]
fn auto_logs_go_at_a_start_and_stay_at_an_end() {
    for installation in both() {
        let sandbox = sandbox("identifier=me", SLEEPER);
        let stale = ["x-stdout---me-abc123.log", "x-stderr---me-abc123.log.7", "y---me-z.log.bak"];
        let others = ["x-stdout---you-abc123.log", "x-stdout---me-abc123.txt", "me-abc123.log"];
        stale.iter().chain(&others).for_each(|name| drop(sandbox.write(name, "")));
        fs::create_dir(sandbox.join("folder---me-abc123.log")).expect("a directory");
        let mut daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        assert!(!stale.iter().any(|name| sandbox.join(name).exists()));
        assert!(others.iter().all(|name| sandbox.join(name).exists()));
        let path = sandbox.join("folder---me-abc123.log");
        sandbox.wait_for_line(&format!("WARN Failed to clean up '{}'", path.display()));
        let auto = |sandbox: &Sandbox| {
            let entries = fs::read_dir(sandbox.path()).expect("the sandbox").flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            let mut names: Vec<_> = names.filter(|name| name.contains("---me-")).collect();
            names.retain(|name| name.starts_with("x-") && name.ends_with(".log"));
            names.sort();
            names
        };
        let first = auto(&sandbox);
        assert_eq!(first.len(), 2, "{first:?}");
        let pid = daemon.pid_of("x");
        daemon.signal(Signal::SIGHUP);
        daemon.wait_for_new_pid("x", pid);
        let second = auto(&sandbox);
        assert_eq!(second.len(), 2, "{second:?}");
        assert!(first.iter().all(|name| !second.contains(name)), "{first:?} {second:?}");
        daemon.signal(Signal::SIGTERM);
        assert!(daemon.wait().success());
        assert_eq!(auto(&sandbox), second, "{}", installation.label);
    }
}

// RUN-021, RUN-072
#[test]
fn auto_logs_stay_if_they_are_to() {
    for installation in both() {
        let sandbox = sandbox("nocleanup=true", SLEEPER);
        let old = "x-stdout---supervisor-abc123.log";
        sandbox.write(old, "of another run");
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        assert_eq!(sandbox.read(old), "of another run", "{}", installation.label);
    }
}

// RUN-093, RUN-347: a signal without a meaning ends the daemon and nothing else.
#[test]
fn a_signal_that_is_not_handled_kills() {
    for installation in both() {
        let sandbox = sandbox("", SLEEPER);
        let mut daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "RUNNING");
        let x = daemon.pid_of("x");
        daemon.signal(Signal::SIGUSR1);
        let status = daemon.wait();
        assert_eq!(status.signal(), Some(Signal::SIGUSR1 as i32), "{}", installation.label);
        assert!(sandbox.join("s.sock").exists() && sandbox.join("supervisord.pid").exists());
        kill(Pid::from_raw(x), Signal::SIGKILL).expect("an orphan that lives");
    }
}

/// The permissions of a file in the sandbox.
fn modes(sandbox: &Sandbox, name: &str) -> u32 {
    let metadata = fs::metadata(sandbox.join(name)).expect("a file");
    metadata.permissions().mode() & 0o777
}

// RUN-025: until it has taken over its signals they do to it what they do to others.
#[test]
fn a_signal_during_the_start_ends_it() {
    let sandbox = sandbox(
        "",
        "[program:x]\ncommand=/bin/true\nprocess_name=x%(process_num)d\nnumprocs=3000\n\
         autostart=false\n",
    );
    // On a machine that stalls it may stand before it is told.
    wait_until("a signal comes early enough", || {
        let mut daemon = Daemon::spawn(&crate::ours(), &sandbox, &["-nc", "supervisord.conf"]);
        daemon.signal(Signal::SIGTERM);
        let ended = daemon.wait().signal() == Some(Signal::SIGTERM as i32);
        ended && !["supervisord.pid", "s.sock"].iter().any(|name| sandbox.join(name).exists())
    });
}

// RUN-425: what may end the daemon when a program fails is a listener, and its status is 0.
#[test]
fn a_listener_may_end_the_daemon() {
    for installation in both() {
        let sandbox = sandbox(
            "",
            "[program:fatal]\ncommand=/no/such\nstartretries=0\n\
             [eventlistener:guard]\ncommand=/bin/sh guard.sh\ndirectory=%(here)s\nstartsecs=0\n\
             events=PROCESS_STATE_FATAL\n",
        );
        sandbox.write("guard.sh", "echo READY\nread -r event\nkill $PPID\nexec sleep 1000\n");
        let mut daemon = Daemon::spawn(&installation, &sandbox, &["-nc", "supervisord.conf"]);
        assert_eq!(daemon.wait().code(), Some(0), "{}", daemon.output());
        sandbox.wait_for_line("WARN received SIGTERM indicating exit request");
    }
}

// RUN-359: mended. A reread takes the log and the pid file nowhere else.
#[test]
fn relative_paths_stay_what_they_were_at_the_start() {
    let sandbox = Sandbox::new();
    let head =
        head_with("nodaemon=false\ndirectory=/\nlogfile=supervisord.log\npidfile=supervisord.pid");
    sandbox.write("supervisord.conf", head);
    let ours = crate::ours();
    launch(&ours, &sandbox, 500);
    assert_eq!(ours.ctl(&sandbox, &["reread"]).stdout, "No config updates to processes\n");
    let tail = ours.ctl(&sandbox, &["maintail"]).stdout;
    assert!(tail.contains("INFO supervisord started with pid"), "{tail}");
    shut_down(&ours, &sandbox);
}
