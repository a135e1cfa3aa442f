//! Listeners that die, stall, lie or never read: the harm is theirs alone.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};

use harness::wire::Address;
use harness::{Daemon, Sandbox, head_with, wait_until};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use rpc::Value;

use crate::{child, ours};

/// Reads an event as far as its header, and says so in the file `$1`.
const HEAR: &str = r#"
hear() {
    read -r header && head -c "${header##*len:}" > /dev/null
    serial=${header#*serial:}
    echo "${serial%% *}" >> "$1"
}
"#;

/// Enough for the pipe of a listener that reads nothing to be full after a few.
const DATA: usize = 30_000;

struct Hall<'s> {
    daemon: Daemon<'s>,
    server: Address,
}

impl<'s> Hall<'s> {
    /// A daemon with a listener `good` that writes down everything in `events`, and `listeners`,
    /// whose scripts are told apart by their first line.
    fn open(sandbox: &'s Sandbox, listeners: &[(&str, &str, &str)]) -> Self {
        let mut config = head_with("loglevel=info");
        let base = "events=REMOTE_COMMUNICATION\nstartsecs=0\nstderr_logfile=NONE\n";
        config += &format!("[eventlistener:good]\ncommand={} listen events\n{base}", child());
        for (name, script, options) in listeners {
            sandbox.write(&format!("{name}.sh"), format!("{HEAR}{script}"));
            let command = format!("/bin/sh {name}.sh heard.{name}");
            config += &format!("[eventlistener:{name}]\ncommand={command}\n{base}{options}\n");
        }
        sandbox.write("supervisord.conf", config);
        let daemon = Daemon::start(&ours(), sandbox);
        Hall { server: daemon.server(), daemon }
    }

    fn send(&self, data: &str) {
        let params = ["word", data].map(Value::from);
        assert_eq!(self.server.call("supervisor.sendRemoteCommEvent", &params), "True");
    }
}

/// The serials a listener has heard so far.
fn heard(sandbox: &Sandbox, name: &str) -> Vec<String> {
    sandbox.read(&format!("heard.{name}")).lines().map(str::to_owned).collect()
}

// EVT-047, EVT-051, EVT-053, EVT-054, EVT-061, EVT-063, EVT-064, EVT-066, EVT-067, EVT-068, EVT-076
#[test]
fn unruly_listeners_harm_only_themselves() {
    let sandbox = Sandbox::new();
    let hall = Hall::open(
        &sandbox,
        &[
            // Dies over its first event: who comes after it gets that event again.
            (
                "dies",
                "echo READY; hear $1; [ -e died ] || { : > died; exit 1; }\nprintf 'RESULT 2\\nOKREADY\\n'; while hear $1; do printf 'RESULT 2\\nOKREADY\\n'; done",
                "",
            ),
            // Never answers: its buffer runs over.
            ("stalls", "echo READY; hear $1; exec sleep 1000", "buffer_size=2"),
            // Breaks the protocol: it gets nothing more.
            ("lies", "echo READY; hear $1; echo RESULT many; exec sleep 1000", ""),
            // Turns its first event down twice.
            (
                "refuses",
                "echo READY; for n in 1 2; do hear $1; printf 'RESULT 4\\nFAILREADY\\n'; done\nwhile hear $1; do printf 'RESULT 2\\nOKREADY\\n'; done",
                "",
            ),
            // Acknowledges what it has not read.
            ("skips", "while :; do printf 'READY\\nRESULT 2\\nOK'; sleep 0.01; done", ""),
            // Has closed its stdin.
            ("deaf", "exec < /dev/null; echo READY; exec sleep 1000", ""),
        ],
    );
    for name in ["good", "dies", "stalls", "lies", "refuses", "skips", "deaf"] {
        hall.daemon.wait_for(name, "RUNNING");
    }
    let data = "x".repeat(DATA);
    for count in 1..=6 {
        hall.send(&data);
        wait_until("the good one has heard it", || {
            sandbox.read("events").matches("REMOTE_COMMUNICATION").count() == count
        });
        // Whoever deals with the first has it out of its buffer.
        wait_until("the others have begun", || {
            let others = ["dies", "stalls", "lies", "refuses"];
            others.iter().all(|name| !heard(&sandbox, name).is_empty())
        });
    }
    let all = |first: &[&str]| {
        let rest = ["1", "2", "3", "4", "5"];
        first.iter().chain(&rest).map(|serial| (*serial).to_owned()).collect::<Vec<_>>()
    };
    for (name, expected) in [("dies", all(&["0", "0"])), ("refuses", all(&["0", "0", "0"]))] {
        wait_until(&format!("{name} has heard everything"), || heard(&sandbox, name) == expected);
    }
    for name in ["stalls", "lies"] {
        assert_eq!(heard(&sandbox, name), ["0"], "{name}");
    }
    for line in [
        "ERRO pool stalls event buffer overflowed, discarding event 1",
        "ERRO pool stalls event buffer overflowed, discarding event 3",
        "WARN lies: bad result line: 'RESULT many'",
        "WARN lies: has entered the UNKNOWN state and will no longer receive events",
        "WARN refuses: event was rejected",
    ] {
        wait_until(&format!("`{line}` is logged"), || {
            sandbox.read("supervisord.log").contains(line)
        });
    }
    let log = sandbox.read("supervisord.log");
    assert!(!log.contains("stalls event buffer overflowed, discarding event 4"), "{log}");

    // Who is restarted begins anew, with what is left for it.
    hall.daemon.ctl(&["restart", "stalls", "lies"]);
    wait_until("both have heard more", || {
        ["stalls", "lies"].iter().all(|name| heard(&sandbox, name).len() == 2)
    });
    assert_eq!(hall.daemon.ctl(&["status", "good"]).stdout.matches("RUNNING").count(), 1);
}

