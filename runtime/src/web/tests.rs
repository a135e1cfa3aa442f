//! Pages and actions over a socket, against a core that follows a script.

use std::os::unix::net::UnixListener;

use rpc::{DaemonState, Fault, FaultCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::api::tests::{Scripted, status};
use crate::http::tests::run;
use crate::http::{Endpoint, Listener, Shared, serve};
use crate::site::Interfaces;
use crate::supervisor::message::{Publication, Reply};
use std::rc::Rc;

type Answers = Vec<Result<Reply, Fault>>;

/// A served daemon.
struct Bench {
    core: Rc<Scripted>,
    dir: tempfile::TempDir,
    _serving: crate::http::Serving,
}

impl Bench {
    fn new(core: Scripted) -> Bench {
        let core = Rc::new(core);
        let dir = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(dir.path().join("sock")).expect("to bind");
        let endpoint = Endpoint {
            listener: Listener::Unix(listener),
            unheard: Vec::new(),
            credentials: None,
            hostname: "web1".to_owned(),
        };
        let site = Interfaces::new(Rc::clone(&core), vec!["supervisor".to_owned()]);
        let site = Rc::new(site.expect("random bytes"));
        let serving = serve(endpoint, site, Rc::new(Shared::default())).expect("to serve");
        Bench { core, dir, _serving: serving }
    }

    async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.dir.path().join("sock")).await.expect("to connect")
    }

    /// Sends one request with these header lines and reads the whole answer.
    async fn ask(&self, line: &str, headers: &[&str], body: &str) -> String {
        let mut request = format!("{line} HTTP/1.1\r\nHost: h:9001\r\nConnection: close\r\n");
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let mut client = self.connect().await;
        client.write_all(request.as_bytes()).await.expect("to send");
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("to read");
        String::from_utf8(answer).expect("text")
    }

    fn asked(&self) -> String {
        self.core.asked.borrow().join("; ")
    }
}

/// Sends one request and expects the status, the pieces, and what the core was asked.
#[track_caller]
fn check(answers: Answers, line: &str, headers: &[&str], expected: (&str, &[&str], &str)) {
    run(async {
        let bench = Bench::new(Scripted::new(answers));
        let answer = bench.ask(line, headers, "").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {}", expected.0)), "{answer}");
        for piece in expected.1 {
            assert!(answer.contains(piece), "{piece:?} is not in {answer}");
        }
        assert_eq!(bench.asked(), expected.2);
    });
}

fn page(names: &[&str]) -> Answers {
    vec![
        Ok(Reply::Processes(names.iter().map(|name| status(name)).collect())),
        Ok(Reply::Text("me".to_owned())),
    ]
}

const PAGE: &str = "AllInfo; Identification";
const INFO: &str = "Info { name: \"web\" }";

fn acting(result: Result<Reply, Fault>) -> Answers {
    vec![Ok(Reply::Process(Box::new(status("web")))), result]
}

#[test]
fn the_status_page_shows_every_process() {
    // WEB-001, WEB-008, WEB-013, WEB-020, WEB-021
    let pieces = [
        "Content-Type: text/html;charset=utf-8\r\n",
        "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
        "Content-Security-Policy: default-src 'none';",
        "<title>Supervisor Status</title>",
        "<span class=\"badge statusrunning\">running</span>",
        "pid 7, uptime 0:01:40",
        "tail.html?processname=web",
    ];
    check(page(&["web"]), "GET /", &[], ("200", &pieces, PAGE));
    check(page(&[]), "GET //index.html?x", &[], ("200", &["No programs to manage"], PAGE));
}

#[test]
fn messages_are_text() {
    // WEB-015, WEB-047, WEB-048
    let line = "GET /?message=%3Cscript%3Ealert(1)%3C/script%3E";
    check(page(&[]), line, &[], ("200", &["&lt;script&gt;alert(1)&lt;/script&gt;"], PAGE));
}

#[test]
fn the_health_check_asks_nobody() {
    // WEB-059, HTTP-020
    check(vec![], "GET /ok.html", &[], ("200", &["text/plain", "\r\n\r\nOK"], ""));
    check(vec![], "HEAD /", &[], ("404", &[], ""));
    check(vec![], "GET /OK.html", &[], ("404", &[], ""));
    check(vec![], "PUT /", &[], ("400", &[], ""));
    check(vec![], "POST /nothing", &[], ("400", &[], ""));
}

#[test]
fn files_are_embedded() {
    // HTTP-055, HTTP-056, HTTP-062
    check(vec![], "GET /stylesheets/supervisor.css", &[], ("200", &["text/css", "--ground"], ""));
    check(vec![], "HEAD /planvisor.js", &[], ("200", &["text/javascript"], ""));
    check(vec![], "GET /stylesheets/../../etc/passwd", &[], ("404", &[], ""));
}

