//! The differential test: random configuration trees, judged by our compiler and by the original.
//! Verdict, first error line and every resolved value must agree.
//!
//! Needs the original (`PLANVISOR_ORACLE`). `PLANVISOR_CASES=20000` sets how many trees,
//! `PLANVISOR_FIRST=1000000` from which seed on, `PLANVISOR_SEED=17` plays one and shows it.

pub(crate) mod driver;
mod generate;
pub(crate) mod shape;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use compiler::diagnostic::codes;
use compiler::{Compiled, Depth, Options};
use driver::{Answer, CaseHost, Driver, Verdict};
use generate::Tree;
use serde_json::Value;

/// How many trees are tried when nothing else is said.
const CASES: u64 = 20_000;

/// More differences than this are not shown.
const SHOWN: usize = 10;

// CFG-001, CFG-002, CFG-003, CFG-004, CFG-005, CFG-006, CFG-094..CFG-323 as they combine.
#[test]
fn random_trees_are_judged_alike() {
    let Some(driver) = driver::program() else { return };
    if let Some(seed) = number("PLANVISOR_SEED") {
        let mut worker = Worker::new(&driver);
        if let Some(difference) = worker.differs(seed) {
            panic!("{difference}");
        }
        return;
    }
    let (first, cases) =
        (number("PLANVISOR_FIRST").unwrap_or(0), number("PLANVISOR_CASES").unwrap_or(CASES));
    let next = AtomicU64::new(first);
    let accepted = AtomicU64::new(0);
    let differences: Vec<String> = thread::scope(|scope| {
        let workers: Vec<thread::ScopedJoinHandle<'_, Vec<String>>> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut worker = Worker::new(&driver);
                    let seeds = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
                    let seeds = seeds.take_while(|seed| *seed < first + cases);
                    let found = seeds.filter_map(|seed| worker.differs(seed)).take(SHOWN).collect();
                    accepted.fetch_add(worker.accepted, Ordering::Relaxed);
                    found
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker")).collect()
    });
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    // Trees that are nearly all refused, or nearly all accepted, would prove little.
    let share = accepted.into_inner() * 100 / cases;
    assert!((20..80).contains(&share), "{share} % of the trees are accepted");
}

