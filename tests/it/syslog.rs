//! What goes to syslog, as the machine's syslog daemon receives it. The daemon lives in a mount
//! namespace where `/dev/log` is a socket of the test.

use std::fs;
use std::os::unix::net::UnixDatagram;

use harness::namespace::own_mounts;
use harness::wait::PATIENCE;
use harness::{Daemon, Installation, Sandbox, configured_as, head_with, wait_until};
use nix::sys::signal::Signal;
use rpc::Value;

use crate::{both, ours};

/// Makes a `/dev` with what programs need and our socket, then becomes the daemon.
const SCRIPT: &str = "\
set -e
mount -t tmpfs none dev
for device in null zero random urandom; do
    touch dev/$device
    mount --bind /dev/$device dev/$device
done
ln -s /proc/self/fd dev/fd
ln -s \"$PWD/log\" dev/log
mount --rbind dev /dev
exec \"$0\" -nc supervisord.conf
";

/// A syslog daemon, and a supervisor whose syslog daemon it is.
struct World<'s> {
    daemon: Daemon<'s>,
    syslog: UnixDatagram,
}

impl<'s> World<'s> {
    /// `None` where the system does not let us mount anything.
    fn start(installation: &Installation, sandbox: &'s Sandbox) -> Option<Self> {
        let mut unshare = own_mounts(sandbox)?;
        fs::create_dir(sandbox.join("dev")).expect("a directory for devices");
        let syslog = UnixDatagram::bind(sandbox.join("log")).expect("a syslog socket");
        unshare.args(["sh", "-c", SCRIPT]).arg(&installation.supervisord);
        let daemon = Daemon::spawn_by(unshare, installation, sandbox);
        Some(Self { daemon, syslog })
    }

    /// The records up to one that ends in `last`, each without its time, which must be there.
    #[track_caller]
    fn records(&self, last: &str) -> Vec<String> {
        self.syslog.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let mut records: Vec<String> = Vec::new();
        let mut buffer = vec![0; 1 << 17];
        while !records.last().is_some_and(|record| record.ends_with(last)) {
            let count = self.syslog.recv(&mut buffer).unwrap_or_else(|error| {
                panic!("no record that ends in `{last}`: {error}\n{records:#?}")
            });
            let record = String::from_utf8_lossy(&buffer[..count]).into_owned();
            // `<14>Nov  5 13:07:09 supervisord: text`
            let (head, time) = record.split_at("<14>Nov  5".len());
            assert!(head.starts_with("<14>") && time.get(3..4) == Some(":"), "{record}");
            records.push(format!("<14>{}", &time[" 13:07:09 ".len()..]));
        }
        records
    }
}

/// Those of a program, without what all have in common.
fn of<'r>(records: &'r [String], name: &str) -> Vec<&'r str> {
    let head = format!("<14>supervisord: {name} ");
    records.iter().filter_map(|record| record.strip_prefix(&head)).collect()
}

// LOG-040, LOG-041, LOG-042, LOG-044, LOG-045, which is mended
#[test]
fn programs_log_to_syslog() {
    for installation in both() {
        let sandbox = configured_as(
            &head_with("loglevel=info"),
            "\
[program:both]
command=/bin/sh -c \"printf 'one\\n\\ntwo\\n\\n'; read -r word; echo $word; exec sleep 1000\"
stdout_syslog=true
stdout_logfile=%(here)s/both.log
startsecs=0

[program:old]
command=/bin/sh -c \"printf 'cut'; read -r word; echo $word; exec sleep 1000\"
stdout_logfile=syslog
stderr_syslog=true
stderr_logfile=NONE
startsecs=0
",
        );
        let Some(world) = World::start(&installation, &sandbox) else { return };
        let label = installation.label;
        world.daemon.wait_for_socket();
        world.daemon.wait_for("both", "RUNNING");
        let mut records = world.records("");
        while of(&records, "both").len() < 3 || of(&records, "old").is_empty() {
            records.extend(world.records(""));
        }
        assert_eq!(of(&records, "both"), ["one", "", "two"], "{label}: {records:#?}");
        assert_eq!(of(&records, "old"), ["cut"], "{label}: {records:#?}");
        // Neither emptying nor reopening is anything to syslog; the former breaks the original.
        if label == "ours" {
            assert_eq!(world.daemon.ctl(&["clear", "all"]).stdout, "both: cleared\nold: cleared\n");
        } else {
            sandbox.write("both.log", "");
        }
        world.daemon.signal(Signal::SIGUSR2);
        sandbox.wait_for_line("INFO supervisord logreopen");
        for name in ["both", "old"] {
            let word = format!("more from {name}");
            let params = [Value::from(name), Value::from(format!("{word}\n").as_str())];
            let server = world.daemon.server();
            assert_eq!(server.call("supervisor.sendProcessStdin", &params), "True", "{label}");
            assert_eq!(of(&world.records(&word), name), [word.as_str()], "{label}");
        }
        wait_until("the file has it too", || sandbox.read("both.log") == "more from both\n");
        sandbox.wait_for_line(
            "WARN For [program:old], stdout_logfile=syslog but this is deprecated and will be \
             removed.  Use stdout_syslog=true to enable syslog instead.",
        );
    }
}

