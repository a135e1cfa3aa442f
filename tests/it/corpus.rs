//! Configurations with what is found in them written under the faulty line, as comments:
//! `; ^^^^ error[slug]: message`. `UPDATE=1` writes them anew.
//!
//! A case is a file, or a folder with a `supervisord.conf`. Its first lines may say how it is to be
//! checked: `; check: strict`, `; check: host`, `; check: fragment`, `; check: stop-timeout=30`.
//! The machine is always the same: see [`machine`]. In `ok` nothing is found; in `err` something is
//! refused, and the last line says in which words; in `lint` nothing is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use compiler::diagnostic::{Diagnostic, Diagnostics};
use compiler::host::User;
use compiler::host::memory::MemoryHost;
use compiler::lint::{self, Policy, fix};
use compiler::source::Sources;
use compiler::{Compiled, Depth, Options};

static ALONE: Mutex<()> = Mutex::new(());

/// Where the cases stand in the world of the compiler.
const HOME: &str = "/etc/supervisor";

/// A case: the texts of its files without what the corpus wrote into them, the main one first.
struct Case {
    root: PathBuf,
    files: Vec<(PathBuf, String)>,
}

/// What a case came to.
struct Outcome {
    compiled: Compiled,
    found: Diagnostics,
}

#[test]
fn what_is_right_is_left_alone() {
    let cases = checked("ok");
    assert!(cases.len() >= 15, "{} cases", cases.len());
    for (case, outcome) in cases {
        assert!(outcome.found.is_empty(), "{}: {:#?}", case.root.display(), outcome.found);
        assert!(outcome.compiled.plan.is_some(), "{}", case.root.display());
    }
}

#[test]
fn what_is_refused_is_refused_where_it_stands() {
    for (case, outcome) in checked("err") {
        let errors = outcome.compiled.diagnostics.iter().filter(|one| one.original.is_some());
        assert!(errors.count() > 0, "{}", case.root.display());
        assert!(outcome.compiled.plan.is_none(), "{}", case.root.display());
    }
}

#[test]
fn what_is_unwise_is_pointed_out() {
    for (case, outcome) in checked("lint") {
        assert!(!outcome.found.is_empty(), "{}", case.root.display());
        assert!(outcome.compiled.plan.is_some(), "{}: {:#?}", case.root.display(), outcome.found);
    }
}

#[test]
fn the_corpus_is_large_enough_to_mean_something() {
    let all: usize = ["ok", "err", "lint"].iter().map(|group| cases(group).len()).sum();
    assert!(all >= 150, "{all} cases");
}

#[test]
fn findings_of_the_corpus_are_suppressed_by_their_own_codes() {
    for (case, outcome) in checked("lint") {
        if policy(&case).strict {
            continue;
        }
        let codes: Vec<&str> = outcome.found.iter().map(|one| one.code.id()).collect();
        let comment = format!("; planvisor: disable={}\n", codes.join(","));
        let files = case.files.into_iter().map(|(path, text)| (path, format!("{comment}{text}")));
        let silenced = Case { root: case.root, files: files.collect() };
        let left: Vec<_> = check(&silenced).found.into_iter().map(|one| one.code).collect();
        let unused = compiler::diagnostic::codes::UNUSED_SUPPRESSION;
        assert!(left.iter().all(|code| *code == unused), "{}: {left:?}", silenced.root.display());
    }
}

