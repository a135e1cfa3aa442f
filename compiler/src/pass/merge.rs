//! From files to one document: sections joined, the last of equal options winning, `[DEFAULT]`
//! kept aside, and for every option the place it was written at (CFG-043 to CFG-051, CFG-085 to
//! CFG-093).

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use grammar::{FileId, Span};
use indexmap::IndexMap;

use super::load::Loaded;
use super::outline::{DEFAULT, MOST_ROWS, Outline, Section, Written};
use crate::schema::keys::rows_of;
use crate::schema::section::SectionKind;
use crate::source::Sources;

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
    /// What a literal `%(here)s` stands for in each file, by number; empty where that step is not
    /// taken.
    heres: Vec<Option<Arc<str>>>,
}

/// Joins the files of a compilation.
pub(crate) fn merge(loaded: &Loaded) -> Document {
    let mut document = Document::default();
    let outlines = || loaded.readings.iter().map(|reading| &loaded.files.get(reading.file).outline);
    let sections = outlines().map(|outline| outline.sections.len()).sum();
    document.sections.reserve_exact(sections);
    document.by_name.reserve(sections);
    if loaded.includes {
        document.heres.resize(loaded.sources.ids().len(), None);
    }
    for (index, (reading, outline)) in loaded.readings.iter().zip(outlines()).enumerate() {
        let fresh = document.sections.len();
        let included = (index > 0).then_some(reading.file);
        let defaults = document.absorb(outline, included, &loaded.sources);
        if loaded.includes {
            document.heres[reading.file.0 as usize] = Some(reading.here.clone());
            let fresh = if defaults { 0 } else { fresh };
            document.copy_defaults(fresh, reading.file, &loaded.sources);
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
        let raw = written.raw(sources);
        match self.here(written).filter(|_| written.expands) {
            Some(here) => replace_here(raw, here),
            None => raw,
        }
    }

    fn here(&self, written: &Written) -> Option<&str> {
        self.heres.get(written.here?.0 as usize)?.as_deref()
    }

    /// What is written for each row of part `part` of a section, `[DEFAULT]` included (CFG-045).
    pub(crate) fn rows(&self, section: &Section, part: usize) -> [Option<Written>; MOST_ROWS] {
        let mut rows = [None; MOST_ROWS];
        for written in section.options.iter() {
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
        let here = self.here(written);
        let place = |offset| match here {
            Some(here) => before_replacing(&raw, here.len(), offset),
            None => offset,
        };
        let locate = |offset| entry.locate(u32::try_from(place(offset)).unwrap_or(u32::MAX));
        let start = locate(range.start);
        let end = locate(range.end).max(start);
        let span = Span { file: written.file, start, end };
        if span.is_empty() { written.value_span(sources) } else { span }
    }

    /// Adds the sections of one file; whether `[DEFAULT]` is among them.
    fn absorb(&mut self, outline: &Outline, owner: Option<FileId>, sources: &Sources) -> bool {
        let mut defaults = false;
        for section in &outline.sections {
            if &*section.name == DEFAULT {
                defaults = true;
                for written in section.others.iter() {
                    self.defaults.insert(written.key(sources).into_owned(), *written);
                }
            } else if let Some(index) = self.find(&section.name) {
                self.sections[index].reopen(section);
            } else {
                let index = u32::try_from(self.sections.len()).unwrap_or(u32::MAX);
                self.by_name.insert(section.name.clone(), index);
                self.sections.push(Section { owner, ..section.clone() });
            }
        }
        defaults
    }

    /// Copies the defaults that hold a literal `%(here)s` into the sections from `fresh` on, where
    /// they stay whatever `[DEFAULT]` says later (CFG-093).
    fn copy_defaults(&mut self, fresh: usize, file: FileId, sources: &Sources) {
        let defaults = self.defaults.iter();
        let holding: Vec<(&str, Written)> = defaults
            .filter(|(_, written)| written.expands && heres(&written.raw(sources)).next().is_some())
            .map(|(key, written)| (key.as_str(), Written { here: Some(file), ..*written }))
            .collect();
        if holding.is_empty() {
            return;
        }
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
                Arc::make_mut(&mut self.options).push(default);
            }
        } else if matches!(self.kind, Some(SectionKind::Interface))
            && !self.others.iter().any(|other| other.key(sources) == key)
        {
            Arc::make_mut(&mut self.others).push(default);
        }
    }
}

/// Where `raw` says literally `%(here)s`.
fn heres(raw: &str) -> impl Iterator<Item = usize> {
    raw.match_indices('%').map(|(at, _)| at).filter(|at| raw[*at..].starts_with(HERE))
}

/// `raw` with each literal `%(here)s` replaced.
fn replace_here<'t>(raw: Cow<'t, str>, here: &str) -> Cow<'t, str> {
    let mut replaced = String::new();
    let mut rest = 0;
    for start in heres(&raw) {
        replaced.reserve(raw.len() + here.len());
        replaced.push_str(&raw[rest..start]);
        replaced.push_str(here);
        rest = start + HERE.len();
    }
    if rest == 0 {
        return raw;
    }
    replaced.push_str(&raw[rest..]);
    Cow::Owned(replaced)
}

/// The offset in `raw` of byte `offset` of what it becomes when each literal `%(here)s` is replaced
/// by `here` bytes. An offset inside a replacement is its beginning.
fn before_replacing(raw: &str, here: usize, offset: usize) -> usize {
    let (mut written, mut replaced) = (0, 0);
    for start in heres(raw) {
        let next = replaced + (start - written);
        if offset < next + here {
            return if offset <= next { written + (offset - replaced) } else { start };
        }
        written = start + HERE.len();
        replaced = next + here;
    }
    written + (offset - replaced)
}