// LOG-007, LOG-040
#[test]
fn the_activity_log_is_syslog() {
    for installation in both() {
        let head = head_with("logfile=syslog");
        let sandbox = configured_as(&head, "");
        let Some(world) = World::start(&installation, &sandbox) else { return };
        let records = world.records("\n");
        world.daemon.wait_for_socket();
        let started = format!("INFO supervisord started with pid {}\n", world.daemon.pid());
        let mut all = records;
        all.extend(world.records(&started));
        // The line's own time stands between the ident and its level.
        let line = all.last().and_then(|record| record.strip_prefix("<14>supervisord: "));
        let time = line.and_then(|line| line.strip_suffix(&started)).unwrap_or_default();
        assert_eq!(
            time.len(),
            "2024-11-05 13:07:09,123 ".len(),
            "{}: {all:#?}",
            installation.label
        );
        // There is no file to read.
        let read = world.daemon.ctl(&["maintail"]).stdout;
        assert!(read.contains("no log file"), "{}: {read}", installation.label);
    }
}

// LOG-041: mended. The original stands still while the syslog daemon has no room.
#[test]
fn a_syslog_daemon_that_is_slow_gets_everything_and_holds_up_nobody() {
    // More than fits into a pipe that was enlarged.
    let filler = "x".repeat(600);
    let programs = "\
[program:loud]
command=/usr/bin/seq -f 'FILLER %%05g' 3000
stdout_syslog=true
stdout_logfile=NONE
autorestart=false
startsecs=0

[program:watched]
command=/usr/bin/seq -f 'FILLER %%05g' 3000
stdout_syslog=true
stdout_events_enabled=true
stdout_logfile=NONE
autorestart=false
startsecs=0

[program:calm]
command=/bin/sh -c \"echo calm; exec sleep 1000\"
stdout_logfile=%(here)s/calm.log
startsecs=0
";
    let head = head_with("loglevel=info");
    let sandbox = configured_as(&head, &programs.replace("FILLER", &filler));
    let Some(world) = World::start(&ours(), &sandbox) else { return };
    world.daemon.wait_for_socket();
    // Nobody has received anything yet: whose records find no room waits, and nobody else.
    world.daemon.wait_for("calm", "RUNNING");
    wait_until("calm is heard", || sandbox.read("calm.log") == "calm\n");
    assert_eq!(world.daemon.ctl(&["restart", "calm"]).stdout, "calm: stopped\ncalm: started\n");
    world.daemon.wait_for("loud", "RUNNING");

    // A line may be cut where a chunk ends.
    let expected: String = (1..=3000).map(|n| format!("{filler} {n:05}")).collect();
    let mut records = Vec::new();
    while ["loud", "watched"].iter().any(|name| of(&records, name).concat().len() < expected.len())
    {
        records.extend(world.records("0"));
    }
    for name in ["loud", "watched"] {
        assert_eq!(of(&records, name).concat(), expected, "{name}");
        world.daemon.wait_for(name, "EXITED");
    }
}