// CFG-001..CFG-323 in the shapes people write: the corpus, and what `PLANVISOR_CORPUS` names.
#[test]
fn written_configurations_are_judged_alike() {
    let Some(program) = driver::program() else { return };
    let corpus = crate::workspace().join("tests/corpus");
    let mut roots: Vec<PathBuf> = ["ok", "err", "lint"].map(|group| corpus.join(group)).to_vec();
    roots.extend(std::env::var_os("PLANVISOR_CORPUS").map(PathBuf::from));
    let mut driver = Driver::start(&program);
    let mut differences = Vec::new();
    for root in roots.iter().flat_map(|folder| configurations(folder)) {
        let cwd = root.parent().expect("a folder of the corpus");
        let env = corpus_environment();
        let theirs = driver.ask(&root, cwd, &env, Depth::Plan);
        let ours = compiler::compile(&CaseHost::new(cwd, &env), &root, &Options::default());
        if let Some(difference) = compare(&theirs, &ours) {
            differences.push(format!("{}: {difference}", root.display()));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// The main files in a folder: its files, and the `supervisord.conf` of each folder in it.
fn configurations(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of configurations");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let main = |path: PathBuf| if path.is_dir() { path.join("supervisord.conf") } else { path };
    let mut files: Vec<PathBuf> = paths.map(main).collect();
    files.sort();
    files
}

/// The variables the corpus expands.
fn corpus_environment() -> BTreeMap<String, String> {
    let variables = [
        ("HOME", "/root"),
        ("PATH", "/usr/sbin:/usr/bin:/bin"),
        ("PORT", "8000"),
        ("LOG_LEVEL", "info"),
        ("PERCENT", "50%"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What a variable says as a number.
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// One driver and one directory the trees are laid out in, one after the other.
struct Worker {
    driver: Driver,
    directory: tempfile::TempDir,
    /// How many trees the original has accepted.
    accepted: u64,
}

impl Worker {
    fn new(program: &Path) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the trees");
        Worker { driver: Driver::start(program), directory, accepted: 0 }
    }

    /// How the two disagree about the tree of `seed`, if they do.
    fn differs(&mut self, seed: u64) -> Option<String> {
        let tree = generate::tree(seed);
        let root = self.lay_out(&tree);
        let theirs = self.driver.ask(&root, self.directory.path(), &tree.env, Depth::Host);
        self.accepted += u64::from(theirs.verdict == Verdict::Accept);
        let host = CaseHost::new(self.directory.path(), &tree.env);
        let options = Options { depth: Depth::Host, ..Options::default() };
        let ours = compiler::compile(&host, &root, &options);
        let reason = compare(&theirs, &ours)?;
        Some(format!("PLANVISOR_SEED={seed}: {reason}\n{}", show(&tree)))
    }

    fn lay_out(&self, tree: &Tree) -> PathBuf {
        let directory = self.directory.path();
        for old in ["supervisord.conf", "c/a.conf", "c/b.conf"] {
            // Not every tree has all of them.
            let _ = fs::remove_file(directory.join(old));
        }
        fs::create_dir_all(directory.join("c")).expect("the folder of includes");
        for (name, text) in &tree.files {
            fs::write(directory.join(name), text).expect("a file of the tree");
        }
        directory.join("supervisord.conf")
    }
}

/// The first thing in which the two disagree.
fn compare(theirs: &Answer, ours: &Compiled) -> Option<String> {
    // What the original puts there is the whole environment (CFG-101); what follows from it differs.
    if ours.diagnostics.iter().any(|found| found.code == codes::LEAKING_EXPANSION) {
        return None;
    }
    match (&theirs.verdict, &ours.plan) {
        // Where the original crashes, ours is free to be better.
        (Verdict::Crash, _) => None,
        (Verdict::Accept, Some(plan)) => first_difference("plan", &theirs.plan, &shape::of(plan)),
        (Verdict::Accept, None) => {
            Some(format!("refused by us alone: {:?}", ours.original_error()))
        }
        (Verdict::Reject, Some(_)) => Some(format!("accepted by us alone: {:?}", theirs.error)),
        (Verdict::Reject, None) => {
            let (theirs, first) = (theirs.error.as_deref(), ours.original_error());
            let same = theirs == first || is_any_unknown_event(theirs, ours);
            (!same).then(|| format!("the error line\n  theirs {theirs:?}\n  ours   {first:?}"))
        }
    }
}

/// Whether both stop at an unknown event type: which one of several the original names is up to the
/// order of a set, and so to chance.
fn is_any_unknown_event(theirs: Option<&str>, ours: &Compiled) -> bool {
    let first = ours.diagnostics.first_error();
    first.is_some_and(|first| first.code == codes::UNKNOWN_EVENT)
        && ours
            .diagnostics
            .iter()
            .any(|found| found.code == codes::UNKNOWN_EVENT && theirs == Some(found.refusal()))
}

/// The first place where two JSON values differ.
fn first_difference(path: &str, theirs: &Value, ours: &Value) -> Option<String> {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys().filter(|name| !left.contains_key(*name)));
            let member = |name: &String| {
                let value = |map: &serde_json::Map<String, Value>| map.get(name).cloned();
                let (left, right) =
                    (value(left).unwrap_or_default(), value(right).unwrap_or_default());
                first_difference(&format!("{path}.{name}"), &left, &right)
            };
            names.into_iter().find_map(member)
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(at, (left, right))| {
                first_difference(&format!("{path}[{at}]"), left, right)
            })
        }
        _ => (theirs != ours).then(|| format!("{path}\n  theirs {theirs}\n  ours   {ours}")),
    }
}

fn show(tree: &Tree) -> String {
    let files = tree.files.iter().map(|(name, text)| format!("--- {name}\n{text}\n"));
    files.chain([format!("--- environment {:?}", tree.env)]).collect()
}
