//! Requests as bytes: what our servers answer, and what the original's do where it is installed.
//! Where the two differ on purpose, both answers stand in the line. What needs a server's inside,
//! its limits above all, is tested in `runtime/src/http`.

mod access;
mod servers;
mod streams;

use std::fmt::Write as _;

use harness::wire::{Address, Answer, method_call, post};
use harness::{Daemon, HEAD, Installation, Sandbox, wait_until};

use crate::both;

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

/// A daemon, and the socket it serves.
struct Served<'s> {
    daemon: Daemon<'s>,
    sandbox: &'s Sandbox,
    server: Address,
    is_original: bool,
}

/// Shows `look` a daemon with this configuration.
fn with(installation: &Installation, configuration: &str, look: &dyn Fn(Served<'_>)) {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", configuration);
    let daemon = Daemon::start(installation, &sandbox);
    look(Served {
        server: daemon.server(),
        daemon,
        sandbox: &sandbox,
        is_original: installation.is_original(),
    });
}

/// Shows it ours.
fn with_ours(configuration: &str, look: impl Fn(Served<'_>)) {
    with(&crate::ours(), configuration, &look);
}

/// Shows it ours and the original's.
fn with_both(configuration: &str, look: impl Fn(Served<'_>)) {
    both().for_each(|installation| with(&installation, configuration, &look));
}

/// A daemon with one program that has logged a line.
fn with_both_logging(look: impl Fn(Served<'_>)) {
    with_both(&format!("{HEAD}\n{PROGRAMS}"), |served| {
        wait_until("there is a log", || served.sandbox.read("x.log") == "one\n");
        look(served);
    });
}

/// The original answers never; nobody waits for it.
const HANGS: &str = "hangs";

/// Puts requests to our daemon and to the original. A line is the request, our answer, and the
/// original's where it is another one; an original that never answers is not asked.
#[track_caller]
fn ask(lines: &[(String, &str, Option<&str>)]) {
    with_both_logging(|served| {
        let mut wrong = String::new();
        for (request, ours, originals) in lines {
            let expected = if served.is_original { originals.unwrap_or(ours) } else { ours };
            if expected == HANGS {
                continue;
            }
            let answer = digest(served.server.ask(request));
            if answer != expected {
                writeln!(wrong, "{request:?}\n  expected {expected}\n  got      {answer}")
                    .expect("a string to write to");
            }
        }
        assert!(wrong.is_empty(), "original: {}\n{wrong}", served.is_original);
    });
}

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
    with_ours(HEAD, |served| {
        let call = post("/RPC2", b"<methodCall>\xff</methodCall>");
        assert_eq!(digest(served.server.ask(call)), "400");
    });
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
    with_both_logging(|Served { server, .. }| {
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
    });
}

// HTTP-048, HTTP-050: mended. What follows a request is answered in its turn, and what belongs to
// one is never taken for the next.
#[test]
fn requests_do_not_run_into_each_other() {
    with_ours(&format!("{HEAD}\n{PROGRAMS}"), |Served { daemon, server, .. }| {
        daemon.wait_for("x", "RUNNING");
        let ok = "GET /ok.html HTTP/1.1\r\n\r\n";
        let action = "GET /index.html?processname=x&action=stop HTTP/1.1\r\n\r\n";
        let refused = format!("PUT /nope HTTP/1.1\r\nContent-Length: {}\r\n\r\n{ok}", ok.len());
        for (first, code) in [(action, "301"), (&refused, "400")] {
            let mut connection = server.connect().expect("a server that listens");
            connection.send(format!("{first}{ok}"));
            let answer = connection.answer().expect("an answer");
            assert_eq!(answer.code(), code);
            assert_eq!(digest(connection.answer()), "200 OK", "after {first:?}");
            connection.end_sending();
            assert!(connection.is_closed(), "one answer too many after {first:?}");
        }
    });
}
