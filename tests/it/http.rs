//! Requests as bytes: what our servers answer, and what the original's do where it is installed.
//! Where the two differ on purpose, both answers stand in the line. What needs a server's inside,
//! its limits above all, is tested in `runtime/src/http`.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use harness::daemon::HEAD;
use harness::wire::{Address, Answer, method_call, post};
use harness::{Daemon, Installation, Sandbox, wait_until};

use crate::free_port;

const PROGRAMS: &str = "\
[program:x]
command=/bin/sh -c \"echo one; exec sleep 1000\"
startsecs=0
stdout_logfile=%(here)s/x.log
stderr_logfile=NONE
";

/// What an answer comes to: its status code, and the body unless it is the usual page of an error.
fn digest(answer: Option<Answer>) -> String {
    let Some(answer) = answer else { return "closed".to_owned() };
    let usual = answer.body.starts_with("<head>\r\n<title>Error response</title>");
    match (usual, answer.code()) {
        (true, code) => code.to_owned(),
        (false, "200") if answer.header("Content-Type") == Some("text/xml") => answer.outcome(),
        (false, code) if answer.body.len() < 100 => format!("{code} {}", answer.body),
        (false, code) => format!("{code} …"),
    }
}

const STATE: &str = "{'statecode': 1, 'statename': 'RUNNING'}";

/// A call in the form that every server takes.
fn get_state() -> String {
    method_call("supervisor.getState")
}

