//! Changing the configuration of a running daemon: only what changed is touched, and what does not
//! compile touches nothing.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use harness::{
    Daemon, HEAD, Installation, Sandbox, configured, configured_as, free_port, head_with,
    wait_until,
};
use nix::sys::signal::Signal;

const TWO: &str = "\
[program:one]
command=/bin/sleep 1000
startsecs=0

[program:two]
command=/bin/sleep 1000
startsecs=0
";

/// Our daemon with [`TWO`] running in `sandbox`.
fn start(sandbox: &Sandbox) -> Daemon<'_> {
    start_of(&crate::ours(), sandbox)
}

/// The same with the daemon of `installation`.
fn start_of<'s>(installation: &Installation, sandbox: &'s Sandbox) -> Daemon<'s> {
    sandbox.write("supervisord.conf", HEAD);
    sandbox.write("conf.d/two.conf", TWO);
    let daemon = Daemon::start(installation, sandbox);
    daemon.wait_for("one", "RUNNING");
    daemon.wait_for("two", "RUNNING");
    daemon
}

fn pids(daemon: &Daemon<'_>) -> [i32; 2] {
    ["one", "two"].map(|name| daemon.pid_of(name))
}

// CFG-005, CFG-497, RUN-332: mended.
#[test]
fn a_broken_configuration_survives_sighup() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/two.conf", TWO.replace("startsecs=0", "startsecs=soon"));
    daemon.signal(Signal::SIGHUP);
    wait_until("the refusal is logged", || sandbox.read("supervisord.log").contains("'soon'"));
    assert_eq!(pids(&daemon), before);
    let run = daemon.ctl(&["status"]);
    assert_eq!(run.status, 0, "{}", run.stdout);
}

/// An action that reads a configuration with `mistake` in it refuses and changes nothing.
fn refuses(action: &str, mistake: &str, told: &str) {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/more.conf", mistake);
    let run = daemon.ctl(&[action]);
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert!(run.stdout.contains(told), "{}", run.stdout);
    assert_eq!(pids(&daemon), before);
}

// RPC-176, CTL-126: mended.
#[test]
fn a_broken_configuration_survives_reload() {
    refuses("reload", "[program:one]\nautostart=perhaps\n", "'perhaps'");
}

// CFG-004, RUN-356
#[test]
fn a_broken_configuration_survives_update() {
    refuses("update", "[program:three]\n", "does not specify a command");
}

// CFG-375, RUN-331
#[test]
fn sighup_starts_everything_anew_in_the_same_daemon() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let before = pids(&daemon);
    sandbox.write("conf.d/two.conf", TWO.replace("sleep 1000", "sleep 2000"));
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_new_pid("one", before[0]);
    daemon.wait_for_new_pid("two", before[1]);
    assert_eq!(sandbox.read("supervisord.pid"), format!("{}\n", daemon.pid()));
}

// CFG-354, CTL-117, RUN-370
#[test]
fn an_update_touches_only_what_changed() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    let [one, two] = pids(&daemon);
    sandbox.write("conf.d/two.conf", TWO.replacen("startsecs=0", "startsecs=0\nstopwaitsecs=3", 1));
    let run = daemon.ctl(&["update"]);
    assert_eq!(run.stdout, "one: stopped\none: updated process group\n");
    daemon.wait_for("one", "RUNNING");
    let now = pids(&daemon);
    assert_eq!(now[1], two, "an unchanged process was touched");
    assert_ne!(now[0], one, "the changed process was not restarted");
}

// RUN-360, RPC-174, CFG-356: better than silence.
#[test]
fn what_waits_for_a_restart_is_named_until_it_is_restarted() {
    let sandbox = Sandbox::new();
    let daemon = start(&sandbox);
    sandbox.write("supervisord.conf", head_with("loglevel=info"));
    let warning = "the changes of [supervisord] take effect after a restart only";
    for action in ["reread", "update"] {
        let run = daemon.ctl(&[action]);
        assert_eq!(run.status, 0);
        assert!(run.stderr.contains(warning), "{action}: {}", run.stderr);
        assert!(!run.stdout.contains("restart"), "scripts read this: {}", run.stdout);
    }
    assert!(sandbox.read("supervisord.log").contains(warning));
    assert_eq!(daemon.ctl(&["reload"]).stdout, "Restarted supervisord\n");
    wait_until("the new configuration is in force", || {
        let run = daemon.ctl(&["reread"]);
        run.stdout == "No config updates to processes\n" && run.stderr.is_empty()
    });
}

