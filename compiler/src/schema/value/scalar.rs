//! Plain words: the level of the log.

use serde::{Deserialize, Serialize};

use super::{Invalid, Kind, Shown};
use crate::diagnostic::codes;
use crate::host::Inquiry;

/// The threshold of the activity log (CFG-278), least severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LogLevel {
    /// `BLAT`, 3.
    Blather,
    /// `TRAC`, 5.
    Trace,
    /// `DEBG`, 10.
    Debug,
    /// `INFO`, 20.
    Info,
    /// `WARN`, 30.
    Warn,
    /// `ERRO`, 40.
    Error,
    /// `CRIT`, 50.
    Critical,
}

const LEVELS: [(&str, LogLevel); 7] = [
    ("blather", LogLevel::Blather),
    ("trace", LogLevel::Trace),
    ("debug", LogLevel::Debug),
    ("info", LogLevel::Info),
    ("warn", LogLevel::Warn),
    ("error", LogLevel::Error),
    ("critical", LogLevel::Critical),
];

impl LogLevel {
    /// The four letters by which lines of the log name it (LOG-002).
    pub fn label(self) -> &'static str {
        match self {
            LogLevel::Blather => "BLAT",
            LogLevel::Trace => "TRAC",
            LogLevel::Debug => "DEBG",
            LogLevel::Info => "INFO",
            LogLevel::Warn => "WARN",
            LogLevel::Error => "ERRO",
            LogLevel::Critical => "CRIT",
        }
    }

    /// The word the configuration uses for it.
    pub fn word(self) -> &'static str {
        LEVELS[self as usize].0
    }
}

impl Kind for LogLevel {
    type Value = LogLevel;

    const NAME: &'static str = "log level";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<LogLevel, Invalid> {
        let lower = text.to_lowercase();
        let found = LEVELS.iter().find(|(word, _)| *word == lower);
        found.map(|(_, level)| *level).ok_or_else(|| {
            let quoted = grammar::python_repr(text);
            let invalid = Invalid::new(
                codes::BAD_LEVEL,
                format!("`{text}` is not a log level"),
                format!("bad logging level name {quoted}"),
            );
            match lower.as_str() {
                "warning" => invalid.help("write `warn`"),
                "crit" | "fatal" => invalid.help("write `critical`"),
                _ => invalid.help("write one of `critical error warn info debug trace blather`"),
            }
        })
    }

    fn show(value: &LogLevel) -> Shown {
        Shown::Text(value.word().to_owned())
    }
}