/// A request for the state with other words in its head.
fn with_head(line: &str, headers: &str) -> String {
    let body = get_state();
    let length = body.len();
    format!("{line}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// Puts requests to our daemon and to the original. A line is the request, our answer, and the
/// original's where it is another one; an original that never answers is not asked.
#[track_caller]
fn ask(lines: &[(String, &str, Option<&str>)]) {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        let sandbox = Sandbox::new();
        sandbox.write("supervisord.conf", format!("{HEAD}\n{PROGRAMS}"));
        let _daemon = Daemon::start(&installation, &sandbox);
        wait_until("there is a log", || sandbox.read("x.log") == "one\n");
        let server = Address::Unix(sandbox.join("s.sock"));
        let mut wrong = String::new();
        for (request, ours, originals) in lines {
            let expected = match installation.label {
                "original" => originals.unwrap_or(ours),
                _ => ours,
            };
            if expected == HANGS {
                continue;
            }
            let answer = digest(server.ask(request));
            if answer != expected {
                writeln!(wrong, "{request:?}\n  expected {expected}\n  got      {answer}")
                    .expect("a string to write to");
            }
        }
        assert!(wrong.is_empty(), "{}:\n{wrong}", installation.label);
    }
}

/// The original answers never; nobody waits for it.
const HANGS: &str = "hangs";

#[test]
fn calls_are_framed() {
    let call = |line: &str, headers: &str| with_head(line, headers);
    let sized = |length: &str| {
        format!("POST /RPC2 HTTP/1.1\r\nContent-Length:{length}\r\n\r\n{}", get_state())
    };
    let length = get_state().len();
    let rpc = "POST /RPC2 HTTP/1.1";
    ask(&[
        // RPC-002, ITRAP-028
        (call(rpc, ""), STATE, None),
        (call("POST /RPC2/ HTTP/1.1", ""), STATE, None),
        (call("POST /RPC2/foo HTTP/1.1", ""), STATE, None),
        (call("POST /RPC2xyz?a=b HTTP/1.1", ""), STATE, None),
        (call("POST /%52PC2 HTTP/1.1", ""), STATE, None),
        // RPC-003
        (call("POST //RPC2 HTTP/1.1", ""), "400", None),
        (call("POST /rpc2 HTTP/1.1", ""), "400", None),
        // RPC-004, ITRAP-027
        ("GET /RPC2 HTTP/1.1\r\n\r\n".to_owned(), "400", None),
        ("HEAD /RPC2 HTTP/1.0\r\n\r\n".to_owned(), "400 ", Some("400")),
        (call("PUT /RPC2 HTTP/1.1", ""), "400", None),
        (call("DELETE /RPC2 HTTP/1.1", ""), "400", None),
        (call("post /RPC2 HTTP/1.1", ""), "400", None),
        // RPC-005
        (call(rpc, "Content-Type: application/json\r\nAccept: image/png\r\n"), STATE, None),
        (call(rpc, "Accept-Encoding: gzip\r\nUser-Agent: x\r\n"), STATE, None),
        // RPC-006, RPC-007
        (format!("{rpc}\r\n\r\n"), "411", None),
        (format!("{rpc}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "411", None),
        // RPC-008, ITRAP-026
        (sized(&format!("   {length}")), STATE, None),
        (sized(&length.to_string()), STATE, Some("411")),
        (call(rpc, "").replace("Content-Length", "CONTENT-length"), STATE, None),
        // RPC-009, RPC-010
        (sized(" abc"), "400 ", Some("500")),
        (sized(" -5"), "400 ", Some("400")),
        (sized(" 0"), "400", Some(HANGS)),
        // RPC-011
        (sized(" 10"), "400", None),
        // RPC-014: whether or not it is invited, the body may come at once.
        (call(rpc, "Expect: 0-continue\r\n"), STATE, None),
        // RPC-017, RPC-018, RPC-022, RPC-024
        ("POST /RPC2 HTTP/1.1\r\nContent-Length: 4\r\n\r\njunk".to_owned(), "400", None),
        (text(post("/RPC2", "<methodCall></methodCall>")), "400", None),
        (text(post("/RPC2", get_state().replace("Call", "Foo"))), STATE, None),
        (text(post("/RPC2", format!("{}x", get_state()))), "400", None),
        (text(post("/RPC2", format!("\n{}", get_state()))), STATE, None),
        (text(post("/RPC2", format!("\n<?xml version='1.0'?>{}", get_state()))), "400", None),
        // RPC-026
        (
            text(post(
                "/RPC2",
                format!("<!DOCTYPE m [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>{}", get_state())
                    .replace("getState", "&e;"),
            )),
            "400",
            None,
        ),
    ]);
}

fn text(request: Vec<u8>) -> String {
    String::from_utf8(request).expect("a request that is text")
}

#[test]
fn requests_are_routed() {
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\n\r\n");
    let line = |line: &str| format!("{line}\r\n\r\n");
    ask(&[
        // HTTP-018, WEB-059
        (get("/ok.html"), "200 OK", None),
        (get("//ok.html"), "200 OK", None),
        (get("/ok.html?x=y"), "200 OK", None),
        (text(post("/ok.html", "a=b")), "200 OK", None),
        (get("/"), "200 …", None),
        (get("/index.html"), "200 …", None),
        // HTTP-016, HTTP-017, HTTP-019
        (line("POST /logtail/x HTTP/1.1\r\nContent-Length: 0"), "400", None),
        (line("PUT /mainlogtail HTTP/1.1\r\nContent-Length: 0"), "400", None),
        (get("/nope"), "404", None),
        (line("PUT /nope HTTP/1.1\r\nContent-Length: 0"), "400", None),
        // HTTP-020
        (get("/OK.html"), "404", None),
        (get("/ok.html/"), "404", None),
        // HTTP-021
        (get("/ok.html;x"), "404", Some(HANGS)),
        // HTTP-022, HTTP-023
        (get("http://elsewhere/ok.html"), "404", None),
        (get("/%6Fk.html"), "200 OK", None),
        (get("/ok.html%3Fa=b"), "200 OK", None),
        // HTTP-060, HTTP-062
        (get("/images/"), "404", None),
        (get("/../supervisord.conf"), "404", None),
        (get("/%2e%2e/supervisord.conf"), "404", None),
        (get("/images/%252e%252e/%252e%252e/supervisord.conf"), "404", None),
        // HTTP-064, HTTP-065
        (get("/logtail/nope"), "404", None),
        (get("/logtail/x/stderr"), "404", None),
        (get("/logtail/x/STDOUT"), "404", None),
        (get("/logtail/x/"), "404", None),
        (get("/logtail/x:*"), "404", None),
        (get("/logtail"), "404", Some("500")),
        // HTTP-036, HTTP-039, HTTP-042
        (line("GET /ok.html"), "400 ", Some("500")),
        (line("GET  /ok.html HTTP/1.1"), "400 ", Some("closed")),
        (line("GET /ok.html HTTP/1.1 x"), "400 ", Some("closed")),
        // WEB-006, WEB-007
        (line("POST / HTTP/1.1"), "411", None),
        (line("GET / HTTP/1.1\r\nno colon"), "400 ", Some("500")),
        // HTTP-040, HTTP-041, HTTP-046
        (get("/ok.html").replace("\r\n\r\n", "\r\nHost: anything\r\n\r\n"), "200 OK", None),
        (line("GET /ok.html HTTP/1.1\r\nConnection: keep-alive, close"), "200 OK", None),
        // HTTP-037
        ("GET /ok.html HTTP/1.1\n\n".to_owned(), "200 OK", Some(HANGS)),
    ]);
}

// RPC-020, ITRAP-029
#[test]
fn a_call_that_is_no_utf8_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", HEAD);
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let server = Address::Unix(sandbox.join("s.sock"));
    assert_eq!(digest(server.ask(post("/RPC2", b"<methodCall>\xff</methodCall>"))), "400");
}

/// Sends requests over one connection and gives the digests of as many answers.
fn exchange(server: &Address, requests: &[String]) -> Vec<String> {
    let mut connection = server.connect().expect("a server that listens");
    let ask = |request: &String| {
        connection.send(request);
        digest(connection.answer())
    };
    requests.iter().map(ask).collect()
}

#[test]
fn connections_are_kept_and_closed() {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        let sandbox = Sandbox::new();
        sandbox.write("supervisord.conf", format!("{HEAD}\n{PROGRAMS}"));
        let _daemon = Daemon::start(&installation, &sandbox);
        let server = Address::Unix(sandbox.join("s.sock"));
        let ok =
            |version: &str, headers: &str| format!("GET /ok.html HTTP/{version}\r\n{headers}\r\n");
        let close = "Connection: close\r\n";
        let closed_after = |request: &String| {
            let mut connection = server.connect().expect("a server that listens");
            connection.send(request);
            assert_eq!(digest(connection.answer()), "200 OK");
            connection.is_closed()
        };
        // HTTP-043, HTTP-044, LIB-005
        assert_eq!(exchange(&server, &[ok("1.1", ""), ok("1.1", "")]), ["200 OK", "200 OK"]);
        let old = || with_head("POST /RPC2 HTTP/1.0", "Connection: Keep-Alive\r\n");
        assert_eq!(exchange(&server, &[old(), old()]), [STATE, STATE]);
        assert!(closed_after(&ok("1.0", "")) && closed_after(&ok("1.1", close)));
        // RPC-013, HTTP-047: two at once, nothing more to come.
        let mut connection = server.connect().expect("a server that listens");
        let call = text(post("/RPC2", get_state()));
        connection.send(format!("{call}{call}"));
        connection.end_sending();
        assert_eq!(digest(connection.answer()), STATE);
        assert_eq!(digest(connection.answer()), STATE);
        // HTTP-038, ITRAP-034
        assert_eq!(digest(server.ask(format!("\r\n{}", ok("1.1", "")))), "200 OK");
        // RPC-012: half a request, then nobody.
        let mut connection = server.connect().expect("a server that listens");
        connection.send(&call[..call.len() - 5]);
        connection.end_sending();
        let half = digest(connection.answer());
        assert!(["400", "closed"].contains(&half.as_str()), "{half}");
        // RPC-016, HTTP-051
        let answer = server.ask(&call).expect("an answer");
        let names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
        for name in ["Server", "Date", "Content-Type", "Content-Length"] {
            assert!(names.contains(&name), "{names:?}");
        }
        assert_eq!(answer.header("Server"), Some("Medusa/1.12"));
        assert_eq!(answer.header("Content-Type"), Some("text/xml"));
        // RPC-042, RPC-043
        let expected = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>";
        assert!(answer.body.starts_with(expected), "{}", answer.body);
    }
}

const SERVERS: &str = "\
[supervisord]
logfile=%(here)s/supervisord.log
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
nodaemon=true

[unix_http_server]
file=%(here)s/s.sock

[unix_http_server:second]
file=%(here)s/second.sock
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
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        let sandbox = Sandbox::new();
        let (first, guarded) = (free_port(), free_port());
        let servers = format!(
            "{SERVERS}\n[inet_http_server]\nport={first}\n\n\
             [inet_http_server:guarded]\nport=LOCALHOST:{guarded}\nusername=chris\npassword=12345\n"
        );
        sandbox.write("supervisord.conf", servers);
        let daemon = Daemon::start(&installation, &sandbox);
        // HTTP-001, HTTP-002, RPC-001
        let open = [Address::Unix(sandbox.join("s.sock")), Address::Tcp("127.0.0.1", first)];
        let closed =
            [Address::Unix(sandbox.join("second.sock")), Address::Tcp("127.0.0.1", guarded)];
        for server in &open {
            assert_eq!(server.call("supervisor.getState", &[]), STATE);
        }
        // HTTP-024, HTTP-026, HTTP-035, RPC-021: everything asks for the password.
        for server in &closed {
            let authorized = with_head("POST /RPC2 HTTP/1.1", AUTHORIZED);
            assert_eq!(digest(server.ask(authorized)), STATE, "{server:?}");
            let wrong = AUTHORIZED.replace("MTIz", "MTIx");
            for request in [
                with_head("POST /RPC2 HTTP/1.1", ""),
                with_head("POST /RPC2 HTTP/1.1", &wrong),
                "GET / HTTP/1.1\r\n\r\n".to_owned(),
                "GET /ok.html HTTP/1.1\r\n\r\n".to_owned(),
                "GET /logtail/x HTTP/1.1\r\n\r\n".to_owned(),
                "GET /mainlogtail HTTP/1.1\r\n\r\n".to_owned(),
                "GET /stylesheets/supervisor.css HTTP/1.1\r\n\r\n".to_owned(),
                "GET /nope HTTP/1.1\r\n\r\n".to_owned(),
            ] {
                let answer = server.ask(&request).expect("an answer");
                assert_eq!(answer.code(), "401", "{server:?} {request:?}");
                let challenge = answer.header("WWW-Authenticate");
                assert_eq!(challenge, Some("Basic realm=\"default\""));
            }
        }
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
    }
}

