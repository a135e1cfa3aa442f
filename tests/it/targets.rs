//! Where output can go besides into a file of its own: nowhere, to automatic files, to a
//! descriptor others write to as well, to the activity log.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::daemon::HEAD;
use harness::{Daemon, Installation, Sandbox, wait_until};

use crate::{both, ours};

fn sandbox(programs: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("supervisord.conf", format!("{HEAD}\n{programs}"));
    sandbox
}

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

// LOG-050, LOG-051, LOG-053
#[test]
fn automatic_files_and_none_at_all() {
    for installation in both() {
        let sandbox = sandbox(
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

// LOG-030 to LOG-034: mended. The original dies of the activity log and complains at each chunk of
// the other.
#[test]
fn a_pipe_behind_dev_stdout_is_never_rotated() {
    let sandbox = Sandbox::new();
    let head = HEAD.replace(
        "logfile=%(here)s/supervisord.log",
        "logfile=/dev/stdout\nlogfile_maxbytes=1KB\nsilent=true",
    );
    let program = "\
[program:x]
command=/bin/sh -c \"seq 1 20000\"
autorestart=false
startsecs=0
stdout_logfile=/dev/stderr
stdout_logfile_maxbytes=1KB
";
    sandbox.write("supervisord.conf", format!("{head}\n{program}"));
    let real = ours();
    let script = format!(
        "#!/bin/sh\nmkfifo out err\ncat out > pipe.out &\ncat err > pipe.err &\n\
         exec {} \"$@\" > out 2> err\n",
        real.supervisord.display()
    );
    let supervisord = sandbox.script("piped", &script);
    let daemon = Daemon::start(&Installation { supervisord, ..real }, &sandbox);
    daemon.wait_for("x", "EXITED");
    let numbers = (1..=20_000).map(|number| format!("{number}\n")).collect::<String>();
    wait_until("all is printed", || sandbox.read("pipe.err") == numbers);
    for line in ["INFO spawned: 'x'", "INFO exited: x"] {
        wait_until(line, || sandbox.read("pipe.out").contains(line));
    }
    assert!(names(&sandbox, ".1").is_empty(), "{:?}", names(&sandbox, ".1"));
}

// LOG-011, LOG-013, LOG-014
#[test]
fn debug_shows_what_programs_print_and_when_they_close() {
    for installation in both() {
        let sandbox = sandbox(
            "[program:x]\ncommand=/bin/sh -c \"printf 'caf\\303\\251\\n'; sleep 0.5; \
             printf 'bad\\377\\n' >&2; sleep 0.5\"\nautorestart=false\nstartsecs=0\n",
        );
        let daemon = Daemon::start(&installation, &sandbox);
        daemon.wait_for("x", "EXITED");
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
