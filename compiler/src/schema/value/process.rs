//! Kinds of value that say how a process is run: signals, restart policy, exit codes, log targets,
//! users.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::number::integer;
use super::{DirPath, Invalid, Kind, Shown, truth};
use crate::diagnostic::codes;
use crate::host::Inquiry;

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
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl ExitCodes {
    /// Whether `code` is an expected exit code; a death by signal (-1) never is (RUN-160).
    pub fn contains(&self, code: i32) -> bool {
        u8::try_from(code).is_ok_and(|code| self.0.contains(&code))
    }
}

/// The names of signals without `SIG`, and the oddities of CFG-281.
#[rustfmt::skip]
const SIGNALS: [(&str, i32); 41] = [
    ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7),
    ("FPE", 8), ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13), ("ALRM", 14),
    ("TERM", 15), ("STKFLT", 16), ("CHLD", 17), ("CONT", 18), ("STOP", 19), ("TSTP", 20),
    ("TTIN", 21), ("TTOU", 22), ("URG", 23), ("XCPU", 24), ("XFSZ", 25), ("VTALRM", 26),
    ("PROF", 27), ("WINCH", 28), ("IO", 29), ("PWR", 30), ("SYS", 31), ("RTMIN", 34),
    ("RTMAX", 64), ("IOT", 6), ("CLD", 17), ("POLL", 29), ("_DFL", 0), ("_IGN", 1), ("_BLOCK", 0),
    ("_UNBLOCK", 1), ("_SETMASK", 2),
];

impl Signal {
    /// Its usual name without `SIG`, or its number.
    pub fn name(self) -> String {
        let found = SIGNALS.iter().find(|(_, number)| *number == self.0 && self.0 != 0);
        found.map_or_else(|| self.0.to_string(), |(name, _)| (*name).to_owned())
    }
}

impl Kind for Signal {
    type Value = Signal;

    const NAME: &'static str = "signal";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<Signal, Invalid> {
        let refuse = |what: &str| {
            let quoted = grammar::python_repr(text);
            Invalid::new(
                codes::BAD_SIGNAL,
                format!("`{text}` is not a signal"),
                format!("value {quoted} is not a valid signal {what}"),
            )
            .help("write a name such as `TERM`, `INT`, `QUIT`, `HUP`, `USR1`")
        };
        if let Some(number) = integer(text) {
            return match i32::try_from(number) {
                Ok(number @ (0..=31 | 34 | 64)) => Ok(Signal(number)),
                _ => Err(refuse("number")),
            };
        }
        let upper = grammar::strip(text).to_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let found = SIGNALS.iter().find(|(known, _)| *known == name);
        found.map(|(_, number)| Signal(*number)).ok_or_else(|| refuse("name"))
    }

    fn show(value: &Signal) -> Shown {
        Shown::Text(value.name())
    }
}

impl AutoRestart {
    /// The word the configuration uses for it.
    pub fn word(self) -> &'static str {
        match self {
            AutoRestart::Never => "false",
            AutoRestart::Unexpected => "unexpected",
            AutoRestart::Always => "true",
        }
    }
}

impl Kind for AutoRestart {
    type Value = AutoRestart;

    const NAME: &'static str = "restart policy";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<AutoRestart, Invalid> {
        match truth(text) {
            Some(true) => Ok(AutoRestart::Always),
            Some(false) => Ok(AutoRestart::Never),
            None if text.eq_ignore_ascii_case("unexpected") => Ok(AutoRestart::Unexpected),
            None => {
                let quoted = grammar::python_repr(&text.to_lowercase());
                Err(Invalid::new(
                    codes::BAD_AUTORESTART,
                    format!("`{text}` is not a restart policy"),
                    format!("invalid 'autorestart' value {quoted}"),
                )
                .help("write `true`, `false` or `unexpected`"))
            }
        }
    }

    fn show(value: &AutoRestart) -> Shown {
        Shown::Text(value.word().to_owned())
    }
}

impl Kind for ExitCodes {
    type Value = ExitCodes;

    const NAME: &'static str = "list of exit codes";
    const JSON: &'static str = "array";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<ExitCodes, Invalid> {
        if text.is_empty() {
            return Ok(ExitCodes::default());
        }
        let mut codes = Vec::with_capacity(1);
        let mut start = 0;
        for part in text.split(',') {
            let code = integer(part).and_then(|code| u8::try_from(code).ok());
            let Some(code) = code else {
                let quoted = grammar::python_repr(text);
                return Err(Invalid::new(
                    codes::BAD_NUMBER_FORMAT,
                    format!("`{}` is not an exit code", grammar::strip(part)),
                    format!("not a valid list of exit codes: {quoted}"),
                )
                .at(start..start + part.len())
                .help("write numbers from 0 to 255, separated by commas"));
            };
            codes.push(code);
            start += part.len() + 1;
        }
        Ok(ExitCodes(codes))
    }

    fn show(value: &ExitCodes) -> Shown {
        Shown::Numbers(value.0.iter().map(|code| i64::from(*code)).collect())
    }
}

/// What a `*_logfile` may say (CFG-292); the deprecated `syslog` is told apart by whoever reads the
/// section, because it sets another option (CFG-221).
impl Kind for LogTarget {
    type Value = LogTarget;

    const NAME: &'static str = "log file";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<LogTarget, Invalid> {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if text.is_empty() || is("none") || is("off") || is("syslog") {
            Ok(LogTarget::None)
        } else if is("auto") {
            Ok(LogTarget::Auto)
        } else {
            DirPath::parse(text, inquiry).map(LogTarget::File)
        }
    }

    fn show(value: &LogTarget) -> Shown {
        match value {
            LogTarget::None => Shown::Unset,
            LogTarget::Auto => Shown::Text("auto".to_owned()),
            LogTarget::File(path) => Shown::Text(path.display().to_string()),
        }
    }
}

impl Kind for UserRef {
    type Value = UserRef;

    const NAME: &'static str = "user";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<UserRef, Invalid> {
        match inquiry.user(text) {
            Ok(user) => Ok(UserRef { name: text.to_owned(), uid: user.map(|user| user.uid) }),
            Err(_) => {
                let what = if integer(text).is_some() { "id" } else { "name" };
                Err(Invalid::new(
                    codes::UNKNOWN_USER,
                    format!("there is no user `{text}`"),
                    format!("Invalid user {what} {text}"),
                ))
            }
        }
    }

    fn show(value: &UserRef) -> Shown {
        Shown::Text(value.name.clone())
    }
}

impl Kind for Secret {
    type Value = Secret;

    const NAME: &'static str = "secret text";

    fn parse(text: &str, _: &Inquiry<'_>) -> Result<Secret, Invalid> {
        Ok(Secret(text.to_owned()))
    }

    fn show(_: &Secret) -> Shown {
        Shown::Text("(secret)".to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
