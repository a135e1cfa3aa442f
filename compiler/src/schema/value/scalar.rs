//! Plain kinds of value: numbers, booleans, sizes, words.

use serde::{Deserialize, Serialize};

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