/// A step of a reread: the program's options, and what the client prints.
type Step = (&'static str, &'static str);

/// Options of `a`, one after the other, with what a reread says of them each time. What is never
/// applied is said again.
const STEPS: [Step; 9] = [
    ("", "No config updates to processes\n"),
    // An AUTO log is a file by now, so only what is none counts.
    ("stdout_logfile=%(here)s/a.log", "a: changed\n"),
    ("stdout_logfile=NONE", "a: changed\n"),
    ("stdout_logfile=AUTO", "No config updates to processes\n"),
    ("stdout_logfile_backups=3", "a: changed\n"),
    ("; a comment\nunknown=1\nstopsignal=15", "No config updates to processes\n"),
    (
        "[program:z]\ncommand=/x\nautostart=false\n[program:C]\ncommand=/x\nautostart=false",
        "C: available\nz: available\n",
    ),
    ("[group:g]\nprograms=a", "a: disappeared\ng: available\n"),
    (
        "startsecs=soon",
        "ERROR: CANT_REREAD: invalid literal for int() with base 10: 'soon' in section 'program:a' \
      (file: 'supervisord.conf')\n",
    ),
];

// CFG-004, CFG-347, CFG-349, CFG-353, CFG-355, CFG-360, CFG-367, CFG-371, CFG-492, CFG-494, CFG-500
#[test]
fn rereads_are_told_as_the_original_tells_them() {
    for installation in crate::both() {
        let label = installation.label;
        let sandbox = Sandbox::new();
        let write = |options: &str| {
            let program = "[program:a]\ncommand=/bin/sleep 1000\nautostart=false";
            sandbox.write("supervisord.conf", format!("{HEAD}{program}\n{options}\n"));
        };
        write("");
        let daemon = Daemon::start(&installation, &sandbox);
        for (options, expected) in STEPS {
            write(options);
            for _ in 0..2 {
                let run = daemon.ctl(&["reread"]);
                // Ours finds the file wherever the daemon has gone (CFG-495).
                let shown = run.stdout.replace(&format!("{}/", sandbox.path().display()), "");
                assert_eq!(shown, expected, "{label}: {options}");
                assert_eq!(run.status, i32::from(expected.starts_with("ERROR")), "{label}");
            }
        }
        let update = daemon.ctl(&["update"]);
        let fault = "error: <class 'xmlrpc.client.Fault'>, <Fault 92: \"CANT_REREAD: invalid";
        assert!(update.stdout.starts_with(fault), "{label}: {}", update.stdout);
        assert_eq!(update.status, 1, "{label}");
        // What was read before is still in force.
        assert!(daemon.ctl(&["avail"]).stdout.starts_with("g:a "), "{label}");
        write("environment=NEW=\"1\"");
        assert_eq!(daemon.ctl(&["reread"]).stdout, "a: changed\n", "{label}");
    }
}

/// Which file a socket is. The number alone may be that of one removed before.
fn file(sandbox: &Sandbox, name: &str) -> (u64, i64, i64) {
    let file = fs::symlink_metadata(sandbox.join(name)).expect("a socket");
    (file.ino(), file.ctime(), file.ctime_nsec())
}

