//! The table of every section and option. Parser, defaults, "did you mean", reference, sample
//! configuration, JSON schema, `getAllConfigInfo` and diff all read it; there is no other list.

pub(crate) mod keys;
pub mod render;
pub mod sample;
pub mod section;
mod table;
pub mod value;

pub use table::{Default, Expand, OptionSpec, Reload, Section, SectionSpec};
pub(crate) use table::{row_of, section};

use section::SECTIONS;

/// The section called `name` in a file, if anybody reads it (CFG-049, CFG-051).
pub fn section_of(name: &str) -> Option<&'static SectionSpec> {
    SECTIONS.iter().copied().find(|spec| spec.claims(name))
}

/// The known words nearest to a misspelt one, best first: at most three, none too far.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Vec<&'w str> {
    let length = word.chars().count();
    let most = (length / 3).max(1);
    let mut near: Vec<(usize, &str)> = known
        .into_iter()
        // Every letter more or less is an edit; to count them is much less work.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= most && *candidate != word)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

#[cfg(test)]
mod tests;
