//! What a program finds when it starts: its arguments and environment, its descriptors and signals,
//! its directory, mask, user and group.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use harness::installation::command;
use harness::redact::same_text;
use harness::{Daemon, Installation, configured, configured_as, head_with, wait_until};
use nix::unistd::{User, geteuid};

use crate::both;

/// Says all about itself that its parent decides.
const PROBE: &str = r#"#!/bin/sh
echo "arguments: $0 [$1] [$2]"
echo "directory: $(pwd), mask: $(umask)"
env | sort | grep -v -e '^PWD=' -e '^OLDPWD=' -e '^_=' -e '^SHLVL=' | sed 's/^/  /'
grep -E 'Sig(Blk|Ign)' /proc/self/status
readlink /proc/$$/fd/[0-9]*
read -r _ _ _ parent group session rest < /proc/$$/stat
read -r _ _ _ _ _ above rest < /proc/$parent/stat
[ "$group" = $$ ] && [ "$session" = "$above" ] && echo "a group of its own in the daemon's session"
echo "user $(id -u), groups $(id -G)"
echo done
"#;

/// What the probe says when started by `installation` with `options`.
fn probe(installation: &Installation, options: &str) -> String {
    let sandbox = configured_as(
        &head_with("environment=LAYER=daemon,DAEMON=yes"),
        &format!(
            "[program:x]\ncommand=%(here)s/probe \"one two\" 'three'\nautorestart=false\n\
             startsecs=0\nstdout_logfile=%(here)s/out\nstderr_logfile=%(here)s/err\n{options}\n"
        ),
    );
    sandbox.script("probe", PROBE);
    // Whoever the program runs as has to reach the probe.
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::create_dir(sandbox.join("work")).expect("a directory");
    let mut daemon = command(&sandbox, &installation.supervisord);
    daemon.args(["-nc", "supervisord.conf"]).env("LAYER", "inherited").env("INHERITED", "yes");
    let daemon = Daemon::spawn_by(daemon, installation, &sandbox);
    wait_until("the probe has spoken", || sandbox.read("out").ends_with("done\n"));
    assert_eq!(sandbox.read("err"), "", "{}", daemon.output());
    let said = sandbox.read("out").replace(&sandbox.path().display().to_string(), "$DIR");
    simplify(&said)
}

/// Numbers the pipes in the order they are named; leaves out the descriptor the shell reads the
/// probe by, and signals 32 and 33, which are the C library's own.
fn simplify(said: &str) -> String {
    let mut pipes: Vec<&str> = Vec::new();
    let lines = said.lines().filter(|line| *line != "$DIR/probe").map(|line| {
        if let Some(set) = line.strip_prefix("SigIgn:\t") {
            let set = u64::from_str_radix(set, 16).expect("a set of signals");
            return format!("SigIgn:\t{:016x}", set & !(0b11 << 31));
        }
        if !line.starts_with("pipe:") {
            return line.to_owned();
        }
        let number = pipes.iter().position(|pipe| *pipe == line).unwrap_or_else(|| {
            pipes.push(line);
            pipes.len() - 1
        });
        format!("pipe {number}")
    });
    lines.map(|line| line + "\n").collect()
}

// RUN-201, RUN-202, RUN-203, RUN-205, RUN-206, RUN-207, RUN-208, RUN-220, RUN-221, RUN-222,
// RTRAP-008, RTRAP-009
#[test]
fn a_program_left_as_it_is() {
    let expected = format!(
        "arguments: $DIR/probe [one two] [three]
directory: $DIR, mask: 0022
  DAEMON=yes
  HOME=$DIR
  INHERITED=yes
  LANG=C.UTF-8
  LAYER=daemon
  PATH=/usr/local/bin:/usr/bin:/bin
  PLANVISOR_SANDBOX=$DIR
  SUPERVISOR_ENABLED=1
  SUPERVISOR_GROUP_NAME=x
  SUPERVISOR_PROCESS_NAME=x
  SUPERVISOR_SERVER_URL=unix://$DIR/s.sock
  TZ=UTC
SigBlk:\t0000000000000000
SigIgn:\t0000000001001000
pipe 0
pipe 1
pipe 2
a group of its own in the daemon's session
{}
done
",
        identity()
    );
    for installation in both() {
        same_text(&expected, &probe(&installation, "umask=022"));
    }
}

