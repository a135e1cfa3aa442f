//! Where output can go besides into a file of its own: nowhere, to automatic files, to a
//! descriptor others write to as well, to the activity log.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::{
    Daemon, HEAD, Installation, Sandbox, configured, configured_as, head_with, wait_until,
};

use crate::{both, child, ours};

/// The names in the sandbox that contain `part`, sorted.
fn names(sandbox: &Sandbox, part: &str) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path()).expect("the sandbox").flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.contains(part))
        .collect();
    names.sort_unstable();
    names
}

/// `installation` with pipes for stdout and stderr, copied to `pipe.out` and `pipe.err`.
fn piped(sandbox: &Sandbox, installation: Installation) -> Installation {
    let script = format!(
        "#!/bin/sh\nmkfifo out err\ncat out > pipe.out &\ncat err > pipe.err &\n\
         exec {} \"$@\" > out 2> err\n",
        installation.supervisord.display()
    );
    Installation { supervisord: sandbox.script("piped", &script), ..installation }
}

// CFG-325, LOG-050, LOG-051, LOG-053
#[test]
fn automatic_files_and_none_at_all() {
    for installation in both() {
        let sandbox = configured(
            "[program:auto]\ncommand=/bin/sh -c \"echo out; echo err >&2; exec sleep 1000\"\n\
             [program:none]\ncommand=/bin/sh -c \"echo out; echo err >&2; exec sleep 1000\"\n\
             stdout_logfile=NONE\nstderr_logfile=off\n\
             [program:joined]\ncommand=/bin/sh -c \"echo out; echo err >&2; exec sleep 1000\"\n\
             redirect_stderr=true\n\
             [program:idle]\ncommand=/bin/sleep 1000\nautostart=false\n\
             stdout_logfile=%(here)s/idle.log\n",
        );
        let daemon = Daemon::start(&installation, &sandbox);
        for name in ["auto", "none", "joined"] {
            daemon.wait_for(name, "RUNNING");
        }
        let auto = names(&sandbox, "auto-std");
        assert_eq!(auto.len(), 2, "{auto:?}");
        for (name, text) in auto.iter().zip(["err\n", "out\n"]) {
            let (begin, end) = (name.split("---").next(), name.rsplit('-').next());
            assert!(begin.is_some_and(|begin| begin.starts_with("auto-std")), "{name}");
            assert_eq!(end.map(str::len), Some("12345678.log".len()), "{name}");
            wait_until(&format!("{name} holds its text"), || sandbox.read(name) == text);
            let mode = fs::metadata(sandbox.join(name)).expect("a log").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(names(&sandbox, "none-"), [""; 0]);
        let joined = names(&sandbox, "joined-");
        assert_eq!(joined.len(), 1, "{joined:?}");
        wait_until("both channels are there", || sandbox.read(&joined[0]) == "out\nerr\n");
        assert_eq!(names(&sandbox, "idle-stderr").len(), 1, "created with its group");
        assert!(!sandbox.join("idle.log").exists(), "created by the first spawn");
    }
}

// LOG-030, LOG-031, LOG-032, LOG-033, LOG-034: mended. The original dies of the activity log and
// complains at each chunk of the other.
#[test]
fn a_pipe_behind_dev_stdout_is_never_rotated() {
    let head = head_with("logfile=/dev/stdout\nlogfile_maxbytes=1KB\nsilent=true");
    let program = "\
[program:x]
command=/bin/sh -c \"seq 1 20000\"
autorestart=false
startsecs=0
stdout_logfile=/dev/stderr
stdout_logfile_maxbytes=1KB
";
    let sandbox = configured_as(&head, program);
    let daemon = Daemon::start(&piped(&sandbox, ours()), &sandbox);
    daemon.wait_for("x", "EXITED");
    let numbers = (1..=20_000).map(|number| format!("{number}\n")).collect::<String>();
    wait_until("all is printed", || sandbox.read("pipe.err") == numbers);
    for line in ["INFO spawned: 'x'", "INFO exited: x"] {
        wait_until(line, || sandbox.read("pipe.out").contains(line));
    }
    assert!(names(&sandbox, ".1").is_empty(), "{:?}", names(&sandbox, ".1"));
}

// LOG-031: what images write to have the log of their container hold everything.
#[test]
fn all_names_of_the_daemons_own_pipes_lead_to_them() {
    let names = [("dev", "/dev/std"), ("fd", "/dev/fd/"), ("proc", "/proc/self/fd/")];
    let target = |prefix: &str, channel: &str, number: u8| match prefix {
        "/dev/std" => format!("{prefix}{channel}"),
        _ => format!("{prefix}{number}"),
    };
    let programs = names.map(|(name, prefix)| {
        let (out, err) = (target(prefix, "out", 1), target(prefix, "err", 2));
        format!(
            "[program:{name}]\ncommand=/bin/sh -c \"echo {name} out; echo {name} err >&2\"\n\
             autorestart=false\nstartsecs=0\nstdout_logfile={out}\nstdout_logfile_maxbytes=0\n\
             stderr_logfile={err}\nstderr_logfile_maxbytes=0\n"
        )
    });
    let head = head_with("logfile=/dev/null\nlogfile_maxbytes=0\nloglevel=info");
    for installation in both() {
        let sandbox = configured_as(&head, &programs.concat());
        let daemon = Daemon::start(&piped(&sandbox, installation), &sandbox);
        for (name, _) in names {
            daemon.wait_for(name, "EXITED");
            for channel in ["out", "err"] {
                let (pipe, text) = (format!("pipe.{channel}"), format!("{name} {channel}\n"));
                wait_until(&format!("{pipe} has {text}"), || sandbox.read(&pipe).contains(&text));
            }
        }
    }
}

// LOG-011, LOG-013, LOG-014
#[test]
fn debug_shows_what_programs_print_and_when_they_close() {
    for installation in both() {
        let sandbox = configured(
            "[program:x]\ncommand=/bin/sh -c \"printf 'caf\\303\\251\\n'; sleep 0.5; \
             printf 'bad\\377\\n' >&2; sleep 0.5\"\nautorestart=false\nstartsecs=0\n",
        );
        let _daemon = Daemon::start(&installation, &sandbox);
        sandbox.wait_for_line("exited: x");
        let log = sandbox.read("supervisord.log");
        // Numbers are descriptors and addresses, which say nothing.
        let shown = log.replace(|c: char| c.is_ascii_digit(), "");
        for text in [
            "DEBG 'x' stdout output:\ncafé\n",
            "DEBG 'x' stderr output:\nUndecodable: b'bad\\xff\\n'\n",
            "DEBG fd  closed, stopped monitoring <POutputDispatcher at  for <Subprocess at  with \
             name x in state RUNNING> (stdout)>\n",
            "with name x in state RUNNING> (stderr)>\n",
        ] {
            assert!(shown.contains(text), "{}: {text}\n{log}", installation.label);
        }
    }
}

// LOG-005, LOG-006
#[test]
fn an_activity_log_on_stdout_is_doubled_unless_silent() {
    for (installation, silent) in both().flat_map(|one| [(one.clone(), false), (one, true)]) {
        let options = format!("logfile=/dev/stdout\nlogfile_maxbytes=0\nsilent={silent}");
        let sandbox = configured_as(&head_with(&options), "");
        let daemon = Daemon::start(&piped(&sandbox, installation), &sandbox);
        let expected = if silent { 1 } else { 2 };
        wait_until(&format!("the start is told {expected} times"), || {
            sandbox.read("pipe.out").matches("supervisord started with pid").count() == expected
        });
        drop(daemon);
        assert_eq!(sandbox.read("pipe.out").matches("exit request").count(), expected);
    }
}

// LOG-003
#[test]
fn an_activity_log_nobody_configured() {
    for installation in both() {
        let sandbox = Sandbox::new();
        let head = HEAD.replace("logfile=%(here)s/supervisord.log\n", "");
        let head = head.replace("loglevel=debug\n", "");
        // The log so far is five bytes short of 50 MB, and rotated ten times.
        sandbox.write("supervisord.conf", head);
        let log = fs::File::create(sandbox.join("supervisord.log")).expect("a log");
        log.set_len((50 << 20) - 5).expect("a file with a hole");
        for number in 1..=10 {
            sandbox.write(&format!("supervisord.log.{number}"), number.to_string());
        }
        let daemon = Daemon::start(&installation, &sandbox);
        wait_until("the start is told", || {
            sandbox.read("supervisord.log").contains("supervisord started with pid")
        });
        assert_eq!(sandbox.read("supervisord.log.2"), "1", "{}", installation.label);
        assert_eq!(sandbox.read("supervisord.log.10"), "9", "{}", installation.label);
        assert!(!sandbox.join("supervisord.log.11").exists(), "{}", installation.label);
        daemon.ctl(&["status"]);
        assert!(!sandbox.read("supervisord.log").contains("DEBG"), "{}", installation.label);
    }
}

/// Speaks on one channel when what it has said on the other is in the file.
const BOTH: &str = "\
written() { until grep -q $1 both.log; do sleep 0.05; done; }
echo out
written out
echo err >&2
written err
echo more
";

// LOG-008, LOG-027, LOG-028, LOG-105
#[test]
fn ordinary_files_are_what_any_other_name_means() {
    for installation in both() {
        let programs = "\
[program:x]
command=/bin/sh both.sh
directory=%(here)s
autorestart=false
startsecs=0
stdout_logfile=%(here)s/both.log
stderr_logfile=%(here)s/both.log
";
        let head = head_with("logfile=NONE");
        let sandbox = configured_as(&head, programs);
        sandbox.write("both.sh", BOTH);
        sandbox.write("both.log", "before\n");
        sandbox.write("both.log.1", "rotated\n");
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "EXITED");
        wait_until("both have appended", || sandbox.read("both.log") == "before\nout\nerr\nmore\n");
        assert_eq!(daemon.ctl(&["tail", "x"]).stdout, "before\nout\nerr\nmore\n\n");
        assert!(sandbox.read("NONE").contains("INFO spawned: 'x'"));
        let mode = fs::metadata(sandbox.join("NONE")).expect("a log").permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "what the umask leaves of 0666");
    }
}

