//! The files of a tree: each is read once, taken apart, and known by a number and a print.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grammar::{DecodeError, FileId, Span, SyntaxError, SyntaxErrorKind, python_repr};

use super::outline::{Outline, outline};
use super::parallel::in_parallel;
use super::print::Print;
use crate::diagnostic::{Diagnostic, Fix, Severity, codes};
use crate::host::Host;
use crate::source::{Source, Sources};

/// A file of more lines is not taken apart: every line costs many times its own bytes.
const MOST_LINES: usize = 1_000_000;

/// Nor is one of more sections read further.
const MOST_SECTIONS: usize = 200_000;

/// More faulty lines of one file are counted, not listed.
const MOST_FAULTS: usize = 1000;

/// Every file by its number.
#[derive(Debug, Default)]
pub(crate) struct Files {
    read: Vec<ReadFile>,
    by_path: HashMap<PathBuf, FileId>,
}

/// One file.
#[derive(Debug)]
pub(crate) struct ReadFile {
    pub(crate) source: Arc<Source>,
    /// What it says.
    pub(crate) outline: Outline,
    /// What is wrong with it as a file, in the order the original meets it.
    pub(crate) found: Vec<Diagnostic>,
    /// Why it could not be read.
    pub(crate) unreadable: Option<io::ErrorKind>,
    /// What tells it from the same file changed; nothing unless it was asked for.
    pub(crate) print: Print,
}

impl Files {
    /// One file, whose number must be 0.
    pub(crate) fn of(file: ReadFile) -> Self {
        let by_path = HashMap::from([(file.source.path().to_owned(), file.source.tree().id)]);
        Files { read: vec![file], by_path }
    }

    /// Reads those of `paths` that have not been read, and gives the numbers of all. `prints` says
    /// whether anybody will ask whether they have changed.
    pub(crate) fn read(&mut self, host: &dyn Host, paths: &[PathBuf], prints: bool) -> Vec<FileId> {
        let before = self.read.len();
        let mut fresh = Vec::new();
        let mut ids = Vec::with_capacity(paths.len());
        for path in paths {
            let next = FileId(number(before + fresh.len()));
            let id = match self.by_path.get(path) {
                Some(known) => *known,
                None => {
                    self.by_path.insert(path.clone(), next);
                    fresh.push(path);
                    next
                }
            };
            ids.push(id);
        }
        self.read.extend(in_parallel(fresh.len(), 4, |index| {
            ReadFile::new(host, FileId(number(before + index)), fresh[index], prints)
        }));
        ids
    }

    /// One file.
    pub(crate) fn get(&self, id: FileId) -> &ReadFile {
        &self.read[id.0 as usize]
    }

    /// All files.
    pub(crate) fn sources(&self) -> Sources {
        Sources::of_files(self.read.iter().map(|file| file.source.clone()).collect())
    }
}

impl ReadFile {
    fn new(host: &dyn Host, id: FileId, path: &Path, prints: bool) -> Self {
        // Before the bytes: what changes between the two must not be taken for read.
        let stamp = if prints { host.stamp(path) } else { None };
        match host.read(path) {
            Ok(bytes) => {
                let print = if prints { Print::of(stamp, &bytes) } else { Print::default() };
                ReadFile { print, ..ReadFile::parsed(id, path, bytes) }
            }
            Err(error) => ReadFile::unreadable(id, path, error.kind()),
        }
    }

    fn unreadable(id: FileId, path: &Path, error: io::ErrorKind) -> Self {
        let source = Arc::new(Source::new(id, path, ""));
        let (outline, found, print) = (Outline::default(), Vec::new(), Print::default());
        ReadFile { source, outline, found, unreadable: Some(error), print }
    }

