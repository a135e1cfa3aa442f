//! From files to one document: sections joined, the last of equal options winning, `[DEFAULT]`
//! kept aside, and for every option the place it was written at (CFG-043 to CFG-051, CFG-085 to
//! CFG-093).

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use grammar::{Entry, FileId, Span};
use indexmap::IndexMap;

use super::load::Loaded;
use crate::schema::SectionSpec;
use crate::schema::section::{SECTIONS, SectionKind};
use crate::source::{Source, Sources};

/// The textual spelling of CFG-091.
const HERE: &str = "%(here)s";

/// All sections of all files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    /// The sections in the order of their first appearance.
    pub(crate) sections: Vec<Section>,
    /// What stands in `[DEFAULT]`, by key.
    pub(crate) defaults: IndexMap<String, Written>,
    by_name: HashMap<Arc<str>, u32>,
    heres: Vec<Arc<str>>,
}

/// One section.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    pub(crate) name: Arc<str>,
    /// What it is, if anybody reads it.
    pub(crate) kind: Option<SectionKind>,
    /// The included file that created it (CFG-090); `None` for the main file.
    pub(crate) owner: Option<FileId>,
    /// Its headers, the first first.
    pub(crate) headers: Vec<Span>,
    /// Its options that the table knows, each once.
    pub(crate) options: Vec<Written>,
    /// Its other options, in the order written; a key may occur again.
    pub(crate) others: Vec<Written>,
}

/// An option as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) file: FileId,
    section: u32,
    entry: u32,
    /// What the literal `%(here)s` in it stands for; [`NO_HERE`] when it is an ordinary expansion.
    here: u32,
    /// Its row in each part of the section's table, or [`NO_ROW`].
    pub(crate) rows: Rows,
    /// Whether it comes from `[DEFAULT]`.
    pub(crate) from_default: bool,
}

/// The rows of a key in the parts of a section's table.
pub(crate) type Rows = [u8; 2];

/// No row of the table.
pub(crate) const NO_ROW: u8 = u8::MAX;
const NO_HERE: u32 = u32::MAX;

/// Joins the files of a compilation.
pub(crate) fn merge(loaded: &Loaded) -> Document {
    let mut document = Document::default();
    for (index, reading) in loaded.readings.iter().enumerate() {
        let here = if loaded.includes { document.intern(&reading.here) } else { NO_HERE };
        let before = document.sections.len();
        let source = loaded.sources.get(reading.file);
        let defaults = document.absorb(source, index > 0, here);
        if loaded.includes {
            let fresh = if defaults { 0 } else { before };
            document.copy_defaults(fresh, here, &loaded.sources);
        }
    }
    document
}