// EVT-015, LOG-089, LOG-090
#[test]
fn captures_of_listeners_and_of_joined_channels() {
    for installation in both() {
        let sandbox = configured(&format!(
            "\
[eventlistener:ear]
command={} listen events
events=process_communication
startsecs=0

[eventlistener:loud]
command=/bin/sh speak.sh
events=TICK_3600
stderr_capture_maxbytes=1KB
startsecs=0

[program:joined]
command=/bin/sh speak.sh
redirect_stderr=true
stdout_capture_maxbytes=1KB
startsecs=0
",
            child()
        ));
        let tokens = ("<!--XSUPERVISOR:BEGIN-->", "<!--XSUPERVISOR:END-->");
        let speak = format!("echo '{}captured{}' >&2\nexec sleep 1000\n", tokens.0, tokens.1);
        sandbox.write("speak.sh", speak);
        let _daemon = Daemon::start(&installation, &sandbox);
        wait_until("both are heard", || sandbox.read("events").matches("captured\n").count() == 2);
        let events = sandbox.read("events");
        let of = |kind: &str, name: &str| {
            events.lines().zip(events.lines().skip(1)).any(|(header, payload)| {
                header.contains(&format!("eventname:PROCESS_COMMUNICATION_{kind} "))
                    && payload.starts_with(&format!("processname:{name} "))
            })
        };
        assert!(of("STDERR", "loud") && of("STDOUT", "joined"), "{events}");
    }
}