/// Repeats each word it is given, and says when it has.
const PARROT: &str = "\
while read -r word; do
    echo \"$word\"
    echo told > told
done < words
";

const STALLED: &str = "\
[eventlistener:stalls]
command=/bin/sh stalls.sh
events=REMOTE_COMMUNICATION,PROCESS_LOG
buffer_size=1000
startsecs=0

[program:parrot]
command=/bin/sh parrot.sh
stdout_logfile=%(here)s/parrot.log
stdout_events_enabled=true
startsecs=0
";

// EVT-061, EVT-074: no event can be sent, so nothing needs to be read at once but what a client asks
// for, and that is all there by then.
#[test]
fn a_stalled_listener_keeps_no_output_from_clients() {
    let sandbox = Sandbox::new();
    for name in ["words", "told"] {
        mkfifo(&sandbox.join(name), Mode::S_IRWXU).expect("a pipe");
    }
    sandbox.write("parrot.sh", PARROT);
    let stalls = "printf 'READY\\n'; read -r header; : > stalled; exec sleep 1000";
    sandbox.write("stalls.sh", stalls);
    let hall = Hall::open(&sandbox, &[]);
    let config = sandbox.read("supervisord.conf") + STALLED;
    sandbox.write("supervisord.conf", config);
    hall.daemon.ctl(&["update"]);
    hall.daemon.wait_for("parrot", "RUNNING");
    hall.daemon.wait_for("stalls", "RUNNING");
    // One it stalls over, and one that waits.
    hall.send("first");
    hall.send("second");
    wait_until("it stalls", || sandbox.join("stalled").exists());

    let open = |name| File::options().read(true).write(true).open(sandbox.join(name)).expect("it");
    let (mut words, mut told) = (open("words"), BufReader::new(open("told")));
    let mut said = String::new();
    for number in 0..100 {
        let word = format!("word {number}\n");
        words.write_all(word.as_bytes()).expect("somebody reads");
        told.read_line(&mut String::new()).expect("somebody writes");
        said += &word;
        let params = [Value::from("parrot"), Value::from(0_i64), Value::from(0_i64)];
        assert_eq!(hall.server.call("supervisor.readProcessStdoutLog", &params), said);
    }
}
