//! The files that were read, kept from one compilation to the next: a file whose stamp has not
//! changed is not read again, and one whose bytes have not changed is not parsed again.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use grammar::{DecodeError, FileId, Span, SyntaxError, SyntaxErrorKind, python_repr};

use super::outline::{Outline, outline};
use super::parallel::in_parallel;
use crate::diagnostic::{Diagnostic, Fix, Severity, codes};
use crate::host::{Host, Stamp};
use crate::source::{Source, Sources};

/// Every file by its number. Numbers are never given to another path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    kept: Vec<Kept>,
    by_path: HashMap<PathBuf, FileId>,
}

/// One file as it was when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) source: Arc<Source>,
    /// What it says.
    pub(crate) outline: Arc<Outline>,
    /// What is wrong with it as a file, in the order the original meets it.
    pub(crate) found: Vec<Diagnostic>,
    /// Why it could not be read.
    pub(crate) unreadable: Option<io::ErrorKind>,
    /// From before it was read; `None` when it has to be read again whatever happens.
    stamp: Option<Stamp>,
}

impl Files {
    /// Makes `paths` current and gives their numbers. `keep` says whether anybody will ask again.
    /// The numbers of files that are not what they were are added to `changed`.
    pub(crate) fn refresh(
        &mut self,
        host: &dyn Host,
        paths: &[PathBuf],
        keep: bool,
        changed: &mut Vec<FileId>,
    ) -> Vec<FileId> {
        let ids: Vec<FileId> = paths.iter().map(|path| self.number(path)).collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        let kept = &self.kept;
        let by_id: HashMap<FileId, &PathBuf> = ids.iter().copied().zip(paths).collect();
        let fresh = in_parallel(unique.len(), |index| {
            let id = unique[index];
            read(host, id, by_id[&id], kept.get(id.0 as usize), keep)
        });
        for (id, fresh) in unique.into_iter().zip(fresh) {
            if let Some((fresh, differs)) = fresh {
                self.put(id, fresh);
                if differs {
                    changed.push(id);
                }
            }
        }
        ids
    }

    /// Forgets the text of every file that is not in `used`.
    pub(crate) fn forget_others(&mut self, used: &[FileId]) {
        let mut is_used = vec![false; self.kept.len()];
        for id in used {
            is_used[id.0 as usize] = true;
        }
        for (index, kept) in self.kept.iter_mut().enumerate() {
            if !is_used[index] && kept.stamp.take().is_some() {
                *kept = Kept::empty(kept.source.tree().id, kept.source.path());
            }
        }
    }

    /// One file.
    pub(crate) fn get(&self, id: FileId) -> &Kept {
        &self.kept[id.0 as usize]
    }

    /// All files.
    pub(crate) fn sources(&self) -> Sources {
        Sources::of_files(self.kept.iter().map(|kept| kept.source.clone()).collect())
    }

    /// What all files say.
    pub(crate) fn outlines(&self) -> Vec<Arc<Outline>> {
        self.kept.iter().map(|kept| kept.outline.clone()).collect()
    }

    fn number(&mut self, path: &Path) -> FileId {
        if let Some(id) = self.by_path.get(path) {
            return *id;
        }
        let id = FileId(u32::try_from(self.by_path.len()).unwrap_or(u32::MAX));
        self.by_path.insert(path.to_owned(), id);
        id
    }

    fn put(&mut self, id: FileId, fresh: Kept) {
        match self.kept.get_mut(id.0 as usize) {
            Some(kept) => *kept = fresh,
            None => self.kept.push(fresh),
        }
    }
}

/// The file at `path` if it is not as `kept` has it, and whether its text differs.
fn read(
    host: &dyn Host,
    id: FileId,
    path: &Path,
    kept: Option<&Kept>,
    keep: bool,
) -> Option<(Kept, bool)> {
    let stamp = if keep { host.stamp(path) } else { None };
    if let Some(kept) = kept
        && kept.stamp.is_some()
        && kept.stamp == stamp
    {
        return None;
    }
    let stamp = stamp.filter(|stamp| stamp.settled);
    let fresh = match host.read(path) {
        Ok(bytes) => match kept {
            Some(kept) if kept.holds(&bytes) => {
                return Some((Kept { stamp, ..kept.clone() }, false));
            }
            _ => Kept { stamp, ..Kept::parsed(id, path, &bytes) },
        },
        Err(error) => Kept { unreadable: Some(error.kind()), ..Kept::empty(id, path) },
    };
    let differs =
        kept.is_none_or(|kept| kept.unreadable.is_none() || fresh.unreadable != kept.unreadable);
    Some((fresh, differs))
}

impl Kept {
    fn empty(id: FileId, path: &Path) -> Self {
        let source = Arc::new(Source::new(id, path, ""));
        let outline = Arc::default();
        Kept { source, outline, found: Vec::new(), unreadable: None, stamp: None }
    }

    fn parsed(id: FileId, path: &Path, bytes: &[u8]) -> Self {
        let (source, error) = match grammar::decode(bytes) {
            Ok(text) => (Source::new(id, path, text), None),
            Err(error) => (Source::new(id, path, lossy(bytes)), Some(error)),
        };
        let found = faults(&source, error.as_ref());
        let outline = Arc::new(outline(&source));
        Kept { source: Arc::new(source), outline, found, unreadable: None, stamp: None }
    }

    /// Whether the file was read and these are its bytes.
    fn holds(&self, bytes: &[u8]) -> bool {
        self.unreadable.is_none() && self.source.text().as_bytes() == bytes
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
    let faults = errors.iter().enumerate().map(|(index, error)| {
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
    });
    faults.collect()
}

fn syntax_error(error: &SyntaxError, source: &Source) -> Diagnostic {
    let line = error.line.of(source.text());
    let stripped = grammar::strip(line);
    let indent = line.len() - line.trim_start_matches(grammar::is_space).len();
    let start = error.line.start + length(indent);
    let span = Span { start, end: start + length(stripped.len()), ..error.line };
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
    let mark = Span { end: span.start + length('\u{feff}'.len_utf8()), ..span };
    finding.fixed_by(Fix::safe("remove the byte order mark", vec![(mark, String::new())]))
}

fn undecodable(file: FileId, error: &DecodeError) -> Diagnostic {
    let start = length(error.offset);
    let span = Span { file, start, end: start + length(error.len) };
    let message = format!("byte {:#04x} is not UTF-8", error.byte);
    Diagnostic::new(codes::BOM_OR_ENCODING, Severity::Error, span, message)
        .original(error.to_string())
        .help("save the file as UTF-8")
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
