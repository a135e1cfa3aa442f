//! The web page in a real browser: what its controls do to real processes, what it shows by
//! itself, how it looks, and what other pages cannot do. Tests that need a browser say so.

mod browser;
mod config;
mod controls;
mod logs;
mod looks;
mod old;
mod safety;
mod scale;
mod scriptless;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use harness::wait::PATIENCE;
use harness::{Daemon, HEAD, Installation, Sandbox, free_port};

use self::browser::Browser;

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

/// A change must be on the page within this time, however busy the machine is.
const SOON: Duration = PATIENCE;

/// A daemon with a TCP server, and where its page is.
struct Bench<'s> {
    sandbox: &'s Sandbox,
    daemon: Daemon<'s>,
    page: String,
}

impl<'s> Bench<'s> {
    fn start(sandbox: &'s Sandbox, programs: &str) -> Self {
        Self::start_of(&crate::ours(), sandbox, programs)
    }

    /// The same with the daemon of `installation`.
    fn start_of(installation: &Installation, sandbox: &'s Sandbox, programs: &str) -> Self {
        let port = free_port();
        sandbox.write("talker.sh", TALKER);
        sandbox.write("conf.d/programs.conf", programs);
        sandbox.write("supervisord.conf", with_server(HEAD, port));
        let daemon = Daemon::start(installation, sandbox);
        Bench { sandbox, daemon, page: page_at(port) }
    }

    /// The address of one of the pages.
    fn at(&self, page: &str) -> String {
        format!("{}{page}", self.page)
    }

    /// Sends one request, with these header lines, and reads the answer to its end.
    fn ask(&self, line: &str, headers: &str, body: &str) -> String {
        let authority = self.page.trim_start_matches("http://").trim_end_matches('/');
        let mut connection = TcpStream::connect(authority).expect("a daemon that listens");
        connection.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let length = match line.split_once(' ') {
            Some(("GET", _)) => String::new(),
            Some(_) | None => format!("Content-Length: {}\r\n", body.len()),
        };
        let request = format!(
            "{line} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
             {length}{headers}\r\n{body}"
        );
        connection.write_all(request.as_bytes()).expect("to send");
        let mut answer = Vec::new();
        // A daemon that has answered may close hard what it has not read.
        let _ = connection.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A configuration with a TCP server.
fn with_server(head: &str, port: u16) -> String {
    format!("{head}\n[inet_http_server]\nport=127.0.0.1:{port}\n")
}

fn page_at(port: u16) -> String {
    format!("http://127.0.0.1:{port}/")
}

/// Runs a test with a daemon that has `programs`, and a browser.
fn check(programs: &str, test: impl FnOnce(&Bench<'_>, &Browser)) {
    let browser = Browser::start();
    let sandbox = Sandbox::new();
    let bench = Bench::start(&sandbox, programs);
    test(&bench, &browser);
}

/// A condition on one row of the table.
fn row(key: &str, expression: &str) -> String {
    format!("((row) => {expression})(document.querySelector('tr[data-key=\"{key}\"]'))")
}
