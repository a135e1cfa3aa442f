//! Clients that want too much, give nothing, or never end: processes are supervised meanwhile,
//! other clients are answered, and the daemon's memory stays bounded. So it does without clients.

use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use harness::wire::{Address, Connection, method_call, post};
use harness::{Daemon, Installation, Sandbox, configured, configured_as, head_with, wait_until};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PROGRAMS: &str = "\
[program:x]
command=/bin/sleep 1000
startsecs=0

[program:chatty]
command=/bin/sh -c \"yes 'a line that is long enough to fill a log' | head -c 30000000; exec sleep 1000\"
startsecs=0
stdout_logfile=%(here)s/chatty.log
stdout_logfile_maxbytes=0
";

/// What a crowd of clients may cost, in KiB.
const GROWTH: u64 = 96 * 1024;

/// One crowd is enough for a machine, and for the open files of the tests.
static ALONE: Mutex<()> = Mutex::new(());

/// Lets `crowd` loose on a daemon whose limit of open files is `minfds`. While what it leaves is
/// held, a killed process must be restarted, another client must be answered and the memory must
/// be what it was, but for [`GROWTH`].
#[track_caller]
fn check<T>(minfds: u32, crowd: impl FnOnce(&Address, &Sandbox) -> T) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the limit of open files");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("as many open files as may be");
    let head = head_with(&format!("loglevel=info\nminfds={minfds}"));
    let sandbox = configured_as(&head, PROGRAMS);
    let ours = crate::ours();
    let limited =
        format!("#!/bin/sh\nulimit -n {minfds}\nexec {} \"$@\"\n", ours.supervisord.display());
    let limited = Installation { supervisord: sandbox.script("limited", &limited), ..ours };
    let daemon = Daemon::start(&limited, &sandbox);
    daemon.wait_for("x", "RUNNING");
    wait_until("the log is long", || {
        fs::metadata(sandbox.join("chatty.log")).is_ok_and(|log| log.len() == 30_000_000)
    });
    let before = daemon.resident_kib();
    let held = crowd(&daemon.server(), &sandbox);
    let pid = daemon.pid_of("x");
    kill(Pid::from_raw(pid), Signal::SIGKILL).expect("a process to kill");
    daemon.wait_for_new_pid("x", pid);
    daemon.wait_for("x", "RUNNING");
    let after = daemon.resident_kib();
    assert!(after < before + GROWTH, "{before} KiB became {after} KiB");
    drop(held);
    assert_eq!(daemon.ctl(&["version"]).stdout, "4.3.0\n");
}

#[test]
fn what_the_start_alone_has_needed_is_given_back() {
    let sandbox = configured("[program:x]\ncommand=/bin/sleep 1000\nstartsecs=0\n");
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("x", "RUNNING");
    wait_until("a quarter of the memory is free again", || {
        daemon.resident_kib() < daemon.peak_kib() / 4 * 3
    });
    assert_eq!(daemon.ctl(&["version"]).stdout, "4.3.0\n");
}

/// Opens connections that each send the same, and keeps them. Those the server closes at once are
/// kept too.
fn crowd(server: &Address, size: usize, sent: &[u8]) -> Vec<Connection> {
    let open = |_| {
        let mut connection = server.connect().expect("a server that listens");
        // It may have been closed again.
        let _ = connection.write_all(sent);
        connection
    };
    (0..size).map(open).collect()
}

/// The limit of open files supervisor asks for unless told otherwise.
const USUAL: u32 = 1024;

#[test]
fn a_thousand_idle_connections() {
    // More than may be open, with a limit of files that leaves room for no more than them.
    check(USUAL, |server, _| crowd(server, 1_200, b""));
}

#[test]
fn a_thousand_connections_that_are_kept_after_a_call() {
    check(USUAL, |server, _| {
        let mut connections = Vec::new();
        for _ in 0..1_200 {
            let mut connection = server.connect().expect("a server that listens");
            connection.send(post("/RPC2", method_call("supervisor.getState")));
            assert!(connection.answer().is_some(), "a call is not answered");
            connections.push(connection);
        }
        connections
    });
}

#[test]
fn more_connections_than_files() {
    check(USUAL / 4, |server, _| crowd(server, 600, b""));
}

#[test]
fn half_requests() {
    check(USUAL, |server, _| {
        let halves: [&[u8]; 3] = [
            b"POST /RP",
            b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ",
            b"POST /RPC2 HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n<methodCall>",
        ];
        halves.map(|half| crowd(server, 200, half))
    });
}

#[test]
fn junk() {
    check(USUAL, |server, _| {
        let head = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(100_000));
        let line = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20));
        let deep = post("/RPC2", "<a>".repeat(1 << 20));
        let wide = post("/RPC2", format!("<a>{}</a>", "<b/>".repeat(1 << 20)));
        let attributes =
            format!("<a {}/>", (0..200_000).map(|n| format!("b{n}='' ")).collect::<String>());
        let zeros = vec![0; 1 << 20];
        for junk in [
            head.as_bytes(),
            many.as_bytes(),
            line.as_bytes(),
            &deep,
            &wide,
            &post("/RPC2", attributes),
            &zeros,
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ] {
            crowd(server, 20, junk);
        }
    });
}

