//! What one file says, section by section, against the table: made once when the file is parsed and
//! shared by every document it is part of.

use std::borrow::Cow;
use std::sync::Arc;

use grammar::{Entry, FileId, Span};

use crate::schema::keys::{NO_ROW, Rows, rows_of};
use crate::schema::section::SectionKind;
use crate::source::{Source, Sources};

/// The sections of one file in the order written.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) sections: Vec<Section>,
}

/// One section, of a file or of a document.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: Arc<str>,
    /// What it is, if anybody reads it.
    pub(crate) kind: Option<SectionKind>,
    /// The included file that created it (CFG-090); `None` for the main file.
    pub(crate) owner: Option<FileId>,
    /// Its headers, the first first.
    pub(crate) headers: Arc<Vec<Span>>,
    /// Its options that the table knows, each once.
    pub(crate) options: Arc<Vec<Written>>,
    /// Its other options, in the order written; a key may occur again.
    pub(crate) others: Arc<Vec<Written>>,
}

/// An option as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) file: FileId,
    pub(super) section: u32,
    pub(super) entry: u32,
    /// The file whose directory a literal `%(here)s` in it stands for, where that step is taken
    /// (CFG-091); `None` when it is an ordinary expansion.
    pub(crate) here: Option<FileId>,
    /// Its row in each part of the section's table, or [`NO_ROW`].
    pub(crate) rows: Rows,
    /// Whether it comes from `[DEFAULT]`.
    pub(crate) from_default: bool,
    /// Whether its value may hold an expansion; most do not.
    pub(crate) expands: bool,
}

/// More rows than any part of a section has.
pub(crate) const MOST_ROWS: usize = 40;

/// The name of the section whose options are everybody's (CFG-045).
pub(crate) const DEFAULT: &str = "DEFAULT";

/// What `source` says.
pub(crate) fn outline(source: &Source) -> Outline {
    let sections = source.tree().sections.iter().enumerate();
    Outline { sections: sections.map(|(number, tree)| section(source, number, tree)).collect() }
}

fn section(source: &Source, section: usize, tree: &grammar::Section) -> Section {
    let text = source.text();
    let file = source.tree().id;
    let name = tree.name.of(text);
    let kind = SectionKind::of(name);
    let from_default = name == DEFAULT;
    let most = tree.entries.len().min(MOST_ROWS);
    let (mut options, mut others) = (Vec::with_capacity(most), Vec::new());
    for (entry, written) in tree.entries.iter().enumerate() {
        let rows = kind.map_or([NO_ROW; 2], |kind| rows_of(kind, &written.key(text)));
        let (section, entry) = (number(section), number(entry));
        let here = (!from_default).then_some(file);
        let expands =
            tree.entries[entry as usize].value_span().of(text).bytes().any(|byte| byte == b'%');
        let written = Written { file, section, entry, here, rows, from_default, expands };
        if written.is_known() { put(&mut options, written) } else { others.push(written) }
    }
    Section {
        name: Arc::from(name),
        kind,
        owner: None,
        headers: Arc::new(vec![tree.header]),
        options: Arc::new(options),
        others: Arc::new(others),
    }
}

/// Adds an option, or replaces the one of the same key.
fn put(options: &mut Vec<Written>, written: Written) {
    match options.iter_mut().find(|other| other.rows == written.rows) {
        Some(other) => *other = written,
        None => options.push(written),
    }
}

impl Section {
    /// Adds what the section says where it is opened again (CFG-043, CFG-085).
    pub(crate) fn reopen(&mut self, again: &Section) {
        let options = Arc::make_mut(&mut self.options);
        for written in again.options.iter() {
            put(options, *written);
        }
        if !again.others.is_empty() {
            Arc::make_mut(&mut self.others).extend_from_slice(&again.others);
        }
        Arc::make_mut(&mut self.headers).extend_from_slice(&again.headers);
    }
}

impl Written {
    /// Where it was written.
    pub(crate) fn entry<'s>(&self, sources: &'s Sources) -> &'s Entry {
        &sources.tree(self.file).sections[self.section as usize].entries[self.entry as usize]
    }

    /// The place of its value, or of all of it when the value is empty.
    pub(crate) fn value_span(&self, sources: &Sources) -> Span {
        let entry = self.entry(sources);
        let value = entry.value_span();
        if value.is_empty() { Span { end: entry.delimiter.end, ..entry.key } } else { value }
    }

    /// Whether the table of its section knows the key.
    pub(crate) fn is_known(&self) -> bool {
        self.rows != [NO_ROW; 2]
    }

    /// Its key in lower case.
    pub(crate) fn key<'s>(&self, sources: &'s Sources) -> Cow<'s, str> {
        self.entry(sources).key(sources.text(self.file))
    }

    /// Its value as written.
    pub(crate) fn raw<'s>(&self, sources: &'s Sources) -> Cow<'s, str> {
        self.entry(sources).value(sources.text(self.file))
    }
}

/// Sources are shorter than 4 GiB, so nothing in them is counted beyond 32 bits.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