impl Document {
    /// The section called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).map(|index| *index as usize)
    }

    /// The value of an option before any expansion, with the literal `%(here)s` replaced.
    pub(crate) fn text<'s>(&self, written: &Written, sources: &'s Sources) -> Cow<'s, str> {
        let raw = written.entry(sources).value(sources.text(written.file));
        match self.heres.get(written.here as usize) {
            Some(here) if raw.contains(HERE) => Cow::Owned(raw.replace(HERE, here)),
            _ => raw,
        }
    }

    /// What is written for each row of part `part` of a section, `[DEFAULT]` included (CFG-045).
    pub(crate) fn rows(&self, section: &Section, part: usize) -> [Option<Written>; MOST_ROWS] {
        let mut rows = [None; MOST_ROWS];
        for written in &section.options {
            if let Some(row) = rows.get_mut(usize::from(written.rows[part])) {
                *row = Some(*written);
            }
        }
        if let Some(kind) = section.kind
            && !self.defaults.is_empty()
        {
            for (index, option) in kind.spec().parts[part].iter().enumerate() {
                if rows[index].is_none() {
                    rows[index] = self.defaults.get(option.name).copied();
                }
            }
        }
        rows
    }

    /// The place in the file of bytes `range` of [`Document::text`].
    pub(crate) fn locate(&self, written: &Written, sources: &Sources, range: Range<usize>) -> Span {
        let entry = written.entry(sources);
        let raw = written.raw(sources);
        let here = self.heres.get(written.here as usize);
        let place = |offset| match here {
            Some(here) => before_replacing(&raw, here.len(), offset),
            None => offset,
        };
        let start = entry.locate(number(place(range.start)));
        let end = entry.locate(number(place(range.end))).max(start);
        let span = Span { file: written.file, start, end };
        if span.is_empty() { written.value_span(sources) } else { span }
    }

    /// Whether a section has the options, of the same entries and in the same directories, that
    /// `section` has in `other`.
    pub(crate) fn same_options(&self, own: &Section, other: &Document, section: &Section) -> bool {
        let mut last = (NO_HERE, NO_HERE);
        let mut same_here = |one: &Written, two: &Written| {
            let pair = (one.here, two.here);
            let text = |document: &Document, here: u32| document.heres.get(here as usize).cloned();
            let same = pair == last || text(self, pair.0) == text(other, pair.1);
            last = if same { pair } else { last };
            same
        };
        own.options.len() == section.options.len()
            && own
                .options
                .iter()
                .zip(&section.options)
                .all(|(one, two)| same_here(one, two) && *one == Written { here: one.here, ..*two })
    }

    fn intern(&mut self, here: &Arc<str>) -> u32 {
        if self.heres.last() != Some(here) {
            self.heres.push(here.clone());
        }
        number(self.heres.len() - 1)
    }

    /// Adds the sections of one file; whether `[DEFAULT]` is among them.
    fn absorb(&mut self, source: &Source, included: bool, here: u32) -> bool {
        let text = source.text();
        let file = source.tree().id;
        let mut defaults = false;
        for (section, tree) in source.tree().sections.iter().enumerate() {
            let name = tree.name.of(text);
            let section = number(section);
            let written = |entry: usize, rows, from_default| {
                let (entry, here) = (number(entry), if from_default { NO_HERE } else { here });
                Written { file, section, entry, here, rows, from_default }
            };
            if name == "DEFAULT" {
                defaults = true;
                for (index, entry) in tree.entries.iter().enumerate() {
                    let key = entry.key(text).into_owned();
                    self.defaults.insert(key, written(index, [NO_ROW; 2], true));
                }
                continue;
            }
            let target = self.open(name, tree.header, included.then_some(file));
            target.options.reserve_exact(tree.entries.len().min(MOST_ROWS));
            for (index, entry) in tree.entries.iter().enumerate() {
                let rows = target.kind.map_or([NO_ROW; 2], |kind| rows_of(kind, &entry.key(text)));
                target.put(written(index, rows, false));
            }
        }
        defaults
    }

    fn open(&mut self, name: &str, header: Span, owner: Option<FileId>) -> &mut Section {
        if let Some(index) = self.find(name) {
            self.sections[index].headers.push(header);
            return &mut self.sections[index];
        }
        let name: Arc<str> = Arc::from(name);
        self.by_name.insert(name.clone(), number(self.sections.len()));
        let kind = SectionKind::of(&name);
        let (options, others) = (Vec::new(), Vec::new());
        self.sections.push(Section { name, kind, owner, headers: vec![header], options, others });
        let last = self.sections.len() - 1;
        &mut self.sections[last]
    }

    /// Copies the defaults that hold a literal `%(here)s` into the sections from `fresh` on, where
    /// they stay whatever `[DEFAULT]` says later (CFG-093).
    fn copy_defaults(&mut self, fresh: usize, here: u32, sources: &Sources) {
        let defaults = self.defaults.iter();
        let holding: Vec<(&str, Written)> = defaults
            .filter(|(_, written)| written.raw(sources).contains(HERE))
            .map(|(key, written)| (key.as_str(), Written { here, ..*written }))
            .collect();
        for section in &mut self.sections[fresh..] {
            let Some(kind) = section.kind else { continue };
            for (key, written) in &holding {
                section.copy_default(
                    key,
                    Written { rows: rows_of(kind, key), ..*written },
                    sources,
                );
            }
        }
    }
}

