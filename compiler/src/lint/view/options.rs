//! The options of one section by key, the last writing of each in force.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Written;

/// Fewer options are searched one by one.
const MANY: usize = 100;

/// Options by key, in the order first written.
#[derive(Clone, Debug, Default)]
pub(super) struct Options<'a> {
    list: Vec<Written<'a>>,
    /// Where each key stands in the list; empty unless there are [`MANY`].
    places: HashMap<Cow<'a, str>, usize>,
    rewritten: bool,
}

impl<'a> Options<'a> {
    /// None, with room for `count`.
    pub(super) fn with_capacity(count: usize) -> Self {
        Options { list: Vec::with_capacity(count), ..Options::default() }
    }

    /// Adds an option, or puts it in the place of the one of the same key.
    pub(super) fn write(&mut self, option: Written<'a>) {
        match self.position(&option.key) {
            Some(at) => {
                self.rewritten = true;
                self.list[at] = option;
            }
            None => {
                self.list.push(option);
                if self.list.len() >= MANY {
                    let fresh = self.list.iter().enumerate().skip(self.places.len());
                    self.places.extend(fresh.map(|(at, option)| (option.key.clone(), at)));
                }
            }
        }
    }

    /// Adds what is written further on.
    pub(super) fn append(&mut self, further: Options<'a>) {
        self.rewritten |= further.rewritten;
        further.list.into_iter().for_each(|option| self.write(option));
    }

    /// All of them.
    pub(super) fn list(&self) -> &[Written<'a>] {
        &self.list
    }

    /// Whether one is written more than once.
    pub(super) fn are_rewritten(&self) -> bool {
        self.rewritten
    }

    /// The option called `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Written<'a>> {
        self.position(key).map(|at| &self.list[at])
    }

    fn position(&self, key: &str) -> Option<usize> {
        if !self.places.is_empty() {
            return self.places.get(key).copied();
        }
        let mark = mark(key);
        self.list.iter().position(|option| option.mark == mark && option.key == key)
    }
}

/// Tells most keys apart without reading them: rules look up dozens of keys in every section.
pub(super) fn mark(key: &str) -> u32 {
    let bytes = key.as_bytes();
    let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
    let last = byte(bytes.len().saturating_sub(1));
    (bytes.len() as u32) << 24 ^ byte(0) << 18 ^ byte(3) << 12 ^ byte(8) << 6 ^ last
}
