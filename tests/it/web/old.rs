//! The old page's addresses, for bookmarks, scrapers and monitoring checks: what ours answers is
//! what the original answers, where it is there to be asked.

use harness::{Daemon, HEAD, Sandbox, free_port, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Bench, page_at};

/// Processes in every state that stays, with names of every kind.
const PROGRAMS: &str = "\
[program:cat]
command=/bin/cat

[program:manual]
command=/bin/cat
autostart=false
startsecs=0

[program:missing]
command=/no/such/command
startretries=0

[program:locked]
command=/etc/passwd
startretries=0

[program:brief]
command=/bin/sh -c 'exit 1'
startsecs=1000
startretries=0

[program:done]
command=/bin/sh -c 'exit 0'
autorestart=false
startsecs=0

[program:silent]
command=/bin/cat
stdout_logfile=NONE
autostart=false

[program:t\u{e4}l]
command=/bin/sh -c 'seq 1 1000; exec sleep 1000'

[group:pair]
programs=b,a

[program:b]
command=/bin/cat

[program:a]
command=/bin/cat
";

/// Runs a test with our daemon, and with the original's where it is installed.
fn check(programs: &str, test: impl Fn(&Bench<'_>)) {
    for installation in crate::both() {
        let sandbox = Sandbox::new();
        let bench = Bench::start_of(&installation, &sandbox, programs);
        test(&bench);
    }
}

/// Everything has come to where it stays.
fn settle(bench: &Bench<'_>) {
    for (name, state) in [("cat", "RUNNING"), ("brief", "FATAL"), ("missing", "FATAL")] {
        bench.daemon.wait_for(name, state);
    }
    bench.daemon.wait_for("pair:a", "RUNNING");
    bench.daemon.wait_for("t\u{e4}l", "RUNNING");
}

/// The message an action ends with: its redirect's, times left out.
fn message(answer: &str) -> String {
    if !answer.starts_with("HTTP/1.1 301") {
        return answer.lines().next().unwrap_or_default().to_owned();
    }
    let location = answer.lines().find_map(|line| line.strip_prefix("Location: "));
    let text = location.and_then(|to| to.split_once("?message=")).expect("a message").1;
    let text = decoded(text);
    match text.split_once(" at ") {
        Some((before, time)) => format!("{before} at {} words", time.split_whitespace().count()),
        None => text,
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digits: Vec<u8> = if byte == b'%' { rest.by_ref().take(2).collect() } else { vec![] };
        let code = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
        bytes.push(code.unwrap_or(byte));
    }
    String::from_utf8(bytes).expect("text")
}

#[test]
fn pages_have_their_addresses_and_headers() {
    // WEB-001, WEB-008, WEB-059
    check(PROGRAMS, |bench| {
        settle(bench);
        let uncached = ["Pragma: no-cache", "Cache-Control: no-cache", "Expires: Thu, 01 Jan 1970"];
        for page in ["", "index.html", "tail.html?processname=cat"] {
            let answer = bench.ask(&format!("GET /{page}"), "", "");
            assert!(answer.starts_with("HTTP/1.1 200"), "{page}: {answer}");
            assert!(answer.contains("Content-Type: text/html;charset=utf-8\r\n"), "{answer}");
            let length = answer.split("\r\n\r\n").nth(1).map(str::len).unwrap_or_default();
            assert!(answer.contains(&format!("Content-Length: {length}\r\n")), "{answer}");
            for header in uncached {
                assert!(answer.contains(header), "{page}: {header} is not in {answer}");
            }
        }
        for line in ["GET /ok.html", "POST /ok.html"] {
            let answer = bench.ask(line, "", "a=b");
            assert!(answer.contains("Content-Type: text/plain\r\n"), "{answer}");
            assert!(answer.ends_with("\r\n\r\nOK"), "{answer}");
        }
    });
}

#[test]
fn the_table_says_what_it_said() {
    // WEB-018, WEB-019, WEB-020, WEB-021, WEB-022, WEB-023
    check(PROGRAMS, |bench| {
        settle(bench);
        let page = bench.ask("GET /", "", "");
        for class in ["state", "desc", "name", "action"] {
            let heads = page.split("<th").skip(1).filter_map(|head| head.split_once('>'));
            let found =
                heads.map(|(tag, _)| tag).any(|tag| tag.contains(&format!("class=\"{class}\"")));
            assert!(found, "no column {class} in {page}");
        }
        let cells = [
            "statusrunning\">running</span>",
            "statuserror\">fatal</span>",
            "statusnominal\">stopped</span>",
            "statusnominal\">exited</span>",
            "can't find command '/no/such/command'",
            "Not started",
        ];
        for cell in cells {
            assert!(page.contains(cell), "{cell} is not in {page}");
        }
        let order = ["brief", "cat", "done", "locked", "manual", "missing"];
        let order = order.into_iter().chain(["pair%3Aa", "pair%3Ab", "silent", "t%C3%A4l"]);
        let links: Vec<_> = order.map(|name| format!("tail.html?processname={name}")).collect();
        let places: Vec<_> = links.iter().map(|link| page.find(link.as_str())).collect();
        assert!(places.iter().all(Option::is_some), "{links:?} {places:?} {page}");
        assert!(places.is_sorted(), "{links:?} {places:?}");
    });
    // WEB-025
    check("", |bench| assert!(bench.ask("GET /", "", "").contains("No programs to manage")));
}

#[test]
fn actions_end_in_their_messages() {
    // WEB-032, WEB-036, WEB-037, WEB-038, WEB-039, WEB-040, WEB-041, WEB-042
    check(PROGRAMS, |bench| {
        settle(bench);
        let told = |action: &str, name: &str| {
            let line = format!("GET /index.html?processname={name}&action={action}");
            message(&bench.ask(&line, "", ""))
        };
        let no_name = |action: &str| message(&bench.ask(&format!("GET /?action={action}"), "", ""));
        assert_eq!(no_name("refresh"), "Page refreshed at 5 words");
        assert_eq!(told("start", "cat"), "ERROR: Process cat: already started");
        assert_eq!(told("start", "missing"), "ERROR: Process missing: no such file");
        assert_eq!(told("start", "locked"), "ERROR: Process locked: file not executable");
        assert_eq!(told("start", "brief"), "ERROR: Process brief: spawn error");
        assert_eq!(told("stop", "pair%3Aa"), "Process pair:a stopped");
        assert!(bench.daemon.ctl(&["status", "pair:a"]).stdout.contains("STOPPED"));
        assert_eq!(told("stop", "manual"), "unexpected rpc fault [70] NOT_RUNNING: manual");
        let before = bench.daemon.pid_of("cat");
        assert_eq!(told("restart", "cat"), "Process cat restarted");
        assert_ne!(bench.daemon.pid_of("cat"), before);
        // ITRAP-037: told so, started or not.
        assert_eq!(told("restart", "missing"), "Process missing restarted");
        assert_eq!(told("clearlog", "t%C3%A4l"), "Log for t\u{e4}l cleared");
        assert!(!bench.daemon.ctl(&["tail", "t\u{e4}l"]).stdout.contains("1000"));
        assert_eq!(told("clearlog", "silent"), "Log for silent cleared");
        for verb in ["start", "stop", "restart", "clearlog", "junk"] {
            assert_eq!(told(verb, "nobody"), "No such process named nobody");
            assert_eq!(told(verb, "pair%3A*"), "No such process named pair:*");
            assert_eq!(no_name(verb), "HTTP/1.1 500 Internal Server Error");
        }
        assert_eq!(told("junk", "cat"), "HTTP/1.1 500 Internal Server Error");
    });
}

#[test]
fn actions_are_done_when_they_are_answered() {
    // WEB-033, WEB-034, WEB-035, WEB-045, ITRAP-038
    check(PROGRAMS, |bench| {
        settle(bench);
        let state = |name: &str| bench.daemon.ctl(&["status", name]).stdout;
        let told = |line: &str| message(&bench.ask(line, "", ""));
        bench.daemon.ctl(&["stop", "cat"]);
        assert_eq!(told("GET /?action=start&processname=cat"), "Process cat started");
        assert!(state("cat").contains("RUNNING"));
        assert_eq!(told("GET /?action=stopall"), "All stopped at 5 words");
        assert!(!bench.daemon.ctl(&["status"]).stdout.contains("RUNNING"));
        assert_eq!(told("GET /?action=restartall"), "All restarted at 5 words");
        for name in ["cat", "pair:b", "manual"] {
            assert!(state(name).contains("RUNNING"), "{}", state(name));
        }
    });
}

#[test]
fn parameters_come_by_address_and_by_form() {
    // WEB-002, WEB-003, WEB-046, WEB-047
    check(PROGRAMS, |bench| {
        settle(bench);
        let shown = |line: &str, body: &str| {
            let page = bench.ask(line, "", body);
            let start = page.find("status_msg").and_then(|at| Some(at + page[at..].find('>')? + 1));
            let text = &page[start.expect("a place for the message")..];
            text[..text.find('<').expect("its end")].to_owned()
        };
        assert_eq!(shown("GET /?message=a+b%20c", ""), "a b c");
        assert_eq!(shown("GET /?message=a+b%20c", ""), "a b c");
        assert_eq!(shown("GET /?message=first&message=last", ""), "first");
        assert_eq!(shown("POST /?message=address", "message=first&message=last"), "last");
        assert_eq!(shown("POST /?message=address", "message="), "address");
        assert_eq!(shown("GET /?message=100%zz;x=1", ""), "100%zz;x=1");
        assert_eq!(shown("GET /?message=%ff", ""), "\u{fffd}");
        let posted = bench.ask("POST /", "", "action=stop&processname=manual");
        assert_eq!(message(&posted), "unexpected rpc fault [70] NOT_RUNNING: manual");
    });
}

#[test]
fn tails_have_their_limits_and_excuses() {
    // WEB-051, WEB-052, WEB-053, WEB-054, WEB-055, WEB-056, WEB-058
    check(PROGRAMS, |bench| {
        settle(bench);
        let log = "t%C3%A4l";
        wait_until("the log is written", || {
            bench.daemon.ctl(&["tail", "t\u{e4}l"]).stdout.contains("\n1000\n")
        });
        let tail = |query: &str| bench.ask(&format!("GET /tail.html?{query}"), "", "");
        let text = |query: &str| {
            let page = tail(query);
            let start = page.find("<pre").and_then(|at| Some(at + page[at..].find('>')? + 1));
            page[start.expect("a log")..].split("</pre").next().unwrap_or_default().to_owned()
        };
        // 3893 bytes: 1 to 1000, a line each.
        assert_eq!(text(&format!("processname={log}")).trim().len(), 1023);
        for limit in ["5", "-7", "many", ""] {
            let shown = text(&format!("processname={log}&limit={limit}"));
            assert_eq!(shown.trim().len(), 1023, "{limit}");
        }
        assert_eq!(text(&format!("processname={log}&limit=2000")).trim().len(), 1999);
        let page = tail(&format!("processname={log}&limit=2000"));
        assert!(page.contains("<title>Supervisor tail of process t\u{e4}l</title>"), "{page}");
        let refresh = format!("tail.html?processname={log}&amp;limit=2000");
        assert!(page.contains(&refresh) && page.contains(" Refresh "), "{page}");
        for nameless in ["", "processname="] {
            let page = tail(nameless);
            assert!(page.contains("Supervisor tail of process None"), "{page}");
            assert!(page.contains("No process name found"), "{page}");
            assert!(!page.contains(" Refresh "), "{page}");
        }
        assert!(tail("processname=silent").contains("No file for silent"));
        let unknown = "ERROR: unexpected rpc fault [10] BAD_NAME: nope";
        assert!(tail("processname=nope").contains(unknown));
    });
}

#[test]
fn the_page_needs_no_interface_section() {
    // WEB-012
    for installation in crate::both() {
        let (sandbox, port) = (Sandbox::new(), free_port());
        let (head, rest) = HEAD.split_once("[rpcinterface").expect("the section");
        let rest = rest.split_once("[supervisorctl]").expect("the next section").1;
        let server = format!("[inet_http_server]\nport=127.0.0.1:{port}\n");
        sandbox.write("supervisord.conf", format!("{head}{server}[supervisorctl]{rest}"));
        sandbox.write("conf.d/x.conf", "[program:x]\ncommand=/bin/cat\nautostart=false\n");
        let daemon = Daemon::start(&installation, &sandbox);
        let bench = Bench { sandbox: &sandbox, daemon, page: page_at(port) };
        let answer = bench.ask("GET /", "", "");
        assert!(answer.contains("statusnominal\">stopped</span>"), "{answer}");
        assert_eq!(
            message(&bench.ask("GET /?action=restart&processname=x", "", "")),
            "Process x restarted"
        );
    }
}

#[test]
fn a_daemon_that_stops_says_so() {
    // WEB-011
    let stubborn = "[program:x]\ncommand=/bin/sh -c 'trap \"\" TERM; echo set; while :; do sleep 0.1; done'\n\
                    stopwaitsecs=1000\n";
    check(stubborn, |bench| {
        wait_until("it ignores the signal", || {
            bench.daemon.ctl(&["tail", "x"]).stdout.contains("set")
        });
        let stubborn = Pid::from_raw(-bench.daemon.pid_of("x"));
        bench.daemon.ctl(&["shutdown"]);
        wait_until("it stops", || bench.ask("GET /", "", "").starts_with("HTTP/1.1 500"));
        let known = ["start&processname=x", "junk&processname=nope"];
        for action in known.into_iter().chain(["stopall", "restartall", "refresh"]) {
            let answer = bench.ask(&format!("GET /?action={action}"), "", "");
            assert!(answer.starts_with("HTTP/1.1 500"), "{action}: {answer}");
        }
        let tail = bench.ask("GET /tail.html?processname=x", "", "");
        assert!(tail.contains("ERROR: unexpected rpc fault [6] SHUTDOWN_STATE"), "{tail}");
        assert!(bench.ask("GET /ok.html", "", "").ends_with("OK"));
        kill(stubborn, Signal::SIGKILL).expect("the last process");
    });
}
