//! Listeners people already have, unmodified: superlance's programs and one written on the
//! original's `childutils`. They run where the original is installed, with our daemon.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use harness::{Daemon, Installation, configured_as, head_with, wait_until, with_options};

use crate::ours;

/// `HEAD` behind a password, which programs are told the way listeners expect.
fn guarded_head() -> String {
    let head = head_with("environment=SUPERVISOR_USERNAME=boss,SUPERVISOR_PASSWORD=s3cret");
    let head = with_options(&head, "unix_http_server", "username=boss\npassword=s3cret");
    with_options(&head, "supervisorctl", "username=boss\npassword=s3cret")
}

/// A web server that answers every request with `status`.
struct Site {
    address: SocketAddr,
    status: Arc<AtomicU16>,
    visits: Arc<AtomicUsize>,
}

impl Site {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (status, visits) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicUsize::new(0)));
        let (told, counted) = (Arc::clone(&status), Arc::clone(&visits));
        thread::spawn(move || {
            for visitor in listener.incoming() {
                let mut visitor = visitor.expect("a visitor");
                read_head(&visitor);
                let status = told.load(Ordering::SeqCst);
                // A visitor may have given up; the next one is served all the same.
                let _ = write!(visitor, "HTTP/1.0 {status} As Told\r\nContent-Length: 0\r\n\r\n");
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, status, visits }
    }

    /// Answers with `status` from now on.
    fn say(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }
}

fn read_head(visitor: &TcpStream) {
    let lines = BufReader::new(visitor).lines();
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
}

/// A mail server that keeps the letters.
struct Post {
    address: SocketAddr,
    letters: Arc<Mutex<String>>,
}

