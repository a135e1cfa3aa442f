//! Servers of every kind, several at once: where they listen, whom they let in, what they are called.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use harness::installation::command;
use harness::unprivileged::is_root;
use harness::untested::not_tested;
use harness::wire::Address;
use harness::{
    Daemon, HEAD, Sandbox, configured_as, free_port, head_with, wait_until, with_options,
};
use nix::sys::signal::Signal;

use super::{STATE, Served, digest, with_both, with_head, with_ours};
use crate::both;

pub(super) const SERVERS: &str = "\
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
nodaemon=true

[unix_http_server]
file=%(here)s/s.sock

[unix_http_server:second]
file=second.sock
chmod=0707
username=chris
password={SHA}8cb2237d0679ca88db6464eac60da96345513964

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://%(here)s/s.sock

[program:x]
command=/bin/sh -c 'echo $SUPERVISOR_SERVER_URL; exec sleep 1000'
startsecs=0
stdout_logfile=%(here)s/x.log
";

const AUTHORIZED: &str = "Authorization: Basic Y2hyaXM6MTIzNDU=\r\n";

#[test]
fn several_servers_serve_the_same() {
    let (first, guarded) = (free_port(), free_port());
    let servers = format!(
        "{SERVERS}\n[inet_http_server]\nport={first}\n\n\
         [inet_http_server:guarded]\nport=LOCALHOST:{guarded}\nusername=chris\npassword=12345\n"
    );
    with_both(&servers, |Served { daemon, sandbox, server, .. }| {
        // HTTP-001, HTTP-002, HTTP-007, RPC-001
        let open = [server, Address::Tcp("127.0.0.1", first)];
        let closed =
            [Address::Unix(sandbox.join("second.sock")), Address::Tcp("127.0.0.1", guarded)];
        for server in &open {
            assert_eq!(server.call("supervisor.getState", &[]), STATE);
        }
        closed.iter().for_each(asks_for_a_password);
        // HTTP-008: the mode of each socket.
        let mode = |name: &str| {
            fs::metadata(sandbox.join(name)).expect("a socket").permissions().mode() & 0o777
        };
        assert_eq!((mode("s.sock"), mode("second.sock")), (0o700, 0o707));
        // HTTP-010: no name of the time before is left.
        let left = fs::read_dir(sandbox.path()).expect("the sandbox").filter(|entry| {
            let name = entry.as_ref().expect("an entry").file_name();
            name.to_string_lossy().contains(".sock.")
        });
        assert_eq!(left.count(), 0);
        // HTTP-025: who is not asked for a password is warned about.
        let log = sandbox.read("supervisord.log");
        let unguarded = |section: &str| {
            log.contains(&format!(
                "CRIT Server '{section}' running without any HTTP authentication checking"
            ))
        };
        assert!(unguarded("unix_http_server") && unguarded("inet_http_server"), "{log}");
        assert!(!unguarded("inet_http_server:guarded"), "{log}");
        // RPC-273
        let lines = log.matches("INFO RPC interface 'supervisor' initialized").count();
        assert_eq!(lines, 4, "{log}");
        // LIB-010, LIB-011: the first UNIX server, without its password.
        let url = format!("unix://{}\n", sandbox.join("s.sock").display());
        wait_until("the process has told its server", || sandbox.read("x.log") == url);
        // HTTP-013
        drop(daemon);
        assert!(!sandbox.join("s.sock").exists() && !sandbox.join("second.sock").exists());
    });
}

// HTTP-024, HTTP-026, HTTP-035, RPC-021: everything asks for it.
fn asks_for_a_password(server: &Address) {
    let authorized = with_head("POST /RPC2 HTTP/1.1", AUTHORIZED);
    assert_eq!(digest(server.ask(authorized)), STATE, "{server:?}");
    let wrong = AUTHORIZED.replace("MTIz", "MTIx");
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\n\r\n");
    for request in [
        with_head("POST /RPC2 HTTP/1.1", ""),
        with_head("POST /RPC2 HTTP/1.1", &wrong),
        get("/"),
        get("/ok.html"),
        get("/logtail/x"),
        get("/mainlogtail"),
        get("/stylesheets/supervisor.css"),
        get("/nope"),
    ] {
        let answer = server.ask(&request).expect("an answer");
        assert_eq!(answer.code(), "401", "{server:?} {request:?}");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Basic realm=\"default\""));
    }
}