// RUN-203, RUN-206: looked at without a shell, which changes its mask and has descriptors of its own.
#[test]
fn what_the_daemon_was_given_stays_with_it() {
    for installation in both() {
        let sandbox = configured(
            "[program:files]\ncommand=/bin/ls /proc/self/fd\nautorestart=false\nstartsecs=0\n\
             stdout_logfile=%(here)s/files\n\
             [program:mask]\ncommand=/bin/grep SigBlk /proc/self/status\nautorestart=false\n\
             startsecs=0\nstdout_logfile=%(here)s/mask\n",
        );
        let mut daemon = command(&sandbox, "/bin/sh");
        let given = "exec 3</dev/null 7</dev/null; exec \"$0\" -nc supervisord.conf";
        daemon.arg("-c").arg(given).arg(&installation.supervisord);
        let _daemon = Daemon::spawn_by(daemon, &installation, &sandbox);
        // The fourth is the directory being listed.
        wait_until("its descriptors are listed", || sandbox.read("files") == "0\n1\n2\n3\n");
        let mask = "SigBlk:\t0000000000000000\n";
        wait_until("its mask is shown", || sandbox.read("mask") == mask);
    }
}

// RUN-202, RUN-205, RUN-220, RUN-221, RUN-226
#[test]
fn a_program_with_surroundings_of_its_own() {
    let expected = format!(
        "arguments: $DIR/probe [one two] [three]
directory: $DIR/work, mask: 0077
  DAEMON=yes
  HOME=/nowhere
  INHERITED=yes
  LANG=C.UTF-8
  LAYER=program
  PATH=/usr/bin:/bin
  PLANVISOR_SANDBOX=$DIR
  SUPERVISOR_ENABLED=1
  SUPERVISOR_GROUP_NAME=mine
  SUPERVISOR_PROCESS_NAME=p7
  SUPERVISOR_SERVER_URL=http://elsewhere:9
  TZ=UTC
SigBlk:\t0000000000000000
SigIgn:\t0000000001001000
pipe 0
pipe 1
pipe 1
a group of its own in the daemon's session
{}
done
",
        identity()
    );
    let options = "directory=%(here)s/work\numask=077\nserverurl=http://elsewhere:9\n\
                   redirect_stderr=true\nstderr_logfile=NONE\nprocess_name=p%(process_num)d\n\
                   numprocs_start=7\nenvironment=LAYER=program,HOME=/nowhere,PATH=\"/usr/bin:/bin\",\
                   SUPERVISOR_GROUP_NAME=mine";
    for installation in both() {
        let said = probe(&installation, options);
        same_text(&expected, &said);
    }
}

// CFG-333, CFG-338, RUN-043, RUN-204, RUN-207: the rights change, the environment does not.
#[test]
fn a_program_of_another_user() {
    if !geteuid().is_root() {
        return; // Only root may; what others get is in `what_a_program_may_not`.
    }
    for name in [Some("nobody".to_owned()), member_of_a_group()].into_iter().flatten() {
        let uid = User::from_name(&name).expect("the users").expect("a user of this name").uid;
        let expected = format!("user {uid}, groups {}\n", groups_of(&[&name]));
        for installation in both() {
            let said = probe(&installation, &format!("user={name}"));
            assert!(said.contains(&expected), "{}: {said}", installation.label);
            assert!(said.contains("  HOME=$DIR\n") && !said.contains("  USER="), "{said}");
        }
    }
}

/// A user that some group lists as its member, if this machine has one.
fn member_of_a_group() -> Option<String> {
    let groups = fs::read_to_string("/etc/group").ok()?;
    let members = groups.lines().filter_map(|line| line.rsplit(':').next());
    let mut names = members.flat_map(|members| members.split(','));
    let exists = |name: &str| User::from_name(name).is_ok_and(|user| user.is_some());
    names.find(|name| !name.is_empty() && exists(name)).map(str::to_owned)
}

