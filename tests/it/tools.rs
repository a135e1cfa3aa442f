//! The ways deployment tools drive supervisor, taken from what the modules of Ansible and Salt do.
//! Nothing of them has to change.

use std::fmt::Write as _;

use harness::redact::{redact, same_text};
use harness::{Daemon, Installation, Run, Sandbox, configured};

const PROGRAMS: &str = "\
[program:lonely]
command=/bin/sleep 1000
startsecs=0

[program:echo]
command=/bin/sleep 1000
process_name=echo_%(process_num)02d
numprocs=2
startsecs=0

[program:broken]
command=/no/such/program
autostart=false
";

/// A tool at work: what it ran and what came back.
struct Tool<'d, 's> {
    daemon: &'d Daemon<'s>,
    sandbox: &'s Sandbox,
    transcript: String,
}

impl Tool<'_, '_> {
    fn run(&mut self, words: &[&str]) -> Run {
        let ran = self.daemon.ctl(words);
        let output = redact(self.sandbox, &format!("{}{}", ran.stdout, ran.stderr));
        // Who of a group ends first is a matter of timing.
        let mut lines: Vec<_> = output.lines().collect();
        lines.sort_unstable();
        writeln!(self.transcript, "$ {}\n{}\n[{}]", words.join(" "), lines.join("\n"), ran.status)
            .expect("a string to write to");
        ran
    }

    /// The names and states Ansible reads off `status`.
    fn matched(&mut self, group: &str) -> Vec<(String, String)> {
        let ran = self.run(&["status"]);
        let fields = ran.stdout.lines().map(|line| {
            let mut fields = line.split(' ').filter(|field| !field.is_empty());
            let mut next = || fields.next().expect("a name and a state").to_owned();
            (next(), next())
        });
        fields.filter(|(name, _)| name.split(':').next() == Some(group)).collect()
    }

    /// An action of Ansible's on each process of a group, which must say `expected`.
    fn act(&mut self, group: &str, action: &str, expected: &str) {
        for (name, _) in self.matched(group) {
            let ran = self.run(&[action, &name]);
            assert!(ran.stdout.contains(&format!("{name}: {expected}")), "{}", self.transcript);
        }
    }
}

/// Plays `work` with our client and daemon, and with the original's, which says the same.
fn check(work: fn(&mut Tool<'_, '_>)) {
    let play = |installation: &Installation| {
        let sandbox = configured(PROGRAMS);
        let daemon = Daemon::start(installation, &sandbox);
        for name in ["echo:echo_00", "echo:echo_01", "lonely"] {
            daemon.wait_for(name, "RUNNING");
        }
        let mut tool = Tool { daemon: &daemon, sandbox: &sandbox, transcript: String::new() };
        work(&mut tool);
        tool.transcript
    };
    let ours = play(&crate::ours());
    if let Some(original) = Installation::oracle() {
        same_text(&play(&original), &ours);
    }
}

#[test]
fn ansible_finds_what_it_knows() {
    check(|tool| {
        let running = |name: &str| (name.to_owned(), "RUNNING".to_owned());
        assert_eq!(tool.matched("lonely"), [running("lonely")]);
        assert_eq!(tool.matched("echo"), [running("echo:echo_00"), running("echo:echo_01")]);
        tool.act("echo", "stop", "stopped");
        tool.act("echo", "start", "started");
        // Signals go as one word with the action.
        tool.act("lonely", "signal CONT", "signalled");
        assert_eq!(tool.run(&["update"]).status, 0);
        tool.act("lonely", "restart", "started");
        // `absent`, refused and then carried out, and `present`.
        assert_eq!(tool.run(&["reread"]).status, 0);
        assert!(!tool.run(&["remove", "lonely"]).stdout.contains("lonely: removed process group"));
        tool.act("lonely", "stop", "stopped");
        assert!(tool.run(&["remove", "lonely"]).stdout.contains("lonely: removed process group"));
        assert_eq!(tool.matched("lonely"), []);
        assert!(tool.run(&["add", "lonely"]).stdout.contains("lonely: added process group"));
        assert_ne!(tool.run(&["start", "broken"]).status, 0);
    });
}

#[test]
fn salt_finds_what_it_knows() {
    check(|tool| {
        // Groups lose their asterisk.
        assert_eq!(tool.run(&["stop", "echo:"]).status, 0);
        assert_eq!(tool.run(&["start", "echo:"]).status, 0);
        assert_eq!(tool.run(&["restart", "echo:"]).status, 0);
        assert_eq!(tool.run(&["update", "echo"]).status, 0);
        // Custom lines are one word; the first three words of each line of output count.
        let words = |ran: &Run| -> Vec<String> {
            ran.stdout.split_whitespace().take(2).map(str::to_owned).collect()
        };
        assert_eq!(words(&tool.run(&["status lonely"])), ["lonely", "RUNNING"]);
        let unknown = tool.run(&["status nope"]);
        assert!(unknown.stdout.ends_with(" ERROR (no such process)\n"), "{}", unknown.stdout);
        assert_eq!(tool.run(&["stop", "all"]).status, 0);
    });
}
