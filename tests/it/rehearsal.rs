//! Starting over with a configuration that compiles and yet cannot be started with: found out before
//! anything is stopped.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use harness::unprivileged::{is_root, unprivileged};
use harness::{Daemon, HEAD, Sandbox, free_port, head_with, wait_until, with_options};
use nix::sys::signal::Signal;
use nix::unistd::{User, chown};

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

/// The names of all files of a directory.
fn files_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory").flatten();
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
    let (pid, before) = (daemon.pid_of("x"), files_in(sandbox.path()));
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
    assert_eq!(files_in(sandbox.path()), before, "something is left of an attempt");
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

// CFG-377, RUN-040: what root may do is no measure for a restart as somebody else.
#[test]
fn a_restart_is_tried_with_the_rights_of_its_user() {
    if !is_root() {
        return;
    }
    let nobody = User::from_name("nobody").expect("users").expect("a known user");
    let sandbox = Sandbox::new();
    let make = |name: &str, mode, group| {
        let path = sandbox.join(name);
        fs::create_dir_all(&path).expect("a directory");
        chown(&path, None, group).expect("a directory of ours");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("its mode");
    };
    make("", 0o755, None);
    make("locked", 0o755, None);
    // Those of its group may write here.
    make("open", 0o770, Some(nobody.gid));
    // Everybody may write here, and remove what is theirs.
    make("common", 0o1777, None);
    sandbox.write("common/f.sock", "");
    let conf = |more: &[(&str, &str)], rest: &str| {
        let head = more
            .iter()
            .fold(HEAD.to_owned(), |head, (section, line)| with_options(&head, section, line));
        format!("{head}{SLEEPER}{rest}")
    };
    let socket = ("unix_http_server", "file=%(here)s/common/s.sock");
    sandbox.write("supervisord.conf", conf(&[socket], ""));
    let daemon = Daemon::spawn(&crate::ours(), &sandbox, &["-nc", "supervisord.conf"]);
    let url = format!("unix://{}", sandbox.join("common/s.sock").display());
    let ctl = |args: &[&str]| daemon.ctl(&[&["-s", &url], args].concat());
    let pid = || ctl(&["pid", "x"]).stdout.trim().parse::<i32>().unwrap_or(0);
    wait_until("x runs", || pid() != 0);

    let files = || ["", "locked", "open", "common"].map(|name| files_in(&sandbox.join(name)));
    let (before, found) = (pid(), files());
    let user = ("supervisord", "user=nobody");
    let log = ("supervisord", "logfile=%(here)s/open/x.log");
    let auto = ("supervisord", "childlogdir=%(here)s/open");
    let able = [user, log, auto, socket];
    let fcgi = |more: &str| format!("{FCGI}{more}\n");
    let in_locked = |name: &str| sandbox.join("locked").join(name).display().to_string();
    let cases = [
        (
            conf(&[user, auto, socket], ""),
            format!(
                "cannot open log file `{}`: Permission denied (os error 13)",
                sandbox.join("supervisord.log").display()
            ),
        ),
        (
            conf(&[user, log, socket, ("supervisord", "childlogdir=%(here)s/locked")], ""),
            format!("cannot open log file `{}", in_locked("x-stdout---")),
        ),
        (
            conf(&[user, log, auto, ("unix_http_server", "file=%(here)s/locked/s.sock")], ""),
            "Cannot open an HTTP server: socket.error reported errno.EACCES (13)".to_owned(),
        ),
        (
            conf(&[user, log, auto, socket, ("unix_http_server", "chmod=0770")], ""),
            "Cannot open an HTTP server: socket.error reported errno.EPERM (1)".to_owned(),
        ),
        (
            conf(&able, &FCGI.replace("f.sock", "locked/f.sock")),
            format!("socket unix://{}: [Errno 13] Permission denied", in_locked("f.sock")),
        ),
        (
            conf(&able, &FCGI.replace("f.sock", "common/f.sock")),
            "f.sock: [Errno 1] Operation not permitted: '".to_owned(),
        ),
        (
            conf(&able, &fcgi("socket_owner=root").replace("f.sock", "open/f.sock")),
            "f.sock: Could not change ownership of socket file: [Errno 1] Operation not permitted"
                .to_owned(),
        ),
    ];
    for (conf, reason) in cases {
        sandbox.write("supervisord.conf", conf);
        let run = ctl(&["reload"]);
        assert_eq!(run.status, 1, "{reason}: {}", run.stdout);
        assert!(run.stdout.contains(&reason), "{reason}: {}", run.stdout);
        sandbox.wait_for_line(&reason);
    }
    assert_eq!(pid(), before);
    assert_eq!(files(), found, "something is left of an attempt");
    sandbox.wait_for_line("CRIT not restarting: ");

    // Nor is anything refused that works.
    sandbox.write("supervisord.conf", conf(&able, &FCGI.replace("f.sock", "open/f.sock")));
    assert_eq!(ctl(&["reload"]).stdout, "Restarted supervisord\n");
    wait_until("x runs anew", || ![0, before].contains(&pid()));
    let log = sandbox.read("open/x.log");
    assert!(log.contains(&format!("Set uid to user {} succeeded", nobody.uid)), "{log}");
}
