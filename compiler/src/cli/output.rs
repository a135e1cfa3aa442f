//! Standard output and standard error. A reader that went away is no error of ours.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use crate::host::Host;
use crate::host::system::SystemHost;

/// Writes all of `text` to standard output.
pub(super) fn to_stdout(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}

/// Writes a file whole or not at all: beside its place first, then there.
pub(super) fn to_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(&beside, path)
}

/// Writes all of `text` to standard error.
pub(super) fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whether standard error takes colours.
pub(super) fn stderr_colour() -> bool {
    takes_colour(&io::stderr())
}

/// Whether standard output takes colours.
pub(super) fn stdout_colour() -> bool {
    takes_colour(&io::stdout())
}

/// A terminal does, unless `NO_COLOR` is set.
fn takes_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && SystemHost.env("NO_COLOR").is_none_or(|set| set.is_empty())
}