impl Post {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let letters = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&letters);
        thread::spawn(move || {
            for client in listener.incoming() {
                let letter = accept_letter(&client.expect("a client"));
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&letter);
            }
        });
        Self { address, letters }
    }

    fn letters(&self) -> String {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One conversation of SMTP; the text of the letter.
fn accept_letter(mut client: &TcpStream) -> String {
    let mut letter = String::new();
    let mut in_letter = false;
    // A client that leaves early is no concern of ours.
    let _ = client.write_all(b"220 post\r\n");
    for line in BufReader::new(client).lines().map_while(Result::ok) {
        let answer: &[u8] = match line.as_str() {
            "." if in_letter => {
                in_letter = false;
                b"250 taken\r\n"
            }
            text if in_letter => {
                letter.push_str(text);
                letter.push('\n');
                continue;
            }
            command if command.eq_ignore_ascii_case("data") => {
                in_letter = true;
                b"354 go on\r\n"
            }
            command if command.eq_ignore_ascii_case("quit") => b"221 bye\r\n",
            _ => b"250 fine\r\n",
        };
        let _ = client.write_all(answer);
    }
    letter
}

/// The directory of the original's programs, superlance's among them.
fn oracle_bin() -> Option<PathBuf> {
    let original = Installation::oracle()?;
    Some(original.supervisord.parent().expect("a directory of programs").to_owned())
}

/// Uses much memory the first time, little after that.
const HUNGRY: &str = "\
if mkdir fed; then
    exec \"$1\" -c 'import time; glut = bytearray(b\"x\") * (64 << 20); time.sleep(1000)'
fi
exec sleep 1000
";

/// Programs with something the matter, and superlance's listeners, which are to notice. `BIN` is where
/// they are installed, `WEB` and `SMTP` are the addresses of a [`Site`] and a [`Post`].
const WATCHED: &str = "\
[program:site]
command=/bin/sleep 1000
startsecs=0

[program:hungry]
command=/bin/sh hungry.sh BIN/python
directory=%(here)s
startsecs=0

[program:frugal]
command=/bin/sleep 1000
startsecs=0

[program:crasher]
command=/bin/sh -c \"exit 3\"
autostart=false
autorestart=false
startsecs=0

[program:hopeless]
command=/bin/false
autostart=false
startretries=0

[eventlistener:httpok]
command=BIN/httpok -p site -m web@example.com -s \"sh mail.sh httpok\" -t 100 http://WEB/
directory=%(here)s
events=TICK_5

[eventlistener:memmon]
command=BIN/memmon -p hungry=32MB -p frugal=32MB -m ram@example.com -s \"sh mail.sh memmon\" -n watch
directory=%(here)s
events=TICK_5

[eventlistener:crashmail]
command=BIN/crashmail -a -m crash@example.com -s \"sh mail.sh crashmail\"
directory=%(here)s
events=PROCESS_STATE_EXITED

[eventlistener:crashmailbatch]
command=BIN/crashmailbatch -i 0.05 -e TICK_5 -t a@example.com -f b@example.com -H SMTP
events=PROCESS_STATE,TICK_5

[eventlistener:fatalmailbatch]
command=BIN/fatalmailbatch -i 0.05 -e TICK_5 -t a@example.com -f b@example.com -H SMTP
events=PROCESS_STATE,TICK_5
";

// EVT-020, EVT-022, EVT-028, EVT-032, EVT-040, EVT-041, EVT-042, EVT-043, EVT-044, EVT-045,
// EVT-046, EVT-047, EVT-048, EVT-049, EVT-050, EVT-065, RUN-204
#[test]
fn superlance_watches_over_programs() {
    let Some(bin) = oracle_bin() else { return };
    let (site, post) = (Site::open(), Post::open());
    let programs = WATCHED
        .replace("BIN", &bin.display().to_string())
        .replace("WEB", &site.address.to_string())
        .replace("SMTP", &post.address.to_string());
    let sandbox = configured_as(&guarded_head(), &programs);
    sandbox.write("hungry.sh", HUNGRY);
    sandbox.write("mail.sh", "cat >> \"mail.$1\"\n");
    let daemon = Daemon::start(&ours(), &sandbox);
    for listener in ["httpok", "memmon", "crashmail", "crashmailbatch", "fatalmailbatch"] {
        daemon.wait_for(listener, "RUNNING");
    }
    let [site_pid, frugal_pid] = ["site", "frugal"].map(|name| daemon.pid_of(name));

    daemon.ctl(&["start", "crasher", "hopeless"]);
    wait_until("httpok has been satisfied", || site.visits() > 0);
    assert_eq!(daemon.pid_of("site"), site_pid, "httpok restarted a healthy site");
    site.say(503);
    wait_until("httpok has restarted the site", || {
        sandbox.read("mail.httpok").contains("restarted")
    });
    assert_ne!(daemon.pid_of("site"), site_pid);
    site.say(200);

    let memmon = "Subject: memmon [watch]: process hungry:hungry restarted\n";
    wait_until("memmon has restarted the hungry one", || {
        sandbox.read("mail.memmon").contains(memmon)
    });
    daemon.wait_for("hungry", "RUNNING");
    assert_eq!(daemon.pid_of("frugal"), frugal_pid, "memmon restarted a frugal program");

    let crash = "Process crasher in group crasher exited unexpectedly";
    wait_until("crashmail has told", || sandbox.read("mail.crashmail").contains(crash));
    wait_until("crashmailbatch has told", || {
        post.letters().contains("Process crasher:crasher (pid ")
    });
    wait_until("fatalmailbatch has told", || {
        post.letters().contains("Process hopeless:hopeless failed to start too many times")
    });
}

/// A listener as people write them: notes what it gets, turns the first event down once, and asks
/// the daemon about the process an event is about.
const EAR: &str = "\
import os, sys
from supervisor import childutils

rpc = childutils.getRPCInterface(os.environ)
turned_down = False
while True:
    headers, payload = childutils.listener.wait()
    info, data = childutils.eventdata(payload + '\\n')
    seen = rpc.supervisor.getProcessInfo(info['groupname'] + ':' + info['processname'])
    with open('notes', 'a') as notes:
        notes.write('%s %s %s %s %r\\n' % (
            headers['serial'], headers['poolserial'], headers['eventname'], seen['statename'], data))
    if turned_down:
        childutils.listener.ok()
    else:
        turned_down = True
        childutils.listener.fail()
";

/// A program that speaks to listeners through both its channels.
const MOUTH: &str = "\
import sys
from supervisor import childutils

childutils.pcomm.send(b'over stdout', sys.stdout.buffer)
childutils.pcomm.send('over stderr: \\u00e9'.encode(), sys.stderr.buffer)
sys.stdin.read()
";

// EVT-005, EVT-025, EVT-033, EVT-035, EVT-051, EVT-067, ITRAP-054
#[test]
fn a_listener_written_on_childutils() {
    let Some(bin) = oracle_bin() else { return };
    let python = bin.join("python");
    let python = python.display();
    let programs = format!(
        "\
[program:mouth]
command={python} mouth.py
directory=%(here)s
environment=PYTHONIOENCODING=utf-8
autostart=false
startsecs=0
stdout_capture_maxbytes=1KB
stderr_capture_maxbytes=1KB

[eventlistener:ear]
command={python} ear.py
directory=%(here)s
environment=PYTHONIOENCODING=utf-8
events=PROCESS_COMMUNICATION
startsecs=0
"
    );
    let sandbox = configured_as(&guarded_head(), &programs);
    sandbox.write("ear.py", EAR);
    sandbox.write("mouth.py", MOUTH);
    let daemon = Daemon::start(&ours(), &sandbox);
    daemon.wait_for("ear", "RUNNING");
    daemon.ctl(&["start", "mouth"]);
    wait_until("three events are noted", || sandbox.read("notes").lines().count() >= 3);
    let expected = "\
0 0 PROCESS_COMMUNICATION_STDOUT RUNNING 'over stdout\\n'
0 0 PROCESS_COMMUNICATION_STDOUT RUNNING 'over stdout\\n'
1 1 PROCESS_COMMUNICATION_STDERR RUNNING 'over stderr: é\\n'
";
    assert_eq!(sandbox.read("notes"), expected);
}