// LIB-010, ITRAP-055
#[test]
fn without_a_socket_file_children_get_the_last_port() {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
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
    let sandbox = Sandbox::new();
    let port = free_port();
    let servers = format!("{SERVERS}\n[inet_http_server]\nport=[::1]:{port}\n");
    sandbox.write("supervisord.conf", servers);
    let daemon = Daemon::start(&crate::ours(), &sandbox);
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
}

// HTTP-009
#[test]
fn a_socket_is_given_away() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let sandbox = Sandbox::new();
    let head = HEAD.replace("s.sock\n\n[rpc", "s.sock\nchown=65534:65534\nchmod=0770\n\n[rpc");
    sandbox.write("supervisord.conf", head);
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let socket = fs::metadata(sandbox.join("s.sock")).expect("a socket");
    assert_eq!((socket.uid(), socket.gid(), socket.mode() & 0o777), (65534, 65534, 0o770));
}

/// A request a browser makes for a page of somebody else.
fn foreign(line: &str, headers: &str) -> String {
    let agent = "User-Agent: Mozilla/5.0\r\n";
    with_head(line, &format!("Host: 127.0.0.1\r\n{agent}{headers}"))
}

// ITRAP-036, WEB-004
#[test]
fn pages_of_others_change_nothing() {
    let sandbox = Sandbox::new();
    let port = free_port();
    let servers = format!("{SERVERS}\n[inet_http_server]\nport=127.0.0.1:{port}\n");
    sandbox.write("supervisord.conf", servers);
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("x", "RUNNING");
    let pid = daemon.pid_of("x");
    let server = Address::Tcp("127.0.0.1", port);
    for headers in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Referer: http://evil.example/page\r\n",
    ] {
        let call = foreign("POST /RPC2 HTTP/1.1", headers);
        assert_eq!(digest(server.ask(call)), "403", "{headers}");
        let link = foreign("GET /index.html?processname=x&action=stop HTTP/1.1", headers);
        let answer = server.ask(link).expect("an answer");
        assert_eq!(answer.code(), "403", "{headers}");
    }
    // A link of nobody knows whom asks first.
    let link = foreign("GET /index.html?processname=x&action=stop HTTP/1.1", "");
    assert_eq!(server.ask(link).expect("an answer").code(), "200");
    assert_eq!(daemon.pid_of("x"), pid);
    // Who says nothing is no browser: a script's link works as ever.
    let link = "GET /index.html?processname=x&action=stop HTTP/1.1\r\n\r\n";
    assert_eq!(server.ask(link).expect("an answer").code(), "301");
    daemon.wait_for("x", "STOPPED");
}

