//! The options of one section by key, the last writing of each in force.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Written;
use crate::schema::keys::{BUCKETS, bucket};

/// Fewer options are searched one by one.
const MANY: usize = 100;

/// Options by key, in the order first written.
#[derive(Clone, Debug, Default)]
pub(super) struct Options<'a> {
    list: Vec<Written<'a>>,
    /// Where each key stands in the list; empty unless there are [`MANY`].
    places: HashMap<Cow<'a, str>, usize>,
    /// For each bucket, one more than the place of the first key in it.
    firsts: Buckets,
    rewritten: bool,
}

/// Rules look up dozens of keys in every section.
#[derive(Clone, Debug)]
struct Buckets([u8; BUCKETS]);

impl Default for Buckets {
    fn default() -> Self {
        Buckets([0; BUCKETS])
    }
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
                let first = &mut self.firsts.0[bucket(&option.key)];
                self.list.push(option);
                if *first == 0 {
                    // Once there are MANY it is not asked.
                    *first = u8::try_from(self.list.len()).unwrap_or(u8::MAX);
                }
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
        let start = usize::from(self.firsts.0[bucket(key)]).checked_sub(1)?;
        let found = self.list[start..].iter().position(|option| option.key == key)?;
        Some(start + found)
    }
}
