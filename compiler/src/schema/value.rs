//! The kinds of value an option can have: how the text of each becomes typed, and in which words
//! the original refuses it.

mod address;
mod environment;
mod number;
mod place;
mod process;
mod scalar;
mod text;

pub use address::InetAddress;
pub(crate) use address::port;
pub use environment::Environment;
pub(crate) use number::integer;
pub use number::{Bytes, Integer, Octal, Seconds};
pub(crate) use place::directory_of;
pub use place::{DirPath, Directory, SocketAddress, SocketPath, absolute};
pub use process::{AutoRestart, ExitCodes, LogTarget, Secret, Signal, UserRef};
pub use scalar::LogLevel;
pub use text::{CtlUrl, HistoryFile, List, Name, ServerUrl, Text, UpperList};

use std::ops::Range;

use crate::diagnostic::Code;
use crate::host::Inquiry;

/// A kind of value, as a column of the table of options.
pub trait Kind {
    /// What its text becomes.
    type Value;

    /// Its name in the reference and in messages.
    const NAME: &'static str;

    /// The JSON type of its value, for the schema.
    const JSON: &'static str = "string";

    /// Reads `text`, in which everything is expanded already.
    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<Self::Value, Invalid>;

    /// The value as a report shows it.
    fn show(value: &Self::Value) -> Shown;
}

/// A text that is no value of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The registered code.
    pub code: Code,
    /// What is wrong, in our words.
    pub message: Box<str>,
    /// What is wrong, in the original's words.
    pub original: String,
    /// The bytes of the text to blame; `None` for all of it.
    pub at: Option<Range<u32>>,
    /// What to do about it.
    pub help: Option<Box<str>>,
    /// What was surely meant.
    pub instead: Option<Box<str>>,
}

/// A value ready to be shown. Secrets are not in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// Not set.
    Unset,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(i64),
    /// A word or a text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A list of numbers.
    Numbers(Vec<i64>),
}

/// A kind whose option may be left out; it is then `None`.
pub struct Optional<K>(std::marker::PhantomData<K>);

impl<K: Kind> Kind for Optional<K> {
    type Value = Option<K::Value>;

    const NAME: &'static str = K::NAME;
    const JSON: &'static str = K::JSON;

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<Self::Value, Invalid> {
        K::parse(text, inquiry).map(Some)
    }

    fn show(value: &Self::Value) -> Shown {
        value.as_ref().map_or(Shown::Unset, K::show)
    }
}

impl Kind for bool {
    type Value = bool;

    const NAME: &'static str = "boolean";
    const JSON: &'static str = "boolean";

    /// CFG-273.
    fn parse(text: &str, _: &Inquiry<'_>) -> Result<bool, Invalid> {
        truth(text).ok_or_else(|| {
            let quoted = grammar::python_repr(text);
            Invalid::new(
                crate::diagnostic::codes::BAD_BOOLEAN,
                format!("`{text}` is not a boolean"),
                format!("not a valid boolean value: {quoted}"),
            )
            .help("write `true` or `false`")
        })
    }

    fn show(value: &bool) -> Shown {
        Shown::Boolean(*value)
    }
}

impl Invalid {
    /// A refusal of the whole text.
    pub fn new(code: Code, message: impl Into<Box<str>>, original: impl Into<String>) -> Self {
        let (message, original) = (message.into(), original.into());
        Invalid { code, message, original, at: None, help: None, instead: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<Box<str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With what was surely meant.
    #[must_use]
    pub fn instead(mut self, instead: impl Into<Box<str>>) -> Self {
        self.instead = Some(instead.into());
        self
    }

    /// With the bytes to blame.
    #[must_use]
    pub fn at(mut self, range: Range<usize>) -> Self {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        self.at = Some(offset(range.start)..offset(range.end));
        self
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Shown::Unset => f.write_str("none"),
            Shown::Boolean(value) => value.fmt(f),
            Shown::Number(value) => value.fmt(f),
            Shown::Text(value) => f.write_str(value),
            Shown::List(values) => f.write_str(&values.join(",")),
            Shown::Numbers(values) => {
                let values: Vec<String> = values.iter().map(i64::to_string).collect();
                f.write_str(&values.join(","))
            }
        }
    }
}

/// What a word of CFG-273 means.
fn truth(text: &str) -> Option<bool> {
    const TRUE: [&str; 4] = ["yes", "true", "on", "1"];
    const FALSE: [&str; 4] = ["no", "false", "off", "0"];
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(TRUE) {
        Some(true)
    } else if is(FALSE) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
