//! Every action of the client with right and wrong words, and its command line: output and exit
//! status are the original's, whose transcript is committed (`tests/golden/actions.txt`). `UPDATE=1`
//! with `PLANVISOR_ORACLE` set writes it anew.

use std::fmt::Write as _;

use harness::golden::same_as_committed;
use harness::installation::command;
use harness::redact::redact;
use harness::{Daemon, Installation, Run, configured};

const PROGRAMS: &str = "\
[program:x]
command=/bin/cat
startsecs=0
stderr_logfile=NONE

[program:y]
command=/bin/sleep 1000
autostart=false
startsecs=0

[program:m]
command=/bin/sleep 1000
process_name=m-%(process_num)d
numprocs=2
startsecs=0
";

/// Lines as typed after `supervisorctl -c supervisord.conf`, in their order. `restart` alone is
/// missing: its help ends in prose (CTL-146).
const LINES: &str = "\
status x y
status nope:*
status m:*
status m:m-0 m:m-0
status nope y
status y nope
avail
avail x
tail
tail x
tail -f
tail -f nope
tail -f x bogus
tail x bogus
tail x STDERR
tail a b c d
tail -0 x
tail --5 x
tail -x x
tail -5
maintail -5x
maintail a b
maintail -f x y
fg
fg nope
fg m:*
fg y
fg x y
clear
clear x
clear m:*
clear all
clear nope
add
add nope
add x
remove
remove x
remove nope
remove y
add y
update
update nope
update all
reread
reread x
pid y
pid nope
pid m:*
signal
signal HUP
signal NOPE x
signal CONT x
signal CONT all
signal CONT m:*
signal CONT nope:*
signal 0 y
restart nope
restart nope:*
restart y
stop
stop nope
stop nope:*
stop y
stop y
start
start nope:*
start x
start m:*
start all
open
open foo
open ftp://x
version
version x
help
help help
help status
help tail
help fg
help signal
help update
help nope
? status
?status
!status
quit x
exit
EOF
EOF x
reload x
shutdown x
status;x
STATUS
stat
";

/// Whole command lines.
const COMMAND_LINES: &[&[&str]] = &[
    &["-c", "supervisord.conf", ""],
    &["-c", "supervisord.conf", "signal CONT", "x"],
    &["-c", "supervisord.conf", " version "],
    &["--configuration=supervisord.conf", "version"],
    &["--conf", "supervisord.conf", "version"],
    &["-csupervisord.conf", "--", "version"],
    &["-c", "supervisord.conf", "-u", "name", "-p", "word", "version"],
    &["-c", "supervisord.conf", "-i", "version"],
    &["-c", "nope.conf", "status"],
    &["-s", "foo", "status"],
    &["-s", "http:", "status"],
    &["-s", "unix:///a", "-s", "unix:///b", "status"],
    &["--history-file=x", "status"],
    &["--bogus"],
    &["-c"],
];

// CTL-001, CTL-004, CTL-005, CTL-006, CTL-007, CTL-008, CTL-009, CTL-010, CTL-011, CTL-012,
// CTL-013, CTL-014, CTL-015, CTL-043, CTL-044, CTL-046, CTL-047, CTL-048, CTL-049, CTL-050,
// CTL-051, CTL-054, CTL-055, CTL-056, CTL-057, CTL-058, CTL-059, CTL-060, CTL-061, CTL-062,
// CTL-063, CTL-064, CTL-065, CTL-066, CTL-067, CTL-068, CTL-069, CTL-070, CTL-071, CTL-072,
// CTL-073, CTL-074, CTL-075, CTL-076, CTL-077, CTL-078, CTL-079, CTL-080, CTL-081, CTL-082,
// CTL-083, CTL-084, CTL-085, CTL-086, CTL-087, CTL-088, CTL-089, CTL-092, CTL-099, CTL-100,
// CTL-105, CTL-107, CTL-108, CTL-109, CTL-110, CTL-111, CTL-112, CTL-113, CTL-114, CTL-115,
// CTL-116, CTL-117, CTL-118, CTL-119, CTL-120, CTL-121, CTL-128, CTL-130, CTL-131, CTL-137,
// CTL-138, CTL-142, CTL-143, CTL-144, CTL-145, CTL-146, ITRAP-041
#[test]
fn every_action_says_what_the_originals_says() {
    let ours = crate::ours();
    if let Some(original) = Installation::oracle() {
        check(&original, &original);
        check(&ours, &original);
        check(&original, &ours);
    }
    check(&ours, &ours);
}

#[track_caller]
fn check(daemon: &Installation, client: &Installation) {
    same_as_committed("actions.txt", &play(daemon, client), &[daemon, client]);
}

/// What `client` prints of all that to `daemon`.
fn play(daemon: &Installation, client: &Installation) -> String {
    let sandbox = configured(PROGRAMS);
    let daemon = Daemon::start(daemon, &sandbox).with_client(client);
    for process in ["x", "m:m-0", "m:m-1"] {
        daemon.wait_for(process, "RUNNING");
    }
    let mut transcript = String::new();
    let mut note = |line: &str, run: &Run| {
        let program = client.supervisorctl.display().to_string();
        let shown = |text: &str| redact(&sandbox, &text.replace(&program, "supervisorctl"));
        let (stdout, stderr) = (shown(&run.stdout), shown(&run.stderr));
        writeln!(transcript, "$ {line}\n{stdout}{stderr}[{}]", run.status)
            .expect("a string to write to");
    };
    for line in LINES.lines() {
        let words: Vec<_> = line.split(' ').collect();
        note(line, &daemon.ctl(&words));
    }
    for words in COMMAND_LINES {
        let mut ctl = command(&sandbox, &client.supervisorctl);
        ctl.args(*words);
        note(&format!("supervisorctl {}", words.join(" ")), &Run::of(ctl));
    }
    transcript
}
