//! From a key to its row in the table. Every option of every file is looked up here, often more
//! than once.

use std::sync::OnceLock;

use super::SectionSpec;
use super::section::{SECTIONS, SectionKind};

/// The rows of a key in the parts of a section's table, each of them or [`NO_ROW`].
pub(crate) type Rows = [u8; 2];

/// No row of the table.
pub(crate) const NO_ROW: u8 = u8::MAX;

/// The rows of `key` in the parts of a section's table.
pub(crate) fn rows_of(kind: SectionKind, key: &str) -> Rows {
    keys(kind).find(key).map_or([NO_ROW; 2], |(_, rows)| *rows)
}

/// The table's own `key`, if it has it: one text for all sections.
pub(crate) fn known(kind: SectionKind, key: &str) -> Option<&'static str> {
    keys(kind).find(key).map(|(known, _)| *known)
}

fn keys(kind: SectionKind) -> &'static Keys {
    static KEYS: [OnceLock<Keys>; SECTIONS.len()] = [const { OnceLock::new() }; SECTIONS.len()];
    KEYS[kind as usize].get_or_init(|| Keys::new(kind.spec()))
}

/// One of [`BUCKETS`] for a key; few keys of a section share theirs.
pub(crate) fn bucket(key: &str) -> usize {
    let bytes = key.as_bytes();
    let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
    let last = byte(bytes.len().saturating_sub(1));
    let mark = (bytes.len() as u32) << 24 ^ byte(0) << 18 ^ byte(3) << 12 ^ byte(8) << 6 ^ last;
    (mark.wrapping_mul(0x9e37_79b1) >> 26) as usize
}

/// About twice as many as a section has keys.
pub(crate) const BUCKETS: usize = 64;

/// The keys of a section.
struct Keys {
    /// By bucket.
    list: Vec<(&'static str, Rows)>,
    /// Where each bucket ends in the list.
    ends: [u8; BUCKETS],
}

impl Keys {
    fn new(spec: &SectionSpec) -> Self {
        let row = |part: usize, name: &str| {
            let rows = spec.parts.get(part).copied().unwrap_or_default();
            let found = rows.iter().position(|row| row.name == name);
            found.and_then(|row| u8::try_from(row).ok()).unwrap_or(NO_ROW)
        };
        let names = spec.options().map(|option| option.name);
        let mut list: Vec<_> = names.map(|name| (name, [row(0, name), row(1, name)])).collect();
        list.sort_by_key(|(name, _)| bucket(name));
        let end = |number| list.partition_point(|(name, _)| bucket(name) <= number) as u8;
        let ends = std::array::from_fn(end);
        Keys { list, ends }
    }

    fn find(&self, key: &str) -> Option<&(&'static str, Rows)> {
        let bucket = bucket(key);
        let start = if bucket == 0 { 0 } else { self.ends[bucket - 1] };
        let likely = &self.list[usize::from(start)..usize::from(self.ends[bucket])];
        likely.iter().find(|(known, _)| *known == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_rows() {
        for (index, spec) in SECTIONS.iter().enumerate() {
            let kind = SectionKind::of(spec.name).expect("a kind of section");
            assert_eq!(kind as usize, index);
            for (part, rows) in spec.parts.iter().enumerate() {
                for (row, option) in rows.iter().enumerate() {
                    assert_eq!(usize::from(rows_of(kind, option.name)[part]), row);
                }
            }
            assert_eq!(rows_of(kind, "no_such_key"), [NO_ROW; 2]);
            assert_eq!(rows_of(kind, ""), [NO_ROW; 2]);
        }
    }
}
