//! From a path to parsed files: the main file and what its `[include]` names (CFG-057 to CFG-089).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{io, thread};

use grammar::{DecodeError, FileId, Span, SyntaxError, SyntaxErrorKind, python_repr};

use super::resolve::{Outer, Scope};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::host::Host;
use crate::plan::{Notice, NoticeLevel};
use crate::schema::value::absolute;
use crate::source::{Source, Sources};

/// The files of a compilation.
pub(crate) struct Loaded {
    /// The files, each once.
    pub(crate) sources: Sources,
    /// The files in the order they are read; one that matches twice is read twice (CFG-079).
    pub(crate) readings: Vec<Reading>,
    /// Whether the main file has an `[include]` section, which turns on the textual step of
    /// CFG-091.
    pub(crate) includes: bool,
    /// What the daemon is to log about the files.
    pub(crate) notices: Vec<Notice>,
}

/// One reading of a file.
pub(crate) struct Reading {
    /// The file.
    pub(crate) file: FileId,
    /// What `%(here)s` stands for in it.
    pub(crate) here: Arc<str>,
}

/// Reads the tree below `root`.
pub(crate) fn load(
    host: &dyn Host,
    root: &Path,
    outer: &Outer,
    diagnostics: &mut Diagnostics,
) -> Loaded {
    let mut loaded = load_alone(host, root, diagnostics);
    let here = loaded.readings[0].here.clone();
    include(host, &here, outer, &mut loaded, diagnostics);
    loaded
}

/// Reads the file `root` and nothing it includes.
pub(crate) fn load_alone(host: &dyn Host, root: &Path, diagnostics: &mut Diagnostics) -> Loaded {
    let main = match host.read(root) {
        Ok(bytes) => parse(FileId(0), root, &bytes),
        Err(error) => {
            diagnostics.push(unreadable_root(root, &error));
            Parsed { source: Source::new(FileId(0), root, ""), encoding: None }
        }
    };
    diagnostics.extend(main.diagnostics());
    let mut sources = Sources::default();
    sources.push(Arc::new(main.source));
    let reading = Reading { file: FileId(0), here: Arc::from(directory(host, root)) };
    Loaded { sources, readings: vec![reading], includes: false, notices: Vec::new() }
}

/// The absolute directory of a file as named.
pub(crate) fn directory(host: &dyn Host, file: &Path) -> String {
    let file = file.to_string_lossy();
    let directory = crate::schema::value::directory_of(&file);
    absolute(&host.working_dir(), directory).to_string_lossy().into_owned()
}

/// Reads what `[include]` names.
fn include(
    host: &dyn Host,
    here: &Arc<str>,
    outer: &Outer,
    loaded: &mut Loaded,
    diagnostics: &mut Diagnostics,
) {
    let main = loaded.sources.get(FileId(0)).clone();
    let Some(section) =
        main.tree().sections.iter().find(|section| name(&main, section) == "include")
    else {
        return;
    };
    loaded.includes = true;
    let Some(files) = files_of(&main) else {
        let text = ".ini file has [include] section, but no files setting";
        diagnostics.push(
            Diagnostic::new(
                codes::INCLUDE_WITHOUT_FILES,
                Severity::Error,
                section.header,
                "`[include]` has no `files` option",
            )
            .original(text)
            .help("add `files =` and the patterns of the files"),
        );
        return;
    };
    let node = host.hostname();
    let scope = Scope { here: Some(here), node: Some(&node), ..Scope::new(outer) };
    let written = files.value(main.text()).replace("%(here)s", here);
    let patterns = match super::resolve::expand(&written, &scope, &"include.files") {
        Ok(expanded) => expanded.text.into_owned(),
        Err(fault) => {
            diagnostics.push(fault.diagnostic(files.value_span(), None));
            return;
        }
    };
    let mut paths = Vec::new();
    for pattern in patterns.split(grammar::is_space).filter(|pattern| !pattern.is_empty()) {
        let pattern =
            if pattern.starts_with('/') { pattern.to_owned() } else { join(here, pattern) };
        let found = host.glob(&pattern).unwrap_or_default();
        if found.is_empty() {
            let text = format!("No file matches via include \"{pattern}\"");
            loaded.notices.push(Notice { level: NoticeLevel::Warn, text });
        }
        paths.extend(found);
    }
    read_all(host, &paths, loaded, diagnostics);
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
    if base.ends_with('/') { format!("{base}{pattern}") } else { format!("{base}/{pattern}") }
}

/// Reads and parses `paths` on all cores and appends them in order.
fn read_all(
    host: &dyn Host,
    paths: &[PathBuf],
    loaded: &mut Loaded,
    diagnostics: &mut Diagnostics,
) {
    let mut unique: Vec<&Path> = Vec::with_capacity(paths.len());
    let mut ids = std::collections::HashMap::with_capacity(paths.len());
    for path in paths {
        let next = FileId(u32::try_from(unique.len() + 1).unwrap_or(u32::MAX));
        let id = *ids.entry(path.as_path()).or_insert(next);
        if id == next {
            unique.push(path);
        }
        let here = Arc::from(directory(host, path));
        loaded.readings.push(Reading { file: id, here });
        let text = format!("Included extra file \"{}\" during parsing", path.display());
        loaded.notices.push(Notice { level: NoticeLevel::Info, text });
    }
    for found in in_parallel(unique.len(), |index| {
        let id = FileId(u32::try_from(index + 1).unwrap_or(u32::MAX));
        read_included(host, id, unique[index])
    }) {
        diagnostics.extend(found.diagnostics());
        loaded.sources.push(Arc::new(found.source));
    }
}