/// The groups of a user, or of the tests', the primary one first.
fn groups_of(user: &[&str]) -> String {
    let mut id = std::process::Command::new("id");
    id.arg("-G").args(user);
    harness::Run::of(id).stdout.trim().to_owned()
}

// RUN-178, RUN-204, RUN-211, RUN-225
#[test]
fn what_a_program_may_not() {
    let sandbox = configured(
        "[program:root]\ncommand=/bin/cat\nuser=root\nstartsecs=1000\nstartretries=0\n\
         stderr_logfile=%(here)s/root.err\n\
         [program:closed]\ncommand=%(here)s/closed\nstartretries=0\n",
    );
    let closed = sandbox.script("closed", "#!/bin/sh\n");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o601)).expect("a mode");
    let ours = crate::ours();
    let mut daemon = harness::unprivileged::unprivileged(&sandbox, &ours.supervisord);
    daemon.args(["-nc", "supervisord.conf"]);
    // Whose file it is has one right less than others: the x bits are not for its owner.
    let owner = nix::unistd::Uid::from_raw(harness::unprivileged::STRANGER);
    if geteuid().is_root() {
        nix::unistd::chown(&closed, Some(owner), None).expect("a file given away");
    }
    let daemon = Daemon::spawn_by(daemon, &ours, &sandbox);
    daemon.wait_for_socket();
    daemon.wait_for("closed", "FATAL");
    let reason = format!("no permission to run command '{}'", closed.display());
    let status = daemon.ctl(&["status", "closed"]).stdout;
    assert!(status.ends_with(&format!("FATAL     {reason}\n")), "{status}");
    daemon.wait_for("root", "FATAL");
    let last = "supervisor: couldn't setuid to 0: Can't drop privilege as nonroot user\n\
                supervisor: child process was not spawned\n";
    wait_until("it has said why", || sandbox.read("root.err") == last);
}

// CFG-482, RUN-223, RUN-224, RTRAP-014
#[test]
fn where_a_command_is_looked_for() {
    for installation in both() {
        let sandbox = configured(
            "[program:there]\ncommand=./tool there\ndirectory=%(here)s/work\nstartretries=0\n\
             [program:here]\ncommand=./run here\ndirectory=%(here)s/work\nstartsecs=0\n\
             autorestart=false\nstdout_logfile=%(here)s/here.out\n\
             [program:path]\ncommand=tool path\nenvironment=PATH=\"%(here)s/work\"\n\
             startsecs=0\nautorestart=false\nstdout_logfile=%(here)s/path.out\n\
             [program:nopath]\ncommand=tool\nstartretries=0\n\
             [program:bare]\ncommand=run bare\nstartretries=0\n",
        );
        // Looked for where the daemon is, executed where the program is.
        sandbox.script("run", "#!/bin/sh\necho the daemon\n");
        sandbox.script("work/run", "#!/bin/sh\necho run in its directory: $1\n");
        sandbox.script("work/tool", "#!/bin/sh\necho found: $1\n");
        let daemon = Daemon::start(&installation, &sandbox);
        // A bare name is looked for on the path alone, not where the daemon is.
        for (name, reason) in [
            ("there", "can't find command './tool'"),
            ("nopath", "can't find command 'tool'"),
            ("bare", "can't find command 'run'"),
        ] {
            daemon.wait_for(name, "FATAL");
            let status = daemon.ctl(&["status", name]).stdout;
            assert!(status.ends_with(&format!("FATAL     {reason}\n")), "{status}");
        }
        let said = |name: &str, text: &str| {
            wait_until(&format!("`{name}` says {text:?}"), || sandbox.read(name) == text);
        };
        said("here.out", "run in its directory: here\n");
        said("path.out", "found: path\n");
    }
}

/// The line that says who the tests are.
fn identity() -> String {
    format!("user {}, groups {}", geteuid(), groups_of(&[]))
}
