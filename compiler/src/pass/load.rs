//! From a path to parsed files: the main file and what its `[include]` names (CFG-057 to CFG-089).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grammar::FileId;

use super::files::{Files, ReadFile};
use super::resolve::{Outer, Scope, expand};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::host::Host;
use crate::plan::{Notice, NoticeLevel};
use crate::schema::value::{absolute, directory_of};
use crate::source::{Source, Sources};

/// The files of a compilation.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) sources: Sources,
    pub(crate) files: Files,
    /// The files in the order they are read, the main file first; one that matches twice is read
    /// twice (CFG-079).
    pub(crate) readings: Vec<Reading>,
    /// Whether the main file has an `[include]` section, which turns on the textual step of
    /// CFG-091.
    pub(crate) includes: bool,
    /// The include patterns in order.
    pub(crate) patterns: Vec<String>,
    /// Whether some pattern matches no file.
    pub(crate) unmatched: bool,
    /// What the daemon is to log about the files.
    pub(crate) notices: Vec<Notice>,
}

/// One reading of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) file: FileId,
    /// What `%(here)s` stands for in it.
    pub(crate) here: Arc<str>,
}

/// Reads the tree below `root`. `prints` says whether anybody will ask whether the files have
/// changed.
pub(crate) fn load(
    host: &dyn Host,
    root: &Path,
    outer: &Outer,
    prints: bool,
    diagnostics: &mut Diagnostics,
) -> Loaded {
    let mut loaded = load_alone(host, root, prints, diagnostics);
    let here = loaded.readings[0].here.clone();
    let main = loaded.files.get(loaded.readings[0].file).source.clone();
    let Some(patterns) = include(host, &here, outer, &main, &mut loaded, diagnostics) else {
        return loaded;
    };
    let mut paths = Vec::new();
    for pattern in &patterns {
        let found = host.glob(pattern).unwrap_or_default();
        if found.is_empty() {
            let text = format!("No file matches via include \"{pattern}\"");
            loaded.notices.push(Notice { level: NoticeLevel::Warn, text });
            loaded.unmatched = true;
        }
        paths.extend(found);
    }
    loaded.patterns = patterns;
    let ids = loaded.files.read(host, &paths, prints);
    for (path, file) in paths.iter().zip(ids) {
        let ReadFile { found, unreadable, .. } = loaded.files.get(file);
        diagnostics.extend(found.iter().cloned());
        if *unreadable == Some(io::ErrorKind::FileTooLarge) {
            diagnostics.push(oversize_file(path));
        }
        let here = Arc::from(directory(host, path));
        loaded.readings.push(Reading { file, here });
        loaded.notices.push(included(path));
    }
    loaded.sources = loaded.files.sources();
    loaded
}

/// Reads the file `root` and nothing it includes.
pub(crate) fn load_alone(
    host: &dyn Host,
    root: &Path,
    prints: bool,
    diagnostics: &mut Diagnostics,
) -> Loaded {
    let mut files = Files::default();
    let file = files.read(host, &[root.to_owned()], prints)[0];
    let ReadFile { found, unreadable, .. } = files.get(file);
    if let Some(error) = unreadable {
        diagnostics.push(unreadable_root(root, *error));
    }
    diagnostics.extend(found.iter().cloned());
    Loaded {
        sources: files.sources(),
        files,
        readings: vec![Reading { file, here: Arc::from(directory(host, root)) }],
        includes: false,
        patterns: Vec::new(),
        unmatched: false,
        notices: Vec::new(),
    }
}

/// What the daemon is to log about an included file.
pub(crate) fn included(path: &Path) -> Notice {
    let text = format!("Included extra file \"{}\" during parsing", path.display());
    Notice { level: NoticeLevel::Info, text }
}

/// The absolute directory of a file as named.
pub(crate) fn directory(host: &dyn Host, file: &Path) -> String {
    let file = file.to_string_lossy();
    // Most are, and the system need not be asked.
    let base = if file.starts_with('/') { PathBuf::new() } else { host.working_dir() };
    absolute(&base, directory_of(&file)).to_string_lossy().into_owned()
}

/// The patterns of `[include]`, in order; `None` when it has none.
fn include(
    host: &dyn Host,
    here: &str,
    outer: &Outer,
    main: &Source,
    loaded: &mut Loaded,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<String>> {
    let section = main.tree().sections.iter().find(|section| name(main, section) == "include")?;
    loaded.includes = true;
    if files_of(main).is_none() {
        let text = ".ini file has [include] section, but no files setting";
        let message = "`[include]` has no `files` option";
        let code = codes::INCLUDE_WITHOUT_FILES;
        diagnostics.push(
            Diagnostic::new(code, Severity::Error, section.header, message)
                .original(text)
                .help("add `files =` and the patterns of the files"),
        );
        return None;
    }
    patterns(host, here, outer, main).map_err(|fault| diagnostics.push(*fault)).ok()
}

/// The patterns of the files that `main` includes, in order.
pub(crate) fn patterns(
    host: &dyn Host,
    here: &str,
    outer: &Outer,
    main: &Source,
) -> Result<Vec<String>, Box<Diagnostic>> {
    let Some(files) = files_of(main) else { return Ok(Vec::new()) };
    let node = host.hostname();
    let scope = Scope { here: Some(here), node: Some(&node), ..Scope::new(outer) };
    let written = files.value(main.text()).replace("%(here)s", here);
    let expanded = expand(&written, &scope, &"include.files")
        .map_err(|fault| Box::new(fault.diagnostic(files.value_span(), "")))?;
    let patterns = expanded.text.split(grammar::is_space).filter(|pattern| !pattern.is_empty());
    Ok(patterns.map(|pattern| join(here, pattern)).collect())
}

/// The last `files` of the main file's `[include]`, or else of its `[DEFAULT]` (CFG-048, CFG-088).
fn files_of(main: &Source) -> Option<&grammar::Entry> {
    let last = |wanted: &str| {
        let sections = main.tree().sections.iter().filter(|section| name(main, section) == wanted);
        sections
            .flat_map(|section| &section.entries)
            .rfind(|entry| entry.key(main.text()) == "files")
    };
    last("include").or_else(|| last("DEFAULT"))
}

fn name<'s>(source: &'s Source, section: &grammar::Section) -> &'s str {
    section.name.of(source.text())
}

fn join(base: &str, pattern: &str) -> String {
    if pattern.starts_with('/') {
        pattern.to_owned()
    } else if base.ends_with('/') {
        format!("{base}{pattern}")
    } else {
        format!("{base}/{pattern}")
    }
}

fn unreadable_root(root: &Path, error: io::ErrorKind) -> Diagnostic {
    let path = root.display();
    if error == io::ErrorKind::FileTooLarge {
        return oversize_file(root);
    }
    let (message, original) = if error == io::ErrorKind::NotFound {
        (format!("`{path}` does not exist"), format!("could not find config file {path}"))
    } else {
        (format!("cannot read `{path}`: {error}"), format!("could not read config file {path}"))
    };
    Diagnostic::of_file(codes::UNREADABLE_FILE, Severity::Error, root, message).original(original)
}

fn oversize_file(path: &Path) -> Diagnostic {
    let message =
        format!("`{}` is larger than 64 MiB, a million lines or 200,000 sections", path.display());
    Diagnostic::of_file(codes::OVERSIZE_FILE, Severity::Error, path, message)
}