#[test]
fn old_addresses_act_for_scripts() {
    // WEB-035, WEB-036, WEB-041, WEB-042, WEB-043
    let started = ("301", &["Location: ./?message=Process%20web%20started\r\n"][..]);
    let asked = format!("{INFO}; Start {{ target: Process(\"web\"), wait: true }}");
    let line = "GET /index.html?action=start&processname=web";
    check(acting(Ok(Reply::Done)), line, &[], (started.0, started.1, &asked));
    let failed = Err(Fault::new(FaultCode::SpawnError, "web"));
    let told = ["message=ERROR%3A%20Process%20web%3A%20spawn%20error"];
    check(acting(failed), line, &[], ("301", &told, &asked));
    let unknown = vec![Err(Fault::new(FaultCode::BadName, "web"))];
    check(unknown, line, &[], ("301", &["No%20such%20process%20named%20web"], INFO));
    check(vec![], "GET /?action=start", &[], ("500", &[], ""));
    check(acting(Ok(Reply::Done)), "GET /?action=x&processname=web", &[], ("500", &[], INFO));
}

#[test]
fn old_addresses_are_shut_to_other_web_pages() {
    // WEB-004, ITRAP-036
    let line = "GET /?action=stopall";
    for foreign in ["Sec-Fetch-Site: cross-site", "Origin: http://evil", "Referer: http://evil/x"] {
        let browser = ["User-Agent: Mozilla/5.0", foreign];
        check(vec![], line, &browser, ("403", &["another web page"], ""));
        check(
            vec![],
            "POST /RPC2",
            &browser[1..],
            (if foreign.starts_with('R') { "400" } else { "403" }, &[], ""),
        );
    }
    let silent = ["User-Agent: Mozilla/5.0"];
    let confirm = ["nothing has been done yet", "value=\"stopall\""];
    let identified = vec![Ok(Reply::Text("me".to_owned()))];
    check(identified, line, &silent, ("200", &confirm, "Identification"));
    let own = ["Sec-Fetch-Site: same-origin"];
    let stopped = ("301", &["All%20stopped%20at"][..], "Stop { target: All, wait: true }");
    check(vec![Ok(Reply::Done)], line, &own, stopped);
    check(vec![], "GET /?action=refresh", &silent, ("301", &["Page%20refreshed%20at"], ""));
}

/// The cookie and the token a page gives.
fn credentials(page: &str) -> (String, String) {
    let between = |start: &str, end: &str| {
        let from = page.find(start).expect("a start") + start.len();
        let to = page[from..].find(end).expect("an end") + from;
        page[from..to].to_owned()
    };
    let cookie = between("Set-Cookie: ", ";");
    (format!("Cookie: {cookie}"), between("name=\"token\" value=\"", "\""))
}

#[test]
fn orders_need_the_token_of_their_session() {
    run(async {
        let mut answers = page(&["web"]);
        answers.push(Ok(Reply::Done));
        let bench = Bench::new(Scripted::new(answers));
        let (cookie, token) = credentials(&bench.ask("GET /", &[], "").await);
        let json = "Accept: application/json";
        let without = bench.ask("POST /act", &[&cookie], "do=stop:web").await;
        assert!(without.starts_with("HTTP/1.1 403"), "{without}");
        let order = format!("token={token}&do=stop:web");
        let foreign = [&*cookie, "Origin: http://evil"];
        assert!(bench.ask("POST /act", &foreign, &order).await.starts_with("HTTP/1.1 403"));
        assert_eq!(bench.asked(), PAGE);
        let answer = bench.ask("POST /act", &[&cookie, json], &order).await;
        assert!(answer.ends_with("{\"ok\":true,\"message\":\"web asked to stop\"}"), "{answer}");
        let asked = format!("{PAGE}; Stop {{ target: Process(\"web\"), wait: false }}");
        assert_eq!(bench.asked(), asked);
        let nothing = format!("token={token}&do=stop&back=//evil/");
        let answer = bench.ask("POST /act", &[&cookie], &nothing).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        assert!(answer.contains("Location: ./?message=select%20at%20least"), "{answer}");
        assert!(bench.ask("GET /act", &[], "").await.starts_with("HTTP/1.1 400"));
    });
}

#[test]
fn a_restart_of_everything_starts_what_ran() {
    run(async {
        let mut answers = page(&["web"]);
        let mut stopped = status("idle");
        stopped.state = rpc::ProcessState::Stopped;
        answers.push(Ok(Reply::Processes(vec![stopped, status("web")])));
        answers.extend([Ok(Reply::Done), Ok(Reply::Done)]);
        let bench = Bench::new(Scripted::new(answers));
        let (cookie, token) = credentials(&bench.ask("GET /", &[], "").await);
        let order = format!("token={token}&do=restart&target=*&target=web");
        let answer = bench.ask("POST /act", &[&cookie], &order).await;
        assert!(answer.contains("message=web%20restarted"), "{answer}");
        let stop = "Stop { target: Process(\"web\"), wait: true }";
        let start = "Start { target: Process(\"web\"), wait: false }";
        assert_eq!(bench.asked(), format!("{PAGE}; AllInfo; {stop}; {start}"));
    });
}

