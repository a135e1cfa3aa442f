//! Sets of environment variables.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use grammar::value::{PairsError, pairs};
use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::{Invalid, Kind, Shown};
use crate::diagnostic::codes;
use crate::host::Inquiry;

/// Environment variables, sorted by name, each name once. The values never reach `Debug`.
///
/// A large configuration holds an environment a process, most of them the same: clones share theirs.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Environment(Option<Arc<Variables>>);

/// At least one variable. All of them share one text.
#[derive(PartialEq, Eq, Hash)]
struct Variables {
    /// Every name followed by its value.
    text: Box<str>,
    /// Where each name and each value ends in `text`.
    ends: Box<[(u32, u32)]>,
}

impl Environment {
    /// The value of one variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            let (candidate, value) = self.at(middle);
            match candidate.cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(value),
            }
        }
        None
    }

    /// The names and values, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + DoubleEndedIterator {
        (0..self.len()).map(|index| self.at(index))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// How many variables there are.
    pub fn len(&self) -> usize {
        self.ends().len()
    }

    /// The bytes of all names and values.
    pub(crate) fn text_len(&self) -> usize {
        self.text().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Lets go of its own variables if those of `other` are the same.
    pub(crate) fn share(&mut self, other: &Environment) {
        if self == other {
            self.clone_from(other);
        }
    }

    /// These variables and `over`, which wins where both have a name (CFG-329).
    pub fn merged(&self, over: &Environment) -> Environment {
        if self.is_empty() {
            return over.clone();
        }
        if over.is_empty() {
            return self.clone();
        }
        let mut pairs: Vec<(&str, &str)> = Vec::with_capacity(self.len() + over.len());
        pairs.extend(self.iter());
        pairs.extend(over.iter());
        Self::from_pairs(pairs)
    }

    /// The set of `pairs`; the last of equal names wins (CFG-312).
    pub fn from_pairs<T: AsRef<str>>(mut pairs: Vec<(T, T)>) -> Environment {
        pairs.sort_by(|left, right| left.0.as_ref().cmp(right.0.as_ref()));
        let bytes = pairs.iter().map(|(name, value)| name.as_ref().len() + value.as_ref().len());
        let mut text = String::with_capacity(bytes.sum());
        let mut ends = Vec::with_capacity(pairs.len());
        for (index, (name, value)) in pairs.iter().enumerate() {
            let name = name.as_ref();
            if pairs.get(index + 1).is_some_and(|next| next.0.as_ref() == name) {
                continue;
            }
            text.push_str(name);
            let middle = offset(text.len());
            text.push_str(value.as_ref());
            ends.push((middle, offset(text.len())));
        }
        Environment::new(text.into_boxed_str(), ends.into_boxed_slice())
    }

    fn new(text: Box<str>, ends: Box<[(u32, u32)]>) -> Environment {
        Environment((!ends.is_empty()).then(|| Arc::new(Variables { text, ends })))
    }

    fn text(&self) -> &str {
        self.0.as_ref().map_or("", |variables| &variables.text)
    }

    fn ends(&self) -> &[(u32, u32)] {
        self.0.as_ref().map_or(&[], |variables| &variables.ends)
    }

    /// The name and value at `index`.
    fn at(&self, index: usize) -> (&str, &str) {
        let (text, ends) = (self.text(), self.ends());
        let start = if index == 0 { 0 } else { ends[index - 1].1 as usize };
        let (middle, end) = ends[index];
        (&text[start..middle as usize], &text[middle as usize..end as usize])
    }
}

/// Whether the ends lie in the text, in order, up to its end.
fn fit(text: &str, ends: &[(u32, u32)]) -> bool {
    let mut start = 0;
    let inside = ends.iter().all(|(middle, end)| {
        let sound = start <= *middle
            && middle <= end
            && text.is_char_boundary(*middle as usize)
            && text.is_char_boundary(*end as usize);
        start = *end;
        sound
    });
    inside && start as usize == text.len()
}

/// Sources are below 4 GiB, and so is what is written in them.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment::from_pairs::<String>(pairs)
    }
}

impl Kind for Environment {
    type Value = Environment;

    const NAME: &'static str = "KEY=\"value\" list";
    const JSON: &'static str = "object";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<Environment, Invalid> {
        if let Some(pairs) = plain_pairs(text) {
            return Ok(Environment::from_pairs(pairs));
        }
        let pairs = pairs(text).map_err(|error| refusal(&error, text))?;
        Ok(Environment::from_pairs(
            pairs.iter().map(|pair| (&*pair.key.text, pair.value())).collect(),
        ))
    }

    fn show(value: &Environment) -> Shown {
        Shown::List(value.names().map(str::to_owned).collect())
    }
}

/// The pairs of `text` if each is a word, `=` and a word or a quoted text without other quotes at
/// its ends, with commas between. The grammar says the same of it, but nearly all lists of a large
/// tree are of this form and this takes a tenth of the time.
fn plain_pairs(text: &str) -> Option<Vec<(&str, &str)>> {
    const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
    let word = |text: &str| {
        let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || b"_/.+-():".contains(&byte);
        text.bytes().position(|byte| !goes_on(byte)).unwrap_or(text.len())
    };
    let mut pairs = Vec::with_capacity(text.len() / 16 + 1);
    let mut rest = text.trim_start_matches(BLANK);
    while !rest.is_empty() {
        let (key, after) = rest.split_at(word(rest));
        let after = after.strip_prefix('=').filter(|_| !key.is_empty())?;
        let (value, after) = match after.bytes().next()? {
            quote @ (b'"' | b'\'') => {
                let rest = &after[1..];
                let end = rest.bytes().position(|byte| byte == quote)?;
                let (inside, after) = (&rest[..end], &rest[end + 1..]);
                (Some(inside).filter(|inside| *inside == inside.trim_matches(['"', '\'']))?, after)
            }
            _ => Some(after.split_at(word(after))).filter(|(value, _)| !value.is_empty())?,
        };
        pairs.push((key, value));
        let after = after.trim_start_matches(BLANK);
        if after.is_empty() {
            break;
        }
        rest = after.strip_prefix(',')?.trim_start_matches(BLANK);
    }
    Some(pairs)
}

/// What the original says of a list that breaks off (CFG-303, CFG-304).
fn refusal(error: &PairsError, text: &str) -> Invalid {
    let range = error.range().start as usize..error.range().end as usize;
    match error {
        PairsError::NoClosingQuotation { .. } => {
            Invalid::new(codes::UNCLOSED_QUOTE, "this quote is never closed", error.message(text))
                .at(range.start..range.start + 1)
                .help("close it; an inline comment may have cut the value")
        }
        PairsError::UnexpectedEnd { .. } => Invalid::new(
            codes::ENV_UNQUOTED_SPECIAL,
            "the list of variables breaks off here",
            error.message(text),
        )
        .at(range)
        .help("quote the value, as in `KEY=\"value\"`, and put commas between pairs"),
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// A map to read; its own two fields in a plan, where it is the bulk of the bytes.
impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_map(self.iter());
        }
        (self.text(), self.ends()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Environment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let pairs = BTreeMap::<String, String>::deserialize(deserializer)?;
            return Ok(pairs.into_iter().collect());
        }
        let (text, ends): (Box<str>, Box<[_]>) = Deserialize::deserialize(deserializer)?;
        let read = fit(&text, &ends).then(|| Environment::new(text, ends));
        let sorted = |read: &Environment| read.names().is_sorted_by(|one, next| one < next);
        read.filter(sorted).ok_or_else(|| D::Error::custom("not an environment"))
    }
}