// LIB-010, ITRAP-055
#[test]
fn without_a_socket_file_children_get_the_last_port() {
    for installation in both() {
        let sandbox = Sandbox::new();
        let (first, last) = (free_port(), free_port());
        let programs = SERVERS.split("[unix_http_server]").next().unwrap_or_default();
        let program = SERVERS.split("[program:x]").nth(1).unwrap_or_default();
        let servers = format!(
            "{programs}[inet_http_server:a]\nport=127.0.0.1:{first}\n\
             [inet_http_server:b]\nport=*:{last}\n[program:x]{program}"
        );
        sandbox.write("supervisord.conf", servers);
        let _daemon = Daemon::spawn(&installation, &sandbox, &["-n", "-c", "supervisord.conf"]);
        let url = format!("http://localhost:{last}\n");
        wait_until("the process has told its server", || sandbox.read("x.log") == url);
    }
}

#[test]
fn addresses_may_be_of_ip_version_6() {
    if TcpListener::bind("[::1]:0").is_err() {
        return not_tested("this system has no IP version 6");
    }
    let port = free_port();
    let servers = format!("{SERVERS}\n[inet_http_server]\nport=[::1]:{port}\n");
    with_ours(&servers, |Served { daemon, .. }| {
        let server = Address::Tcp("::1", port);
        assert_eq!(server.call("supervisor.getState", &[]), STATE);
        let url = format!("http://[::1]:{port}");
        assert_eq!(daemon.ctl(&["-s", &url, "version"]).stdout, "4.3.0\n");
        // A browser may use the address, not a name that leads there.
        let from = |host: &str| {
            let headers = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
            digest(server.ask(with_head("POST /RPC2 HTTP/1.1", &headers)))
        };
        assert_eq!(from(&format!("[::1]:{port}")), STATE);
        assert_eq!(from(&format!("evil.example:{port}")), "403");
    });
}

// HTTP-006, HTTP-009
#[test]
fn a_socket_is_its_owners() {
    const NOBODY: u32 = 65534;
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let given = with_options(HEAD, "unix_http_server", "chown=65534:65534\nchmod=0770");
    with_ours(&given, |Served { sandbox, .. }| {
        let socket = fs::metadata(sandbox.join("s.sock")).expect("a socket");
        assert_eq!((socket.uid(), socket.gid(), socket.mode() & 0o777), (NOBODY, NOBODY, 0o770));
    });
    // It is opened by the user the daemon becomes.
    let sandbox = configured_as(&head_with("user=65534"), "");
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o777)).expect("my folder");
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let socket = fs::metadata(sandbox.join("s.sock")).expect("a socket");
    assert_eq!((socket.uid(), socket.mode() & 0o777), (NOBODY, 0o700));
}

// RUN-064: mended. What belongs to somebody else may not be linked by everybody, and the original
// takes every refusal for a stale socket.
#[test]
fn a_socket_that_cannot_be_linked_is_renamed() {
    if !is_root() {
        return;
    }
    let guarded = fs::read_to_string("/proc/sys/fs/protected_hardlinks").unwrap_or_default();
    if guarded.trim() != "1" {
        return not_tested("this system lets everybody link everything");
    }
    let head = with_options(HEAD, "unix_http_server", "chown=1:1");
    let sandbox = configured_as(&head, "");
    let mut setpriv = command(&sandbox, "setpriv");
    setpriv.args(["--bounding-set=-fowner", "--inh-caps=-fowner"]);
    setpriv.arg(&crate::ours().supervisord).args(["-nc", "supervisord.conf"]);
    let mut daemon = Daemon::spawn_by(setpriv, &crate::ours(), &sandbox);
    daemon.wait_for_socket();
    assert_eq!(fs::metadata(sandbox.join("s.sock")).expect("a socket").uid(), 1);
    assert_eq!(daemon.ctl(&["pid"]).stdout, format!("{}\n", daemon.pid()));
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success());
    let files = fs::read_dir(sandbox.path()).expect("the sandbox").flatten();
    let left: Vec<_> = files.map(|file| file.file_name()).collect();
    assert!(!left.iter().any(|name| name.display().to_string().contains(".sock")), "{left:?}");
}