impl Section {
    /// Takes over a default that the section does not have. Of the options no table knows, only
    /// those of an interface are ever read (CFG-265).
    fn copy_default(&mut self, key: &str, default: Written, sources: &Sources) {
        if default.is_known() {
            if !self.options.iter().any(|other| other.rows == default.rows) {
                self.options.push(default);
            }
        } else if matches!(self.kind, Some(SectionKind::Interface))
            && !self.others.iter().any(|other| other.key(sources) == key)
        {
            self.others.push(default);
        }
    }

    fn put(&mut self, written: Written) {
        if written.rows == [NO_ROW; 2] {
            self.others.push(written);
            return;
        }
        match self.options.iter_mut().find(|other| other.rows == written.rows) {
            Some(other) => *other = written,
            None => self.options.push(written),
        }
    }
}

impl Written {
    /// Where it was written.
    pub(crate) fn entry<'s>(&self, sources: &'s Sources) -> &'s Entry {
        &sources.tree(self.file).sections[self.section as usize].entries[self.entry as usize]
    }

    /// Whether the table of its section knows the key.
    pub(crate) fn is_known(&self) -> bool {
        self.rows != [NO_ROW; 2]
    }

    /// Its key in lower case.
    pub(crate) fn key<'s>(&self, sources: &'s Sources) -> Cow<'s, str> {
        self.entry(sources).key(sources.text(self.file))
    }

    /// The place of its value, or of all of it when the value is empty.
    pub(crate) fn value_span(&self, sources: &Sources) -> Span {
        let entry = self.entry(sources);
        let value = entry.value_span();
        if value.is_empty() { Span { end: entry.delimiter.end, ..entry.key } } else { value }
    }

    /// Its value as written.
    pub(crate) fn raw<'s>(&self, sources: &'s Sources) -> Cow<'s, str> {
        self.entry(sources).value(sources.text(self.file))
    }
}

/// The offset in `raw` of byte `offset` of what it becomes when each literal `%(here)s` is replaced
/// by `here` bytes. An offset inside a replacement is its beginning.
fn before_replacing(raw: &str, here: usize, offset: usize) -> usize {
    let (mut written, mut replaced) = (0, 0);
    for (start, _) in raw.match_indices(HERE) {
        let next = replaced + (start - written);
        if offset < next + here {
            return if offset <= next { written + (offset - replaced) } else { start };
        }
        written = start + HERE.len();
        replaced = next + here;
    }
    written + (offset - replaced)
}

/// More rows than any part of a section has.
pub(crate) const MOST_ROWS: usize = 40;

/// The rows of `key` in the parts of a section's table.
pub(crate) fn rows_of(kind: SectionKind, key: &str) -> Rows {
    static KEYS: LazyLock<[Vec<(&'static str, Rows)>; SECTIONS.len()]> =
        LazyLock::new(|| SECTIONS.map(keys_of));
    let keys = &KEYS[kind as usize];
    let order = |known: &(&str, Rows)| (known.0.len(), known.0).cmp(&(key.len(), key));
    keys.binary_search_by(order).map_or([NO_ROW; 2], |found| keys[found].1)
}

/// The keys of a section by length and text.
fn keys_of(spec: &SectionSpec) -> Vec<(&'static str, Rows)> {
    let row = |part: usize, name: &str| {
        let rows = spec.parts.get(part).copied().unwrap_or_default();
        let found = rows.iter().position(|row| row.name == name);
        found.and_then(|row| u8::try_from(row).ok()).unwrap_or(NO_ROW)
    };
    let names = spec.options().map(|option| option.name);
    let mut keys: Vec<_> = names.map(|name| (name, [row(0, name), row(1, name)])).collect();
    keys.sort_unstable_by_key(|(name, _)| (name.len(), *name));
    keys
}

/// Sources are shorter than 4 GiB, so nothing in them is counted beyond 32 bits.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