#[test]
fn a_body_without_end() {
    check(USUAL, |server, _| {
        let refused = "POST /RPC2 HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n";
        let answer = server.ask(refused).expect("an answer");
        assert_eq!(answer.code(), "413");
        let chunked = "POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let sending = |head: &str| {
            let mut connection = server.connect().expect("a server that listens");
            connection.send(head);
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000));
            // Ends when the server has had enough.
            (0..10_000).find(|_| connection.write_all(chunk.as_bytes()).is_err())
        };
        for head in [refused, chunked] {
            assert!(sending(head).is_some(), "a gigabyte is taken after {head:?}");
        }
    });
}

#[test]
fn readers_that_never_read() {
    check(USUAL, |server, _| {
        let log = post("/RPC2", read_log(0));
        let page = "GET /logtail/chatty HTTP/1.1\r\n\r\n";
        let calls = post("/RPC2", method_call("supervisor.getAllProcessInfo")).repeat(2_000);
        let streams = crowd(server, 100, page.as_bytes());
        // Nobody reads, so at some time nothing more is taken.
        let pipelines = (0..10).map(|_| {
            let mut connection = server.connect().expect("a server that listens");
            if let Connection::Unix(stream) = &connection {
                stream.set_nonblocking(true).expect("an open connection");
            }
            let _ = connection.write_all(&calls);
            connection
        });
        (streams, pipelines.collect::<Vec<_>>(), crowd(server, 20, &log))
    });
}

#[test]
fn a_log_that_cannot_be_read_holds_up_no_shutdown() {
    let sandbox = configured(
        "[program:x]\ncommand=/bin/true\nautostart=false\nstdout_logfile=%(here)s/x.log\n",
    );
    let mut daemon = Daemon::start(&crate::ours(), &sandbox);
    // Whoever opens it waits for a writer, as for a disk that hangs.
    let log = sandbox.join("x.log");
    fs::remove_file(&log).ok();
    nix::unistd::mkfifo(&log, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let server = daemon.server();
    let params = ["x".into(), 0.into(), 0.into()];
    let call = rpc::xml::encode_call("supervisor.readProcessStdoutLog", &params).expect("a call");
    let mut waiting = server.connect().expect("a server that listens");
    waiting.send(post("/RPC2", call));
    // The call above has been taken when one after it is answered.
    assert_eq!(server.call("supervisor.getVersion", &[]), "3.0");
    daemon.signal(Signal::SIGTERM);
    assert!(daemon.wait().success(), "{}", daemon.output());
}

/// A call for the log of `chatty` from an offset to its end.
fn read_log(offset: i64) -> Vec<u8> {
    let params = ["chatty".into(), offset.into(), 0.into()];
    rpc::xml::encode_call("supervisor.readProcessStdoutLog", &params).expect("a call")
}

/// Clients that call without a pause until they are dropped, which is when they must have been
/// answered every time.
struct Busy {
    enough: Arc<AtomicBool>,
    clients: Vec<thread::JoinHandle<()>>,
}

impl Busy {
    fn start(server: &Address, size: usize) -> Busy {
        let enough = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (server, enough) = (server.clone(), Arc::clone(&enough));
            thread::spawn(move || {
                let mut connection = server.connect().expect("a server that listens");
                while !enough.load(Ordering::Relaxed) {
                    for method in ["getState", "getAllProcessInfo", "getAllConfigInfo"] {
                        let call = method_call(&format!("supervisor.{method}"));
                        connection.send(post("/RPC2", call));
                        let answer = connection.answer().expect("an answer");
                        assert_eq!(answer.code(), "200", "{method}");
                    }
                }
            })
        };
        let clients = (0..size).map(client).collect();
        Busy { enough, clients }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.enough.store(true, Ordering::Relaxed);
        for client in self.clients.drain(..) {
            let ended = client.join();
            assert!(ended.is_ok() || thread::panicking(), "a client was not answered");
        }
    }
}

#[test]
fn two_hundred_busy_clients() {
    check(USUAL, |server, _| Busy::start(server, 200));
}

#[test]
fn a_stream_is_followed_while_others_are_not_read() {
    check(USUAL, |server, sandbox| {
        let request = "GET /logtail/chatty HTTP/1.1\r\n\r\n";
        let lazy = crowd(server, 50, request.as_bytes());
        let mut reader = server.connect().expect("a server that listens");
        reader.send(request);
        let mut log =
            fs::OpenOptions::new().append(true).open(sandbox.join("chatty.log")).expect("the log");
        log.write_all(&vec![b'z'; 4 << 20]).expect("the log grows");
        log.write_all(b"the end").expect("the log grows");
        reader.limit(harness::wait::PATIENCE);
        let mut seen = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        while !seen.ends_with(b"the end\r\n") {
            let count = reader.read(&mut buffer).expect("a stream that goes on");
            assert_ne!(count, 0, "the stream ends");
            seen.extend_from_slice(&buffer[..count]);
            seen.drain(..seen.len().saturating_sub(64));
        }
        lazy
    });
}
