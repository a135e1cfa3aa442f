//! FastCGI programs: one listening socket for a section, there as long as one of its processes is.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;

use harness::installation::command;
use harness::unprivileged::{is_root, unprivileged};
use harness::{Daemon, Run, Sandbox, configured_as, free_port, head_with, wait_until};
use nix::unistd::{Group, User};
use rpc::Value;

use crate::{both, child};

/// A daemon's configuration at level info, so that its log holds what is asserted and no more.
fn sandbox(programs: &str) -> Sandbox {
    let sandbox = configured_as(&head_with("loglevel=info"), programs);
    // Says which socket it has been given.
    sandbox.script("worker", "#!/bin/sh\nreadlink /proc/$$/fd/0 >> given\nexec sleep 1000\n");
    sandbox
}

/// The lines about the socket of `name` so far, `Creating` as `+` and `Closing` as `-`.
pub(crate) fn sockets(sandbox: &Sandbox, name: &str) -> String {
    let url = format!(" socket unix://{}.sock", sandbox.join(name).display());
    let lines = sandbox.log().into_iter().filter(|line| line.ends_with(&url));
    lines.map(|line| if line.starts_with("INFO Creating") { '+' } else { '-' }).collect()
}

fn answers(sandbox: &Sandbox) -> bool {
    UnixStream::connect(sandbox.join("f.sock")).is_ok()
}

// RUN-400, RUN-401, RUN-402, RUN-403, RUN-404, RUN-405, RUN-406, RTRAP-035
#[test]
fn a_socket_lives_as_long_as_its_processes() {
    for installation in both() {
        let sandbox = sandbox(
            "[fcgi-program:f]\ncommand=%(here)s/worker\nsocket=unix://%(here)s/f.sock\n\
             socket_mode=0640\nprocess_name=f%(process_num)d\nnumprocs=2\nautostart=false\n\
             startsecs=0\n",
        );
        // Whatever is in its place is removed.
        sandbox.write("f.sock", "not a socket");
        let daemon = Daemon::start(&installation, &sandbox);
        assert_eq!(sockets(&sandbox, "f"), "+-", "made and closed as a check");
        let mode = fs::metadata(sandbox.join("f.sock")).expect("a socket").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert!(!answers(&sandbox));

        let given = || sandbox.read("given").lines().map(str::to_owned).collect::<Vec<_>>();
        daemon.ctl(&["start", "f:f0"]);
        daemon.ctl(&["start", "f:f1"]);
        wait_until("both have said what they have", || given().len() == 2);
        assert!(given()[0].starts_with("socket:") && given()[0] == given()[1], "{:?}", given());
        assert!(answers(&sandbox));
        daemon.ctl(&["stop", "f:f0"]);
        assert!(answers(&sandbox));
        assert_eq!(sockets(&sandbox, "f"), "+-+");
        daemon.ctl(&["stop", "f:f1"]);
        assert_eq!(sockets(&sandbox, "f"), "+-+-");
        assert!(!answers(&sandbox));
        let log = sandbox.log();
        let [.., told, closed] = &log[..] else { panic!("{log:?}") };
        assert!(
            told.starts_with("WARN stopped: f1") && closed.starts_with("INFO Closing"),
            "{log:?}"
        );

        daemon.ctl(&["start", "f:f1"]);
        wait_until("it has said what it has", || given().len() == 3);
        assert_ne!(given()[2], given()[0], "a new socket");
        assert!(answers(&sandbox));
        assert_eq!(daemon.ctl(&["shutdown"]).stdout, "Shut down\n");
        wait_until("the daemon is gone", || !sandbox.join("supervisord.pid").exists());
        assert!(sandbox.join("f.sock").exists(), "the file stays: {}", installation.label);
        assert_eq!(sockets(&sandbox, "f"), "+-+-+-");
    }
}

// RUN-403: a command that cannot be found is no reason to make a socket, as it is for the original.
#[test]
fn an_attempt_that_fails_gives_its_socket_back() {
    for installation in both() {
        let sandbox = sandbox(
            "[fcgi-program:f]\ncommand=%(here)s/noexec\nsocket=unix://%(here)s/f.sock\n\
             startretries=1\n\
             [fcgi-program:g]\ncommand=/no/such\nsocket=unix://%(here)s/g.sock\nstartretries=1\n",
        );
        sandbox.script("noexec", "no interpreter");
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("f", "FATAL");
        assert_eq!(sockets(&sandbox, "f"), "+-+-+-", "{}", installation.label);
        daemon.wait_for("g", "FATAL");
        let expected = if !installation.is_original() { "+-" } else { "+-+-+-" };
        assert_eq!(sockets(&sandbox, "g"), expected);
    }
}

