//! The compiler in the jobs of others: the commands of the README, the GitHub action, the hooks of
//! pre-commit, the problem matcher.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use crate::cli::{MISSPELT, REFUSED, folder, supervisorc};

#[test]
fn the_commands_of_the_readme_work() {
    let root = crate::workspace();
    let readme = fs::read_to_string(root.join("README.md")).expect("the README");
    let section = readme.split("## Lint your supervisord.conf in CI").nth(1).expect("its section");
    let block = section.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
    let commands: Vec<&str> = block.expect("a block of commands").lines().collect();
    assert!(commands.len() >= 5);
    for command in commands {
        let words: Vec<&str> = command.split(' ').collect();
        let (program, words) = words.split_first().expect("a command");
        assert_eq!(*program, "supervisorc");
        let ran = supervisorc(&root, words);
        assert_eq!(ran.status, 0, "{command}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// A folder whose `supervisorc` is ours, for scripts that look it up.
fn search_path() -> (TempDir, OsString) {
    let bin = tempfile::tempdir().expect("a folder");
    symlink(crate::supervisorc(), bin.path().join("supervisorc")).expect("a link");
    let mut path = bin.path().as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    (bin, path)
}

#[test]
fn the_action_runs_its_check() {
    let text = fs::read_to_string(crate::workspace().join("action.yml")).expect("the action");
    let (_, script) = text.rsplit_once("      run: |\n").expect("a script");
    let script: String =
        script.lines().map(|line| format!("{}\n", line.trim_start_matches("        "))).collect();
    let part = "[program:web]\ncommand=/srv/web %(ENV_PORT)s %(ENV_HOST)s\nautorestrat=true\n";
    let folder = folder(&[("my.conf", part), ("other.conf", part), ("main.conf", MISSPELT)]);
    let (_bin, path) = search_path();
    let step = |file: &str, fail_on: &str, fragment: &str, arguments: &str| {
        // As GitHub calls it.
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("FILE", file)
            .env("FAIL_ON", fail_on)
            .env("ASSUME_ENV", "PORT=80\nHOST\n")
            .env("FRAGMENT", fragment)
            .env("ARGUMENTS", arguments)
            .output()
            .expect("bash");
        let stdout = String::from_utf8(output.stdout).expect("text");
        (output.status.code().expect("it exits"), stdout)
    };
    let line = |file: &str, at: u32, kind: &str| {
        format!(
            "::{kind} file={file},line={at},col=1,endLine={at},endColumn=12,title=SV001 \
             unknown-key::`autorestrat` is not an option of `[program:x]`%0Ahelp: did you mean \
             `autorestart`?\n"
        )
    };
    assert_eq!(step("main.conf", "error", "false", ""), (0, line("main.conf", 4, "warning")));
    assert_eq!(step("main.conf", "warning", "false", "").0, 1);
    let strict = step("main.conf", "error", "false", "--strict --depth plan");
    assert_eq!(strict, (1, line("main.conf", 4, "error")));
    let both = line("my.conf", 3, "warning") + &line("other.conf", 3, "warning");
    assert_eq!(step("my.conf\nother.conf\n", "error", "true", ""), (0, both));
}

#[test]
fn the_hooks_check_files() {
    let path = crate::workspace().join(".pre-commit-hooks.yaml");
    let text = fs::read_to_string(path).expect("the hooks");
    let entries: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: supervisorc "))
        .map(|entry| entry.split(' ').collect())
        .collect();
    let [main, part] = &entries[..] else { panic!("two hooks: {entries:?}") };
    let folder = folder(&[
        ("supervisord.conf", MISSPELT),
        ("web.conf", "[program:web]\ncommand=/srv/web\nstartsecs=soon\n"),
    ]);
    let hook =
        |entry: &[&str], file: &str| supervisorc(folder.path(), &[entry, &[file]].concat()).status;
    assert_eq!((hook(main, "supervisord.conf"), hook(main, "web.conf")), (0, 1));
    assert_eq!((hook(part, "web.conf"), hook(part, "supervisord.conf")), (1, 0));
}

#[test]
fn the_problem_matcher_reads_concise_lines() {
    let file = crate::workspace().join(".github/planvisor-problem-matcher.json");
    let text = fs::read_to_string(file).expect("the problem matcher");
    let matcher: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let pattern = &matcher["problemMatcher"][0]["pattern"][0];
    assert_eq!(pattern["regexp"], r"^(.+?):(\d+):(\d+): (error|warning|info)\[(SV\d{3})\] (.*)$");
    let folder = folder(&[("a.conf", MISSPELT), ("b.conf", REFUSED), ("c.conf", "")]);
    let words = ["check", "--format", "concise", "a.conf", "b.conf", "c.conf", "gone.conf"];
    let report = supervisorc(folder.path(), &words).stdout;
    assert_eq!(report.lines().count(), 4, "{report}");
    for line in report.lines() {
        let (place, rest) = line.split_once(": ").expect("a place");
        let numbers = place.rsplit(':').take(2).filter_map(|it| it.parse::<u32>().ok());
        assert_eq!(numbers.count(), 2, "{line}");
        let (severity, rest) = rest.split_once("[SV").expect("a code");
        assert!(["error", "warning", "info"].contains(&severity), "{line}");
        assert!(rest[..3].bytes().all(|byte| byte.is_ascii_digit()) && &rest[3..5] == "] ");
    }
}