/// A file that cannot be opened is empty (CFG-082).
fn read_included(host: &dyn Host, id: FileId, path: &Path) -> Parsed {
    match host.read(path) {
        Ok(bytes) => parse(id, path, &bytes),
        Err(error) => {
            let oversize = error.kind() == io::ErrorKind::FileTooLarge;
            let encoding = oversize.then(|| oversize_file(path));
            Parsed { source: Source::new(id, path, ""), encoding }
        }
    }
}

/// `count` results of `work`, in order, made on as many threads as are worth it.
pub(crate) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(count / 8);
    if threads < 2 {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::with_capacity(count / threads + 1);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut all = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut all = run();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

/// A file, and what is wrong with its bytes.
struct Parsed {
    source: Source,
    /// Where the original stops reading, if anywhere.
    encoding: Option<Diagnostic>,
}

fn parse(id: FileId, path: &Path, bytes: &[u8]) -> Parsed {
    match grammar::decode(bytes) {
        Ok(text) => Parsed { source: Source::new(id, path, text), encoding: None },
        Err(error) => {
            let source = Source::new(id, path, lossy(bytes));
            let early = source.syntax_errors().first().is_some_and(|first| {
                first.kind == SyntaxErrorKind::MissingHeader
                    && first.line.end as usize <= error.lines_before
            });
            let encoding = undecodable(id, &error);
            let encoding = if early { encoding.help("save the file as UTF-8") } else { encoding };
            Parsed { source, encoding: Some(encoding) }
        }
    }
}

impl Parsed {
    /// In the order the original meets them: bytes before lines, but for a line in an earlier block
    /// of the file (CFG-012).
    fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self.encoding.clone().into_iter().collect();
        found.extend(syntax(&self.source));
        if self.encoding.as_ref().is_some_and(|encoding| encoding.help.is_some())
            && found.get(1).is_some_and(|next| next.code == codes::MISSING_HEADER)
        {
            found.swap(0, 1);
        }
        found
    }
}

/// `bytes` as text of the same length.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    text
}

/// The lines the original refuses (CFG-052 to CFG-056).
fn syntax(source: &Source) -> Vec<Diagnostic> {
    let file = python_repr(&source.path().to_string_lossy());
    let errors = source.syntax_errors();
    let mut together = format!("Source contains parsing errors: {file}");
    for error in errors.iter().filter(|error| error.kind != SyntaxErrorKind::MissingHeader) {
        let line = python_repr(&error.raw(source.text()));
        together.push_str(&format!("\n\t[line {:>2}]: {line}", error.number));
    }
    errors.iter().map(|error| syntax_error(error, source, &file, &together)).collect()
}

fn syntax_error(error: &SyntaxError, source: &Source, file: &str, together: &str) -> Diagnostic {
    let line = error.line.of(source.text());
    let stripped = grammar::strip(line);
    let start =
        error.line.start + (line.len() - line.trim_start_matches(grammar::is_space).len()) as u32;
    let span = Span { start, end: start + stripped.len() as u32, ..error.line };
    let (code, message) = match error.kind {
        SyntaxErrorKind::MissingHeader if stripped.starts_with('\u{feff}') => {
            (codes::BOM_OR_ENCODING, "the file begins with a byte order mark")
        }
        SyntaxErrorKind::MissingHeader => {
            (codes::MISSING_HEADER, "text before the first section header")
        }
        SyntaxErrorKind::NoDelimiter => {
            (codes::NO_DELIMITER, "neither a section header nor an option")
        }
        SyntaxErrorKind::EmptyKey => (codes::EMPTY_KEY, "an option without a name"),
    };
    let original = match error.kind {
        SyntaxErrorKind::MissingHeader => format!(
            "File contains no section headers.\nfile: {file}, line: {}\n{}",
            error.number,
            python_repr(&error.raw(source.text()))
        ),
        SyntaxErrorKind::NoDelimiter | SyntaxErrorKind::EmptyKey => together.to_owned(),
    };
    let help = match (error.kind, code) {
        (_, codes::BOM_OR_ENCODING) => "save the file without a byte order mark",
        (SyntaxErrorKind::MissingHeader, _) => {
            "begin the file with a header such as `[supervisord]`"
        }
        (SyntaxErrorKind::NoDelimiter, _) => {
            "write `key = value`, or indent the line to continue the value above"
        }
        (SyntaxErrorKind::EmptyKey, _) => "write the name of the option before the delimiter",
    };
    Diagnostic::new(code, Severity::Error, span, message).original(original).help(help)
}

fn undecodable(file: FileId, error: &DecodeError) -> Diagnostic {
    let (start, length) = (error.offset as u32, error.len as u32);
    let span = Span { file, start, end: start + length };
    let message = format!("byte {:#04x} is not UTF-8", error.byte);
    Diagnostic::new(codes::BOM_OR_ENCODING, Severity::Error, span, message)
        .original(error.to_string())
}

fn unreadable_root(root: &Path, error: &io::Error) -> Diagnostic {
    let path = root.display();
    if error.kind() == io::ErrorKind::FileTooLarge {
        return oversize_file(root);
    }
    let (message, original) = if error.kind() == io::ErrorKind::NotFound {
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