#[test]
fn safe_fixes_come_to_an_end_and_make_nothing_worse() {
    let mut mended = 0;
    for case in ["ok", "err", "lint"].into_iter().flat_map(cases) {
        let first = check(&case);
        let root = case.root.clone();
        let (mut now, mut files, mut rounds) = (check(&case), case.files, 0);
        loop {
            let fixed = fix::apply(&now.found, &now.compiled.sources, false);
            if fixed.is_empty() {
                break;
            }
            rounds += 1;
            assert!(rounds <= 10, "{} is never done", root.display());
            for (id, text) in fixed {
                let place = now.compiled.sources.path(id).to_owned();
                let whole = Case { root: root.clone(), files: Vec::new() };
                let file = files.iter_mut().find(|(path, _)| inside(&whole, path) == place);
                file.expect("a file of the case").1 = text;
            }
            now = check(&Case { root: root.clone(), files: files.clone() });
        }
        mended += usize::from(rounds > 0);
        let codes = |outcome: &Outcome| -> BTreeSet<&str> {
            outcome.found.iter().map(|one| one.code.id()).collect()
        };
        // What a refusal kept from being looked at may come to light.
        if first.compiled.plan.is_some() {
            let new: Vec<_> = codes(&now).difference(&codes(&first)).copied().collect();
            assert!(new.is_empty(), "{}: {new:?}", root.display());
            assert!(now.compiled.plan.is_some(), "{}", root.display());
        }
    }
    assert!(mended > 30, "{mended} cases with safe fixes");
}

/// What is found in every case, and the files it is found in.
pub(crate) fn outcomes() -> impl Iterator<Item = (Diagnostics, Sources)> {
    let cases = ["ok", "err", "lint"].into_iter().flat_map(cases);
    cases.map(|case| check(&case)).map(|outcome| (outcome.found, outcome.compiled.sources))
}

/// Runs a group and compares, or writes, what stands in its files.
fn checked(group: &str) -> Vec<(Case, Outcome)> {
    // Nobody reads a file that is being written anew.
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let outcomes = cases(group).into_iter().map(|case| {
        let outcome = check(&case);
        for (path, text) in annotated(&case, &outcome) {
            let committed = fs::read_to_string(&path).expect("a file of the corpus");
            if update && committed != text {
                fs::write(&path, text).expect("a file of the corpus");
            } else if committed != text {
                wrong.push(format!("{}:\n{text}", path.display()));
            }
        }
        (case, outcome)
    });
    let outcomes = outcomes.collect();
    assert!(wrong.is_empty(), "found otherwise (UPDATE=1 accepts):\n{}", wrong.join("\n"));
    outcomes
}

fn cases(group: &str) -> Vec<Case> {
    let folder = crate::workspace().join("tests/corpus").join(group);
    let mut entries: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("a folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a file of the corpus");
        (path, without_annotations(&text))
    };
    let case = |root: PathBuf| {
        let mut files = Vec::new();
        if root.is_dir() {
            collect(&root, &mut files);
        } else {
            files.push(root.clone());
        }
        Case { root, files: files.into_iter().map(read).collect() }
    };
    entries.into_iter().map(case).collect()
}

