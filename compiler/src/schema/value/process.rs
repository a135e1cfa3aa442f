//! Kinds of value that say how a process is run: signals, restart policy, exit codes, log targets,
//! users.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A signal by number (CFG-280, CFG-281).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signal(pub i32);

/// When an exited process is started again (CFG-279).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AutoRestart {
    /// Never.
    Never,
    /// When its exit code is not among the expected ones.
    Unexpected,
    /// Always.
    Always,
}

/// The exit codes that are expected, in the order written (CFG-276).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitCodes(pub Vec<u8>);

/// Where a stream of output goes, besides syslog (CFG-292).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogTarget {
    /// Nowhere.
    #[default]
    None,
    /// To a file the daemon names and creates when the group is activated (CFG-324).
    Auto,
    /// To this file, as written (CFG-293).
    File(PathBuf),
}

/// A user a process runs as (CFG-286).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRef {
    /// The name or number as written, expanded.
    pub name: String,
    /// Its uid; `None` when the compilation did not ask the machine.
    pub uid: Option<u32>,
}

/// A value that must not be shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl ExitCodes {
    /// Whether `code` is an expected exit code; a death by signal (-1) never is (RUN-160).
    pub fn contains(&self, code: i32) -> bool {
        u8::try_from(code).is_ok_and(|code| self.0.contains(&code))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