    /// The file `path` of which these are the bytes.
    pub(crate) fn parsed(id: FileId, path: &Path, bytes: Vec<u8>) -> Self {
        let end = |byte: &&u8| matches!(byte, b'\n' | b'\r');
        if bytes.len() > MOST_LINES && bytes.iter().filter(end).count() > MOST_LINES {
            return ReadFile::unreadable(id, path, io::ErrorKind::FileTooLarge);
        }
        let (source, error) = match String::from_utf8(bytes) {
            Ok(text) => (Source::new(id, path, text), None),
            Err(error) => {
                let bytes = error.into_bytes();
                (Source::new(id, path, lossy(&bytes)), grammar::decode(&bytes).err())
            }
        };
        if source.tree().sections.len() > MOST_SECTIONS {
            return ReadFile::unreadable(id, path, io::ErrorKind::FileTooLarge);
        }
        let found = faults(&source, error.as_ref());
        let outline = outline(&source);
        let source = Arc::new(source);
        ReadFile { source, outline, found, unreadable: None, print: Print::default() }
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

/// What is wrong with a file, bytes before lines, but for a line in an earlier block of the file
/// (CFG-012).
fn faults(source: &Source, error: Option<&DecodeError>) -> Vec<Diagnostic> {
    let mut found = syntax(source);
    if let Some(error) = error {
        let first = source.syntax_errors().first();
        let early = first.is_some_and(|first| {
            first.kind == SyntaxErrorKind::MissingHeader
                && first.line.end as usize <= error.lines_before
        });
        found.insert(usize::from(early), undecodable(source.tree().id, error));
    }
    found
}

/// The lines the original refuses (CFG-052 to CFG-056).
fn syntax(source: &Source) -> Vec<Diagnostic> {
    let errors = source.syntax_errors();
    if errors.is_empty() {
        return Vec::new();
    }
    let file = python_repr(&source.path().to_string_lossy());
    let mut together = format!("Source contains parsing errors: {file}");
    for error in errors.iter().filter(|error| error.kind != SyntaxErrorKind::MissingHeader) {
        let line = python_repr(&error.raw(source.text()));
        together.push_str(&format!("\n\t[line {:>2}]: {line}", error.number));
    }
    // The message lists every line; one finding carries it, or many lines would cost their square.
    let first = errors.iter().position(|error| error.kind != SyntaxErrorKind::MissingHeader);
    let listed = errors.iter().enumerate().take(MOST_FAULTS);
    let mut found: Vec<Diagnostic> = Vec::with_capacity(listed.len());
    found.extend(listed.map(|(index, error)| {
        let fault = syntax_error(error, source);
        if error.kind == SyntaxErrorKind::MissingHeader {
            fault.original(format!(
                "File contains no section headers.\nfile: {file}, line: {}\n{}",
                error.number,
                python_repr(&error.raw(source.text()))
            ))
        } else if first == Some(index) {
            fault.original(std::mem::take(&mut together))
        } else {
            fault
        }
    }));
    if let Some(next) = errors.get(MOST_FAULTS) {
        let mut rest = syntax_error(next, source);
        rest.message = format!("{} more faulty lines from here on", errors.len() - MOST_FAULTS);
        found.push(rest);
    }
    found
}

fn syntax_error(error: &SyntaxError, source: &Source) -> Diagnostic {
    let line = error.line.of(source.text());
    let stripped = grammar::strip(line);
    let indent = line.len() - line.trim_start_matches(grammar::is_space).len();
    let start = error.line.start + number(indent);
    let span = Span { start, end: start + number(stripped.len()), ..error.line };
    let bom = error.kind == SyntaxErrorKind::MissingHeader && stripped.starts_with('\u{feff}');
    let (code, message, help) = match error.kind {
        SyntaxErrorKind::MissingHeader if bom => (
            codes::BOM_OR_ENCODING,
            "the file begins with a byte order mark",
            "save the file without a byte order mark",
        ),
        SyntaxErrorKind::MissingHeader => (
            codes::MISSING_HEADER,
            "text before the first section header",
            "begin the file with a header such as `[supervisord]`",
        ),
        SyntaxErrorKind::NoDelimiter => (
            codes::NO_DELIMITER,
            "neither a section header nor an option",
            "write `key = value`, or indent the line to continue the value above",
        ),
        SyntaxErrorKind::EmptyKey => (
            codes::EMPTY_KEY,
            "an option without a name",
            "write the name of the option before the delimiter",
        ),
    };
    let finding = Diagnostic::new(code, Severity::Error, span, message).help(help);
    if !bom {
        return finding;
    }
    let mark = Span { end: span.start + number('\u{feff}'.len_utf8()), ..span };
    finding.fixed_by(Fix::safe("remove the byte order mark", vec![(mark, String::new())]))
}

fn undecodable(file: FileId, error: &DecodeError) -> Diagnostic {
    let start = number(error.offset);
    let span = Span { file, start, end: start + number(error.len) };
    let message = format!("byte {:#04x} is not UTF-8", error.byte);
    Diagnostic::new(codes::BOM_OR_ENCODING, Severity::Error, span, message)
        .original(error.to_string())
        .help("save the file as UTF-8")
}

/// Files are shorter than 4 GiB, and so is what is counted in them.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