/// The files below a folder, its `supervisord.conf` first.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder of the corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort_by_key(|path| (!path.ends_with("supervisord.conf"), path.clone()));
    for path in entries {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn check(case: &Case) -> Outcome {
    let host = machine(case);
    let policy = policy(case);
    let root = inside(case, &case.files[0].0);
    let options = Options { depth: policy.depth, ..Options::default() };
    let compiled = compiler::compile(&host, &root, &options);
    let found = lint::run(&compiled.sources, &host, policy, &compiled.diagnostics);
    Outcome { compiled, found }
}

fn policy(case: &Case) -> Policy {
    let mut policy = Policy::default();
    let text = &case.files[0].1;
    for word in text.lines().filter_map(|line| line.strip_prefix("; check: ")) {
        match word {
            "host" => policy.depth = Depth::Host,
            "strict" => policy.strict = true,
            "fragment" => policy.fragment = true,
            word => {
                policy.stop_timeout =
                    word.strip_prefix("stop-timeout=").map(|n| n.parse().expect("seconds"))
            }
        }
    }
    policy
}

/// A small machine: some programs, users and directories, and five variables.
fn machine(case: &Case) -> MemoryHost {
    let programs = ["/usr/bin/python3", "/usr/sbin/nginx", "/bin/sh", "/srv/app/run"];
    let programs = programs.iter().map(|path| (PathBuf::from(path), String::new()));
    let files = case.files.iter().map(|(path, text)| (inside(case, path), text.clone()));
    let mut host = MemoryHost::new(files.chain(programs))
        .with_env("HOME", "/root")
        .with_env("PATH", "/usr/sbin:/usr/bin:/bin")
        .with_env("PORT", "8000")
        .with_env("LOG_LEVEL", "info")
        .with_env("PERCENT", "50%");
    host.directories = ["/var/log/app", "/run", "/tmp"].map(PathBuf::from).to_vec();
    let user = |name: &str, uid| User {
        name: name.to_owned(),
        uid,
        gid: uid,
        home: PathBuf::from("/srv"),
    };
    host.users = vec![user("root", 0), user("www-data", 33)];
    host
}

/// The path of a file of a case in the world of the compiler.
fn inside(case: &Case, path: &Path) -> PathBuf {
    match path.strip_prefix(&case.root) {
        Ok(rest) if rest.components().next().is_some() => Path::new(HOME).join(rest),
        _ => Path::new(HOME).join("supervisord.conf"),
    }
}

/// The texts of a case with everything found written into them.
fn annotated(case: &Case, outcome: &Outcome) -> Vec<(PathBuf, String)> {
    let sources = &outcome.compiled.sources;
    let mut notes: BTreeMap<PathBuf, BTreeMap<usize, Vec<String>>> = BTreeMap::new();
    for finding in outcome.found.in_file_order() {
        let (path, line, note) = note(finding, sources);
        notes.entry(path).or_default().entry(line).or_default().push(note);
    }
    let refusal = outcome
        .compiled
        .original_error()
        .map(|refusal| format!("; refused: {}", refusal.replace('\n', "\\n").replace('\t', "\\t")));
    let write = |(at, (path, text)): (usize, &(PathBuf, String))| {
        let notes = notes.remove(&inside(case, path)).unwrap_or_default();
        let refusal = refusal.as_ref().filter(|_| at == 0);
        (path.clone(), with_notes(text, &notes, refusal))
    };
    case.files.iter().enumerate().map(write).collect()
}

/// The file of a finding, the line it is written under, from 1, and what is written.
fn note(finding: &Diagnostic, sources: &Sources) -> (PathBuf, usize, String) {
    let head = format!("{}[{}]: {}", finding.severity.word(), finding.code.slug(), finding.message);
    let head = head.replace('\n', "\\n");
    let Some(span) = finding.span() else {
        let path = finding.file().expect("a place or a file").to_owned();
        return (path, 0, format!("; {head}"));
    };
    let start = sources.position(span.file, span.start);
    let end = sources.position(span.file, span.end);
    let columns = if end.line == start.line { end.column - start.column } else { 1 };
    let (column, width) = (start.column as usize, (columns as usize).max(1));
    let indent = " ".repeat(column.saturating_sub(2).max(1));
    let note = format!(";{indent}{} {head}", "^".repeat(width));
    (sources.path(span.file).to_owned(), start.line as usize, note)
}

fn with_notes(
    text: &str,
    notes: &BTreeMap<usize, Vec<String>>,
    refusal: Option<&String>,
) -> String {
    let mut out = String::new();
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let put = |notes: &[String]| {
        let lines = notes.iter().map(|note| format!("{note}{end}"));
        lines.collect::<String>()
    };
    out.push_str(&put(notes.get(&0).map_or(&[], Vec::as_slice)));
    for (at, line) in text.split_inclusive('\n').enumerate() {
        out.push_str(line);
        if let Some(notes) = notes.get(&(at + 1)) {
            if !line.ends_with('\n') {
                out.push_str(end);
            }
            out.push_str(&put(notes));
        }
    }
    if let Some(refusal) = refusal {
        out.push_str(&put(std::slice::from_ref(refusal)));
    }
    out
}

/// The text as it was before anything was written into it.
fn without_annotations(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !is_annotation(line)).collect()
}

fn is_annotation(line: &str) -> bool {
    let Some(rest) = line.strip_prefix(';') else { return false };
    let told = rest.trim_start().trim_start_matches('^').trim_start();
    let known = ["error[", "warning[", "info["].iter().any(|word| told.starts_with(word));
    known || rest.starts_with(" refused: ")
}
