//! Command lines read the way `getopt` reads them: bundled short options, unambiguous prefixes of
//! long ones, options end at the first other word (CFG-379 to CFG-386). What an option means, and
//! whether its value is any good, is the caller's business.

use std::fmt;

/// One option a program knows. `K` is what the program calls it.
#[derive(Clone, Copy, Debug)]
pub struct Known<K> {
    /// The caller's name for it.
    pub key: K,
    /// Its one-letter forms, without dashes.
    pub short: &'static str,
    /// Its long form, without dashes.
    pub long: &'static str,
    /// Whether it takes an argument.
    pub takes_argument: bool,
}

/// One option on a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence<K> {
    /// Which one.
    pub key: K,
    /// The form it was given in, with its dashes; a prefix is completed (CFG-385).
    pub spelling: String,
    /// Its argument.
    pub value: Option<String>,
    /// Whether it stood on the line before, in whatever form.
    pub repeated: bool,
}

impl<K> Occurrence<K> {
    /// The error of an option that must not be given twice (CFG-386).
    #[must_use]
    pub fn conflict(&self) -> UsageError {
        UsageError(format!("conflicting command line option '{}'", self.spelling))
    }
}

/// A command line taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine<K> {
    /// The options, left to right.
    pub options: Vec<Occurrence<K>>,
    /// The words from the first one that is no option.
    pub words: Vec<String>,
}

/// What is wrong with a command line, in the words of the original. Programs print it with
/// [`UsageError::report`] and exit with status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

impl UsageError {
    /// The two lines for stderr, `program` being the name the program was called by.
    #[must_use]
    pub fn report(&self, program: &str) -> String {
        format!("Error: {self}\nFor help, use {program} -h\n")
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Takes a command line apart; `arguments` do not include the program's name.
///
/// # Errors
/// The first thing wrong with any option of the line.
pub fn parse<K: Copy + PartialEq>(
    known: &[Known<K>],
    arguments: &[String],
) -> Result<CommandLine<K>, UsageError> {
    let mut options: Vec<Occurrence<K>> = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.as_slice().first() {
        if argument == "--" {
            rest.next();
            break;
        }
        let found = match (argument.strip_prefix("--"), argument.strip_prefix('-')) {
            (Some(long), _) => {
                rest.next();
                vec![parse_long(known, long, &mut rest)?]
            }
            (None, Some(bundle)) if !bundle.is_empty() => {
                rest.next();
                parse_bundle(known, bundle, &mut rest)?
            }
            (None, _) => break,
        };
        for (key, spelling, value) in found {
            let repeated = options.iter().any(|earlier| earlier.key == key);
            options.push(Occurrence { key, spelling, value, repeated });
        }
    }
    let words = rest.cloned().collect();
    Ok(CommandLine { options, words })
}

type Found<K> = (K, String, Option<String>);

/// One word that starts with two dashes.
fn parse_long<'a, K: Copy>(
    known: &[Known<K>],
    text: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Result<Found<K>, UsageError> {
    let (name, attached) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    let option = find_long(known, name)?;
    let value = match (option.takes_argument, attached) {
        (true, Some(value)) => Some(value),
        (true, None) => match rest.next() {
            Some(value) => Some(value.clone()),
            None => return Err(error("--", option.long, "requires argument")),
        },
        (false, None) => None,
        (false, Some(_)) => return Err(error("--", option.long, "must not have an argument")),
    };
    Ok((option.key, format!("--{}", option.long), value))
}

/// The option with this long name, else the only one whose name starts so.
fn find_long<'k, K>(known: &'k [Known<K>], name: &str) -> Result<&'k Known<K>, UsageError> {
    if let Some(exact) = known.iter().find(|option| option.long == name) {
        return Ok(exact);
    }
    let mut candidates = known.iter().filter(|option| option.long.starts_with(name));
    match (candidates.next(), candidates.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(error("--", name, "not a unique prefix")),
        (None, _) => Err(error("--", name, "not recognized")),
    }
}

/// One word that starts with one dash: options without argument, then perhaps one with.
fn parse_bundle<'a, K: Copy>(
    known: &[Known<K>],
    bundle: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Result<Vec<Found<K>>, UsageError> {
    let mut found = Vec::new();
    for (at, letter) in bundle.char_indices() {
        let option = known
            .iter()
            .find(|option| option.short.contains(letter))
            .ok_or_else(|| error("-", letter, "not recognized"))?;
        if !option.takes_argument {
            found.push((option.key, format!("-{letter}"), None));
            continue;
        }
        let attached = &bundle[at + letter.len_utf8()..];
        let value = match attached {
            "" => rest.next().cloned(),
            value => Some(value.to_owned()),
        };
        let value = value.ok_or_else(|| error("-", letter, "requires argument"))?;
        found.push((option.key, format!("-{letter}"), Some(value)));
        break;
    }
    Ok(found)
}

fn error(dashes: &str, name: impl fmt::Display, problem: &str) -> UsageError {
    UsageError(format!("option {dashes}{name} {problem}"))
}

#[cfg(test)]
mod tests;