#[test]
fn changes_are_sent_as_they_happen() {
    run(async {
        let bench = Bench::new(Scripted::new(page(&["web"])));
        let mut client = bench.connect().await;
        client.write_all(b"GET /events HTTP/1.1\r\n\r\n").await.expect("to send");
        let first = read_until(&mut client, "\n\n").await;
        assert!(first.contains("Content-Type: text/event-stream\r\n"), "{first}");
        assert!(first.contains("event: processes\ndata: [{\"key\":\"web\",\"state\":\"RUNNING\""));
        let change = Publication::Process(Box::new(status("<b>")));
        bench.core.changes.send(change).expect("a watcher");
        let second = read_until(&mut client, "\n\n").await;
        assert!(second.contains("event: process\ndata: {\"key\":\"<b>\""), "{second}");
        bench.core.changes.send(Publication::Daemon(DaemonState::Shutdown)).expect("a watcher");
        let third = read_until(&mut client, "\n\n").await;
        assert!(third.contains("event: daemon\ndata: \"SHUTDOWN\""), "{third}");
        drop(client);
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        assert_eq!(bench.core.changes.receiver_count(), 0);
    });
}

#[test]
fn a_slow_browser_is_sent_everything_anew_and_no_more() {
    run(async {
        const CHANGES: usize = 50_000;
        let mut answers = page(&["web"]);
        answers.truncate(1);
        answers.extend((0..CHANGES).map(|_| Ok(Reply::Processes(vec![status("web")]))));
        let bench = Bench::new(Scripted::new(answers));
        let mut client = bench.connect().await;
        client.write_all(b"GET /events HTTP/1.1\r\n\r\n").await.expect("to send");
        read_until(&mut client, "event: processes").await;
        for _ in 0..CHANGES {
            drop(bench.core.changes.send(Publication::Process(Box::new(status("web")))));
            tokio::task::yield_now().await;
        }
        // What the sockets took, a few chunks, and then the whole picture in place of the rest.
        bench.core.changes.send(Publication::Daemon(DaemonState::Shutdown)).expect("a watcher");
        let late = read_until(&mut client, "event: daemon").await;
        let told = late.matches("event: process\n").count();
        assert!(told < CHANGES / 2, "{told} changes were kept");
        assert!(late.contains("event: processes\n"), "nothing was sent anew");
    });
}

async fn read_until(client: &mut UnixStream, end: &str) -> String {
    let mut received = String::new();
    let mut space = [0; 4096];
    while !received.contains(end) {
        let count = client.read(&mut space).await.expect("to read");
        assert_ne!(count, 0, "closed after {received:?}");
        received.push_str(&String::from_utf8_lossy(&space[..count]));
    }
    received
}

#[test]
fn tail_pages_say_what_is_missing() {
    // WEB-053, WEB-054, WEB-055, WEB-056, WEB-011
    let titled = || Ok(Reply::Text("me".to_owned()));
    let nameless = ["Supervisor tail of process None", "No process name found"];
    check(vec![titled()], "GET /tail.html", &[], ("200", &nameless, "Identification"));
    let line = "GET /tail.html?processname=nope";
    let log = "LogPath { name: \"nope\", channel: Stdout }";
    let asked = format!("Info {{ name: \"nope\" }}; {log}; Identification");
    let unknown = || Err(Fault::new(FaultCode::BadName, "nope"));
    let told = ["ERROR: unexpected rpc fault [10] BAD_NAME: nope"];
    check(vec![unknown(), unknown(), titled()], line, &[], ("200", &told, &asked));
    let none = vec![unknown(), Ok(Reply::Path(None)), titled()];
    check(none, line, &[], ("200", &["No file for nope"], &asked));
}

#[test]
fn tail_pages_show_the_end_of_a_log() {
    // WEB-049, WEB-051
    run(async {
        let dir = tempfile::tempdir().expect("a directory");
        let path: std::sync::Arc<std::path::Path> = dir.path().join("log").into();
        std::fs::write(&path, "\u{1b}[31m&lt;<img src=x>\u{1b}[0m\n").expect("to write");
        let answers = vec![
            Ok(Reply::Process(Box::new(status("web")))),
            Ok(Reply::Path(Some(path))),
            Ok(Reply::Text("me".to_owned())),
        ];
        let bench = Bench::new(Scripted::new(answers));
        let answer = bench.ask("GET /tail.html?processname=web", &[], "").await;
        assert!(answer.contains(">&amp;lt;&lt;img src=x&gt;\n</pre>"), "{answer}");
        assert!(answer.contains("data-stream=\"logtail/web/stdout?from=0\""), "{answer}");
    });
}