// RUN-410
#[test]
fn a_socket_needs_nobody_else_and_outlives_its_leader() {
    for installation in both() {
        let sandbox = sandbox(
            "[fcgi-program:f]\ncommand=%(here)s/careless\nsocket=unix://%(here)s/f.sock\n\
             startsecs=0\n\
             [fcgi-program:g]\ncommand=%(here)s/forker\nsocket=unix://%(here)s/g.sock\n\
             startsecs=0\n",
        );
        sandbox.script("careless", "#!/bin/sh\nexec 0<&-\necho > closed\nexec sleep 1000\n");
        // A shell gives what it runs in the background another descriptor 0.
        let forker = "#!/bin/sh\nexec 3<&0\n\
                      (echo > forked; until [ -e done ]; do sleep 0.05; done) <&3 &\n\
                      exec sleep 1000 </dev/null 3<&-\n";
        sandbox.script("forker", forker);
        let answers = |name| UnixStream::connect(sandbox.join(name)).is_ok();
        let daemon = Daemon::start(&installation, &sandbox);
        wait_until("it has closed its end", || sandbox.join("closed").exists());
        assert!(answers("f.sock"), "the daemon keeps it open: {}", installation.label);
        daemon.ctl(&["stop", "f"]);
        assert!(!answers("f.sock"));

        wait_until("it has a worker", || sandbox.join("forked").exists());
        daemon.ctl(&["stop", "g"]);
        assert_eq!(sockets(&sandbox, "g"), "+-+-", "closed by the daemon");
        assert!(answers("g.sock"), "the worker has it: {}", installation.label);
        sandbox.write("done", "");
        wait_until("the worker is gone", || !answers("g.sock"));
    }
}

// RUN-412: mended. A start that comes too early does not take the socket away.
#[test]
fn a_start_during_a_stop_leaves_the_socket() {
    let sandbox = sandbox(
        "[fcgi-program:f]\ncommand=%(here)s/deaf\nsocket=unix://%(here)s/f.sock\nstartsecs=0\n\
         stopwaitsecs=100\n",
    );
    let deaf = "#!/bin/sh\ntrap '' TERM\necho > deaf.txt\nuntil [ -e done ]; do sleep 0.05; done\n";
    sandbox.script("deaf", deaf);
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    wait_until("it is deaf", || sandbox.join("deaf.txt").exists());
    let socket = daemon.server();
    let call = |method| socket.call(method, &[Value::from("f"), Value::from(false)]);
    assert_eq!(call("supervisor.stopProcess"), "True");
    assert_eq!(call("supervisor.startProcess"), "True");
    daemon.wait_for("f", "STOPPING");
    assert!(answers(&sandbox));
    assert_eq!(sockets(&sandbox, "f"), "+-+");
    sandbox.write("done", "");
    daemon.wait_for("f", "STOPPED");
    assert_eq!(sockets(&sandbox, "f"), "+-+-");
}

// RUN-407, RUN-413
#[test]
fn a_tcp_socket_has_its_host_in_lower_case() {
    for installation in both() {
        let port = free_port();
        let sandbox = sandbox(&format!(
            "[fcgi-program:f]\ncommand=%(here)s/worker\nsocket=tcp://LocalHost:{port}\n\
             startsecs=0\n[fcgi-program:g]\ncommand=%(here)s/worker\nstartsecs=0\n\
             socket=unix://%(here)s/%(program_name)s.sock\n"
        ));
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("f", "RUNNING");
        daemon.wait_for("g", "RUNNING");
        let line = format!("INFO Creating socket tcp://localhost:{port}");
        assert_eq!(sandbox.log().iter().filter(|logged| **logged == line).count(), 2);
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        assert!(sandbox.join("g.sock").exists());
    }
}

// RUN-409: mended. The original dies of it.
#[test]
fn a_socket_that_cannot_be_made_is_a_spawn_error() {
    let sandbox = sandbox(
        "[fcgi-program:f]\ncommand=%(here)s/worker\nsocket=unix://%(here)s/away/f.sock\n\
         autostart=false\nstartretries=100\nstartsecs=0\n",
    );
    fs::create_dir(sandbox.join("away")).expect("a directory");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    fs::remove_dir_all(sandbox.join("away")).expect("the directory");
    assert_eq!(daemon.ctl(&["start", "f"]).stdout, "f: ERROR (spawn error)\n");
    let status = daemon.ctl(&["status", "f"]).stdout;
    assert!(status.contains("BACKOFF") && status.contains("f.sock"), "{status}");
    fs::create_dir(sandbox.join("away")).expect("a directory");
    daemon.wait_for("f", "RUNNING");
}

// RUN-408
#[test]
fn a_socket_that_cannot_be_given_away_is_told() {
    let sandbox = sandbox(
        "[fcgi-program:f]\ncommand=/bin/cat\nsocket=unix://%(here)s/f.sock\nsocket_owner=root\n",
    );
    let mut daemon = unprivileged(&sandbox, &crate::ours().supervisord);
    daemon.args(["-nc", "supervisord.conf"]);
    let run = Run::of(daemon);
    let expected = format!(
        "Error: Could not create FastCGI socket unix://{}: Could not change ownership of socket \
         file: [Errno 1] Operation not permitted\n",
        sandbox.join("f.sock").display()
    );
    assert_eq!((run.status, run.stderr.as_str()), (1, expected.as_str()));
    assert!(!sandbox.join("f.sock").exists());
}

