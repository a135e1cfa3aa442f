//! `docs/guide.md` is a session: its files are written, its commands run from the first to the
//! last, and what they print is what the page says.
//!
//! A block with a name after its language is a file. In a `console` block, a line after `$ ` is a
//! command and the lines up to the next one are what it prints; a line `...` stands for any number
//! of lines. The page lives in `/srv/shop`, the test in a sandbox.

use std::fs;
use std::os::unix::fs::symlink;

use harness::installation::command;
use harness::redact::redact;
use harness::wait::{PATIENCE, holds_within};
use harness::{Run, Sandbox};

use crate::{ours, supervisorc, workspace};

/// The directory the page is written in.
const HOME: &str = "/srv/shop";

/// One thing a reader does.
#[derive(Debug, PartialEq)]
enum Step {
    Write { name: String, text: String },
    Run { command: String, prints: String },
}

/// The steps of a page, in its order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(block) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match block.split_once(' ') {
            Some((_, name)) => {
                let text = body.iter().map(|line| format!("{line}\n")).collect();
                steps.push(Step::Write { name: name.to_owned(), text });
            }
            None if block == "console" => steps.extend(session(&body)),
            _ => {}
        }
    }
    steps
}

/// The commands of a console block, each with what it prints.
fn session(body: &[&str]) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in body {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                steps.push(Step::Run { command: command.to_owned(), prints: String::new() });
            }
            (None, Some(Step::Run { prints, .. })) => {
                prints.push_str(line);
                prints.push('\n');
            }
            (None, _) => panic!("a console block begins with a command, not with {line:?}"),
        }
    }
    steps
}

/// Whether `actual` has the lines of `expected`, where `...` stands for any lines.
fn matches(expected: &[&str], actual: &[&str]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((&"...", rest)) => (0..=actual.len()).any(|skip| matches(rest, &actual[skip..])),
        Some((line, rest)) => {
            actual.first().is_some_and(|first| first.trim_end() == line.trim_end())
                && matches(rest, &actual[1..])
        }
    }
}

/// Runs a command line as the page's reader would: in a shell, with our programs on its path.
fn run(sandbox: &Sandbox, line: &str) -> String {
    let mut shell = command(sandbox, "/bin/sh");
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", sandbox.join("bin").display());
    shell.env("PATH", path).args(["-c", &format!("{{ {line}\n}} 2>&1")]);
    redact(sandbox, &Run::of(shell).stdout)
}

/// Runs a command until it prints what the page says. One that only looks may look again, since
/// the page's reader is slower than this test; one that acts gets one chance.
#[track_caller]
fn check(sandbox: &Sandbox, line: &str, prints: &str) {
    let looks = ["supervisorctl status", "supervisorctl tail", "supervisorctl avail", "cat "];
    let patient = looks.iter().any(|look| line.starts_with(look));
    let expected = redact(sandbox, &prints.replace(HOME, &sandbox.path().display().to_string()));
    let mut actual = String::new();
    let mut matched = || {
        actual = run(sandbox, line);
        let (expected, actual): (Vec<_>, Vec<_>) =
            (expected.lines().collect(), actual.lines().collect());
        matches(&expected, &actual)
    };
    let held = if patient { holds_within(PATIENCE, &mut matched) } else { matched() };
    assert!(held, "$ {line}\n--- the page says\n{expected}--- it printed\n{actual}");
}

#[test]
fn everything_the_guide_shows_happens() {
    let page = fs::read_to_string(workspace().join("docs/guide.md")).expect("the guide");
    let steps = steps(&page);
    assert!(steps.len() > 20, "the guide has lost its blocks: {steps:?}");
    let ours = ours();
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.join("bin")).expect("a directory for the programs");
    for (name, program) in [
        ("supervisord", ours.supervisord.as_path()),
        ("supervisorctl", ours.supervisorctl.as_path()),
        ("supervisorc", supervisorc()),
    ] {
        symlink(program, sandbox.join("bin").join(name)).expect("a link to a program");
    }
    let home = sandbox.path().display().to_string();
    for step in &steps {
        match step {
            Step::Write { name, text } => {
                sandbox.write(name, text.replace(HOME, &home));
            }
            Step::Run { command, prints } => {
                check(&sandbox, &command.replace(HOME, &home), prints);
            }
        }
    }
}

#[test]
fn a_page_is_read_as_files_and_commands() {
    let page =
        "x\n```ini a.conf\n[s]\n```\n```console\n$ one\n1\n...\n$ two\n```\n```sh\nno\n```\n";
    let run = |command: &str, prints: &str| Step::Run {
        command: command.to_owned(),
        prints: prints.to_owned(),
    };
    let write = Step::Write { name: "a.conf".to_owned(), text: "[s]\n".to_owned() };
    assert_eq!(steps(page), [write, run("one", "1\n...\n"), run("two", "")]);
}

#[test]
fn dots_stand_for_any_lines() {
    assert!(matches(&["a", "...", "d"], &["a", "b", "c", "d"]));
    assert!(matches(&["..."], &[]));
    assert!(!matches(&["a", "..."], &["b"]));
    assert!(!matches(&["a"], &["a", "b"]));
}
