//! From a path to parsed files: the main file and what its `[include]` names (CFG-057 to CFG-089).

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grammar::FileId;

use super::files::{Files, Kept};
use super::outline::Outline;
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
    /// What the files say, by their numbers.
    outlines: Vec<Arc<Outline>>,
    /// The files in the order they are read, the main file first; one that matches twice is read
    /// twice (CFG-079).
    pub(crate) readings: Vec<Reading>,
    /// Whether the main file has an `[include]` section, which turns on the textual step of
    /// CFG-091.
    pub(crate) includes: bool,
    /// What the daemon is to log about the files.
    pub(crate) notices: Vec<Notice>,
    /// The files that are not what they were in the compilation before.
    pub(crate) changed: Vec<FileId>,
}

/// One reading of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) file: FileId,
    /// What `%(here)s` stands for in it.
    pub(crate) here: Arc<str>,
}

impl Loaded {
    /// What file `id` says.
    pub(crate) fn outline(&self, id: FileId) -> &Outline {
        &self.outlines[id.0 as usize]
    }
}

/// Reads the tree below `root`. `keep` says whether the files will be asked for again.
pub(crate) fn load(
    host: &dyn Host,
    root: &Path,
    outer: &Outer,
    files: &mut Files,
    keep: bool,
    diagnostics: &mut Diagnostics,
) -> Loaded {
    let mut loaded = load_alone(host, root, files, keep, diagnostics);
    let here = loaded.readings[0].here.clone();
    let main = files.get(loaded.readings[0].file).source.clone();
    let Some(paths) = include(host, &here, outer, &main, &mut loaded, diagnostics) else {
        return loaded;
    };
    let ids = files.refresh(host, &paths, keep, &mut loaded.changed);
    for (path, file) in paths.iter().zip(ids) {
        let kept = files.get(file);
        diagnostics.extend(kept.found.iter().cloned());
        if kept.unreadable == Some(io::ErrorKind::FileTooLarge) {
            diagnostics.push(oversize_file(path));
        }
        let here = Arc::from(directory(host, path));
        loaded.readings.push(Reading { file, here });
        let text = format!("Included extra file \"{}\" during parsing", path.display());
        loaded.notices.push(Notice { level: NoticeLevel::Info, text });
    }
    loaded.sources = files.sources();
    loaded.outlines = files.outlines();
    loaded
}

/// Reads the file `root` and nothing it includes.
pub(crate) fn load_alone(
    host: &dyn Host,
    root: &Path,
    files: &mut Files,
    keep: bool,
    diagnostics: &mut Diagnostics,
) -> Loaded {
    let mut changed = Vec::new();
    let ids = files.refresh(host, &[root.to_owned()], keep, &mut changed);
    let Kept { found, unreadable, .. } = files.get(ids[0]);
    if let Some(error) = unreadable {
        diagnostics.push(unreadable_root(root, *error));
    }
    diagnostics.extend(found.iter().cloned());
    let reading = Reading { file: ids[0], here: Arc::from(directory(host, root)) };
    Loaded {
        sources: files.sources(),
        outlines: files.outlines(),
        readings: vec![reading],
        includes: false,
        notices: Vec::new(),
        changed,
    }
}

/// The absolute directory of a file as named.
pub(crate) fn directory(host: &dyn Host, file: &Path) -> String {
    let file = file.to_string_lossy();
    absolute(&host.working_dir(), directory_of(&file)).to_string_lossy().into_owned()
}

/// The files `[include]` names, in order; `None` when it names none.
fn include(
    host: &dyn Host,
    here: &str,
    outer: &Outer,
    main: &Source,
    loaded: &mut Loaded,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<PathBuf>> {
    let section = main.tree().sections.iter().find(|section| name(main, section) == "include")?;
    loaded.includes = true;
    let Some(files) = files_of(main) else {
        let text = ".ini file has [include] section, but no files setting";
        let message = "`[include]` has no `files` option";
        let code = codes::INCLUDE_WITHOUT_FILES;
        diagnostics.push(
            Diagnostic::new(code, Severity::Error, section.header, message)
                .original(text)
                .help("add `files =` and the patterns of the files"),
        );
        return None;
    };
    let node = host.hostname();
    let scope = Scope { here: Some(here), node: Some(&node), ..Scope::new(outer) };
    let written = files.value(main.text()).replace("%(here)s", here);
    let patterns = match expand(&written, &scope, &"include.files") {
        Ok(expanded) => expanded.text.into_owned(),
        Err(fault) => {
            diagnostics.push(fault.diagnostic(files.value_span(), None));
            return None;
        }
    };
    let mut paths = Vec::new();
    for pattern in patterns.split(grammar::is_space).filter(|pattern| !pattern.is_empty()) {
        let pattern = join(here, pattern);
        let found = host.glob(&pattern).unwrap_or_default();
        if found.is_empty() {
            let text = format!("No file matches via include \"{pattern}\"");
            loaded.notices.push(Notice { level: NoticeLevel::Warn, text });
        }
        paths.extend(found);
    }
    Some(paths)
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
    let message = format!("`{}` is larger than 64 MiB", path.display());
    Diagnostic::of_file(codes::OVERSIZE_FILE, Severity::Error, path, message)
}