// RUN-076, RUN-402: a traceback as well from the original, whose last line says the same.
#[test]
fn a_socket_that_cannot_be_made_ends_the_start() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("its address").port();
    for installation in both() {
        let sandbox = sandbox("[fcgi-program:f]\ncommand=/bin/cat\nsocket=SOCKET\n");
        fs::create_dir(sandbox.join("directory")).expect("a directory");
        let conf = sandbox.read("supervisord.conf");
        let here = |name: &str| sandbox.join(name).display().to_string();
        let (directory, long) = (here("directory"), here(&"x".repeat(120)));
        let cases = [
            (format!("unix://{directory}"), format!("[Errno 21] Is a directory: '{directory}'")),
            (format!("unix://{long}"), "AF_UNIX path too long".to_owned()),
            (
                format!("unix://{}", here("no/such/f.sock")),
                "[Errno 2] No such file or directory".to_owned(),
            ),
            (format!("tcp://127.0.0.1:{port}"), "[Errno 98] Address already in use".to_owned()),
            (
                "tcp://192.0.2.1:9000".to_owned(),
                "[Errno 99] Cannot assign requested address".to_owned(),
            ),
        ];
        for (socket, reason) in cases {
            sandbox.write("supervisord.conf", conf.replace("SOCKET", &socket));
            let mut daemon = command(&sandbox, &installation.supervisord);
            daemon.args(["-nc", "supervisord.conf"]);
            let run = Run::of(daemon);
            let told = run.stderr.lines().last().unwrap_or_default();
            let expected = format!("Could not create FastCGI socket {socket}: {reason}");
            assert!(told.ends_with(&expected), "{}: {told}", installation.label);
            assert_eq!(run.status, 1, "{}", installation.label);
        }
    }
}

// RUN-411, RTRAP-036: mended. A group does not take the socket away.
#[test]
fn a_member_of_a_group_keeps_its_socket() {
    let sandbox = sandbox(
        "[fcgi-program:f]\ncommand=%(here)s/worker\nsocket=unix://%(here)s/f.sock\nstartsecs=0\n\
         [group:g]\nprograms=f\n",
    );
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("g:f", "RUNNING");
    wait_until("it has said what it has", || sandbox.read("given").starts_with("socket:"));
    assert!(answers(&sandbox));
}

/// Who answers at `connect`, asked again until `count` different ones have.
#[track_caller]
fn servers<S: Read>(count: usize, connect: impl Fn() -> io::Result<S>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    wait_until(&format!("{count} processes have answered"), || {
        let mut answer = String::new();
        // The connection waits in the socket's queue until a process takes it.
        connect().and_then(|mut socket| socket.read_to_string(&mut answer)).is_ok()
            && names.insert(answer.split(' ').next().unwrap_or_default().to_owned())
            && names.len() == count
    });
    names
}

// RUN-400, RUN-406, RUN-411
#[test]
fn clients_are_served_by_whoever_shares_the_socket() {
    if !is_root() {
        return;
    }
    let port = free_port();
    let sandbox = sandbox(&format!(
        "[fcgi-program:file]\ncommand=%(here)s/server serve\nsocket=unix://%(here)s/f.sock\n\
         process_name=file%(process_num)d\nnumprocs=2\nstartsecs=0\nuser=nobody\n\
         [fcgi-program:owned]\ncommand=%(here)s/server serve\nsocket=unix://%(here)s/o.sock\n\
         startsecs=0\nsocket_owner=daemon:bin\n\
         [fcgi-program:port]\ncommand=%(here)s/server serve\nsocket=tcp://localhost:{port}\n\
         process_name=port%(process_num)d\nnumprocs=3\nstartsecs=0\n\
         [group:web]\nprograms=port\n"
    ));
    // Where everybody may execute it.
    sandbox.program(child(), "server");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(sandbox.path(), open).expect("a directory of ours");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("web:port2", "RUNNING");

    let expected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let [file, owned] = ["f.sock", "o.sock"].map(|name| sandbox.join(name));
    assert_eq!(servers(2, || UnixStream::connect(&file)), expected(&["file0", "file1"]));
    assert_eq!(servers(1, || UnixStream::connect(&owned)), expected(&["owned"]));
    let by_port = || TcpStream::connect(("127.0.0.1", port));
    assert_eq!(servers(3, by_port), expected(&["port0", "port1", "port2"]));

    let owner = |path| fs::metadata(path).map(|of| (of.uid(), of.gid())).expect("a socket");
    let user = |name| User::from_name(name).expect("users").expect("a known user");
    let bin = Group::from_name("bin").expect("groups").expect("a known group");
    assert_eq!(owner(&file), (user("nobody").uid.as_raw(), user("nobody").gid.as_raw()));
    assert_eq!(owner(&owned), (user("daemon").uid.as_raw(), bin.gid.as_raw()));
}
