//! The web page in a real browser, where `chromedriver` is installed: what its controls do to real
//! processes, what it shows by itself, and what other pages cannot do.

mod browser;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use harness::daemon::HEAD;
use harness::{Daemon, Sandbox, wait_until};
use serde_json::json;

use self::browser::{Browser, Guise, free_port};

const PROGRAMS: &str = "\
[program:web]
command=/bin/sleep 1000
process_name=%(program_name)s-%(process_num)02d
numprocs=2

[program:lone]
command=/bin/sleep 1000

[program:manual]
command=/bin/sleep 1000
autostart=false
startsecs=0

[program:talker]
command=/bin/sh talker.sh

[program:missing]
command=/no/such/command
startretries=0
";

/// Speaks in colours, in markup, and in what breaks terminals.
const TALKER: &str = "\
printf '\\033[31mred\\033[0m <img src=x onerror=\"document.title=1\"> &lt;\\n'
printf '\\033]0;title\\007\\033[2J\\033[?1049hstill here\\n'
exec sleep 1000
";

/// A change must be on the page within this time; a busy machine gets some more.
const SOON: Duration = Duration::from_secs(5);

/// A daemon with a TCP server, and where its page is.
struct Bench<'s> {
    daemon: Daemon<'s>,
    page: String,
}

fn start<'s>(sandbox: &'s Sandbox, programs: &str) -> Bench<'s> {
    let port = free_port();
    sandbox.write("talker.sh", TALKER);
    sandbox.write("conf.d/programs.conf", programs);
    let server = format!("\n[inet_http_server]\nport=127.0.0.1:{port}\n");
    sandbox.write("supervisord.conf", format!("{HEAD}{server}"));
    let daemon = Daemon::start(&crate::ours(), sandbox);
    Bench { daemon, page: format!("http://127.0.0.1:{port}/") }
}

/// Runs a test with a browser, if there is one.
fn check(guise: Guise, programs: &str, test: impl FnOnce(&Bench<'_>, &Browser)) {
    let Some(browser) = Browser::start(guise) else { return };
    let sandbox = Sandbox::new();
    let bench = start(&sandbox, programs);
    test(&bench, &browser);
}

/// A condition on one row of the table.
fn row(key: &str, expression: &str) -> String {
    format!("((row) => {expression})(document.querySelector('tr[data-key=\"{key}\"]'))")
}

#[test]
fn controls_act_on_real_processes() {
    check(Guise::default(), PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        browser.click("button[value='stop:lone']");
        browser.wait(SOON, &row("lone", "row.dataset.state === 'STOPPED'"));
        assert!(bench.daemon.ctl(&["status", "lone"]).stdout.contains("STOPPED"));
        browser.wait(SOON, "document.querySelector('.status_msg').textContent.includes('lone')");
        browser.click("button[value='start:manual']");
        browser.wait(SOON, &row("manual", "row.dataset.state === 'RUNNING'"));
        let before = bench.daemon.pid_of("web:web-00");
        browser.click("button[value='restart:web:*']");
        browser.accept();
        wait_until("the group has restarted", || {
            let pid = bench.daemon.ctl(&["pid", "web:web-00"]).stdout.trim().parse();
            pid.is_ok_and(|pid: i32| pid != 0 && pid != before)
        });
        browser.click("tr[data-key='manual'] input");
        browser.click("#bar button[value='stop']");
        browser.wait(SOON, &row("manual", "row.dataset.state === 'STOPPED'"));
    });
}

#[test]
fn changes_show_by_themselves() {
    check(Guise::default(), PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
        bench.daemon.ctl(&["stop", "lone"]);
        browser.wait(Duration::from_secs(1), &row("lone", "row.dataset.state === 'STOPPED'"));
        bench.daemon.ctl(&["stop", "web:*"]);
        bench.daemon.ctl(&["remove", "web"]);
        browser.wait(SOON, "document.querySelector('[data-key^=\"web:\"]') === null");
        bench.daemon.ctl(&["add", "web"]);
        browser.wait(SOON, &row("web:web-01", "row !== null"));
        browser.enter("#q", "lon");
        browser.wait(SOON, &row("web:web-01", "row.hidden"));
        assert_eq!(browser.run(&format!("return {}", row("lone", "row.hidden"))), json!(false));
    });
}

