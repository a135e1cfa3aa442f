//! The completions for shells: options, actions and the names that are live, as each shell comes to
//! them by its own script.

use harness::installation::command;
use harness::untested::not_tested;
use harness::{Daemon, Run, Sandbox, configured};

const PROGRAMS: &str = "\
[program:cat]
command=/bin/cat
startsecs=0

[program:member]
command=/bin/cat
process_name=%(program_name)s-%(process_num)d
numprocs=2
startsecs=0

[group:set]
programs=member
";

/// A shell beside a daemon whose processes run.
struct Shell<'s> {
    name: &'static str,
    sandbox: &'s Sandbox,
}

impl Shell<'_> {
    /// The words a script prints, sorted; the client is in its path as `supervisorctl`.
    fn words(&self, script: &str) -> Vec<String> {
        let completions = crate::workspace().join("docs/reference/completions");
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.sandbox.join("bin").display());
        let mut shell = command(self.sandbox, self.name);
        shell.args(["-c", script]).env("PATH", path).env("COMPLETIONS", completions);
        let ran = Run::of(shell);
        assert_eq!(ran.stderr, "", "{}: {script}", self.name);
        let mut words: Vec<_> = ran.stdout.lines().map(|line| line.trim_end().to_owned()).collect();
        words.sort();
        words
    }
}

/// Puts a shell to the test, if it is installed.
fn with_shell(name: &'static str, check: impl FnOnce(&Shell<'_>)) {
    let sandbox = configured(PROGRAMS);
    if command(&sandbox, name).args(["-c", "true"]).output().is_err() {
        return not_tested(&format!("there is no {name}"));
    }
    let client = crate::ours().supervisorctl;
    sandbox.script("bin/supervisorctl", &format!("#!/bin/sh\nexec {} \"$@\"\n", client.display()));
    let daemon = Daemon::start(&crate::ours(), &sandbox);
    daemon.wait_for("set:member-1", "RUNNING");
    check(&Shell { name, sandbox: &sandbox });
}

#[test]
fn bash_completes_options_actions_and_live_names() {
    with_shell("bash", |bash| {
        let check = |line: &str, expected: &str| {
            let completed = bash.words(&format!(
                "source $COMPLETIONS/supervisorctl.bash; COMP_LINE='{line}'; \
                 COMP_POINT=${{#COMP_LINE}}; _supervisorctl; \
                 for reply in \"${{COMPREPLY[@]}}\"; do echo \"$reply\"; done"
            ));
            assert_eq!(completed.join(" "), expected, "{line}");
        };
        check("supervisorctl st", "start status stop");
        check("supervisorctl --serv", "--serverurl");
        check("supervisorctl -c sup", "supervisord.conf supervisord.log supervisord.pid");
        check("supervisorctl help re", "reload remove reread restart");
        check("supervisorctl start ", "cat set:* set:member-0 set:member-1");
        check("supervisorctl -c supervisord.conf start c", "cat");
        // What stands before a colon is not completed again.
        check("supervisorctl stop cat set:", "* member-0 member-1");
        check("supervisorctl update ", "cat set");
        check("supervisorctl avail ", "");
        check("supervisorctl -s unix:///none start ", "");
    });
}

const NAMES: [&str; 4] = ["cat", "set:*", "set:member-0", "set:member-1"];

#[test]
fn fish_completes_actions_and_live_names() {
    with_shell("fish", |fish| {
        let completed = |line: &str| {
            fish.words(&format!("source $COMPLETIONS/supervisorctl.fish; complete -C '{line}'"))
        };
        assert_eq!(completed("supervisorctl stop "), NAMES);
        let action = completed("supervisorctl sig");
        assert!(action[0].starts_with("signal\tSend a signal"), "{action:?}");
    });
}

#[test]
fn zsh_completes_live_names() {
    with_shell("zsh", |zsh| {
        let completed = zsh.words(
            "compdef() { }; source $COMPLETIONS/_supervisorctl; \
             LBUFFER='supervisorctl -i -c supervisord.conf stop '; \
             _supervisorctl_processes | sort -u",
        );
        assert_eq!(completed, NAMES);
    });
}