/// The stream of a log, read until `end` shows.
fn follow(server: &Address, target: &str, end: &str) -> String {
    use std::io::Read as _;
    let mut connection = server.connect().expect("a server that listens");
    connection.send(format!("GET {target} HTTP/1.1\r\n\r\n\r\n"));
    connection.limit(harness::wait::PATIENCE);
    let mut received = String::new();
    let mut buffer = [0; 4096];
    while !received.contains(end) {
        let count = connection.read(&mut buffer).expect("a stream that goes on");
        assert_ne!(count, 0, "the stream ends after {received:?}");
        received += &String::from_utf8_lossy(&buffer[..count]);
    }
    received
}

#[test]
fn logs_are_streamed() {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        let sandbox = Sandbox::new();
        sandbox.write("supervisord.conf", format!("{HEAD}\n{PROGRAMS}"));
        let _daemon = Daemon::start(&installation, &sandbox);
        wait_until("there is a log", || sandbox.read("x.log") == "one\n");
        let server = Address::Unix(sandbox.join("s.sock"));
        // HTTP-063, HTTP-067, HTTP-069
        for target in ["/logtail/x", "/logtail/x:x/stdout", "/logtailxyz/x", "/logtail/x%3Ax?y"] {
            let stream = follow(&server, target, "one\n\r\n");
            let (head, body) = stream.split_once("\r\n\r\n").expect("a head");
            for header in [
                "Content-Type: text/plain;charset=utf-8",
                "X-Accel-Buffering: no",
                "Transfer-Encoding: chunked",
                "Last-Modified: ",
            ] {
                assert!(head.contains(header), "{header} is not in {head}");
            }
            assert_eq!(body, "4\r\none\n\r\n", "{target}");
        }
        // HTTP-066
        follow(&server, "/mainlogtail", "spawned: 'x'");
        // HTTP-068: the last 1024 bytes.
        append(&sandbox.join("x.log"), &"y".repeat(2000));
        let stream = follow(&server, "/logtail/x", "\r\n400\r\n");
        assert!(!stream.contains("one"), "{stream}");
    }
}

