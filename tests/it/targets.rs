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

// LOG-030 to LOG-034: mended, the original dies of the activity log and complains of the other.
#[test]
fn a_pipe_behind_dev_stdout_is_never_rotated() {
    let sandbox = Sandbox::new();
    let head = HEAD.replace("%(here)s/supervisord.log", "/dev/stdout\nlogfile_maxbytes=1KB");
    sandbox.write(
        "supervisord.conf",
        format!(
            "{head}\nsilent=true\n[program:x]\ncommand=/bin/sh -c \"seq 1 20000\"\n\
             autorestart=false\nstartsecs=0\nstdout_logfile=/dev/fd/1\n\
             stdout_logfile_maxbytes=1KB\n"
        )
        .replace("loglevel=debug", "loglevel=info"),
    );
    let real = ours();
    let script = format!(
        "#!/bin/sh\nmkfifo pipe\ncat pipe > printed &\nexec {} \"$@\" > pipe\n",
        real.supervisord.display()
    );
    let supervisord = sandbox.script("piped", &script);
    let daemon = Daemon::start(&Installation { supervisord, ..real }, &sandbox);
    daemon.wait_for("x", "EXITED");
    let printed = || sandbox.read("printed");
    wait_until("all is printed", || printed().contains("\n20000\n"));
    let printed = printed();
    let numbers = printed.lines().filter_map(|line| line.parse::<u32>().ok());
    assert!(numbers.eq(1..=20_000), "{printed}");
    assert!(printed.contains("INFO spawned: 'x'") && printed.contains("INFO exited: x"));
    assert_eq!(names(&sandbox, "pipe."), [""; 0]);
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
