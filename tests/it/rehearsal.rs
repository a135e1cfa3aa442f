//! Starting over with a configuration that compiles and yet cannot be started with: found out before
//! anything is stopped.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use harness::unprivileged::unprivileged;
use harness::{Daemon, HEAD, Sandbox, free_port, head_with, wait_until, with_options};
use nix::sys::signal::Signal;

const SLEEPER: &str = "[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n";

const FCGI: &str = "[fcgi-program:f]\nsocket=unix://%(here)s/f.sock\n\
    command=/bin/sleep 1000\nstartsecs=0\n";

/// A daemon of nobody in particular, with a directory it may not write to and `more` to run.
fn start<'s>(sandbox: &'s Sandbox, more: &str) -> Daemon<'s> {
    sandbox.write("supervisord.conf", format!("{HEAD}{SLEEPER}{more}"));
    let locked = sandbox.join("locked");
    fs::create_dir(&locked).expect("a directory");
    fs::set_permissions(&locked, Permissions::from_mode(0o555)).expect("its mode");
    let ours = crate::ours();
    let mut daemon = unprivileged(sandbox, &ours.supervisord);
    daemon.args(["-nc", "supervisord.conf"]);
    let daemon = Daemon::spawn_by(daemon, &ours, sandbox);
    daemon.wait_for_socket();
    daemon.wait_for("x", "RUNNING");
    daemon
}

/// The names of all files of the sandbox.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path()).expect("the sandbox").flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

// CFG-377, RUN-332: the original stops everything first and is gone then.
#[test]
fn a_restart_the_machine_does_not_allow_changes_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port();
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox, "");
    sandbox.write("plain", "no socket");
    let (pid, before) = (daemon.pid_of("x"), files(&sandbox));
    let denied = "Permission denied (os error 13)";
    let cases = [
        (head_with("user=root"), "Can't drop privilege as nonroot user".to_owned()),
        (head_with("user=3999999999"), "Invalid user id 3999999999".to_owned()),
        (
            head_with("logfile=%(here)s/locked/x.log"),
            format!("cannot open log file `{}`: {denied}", sandbox.join("locked/x.log").display()),
        ),
        (
            with_options(HEAD, "unix_http_server", "file=%(here)s/plain"),
            "Cannot open an HTTP server: socket.error reported errno.EEXIST (17)".to_owned(),
        ),
        (
            format!("{HEAD}[inet_http_server]\nport=127.0.0.1:{port}\n"),
            "Another program is already listening on a port that one of our HTTP servers is \
             configured to use.  Shut this program down first before starting supervisord."
                .to_owned(),
        ),
        (
            head_with("childlogdir=%(here)s/locked"),
            format!("cannot open log file `{}/x-stdout---", sandbox.join("locked").display()),
        ),
        (
            format!("{HEAD}{}", FCGI.replace("f.sock", "locked/f.sock")),
            format!(
                "Could not create FastCGI socket unix://{}: [Errno 13] Permission denied",
                sandbox.join("locked/f.sock").display()
            ),
        ),
        (
            format!(
                "{HEAD}{}",
                FCGI.replace("unix://%(here)s/f.sock", &format!("tcp://127.0.0.1:{port}"))
            ),
            format!(
                "Could not create FastCGI socket tcp://127.0.0.1:{port}: [Errno 98] Address \
                 already in use"
            ),
        ),
    ];
    for (head, reason) in cases {
        sandbox.write("supervisord.conf", format!("{head}{SLEEPER}"));
        let run =
            daemon.ctl(&["-s", &format!("unix://{}", sandbox.join("s.sock").display()), "reload"]);
        assert_eq!(run.status, 1, "{reason}: {}", run.stdout);
        assert!(run.stdout.contains(&format!("CANT_REREAD: {reason}")), "{}", run.stdout);
        sandbox.wait_for_line(&format!("CRIT not restarting: {reason}"));
    }
    let refused = || sandbox.log().iter().filter(|line| line.contains("not restarting")).count();
    let told = refused();
    daemon.signal(Signal::SIGHUP);
    wait_until("SIGHUP is refused too", || refused() > told);
    sandbox.write("supervisord.conf", format!("{HEAD}{SLEEPER}"));
    assert_eq!(daemon.pid_of("x"), pid);
    assert_eq!(files(&sandbox), before, "something is left of an attempt");
}

// CFG-377: what the daemon holds itself does not stand in its way.
#[test]
fn a_restart_may_take_over_what_the_daemon_holds() {
    let port = free_port();
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox, &format!("{FCGI}[inet_http_server]\nport=*:{port}\n"));
    daemon.wait_for("f", "RUNNING");
    let before = ["x", "f"].map(|name| daemon.pid_of(name));
    let head = with_options(HEAD, "unix_http_server", "chmod=0600");
    let inet = format!("[inet_http_server]\nport=127.0.0.1:{port}\n");
    sandbox.write("supervisord.conf", format!("{head}{SLEEPER}{FCGI}{inet}"));
    assert_eq!(daemon.ctl(&["reload"]).stdout, "Restarted supervisord\n");
    for (name, before) in ["x", "f"].iter().zip(before) {
        daemon.wait_for_new_pid(name, before);
    }
}