fn append(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut log = fs::OpenOptions::new().append(true).open(path).expect("a log");
    log.write_all(text.as_bytes()).expect("a log that can be written");
}

const TRACED: &str = "loglevel=trace";

#[test]
fn calls_are_logged_at_the_lowest_level_only() {
    for installation in [Some(crate::ours()), Installation::oracle()].into_iter().flatten() {
        for level in [TRACED, "loglevel=info"] {
            let sandbox = Sandbox::new();
            sandbox.write("supervisord.conf", HEAD.replace("loglevel=debug", level));
            let _daemon = Daemon::start(&installation, &sandbox);
            let server = Address::Unix(sandbox.join("s.sock"));
            assert_eq!(server.call("supervisor.getState", &[]), STATE);
            server.call("supervisor.getProcessInfo", &["secret".into()]);
            let log = || sandbox.read("supervisord.log");
            let shows = |line: &str| log().contains(line);
            if level == TRACED {
                // RPC-268, RPC-269, HTTP-014, HTTP-075
                wait_until("both calls are logged", || {
                    log().matches("\"POST /RPC2 HTTP/1.1\" 200 ").count() == 2
                });
                assert!(shows("TRAC XML-RPC method called: supervisor.getState()"), "{}", log());
                let returned = "TRAC XML-RPC method supervisor.getState() returned successfully";
                assert!(shows(returned), "{}", log());
                let fault = "supervisor.getProcessInfo() returned fault: [10] BAD_NAME: secret";
                assert!(shows(fault), "{}", log());
                assert!(shows("TRAC localhost:0 - - ["), "{}", log());
            } else {
                // RPC-274
                assert!(!shows("getState") && !shows("secret") && !shows("POST"), "{}", log());
            }
        }
    }
}

// RPC-270, RPC-271, HTTP-076, ITRAP-056
#[test]
fn bad_requests_leave_no_secrets_in_the_log() {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", HEAD.replace("loglevel=debug", TRACED));
    let _daemon = Daemon::start(&crate::ours(), &sandbox);
    let server = Address::Unix(sandbox.join("s.sock"));
    let junk = post("/RPC2", "<methodCall><hunter2></methodCall>");
    assert_eq!(digest(server.ask(junk)), "400");
    let unforeseen = server.call("supervisor.startProcess", &[vec!["hunter2"].into()]);
    assert_eq!(unforeseen, "500");
    server.ask("GET /error HTTP/1.1\r\nAuthorization: Basic aHVudGVyMg==\r\n\r\n");
    wait_until("the last request is logged", || {
        sandbox.read("supervisord.log").contains("\"GET /error HTTP/1.1\" 404")
    });
    let log = sandbox.read("supervisord.log");
    assert!(log.contains("ERRO XML-RPC request data is invalid"), "{log}");
    assert!(log.contains("ERRO an XML-RPC call cannot be carried out"), "{log}");
    assert!(!log.contains("hunter2") && !log.contains("aHVudGVyMg"), "{log}");
    assert!(!log.lines().any(|line| line.contains("ERRO") && line.contains("GET")), "{log}");
}