// A restart turns no client away whose server stays what it was.
#[test]
fn a_restart_keeps_the_sockets_it_needs_again() {
    let sandbox = Sandbox::new();
    let with = |servers: &str| {
        sandbox
            .write("supervisord.conf", format!("{HEAD}[program:x]\ncommand=sleep 1000\n{servers}"));
    };
    let server = "[unix_http_server:other]\nfile=%(here)s/other.sock\n";
    with(server);
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    let restart = || {
        daemon.wait_for("x", "RUNNING");
        let before = daemon.pid_of("x");
        assert_eq!(daemon.ctl(&["reload"]).stdout, "Restarted supervisord\n");
        daemon.wait_for_new_pid("x", before);
    };
    let files = || ["s.sock", "other.sock"].map(|name| file(&sandbox, name));
    let first = files();
    // Who came before it and has not said anything yet is served by the next run.
    let connect = |name: &str| UnixStream::connect(sandbox.join(name)).expect("to connect");
    let mut silent = ["s.sock", "other.sock"].map(connect);
    daemon.wait_until_asleep();
    // Who comes between two runs waits for the second.
    let over = AtomicBool::new(false);
    let turned_away = thread::scope(|scope| {
        let knocking = scope.spawn(|| {
            (0..60_000).take_while(|_| !over.load(Ordering::Relaxed)).find_map(|_| {
                thread::sleep(Duration::from_millis(1));
                UnixStream::connect(sandbox.join("s.sock")).err()
            })
        });
        restart();
        over.store(true, Ordering::Relaxed);
        knocking.join().expect("a thread")
    });
    assert!(turned_away.is_none(), "{turned_away:?}");
    assert_eq!(files(), first);
    for client in &mut silent {
        client.write_all(b"GET /ok.html HTTP/1.0\r\n\r\n").expect("to send");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        assert!(answer.ends_with("\r\n\r\nOK"), "{answer}");
    }

    with(&format!("{server}chmod=0606\n"));
    restart();
    let second = files();
    assert!(second[0] == first[0] && second[1] != first[1]);
    let mode = fs::metadata(sandbox.join("other.sock")).expect("a socket").mode();
    assert_eq!(mode & 0o777, 0o606);

    // What somebody has removed is made again, what is not wanted any more is gone.
    fs::remove_file(sandbox.join("s.sock")).expect("a socket");
    with("");
    daemon.signal(Signal::SIGHUP);
    daemon.wait_for_socket();
    wait_until("it is gone", || !sandbox.join("other.sock").exists());
}

#[test]
fn a_restart_listens_on_its_port_again() {
    // RUN-020
    let port = free_port();
    let sandbox = configured(&format!(
        "[inet_http_server]\nport=127.0.0.1:{port}\n[program:x]\ncommand=sleep 1000\n"
    ));
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    let health = |connection: &mut TcpStream| {
        connection.write_all(b"GET /ok.html HTTP/1.1\r\nHost: h\r\n\r\n").ok()?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nOK") {
            let mut byte = [0];
            connection.read_exact(&mut byte).ok()?;
            answer.extend(byte);
        }
        Some(answer.starts_with(b"HTTP/1.1 200 OK"))
    };
    let connect = || TcpStream::connect(("127.0.0.1", port));
    // A client that stays connected stands in nobody's way.
    let mut kept = connect().expect("to connect");
    assert_eq!(health(&mut kept), Some(true));
    for _ in 0..2 {
        daemon.wait_for("x", "RUNNING");
        let before = daemon.pid_of("x");
        assert_eq!(daemon.ctl(&["reload"]).stdout, "Restarted supervisord\n");
        daemon.wait_for_new_pid("x", before);
        assert_eq!(connect().ok().and_then(|mut fresh| health(&mut fresh)), Some(true));
    }
    // It does not belong to a run that is over.
    assert_eq!(health(&mut kept), None);
}

// RUN-355, RUN-361, RUN-363: an environment is everybody's.
#[test]
fn an_environment_for_all_changes_them_all() {
    for installation in crate::both() {
        let sandbox = Sandbox::new();
        let daemon = start_of(&installation, &sandbox);
        let before = pids(&daemon);
        sandbox.write("supervisord.conf", head_with("environment=NEW=yes"));
        let answer = daemon.ctl(&["reread"]).stdout;
        assert_eq!(answer, "one: changed\ntwo: changed\n", "{}", installation.label);
        assert_eq!(pids(&daemon), before, "a reread changes nothing by itself");
    }
}

