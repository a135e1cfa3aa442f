//! Kinds of value that name a place: paths, directories, sockets.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Invalid, Kind, Shown};
use crate::diagnostic::codes;
use crate::host::Inquiry;

/// The address of a FastCGI socket (CFG-244, CFG-245).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketAddress {
    /// `unix://` and an absolute, normalised path.
    Unix(PathBuf),
    /// `tcp://host:port`, the host in lower case.
    Tcp {
        /// Host name or address; `*` is kept as text.
        host: String,
        /// Port.
        port: u16,
    },
}

impl fmt::Display for SocketAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SocketAddress::Unix(path) => write!(f, "unix://{}", path.display()),
            SocketAddress::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// An existing directory (CFG-289).
pub struct Directory;

/// A file whose directory exists (CFG-290).
pub struct DirPath;

/// The file of a UNIX socket: absolute and normalised (CFG-179).
pub struct SocketPath;

impl Kind for Directory {
    type Value = PathBuf;

    const NAME: &'static str = "existing directory";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<PathBuf, Invalid> {
        let expanded = inquiry.expand_home(text);
        if inquiry.is_directory(&expanded) == Some(false) {
            return Err(Invalid::new(
                codes::NO_SUCH_DIRECTORY,
                format!("`{text}` is not a directory"),
                format!("{text} is not an existing directory"),
            )
            .help("create it"));
        }
        Ok(PathBuf::from(expanded.into_owned()))
    }

    fn show(value: &PathBuf) -> Shown {
        Shown::Text(value.display().to_string())
    }
}

impl Kind for DirPath {
    type Value = PathBuf;

    const NAME: &'static str = "path";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<PathBuf, Invalid> {
        let expanded = inquiry.expand_home(text);
        let directory = directory_of(&expanded);
        if !directory.is_empty() && inquiry.is_directory(directory) == Some(false) {
            return Err(Invalid::new(
                codes::LOGDIR_MISSING,
                format!("the directory of `{text}` does not exist"),
                format!("The directory named as part of the path {text} does not exist"),
            )
            .help(format!("create `{directory}`")));
        }
        Ok(PathBuf::from(expanded.into_owned()))
    }

    fn show(value: &PathBuf) -> Shown {
        Shown::Text(value.display().to_string())
    }
}

impl Kind for SocketPath {
    type Value = PathBuf;

    const NAME: &'static str = "path";

    fn parse(text: &str, inquiry: &Inquiry<'_>) -> Result<PathBuf, Invalid> {
        let expanded = inquiry.expand_home(grammar::strip(text));
        Ok(absolute(&inquiry.working_dir(), &expanded))
    }

    fn show(value: &PathBuf) -> Shown {
        Shown::Text(value.display().to_string())
    }
}

/// `path` as seen from `base`, without `.`, `..` and doubled slashes; links are not followed. Two
/// leading slashes stay, as POSIX wants.
pub fn absolute(base: &Path, path: &str) -> PathBuf {
    let joined =
        if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", base.display()) };
    let root = if joined.starts_with("//") && !joined.starts_with("///") { "//" } else { "/" };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    PathBuf::from(format!("{root}{}", parts.join("/")))
}

/// What stands before the last slash; the root keeps its slash.
pub(crate) fn directory_of(path: &str) -> &str {
    match path.rfind('/') {
        None => "",
        Some(last) => {
            let head = &path[..=last];
            let trimmed = head.trim_end_matches('/');
            if trimmed.is_empty() { head } else { trimmed }
        }
    }
}