#[test]
fn logs_are_followed_as_text() {
    // WEB-048, WEB-049
    check(Guise::default(), PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("talker", "RUNNING");
        browser.open(&format!("{}tail.html?processname=talker", bench.page));
        browser.wait(SOON, "document.querySelector('#log').textContent.includes('still here')");
        let red = "document.querySelector('#log .f1').textContent === 'red'";
        assert_eq!(browser.run(&format!("return {red}")), json!(true));
        let text = browser.run("return document.querySelector('#log').textContent");
        let text = text.as_str().expect("text");
        assert!(text.contains("<img src=x onerror=\"document.title=1\"> &lt;"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert_eq!(browser.run("return document.images.length"), json!(0));
        assert_eq!(browser.run("return document.title.startsWith('Supervisor tail')"), json!(true));
        browser.enter("#find", "still");
        browser.wait(SOON, "document.querySelector('#found').textContent === '1 line'");
    });
}

#[test]
fn a_flood_of_lines_stops_neither_the_page_nor_the_daemon() {
    let flood = "[program:flood]\n\
                 command=/bin/sh -c 'while :; do seq 1 1000; sleep 0.1; done'\n";
    check(Guise::default(), flood, |bench, browser| {
        bench.daemon.wait_for("flood", "RUNNING");
        browser.open(&format!("{}tail.html?processname=flood", bench.page));
        browser.wait(SOON, "document.querySelectorAll('#log .l').length > 4000");
        std::thread::sleep(Duration::from_secs(3));
        let lines = browser.run("return document.querySelectorAll('#log .l').length");
        assert!(lines.as_u64().is_some_and(|lines| lines <= 5000), "{lines}");
        let frame = "const start = performance.now(); while (false); \
                     return new Promise((done) => requestAnimationFrame(() => \
                     requestAnimationFrame(() => done(performance.now() - start))))";
        let took = browser.run(frame).as_f64().expect("a time");
        assert!(took < 1000.0, "two frames took {took} ms");
        let status = std::fs::read_to_string(format!("/proc/{}/status", bench.daemon.pid()));
        let status = status.expect("a living daemon");
        let resident = status.lines().find(|line| line.starts_with("VmRSS")).expect("memory");
        let kilobytes: u64 =
            resident.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
        assert!(kilobytes < 100_000, "{resident}");
    });
}

#[test]
fn another_page_can_do_nothing() {
    // ITRAP-036
    check(Guise::default(), PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        let evil = serve_attack(&bench.page);
        browser.open(&evil);
        browser.wait(SOON, "window.tried === true");
        // A form that leaves the page, as a click would.
        browser.run("document.forms[0].submit(); return 1");
        browser.wait(SOON, "document.body.textContent.includes('another web page')");
        let status = bench.daemon.ctl(&["status", "lone", "web:*"]).stdout;
        assert_eq!(status.matches("RUNNING").count(), 3, "{status}");
        let log = bench.daemon.output();
        assert!(log.contains("refused an action of the web page"), "{log}");
    });
}

/// Serves a page that attacks `target` from another origin, until the test ends.
fn serve_attack(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let call = "<methodCall><methodName>supervisor.stopAllProcesses</methodName></methodCall>";
    let page = format!(
        "<!doctype html><img src='{target}?action=stopall'>\
         <form method=post action='{target}act'><input name=do value=stop><input name=target value='*'></form>\
         <script>(async () => {{ try {{ await fetch('{target}RPC2', \
         {{ method: 'POST', mode: 'no-cors', body: '{call}' }}) }} catch {{}} \
         try {{ await fetch('{target}index.html?action=stopall', {{ mode: 'no-cors' }}) }} catch {{}} \
         window.tried = true }})()</script>"
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n",
                page.len()
            );
            let _ = stream.write_all(format!("{head}{page}").as_bytes());
        }
    });
    address
}