// CFG-335, CFG-359: what a start says of its files, a reread keeps to itself.
#[test]
fn a_reread_logs_nothing_of_what_it_reads() {
    for installation in crate::both() {
        let sandbox = Sandbox::new();
        let daemon = start_of(&installation, &sandbox);
        let told = || {
            let log = sandbox.read("supervisord.log");
            (log.matches("Included extra file").count(), log.contains("redirect_stderr=true but"))
        };
        assert_eq!(told(), (1, false), "{}", installation.label);
        let doubtful = "redirect_stderr=true\nstderr_logfile=/tmp/x\nautostart=false\n";
        sandbox.write("conf.d/more.conf", format!("[program:c]\ncommand=/bin/cat\n{doubtful}"));
        assert_eq!(daemon.ctl(&["reread"]).stdout, "c: available\n");
        // What is logged after it is there.
        assert_eq!(daemon.ctl(&["stop", "two"]).stdout, "two: stopped\n");
        sandbox.wait_for_line("stopped: two");
        assert_eq!(told(), (1, false), "{}", installation.label);
    }
}

// CFG-324, CFG-332, CFG-358
#[test]
fn what_is_settled_at_the_start_outlives_a_reread() {
    const PROGRAM: &str = "[program:NAME]\nstartsecs=0\n\
        command=/bin/sh -c \"echo $SUPERVISOR_SERVER_URL; exec sleep 1000\"\n";
    for installation in crate::both() {
        let label = installation.label;
        let head = head_with("identifier=file");
        let sandbox = configured_as(&head, "");
        sandbox.write("conf.d/a.conf", PROGRAM.replace("NAME", "a"));
        let args = ["-nc", "supervisord.conf", "-i", "line"];
        let daemon = Daemon::spawn(&installation, &sandbox, &args);
        daemon.wait_for("a", "RUNNING");
        let is_log = |name: &str, file: &str| {
            let rest = file.strip_prefix(&format!("{name}-stdout---line-"));
            rest.and_then(|rest| rest.strip_suffix(".log")).is_some_and(|middle| {
                middle.len() == 8
                    && middle.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            })
        };
        let says = |name: &str, text: &str| {
            let files = fs::read_dir(sandbox.path()).expect("the sandbox").flatten();
            let mut files = files.filter_map(|file| file.file_name().into_string().ok());
            let log = files.find(|file| is_log(name, file)).expect("an AUTO log");
            wait_until("its program has spoken", || sandbox.read(&log) == text);
        };
        let url = format!("unix://{}\n", sandbox.join("s.sock").display());
        says("a", &url);
        // The next start would listen elsewhere; this daemon does not.
        sandbox.write("supervisord.conf", head.replace("file=%(here)s/s.sock", "file=/elsewhere"));
        sandbox.write("conf.d/b.conf", PROGRAM.replace("NAME", "b"));
        assert_eq!(daemon.ctl(&["update"]).stdout, "b: added process group\n", "{label}");
        daemon.wait_for("b", "RUNNING");
        assert_eq!(daemon.ctl(&["restart", "a"]).stdout, "a: stopped\na: started\n", "{label}");
        says("a", &url.repeat(2));
        says("b", &url);
    }
}

// CFG-157, CFG-467
#[test]
fn a_variable_once_learned_is_not_forgotten() {
    for installation in crate::both() {
        let program = "[program:a]\ncommand=/bin/sleep 100%(ENV_Q)s\nautostart=false\n";
        let head = head_with("environment=Q=1");
        let sandbox = configured_as(&head, program);
        let daemon = Daemon::start(&installation, &sandbox);
        sandbox.write("supervisord.conf", format!("{HEAD}{program}"));
        for _ in 0..3 {
            // Changed, for its processes have the variable no more.
            assert_eq!(daemon.ctl(&["reread"]).stdout, "a: changed\n", "{}", installation.label);
        }
    }
}
