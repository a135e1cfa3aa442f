//! What must stay true of the source itself: each of a few names stands in one file, every file
//! says what it is for, the core stays pure, pages lead to what there is.

use std::fs;
use std::path::{Path, PathBuf};

/// Every Rust file of the product, its path relative to the workspace, and its text.
fn sources() -> Vec<(String, String)> {
    let root = crate::workspace();
    let mut files = Vec::new();
    for folder in ["grammar", "compiler", "rpc", "runtime", "ctl", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below the root").display().to_string();
            (name, fs::read_to_string(&path).expect("a source file"))
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The code of a text: its lines without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Asserts that `needle` stands in the code of no product file but `home`.
#[track_caller]
fn only_in(needle: &str, home: &str) {
    let strangers: Vec<_> = sources()
        .into_iter()
        .filter(|(name, _)| name != home && name != "tests/it/tidy.rs")
        .filter(|(_, text)| code(text).any(|line| line.contains(needle)))
        .map(|(name, _)| name)
        .collect();
    assert!(strangers.is_empty(), "`{needle}` belongs in {home} alone: {strangers:?}");
}

#[test]
fn some_names_stand_in_one_file() {
    only_in("miette::", "compiler/src/report/human.rs");
    only_in("bincode::", "compiler/src/plan/codec.rs");
    only_in("unsafe {", "runtime/src/os/spawn.rs");
    only_in("waitpid(", "runtime/src/os/spawn.rs");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "files without a `//!` head: {silent:?}");
}

#[test]
fn nothing_is_unfinished_or_skipped() {
    let marks = ["todo!(", "unimplemented!(", "dbg!(", "#[ignore", "FIXME", "XXX:"];
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|(name, _)| name != "tests/it/tidy.rs")
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark)))
        .map(|(name, _)| name)
        .collect();
    assert!(found.is_empty(), "unfinished: {found:?}");
}

#[test]
fn the_core_does_no_io_and_reads_no_clock() {
    let foreign = [
        "tokio::",
        "nix::",
        "std::fs",
        "std::io",
        "std::net",
        "std::thread",
        "Instant::now",
        "SystemTime",
    ];
    for (name, text) in sources() {
        if name.starts_with("runtime/src/supervisor") {
            for line in code(&text) {
                let hit = foreign.iter().find(|path| line.contains(**path));
                assert!(hit.is_none(), "{name} names {hit:?}: {line}");
            }
        }
    }
}

/// The pages people read, their paths relative to the workspace, and their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let names = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    let names = names.iter().chain(&["docs/guide.md", "docs/compatibility.md"]);
    let text = |name| fs::read_to_string(crate::workspace().join(name)).expect("a page");
    names.map(|name| (PathBuf::from(name), text(name))).collect()
}

#[test]
fn links_between_pages_lead_somewhere() {
    for (page, text) in pages() {
        let folder = crate::workspace().join(page.parent().expect("a folder"));
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            assert!(folder.join(path).exists(), "{}: {link}", page.display());
            let is_there = |line: &str| line.starts_with('#') && anchor(line) == heading;
            assert!(
                heading.is_empty()
                    || fs::read_to_string(folder.join(path))
                        .is_ok_and(|text| text.lines().any(is_there)),
                "{}: no heading for {link}",
                page.display()
            );
        }
    }
}

/// What a heading is called in a link.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    words.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

#[test]
fn paths_in_pages_exist() {
    let folders =
        [".ci", "compiler", "ctl", "docs", "examples", "grammar", "rpc", "runtime", "tests"];
    for (page, text) in pages() {
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = quoted.split_once('/').is_some_and(|(folder, rest)| {
                folders.contains(&folder) && !rest.contains([' ', '<', '*', '{'])
            });
            let exists = !is_path || crate::workspace().join(quoted).exists();
            assert!(exists, "{} names `{quoted}`", page.display());
        }
    }
}

#[test]
fn no_difference_is_listed_twice() {
    let page = fs::read_to_string(crate::workspace().join("docs/compatibility.md"));
    let page = page.expect("the page of differences");
    for section in page.split("\n## ") {
        let rows = section.lines().filter(|line| line.starts_with("| "));
        let mut seen = std::collections::BTreeSet::new();
        for what in rows.filter_map(|row| row.split(" | ").next()) {
            assert!(seen.insert(what), "{what}");
        }
    }
}