#[test]
fn everything_works_without_scripts() {
    check(Guise { scriptless: true, ..Guise::default() }, PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        browser.open(&bench.page);
        browser.click("button[value='stop:lone']");
        assert_eq!(browser.text(".status_msg"), "lone asked to stop");
        bench.daemon.wait_for("lone", "STOPPED");
        browser.click("tr[data-key='manual'] input");
        browser.click("#bar button[value='start']");
        bench.daemon.wait_for("manual", "RUNNING");
        browser.open(&format!("{}?only=trouble", bench.page));
        assert!(!browser.text("#processes").contains("lone"));
        assert!(browser.text("#processes").contains("missing"));
        browser.click("tr[data-key='missing'] a");
        assert!(browser.text("#act").contains("can't find command"));
    });
}

#[test]
fn an_update_is_shown_before_it_is_made() {
    check(Guise::default(), PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        let edited = PROGRAMS.replace("[program:lone]\n", "[program:lone]\nstopwaitsecs=7\n");
        let sandbox_file = std::path::PathBuf::from(format!("/proc/{}/cwd", bench.daemon.pid()));
        let file = sandbox_file.join("conf.d/programs.conf");
        std::fs::write(&file, &edited).expect("to edit");
        browser.open(&format!("{}config.html", bench.page));
        let shown = browser.text("main");
        assert!(shown.contains("lone changed") && shown.contains("stopwaitsecs 10 7"), "{shown}");
        let before = bench.daemon.pid_of("web:web-00");
        browser.click("button[value='update']");
        browser.accept();
        browser.wait(SOON, "document.body.textContent.includes('is what runs')");
        assert_eq!(bench.daemon.pid_of("web:web-00"), before);
        std::fs::write(&file, format!("{edited}autorestart=maybe\n")).expect("to edit");
        browser.open(&format!("{}config.html", bench.page));
        let shown = browser.text("main");
        assert!(shown.contains("does not compile") && shown.contains("maybe"), "{shown}");
    });
}

#[test]
fn everything_that_can_be_operated_has_a_name() {
    check(Guise::default(), PROGRAMS, |bench, browser| {
        bench.daemon.wait_for("lone", "RUNNING");
        for page in ["", "tail.html?processname=lone", "activity.html", "config.html"] {
            browser.open(&format!("{}{page}", bench.page));
            for (html, label) in browser.labels() {
                let hidden = html.contains("type=\"hidden\"") || html.contains(" hidden");
                assert!(hidden || !label.trim().is_empty(), "{page}: {html} has no name");
            }
        }
    });
}

#[test]
fn pictures_of_the_pages() {
    let looks = [
        ("desktop-light", Guise::default()),
        ("desktop-dark", Guise { dark: true, ..Guise::default() }),
        ("phone-light", Guise { phone: true, ..Guise::default() }),
        ("phone-dark", Guise { phone: true, dark: true, ..Guise::default() }),
    ];
    for (name, guise) in looks {
        check(guise, PROGRAMS, |bench, browser| {
            bench.daemon.wait_for("lone", "RUNNING");
            for (page, address) in [("processes", ""), ("log", "tail.html?processname=talker")] {
                browser.open(&format!("{}{address}", bench.page));
                browser.wait(SOON, "document.querySelector('#link').textContent === 'live'");
                // Nothing may stick out of a screen.
                let fits = "document.documentElement.scrollWidth <= window.innerWidth";
                assert_eq!(browser.run(&format!("return {fits}")), json!(true), "{name} {page}");
                browser.picture(&format!("{page}-{name}"));
            }
        });
    }
}
