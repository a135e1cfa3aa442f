//! The configuration language by example: the cases of `tests/language`, each of which names the
//! behaviours it shows. Ours must come to what stands there, and so must the original where it is
//! installed (`PLANVISOR_ORACLE`).
//!
//! A case is `== IDS: title`, the text of the main file, further files behind `--- NAME`, and what it
//! comes to: `=> /pointer = JSON` into the plan, or `=> error: TEXT`, where `⏎` ends a line and `⇥` is
//! a tab. `<D>` is the folder of the main file. The variables are those of [`variables`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use compiler::{Compiled, Depth, Options};
use serde_json::Value;

use crate::oracle::driver::{self, Answer, CaseHost, Driver, Verdict};
use crate::oracle::shape;

/// One example.
struct Case {
    title: String,
    /// The main file first.
    files: Vec<(String, String)>,
    expected: Vec<String>,
}

/// What either side makes of a case.
struct Came {
    error: Option<String>,
    plan: Value,
}

#[test]
fn every_example_comes_to_what_it_says() {
    let mut original = driver::program().map(|program| Driver::start(&program));
    let mut wrong = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    for case in &cases {
        let folder = tempfile::tempdir().expect("a folder");
        // `%(here)s` is not resolved, so links are followed beforehand.
        let folder = fs::canonicalize(folder.path()).map(|path| (folder, path));
        let (_folder, place) = folder.expect("a path without links");
        lay_out(case, &place);
        let root = place.join("main.conf");
        let env = variables(&place);
        let options = Options { depth: Depth::Host, ..Options::default() };
        let ours = compiler::compile(&CaseHost::new(&place, &env), &root, &options);
        let mut hold = |side: &str, came: &Came| {
            let faults = case.expected.iter().filter_map(|line| fault(line, &place, came));
            wrong.extend(faults.map(|fault| format!("{} ({side}): {fault}", case.title)));
        };
        hold("ours", &Came::from(&ours));
        if let Some(original) = &mut original {
            let theirs = original.ask(&root, &place, &env, Depth::Host);
            hold("the original", &Came::from(&theirs));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_example_names_behaviours() {
    for case in cases() {
        let (ids, title) = case.title.split_once(": ").expect("IDs and a title");
        assert!(ids.split(", ").all(|id| id.starts_with("CFG-") && id.len() == 7), "{ids}");
        assert!(!title.is_empty() && !case.expected.is_empty(), "{}", case.title);
    }
}

fn cases() -> Vec<Case> {
    let folder = crate::workspace().join("tests/language");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the examples").map(|it| it.expect("a file").path()).collect();
    paths.sort();
    paths.iter().flat_map(|path| read(&fs::read_to_string(path).expect("examples"))).collect()
}

fn read(text: &str) -> Vec<Case> {
    let (_, cases) = text.split_once("\n== ").expect("a heading and a case");
    cases.split("\n== ").map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, body) = text.split_once('\n').expect("a title and a body");
    let mut files = vec![("main.conf".to_owned(), String::new())];
    let mut expected = Vec::new();
    for line in body.trim_end().split_inclusive('\n') {
        if let Some(line) = line.strip_prefix("=> ") {
            expected.push(line.trim_end().to_owned());
        } else if let Some(name) = line.strip_prefix("--- ") {
            files.push((name.trim_end().to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
        }
    }
    Case { title: title.to_owned(), files, expected }
}

fn lay_out(case: &Case, place: &Path) {
    for (name, text) in &case.files {
        let path = place.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text.replace("<D>", &place.to_string_lossy())).expect("a file");
    }
}

fn variables(place: &Path) -> BTreeMap<String, String> {
    let home = place.to_string_lossy();
    let variables = [
        ("HOME", &*home),
        ("NAME", "app"),
        ("PERCENT", "50%"),
        ("PORT", "8000"),
        ("ODD", "a:b c/d"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// What is wrong about one expectation.
fn fault(expected: &str, place: &Path, came: &Came) -> Option<String> {
    let expected = expected.replace("<D>", &place.to_string_lossy());
    if let Some(text) = expected.strip_prefix("error: ") {
        let text = text.replace('⏎', "\n").replace('⇥', "\t");
        let found = came.error.as_deref().unwrap_or("accepted");
        return (found != text).then(|| format!("`{text}` expected, not `{found}`"));
    }
    let (pointer, value) = expected.split_once(" = ").expect("a pointer and a value");
    let value: Value = serde_json::from_str(value).expect("JSON");
    let found = came.plan.pointer(pointer).cloned().unwrap_or_default();
    let error = came.error.as_deref().unwrap_or("accepted");
    (found != value || came.error.is_some())
        .then(|| format!("{pointer} is {found}, not {value} ({error})"))
}

impl From<&Compiled> for Came {
    fn from(compiled: &Compiled) -> Self {
        Came {
            error: compiled.original_error().map(str::to_owned),
            plan: compiled.plan.as_ref().map_or(Value::Null, shape::of),
        }
    }
}

impl From<&Answer> for Came {
    fn from(answer: &Answer) -> Self {
        let accepted = answer.verdict == Verdict::Accept;
        let error = answer.error.clone().filter(|_| !accepted);
        Came { error, plan: answer.plan.clone() }
    }
}
