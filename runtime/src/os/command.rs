//! From the text of `command=` to a file that may be executed, or to the reason why not
//! (RUN-175 to RUN-179b, RUN-223 to RUN-225).

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use compiler::{WordsError, words};
use nix::unistd::{AccessFlags, access};

use crate::supervisor::message::CommandError;

/// Where a program is looked for when neither it nor the daemon has a `PATH`.
const DEFAULT_PATH: &str = "/bin:/usr/bin:/usr/local/bin";

/// A command that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The file to execute.
    pub path: PathBuf,
    /// The words of the command, the first as typed.
    pub words: Vec<String>,
}

/// The `PATH` a program is looked up on: its own if its environment names one, else the daemon's.
#[derive(Clone, Copy, Debug)]
pub struct SearchPath<'a> {
    /// The program's.
    pub program: Option<&'a str>,
    /// The daemon's.
    pub daemon: Option<&'a OsStr>,
}

/// Splits `command` and finds the file its first word names.
///
/// # Errors
/// When it cannot be split, found or executed.
pub fn find(command: &str, path: SearchPath<'_>) -> Result<Command, CommandError> {
    let words = split(command)?;
    let Some(first) = words.first() else { return Err(CommandError::Empty) };
    let path = if first.contains('/') { Some(PathBuf::from(first)) } else { path.search(first) };
    // A bare name is never looked for in the daemon's own directory.
    let path = path.ok_or_else(|| CommandError::NotFound(first.clone()))?;
    executable(&path)?;
    Ok(Command { path, words })
}

impl SearchPath<'_> {
    /// The first directory entry of that name that exists, of whatever kind (RUN-224).
    fn search(self, name: &str) -> Option<PathBuf> {
        let text = match (self.program, self.daemon) {
            (Some(own), _) => OsString::from(own),
            (None, Some(daemon)) if !daemon.is_empty() => daemon.to_owned(),
            (None, _) => OsString::from(DEFAULT_PATH),
        };
        text.as_bytes()
            .split(|byte| *byte == b':')
            .map(|dir| Path::new(OsStr::from_bytes(dir)).join(name))
            .find(|path| path.metadata().is_ok())
    }
}

fn split(command: &str) -> Result<Vec<String>, CommandError> {
    let words = words(command).map_err(|error| CommandError::Unparsable {
        command: command.to_owned(),
        why: match error {
            WordsError::NoClosingQuotation { .. } => "No closing quotation",
            WordsError::NoEscapedCharacter { .. } => "No escaped character",
        },
    })?;
    Ok(words.into_iter().map(|word| word.text.into_owned()).collect())
}

fn executable(path: &Path) -> Result<(), CommandError> {
    let shown = path.to_string_lossy().into_owned();
    let Ok(metadata) = path.metadata() else { return Err(CommandError::NotFound(shown)) };
    if metadata.is_dir() {
        Err(CommandError::Directory(shown))
    } else if metadata.permissions().mode() & 0o111 == 0 {
        Err(CommandError::NotExecutable(shown))
    } else if access(path, AccessFlags::X_OK).is_err() {
        Err(CommandError::NotPermitted(shown))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(dir: &Path, name: &str, mode: u32) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn check(command: &str, path: &str, expected: Result<&str, &str>) {
        let search = SearchPath { program: Some(path), daemon: Some(OsStr::new("/bin")) };
        let got = find(command, search)
            .map(|found| found.path.display().to_string())
            .map_err(|error| error.to_string());
        assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned), "{command}");
    }

    // RUN-175, RUN-176, RUN-177, RUN-179a, RUN-179b
    #[test]
    fn each_reason_has_the_text_of_the_original() {
        let dir = tempfile::tempdir().unwrap();
        let plain = file(dir.path(), "plain", 0o644);
        let plain = plain.to_str().unwrap();
        let at = dir.path().to_str().unwrap();
        check("zz-none -x", at, Err("can't find command 'zz-none'"));
        check("/no/such 'a b'", at, Err("can't find command '/no/such'"));
        check(at, at, Err(&format!("command at '{at}' is a directory")));
        check(plain, at, Err(&format!("command at '{plain}' is not executable")));
        check("", at, Err("command is empty"));
        check("sh -c 'x", at, Err("can't parse command \"sh -c 'x\": No closing quotation"));
    }

    // RUN-224, RTRAP-015
    #[test]
    fn the_first_entry_that_exists_wins() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("1"), dir.path().join("2"));
        fs::create_dir_all(&one).unwrap();
        fs::create_dir_all(&two).unwrap();
        let bad = file(&one, "zz", 0o644);
        let good = file(&two, "zz", 0o755);
        let both = format!("{}:{}", one.display(), two.display());
        check("zz", &both, Err(&format!("command at '{}' is not executable", bad.display())));
        check("zz", two.to_str().unwrap(), Ok(good.to_str().unwrap()));
    }

    #[test]
    fn without_a_path_of_its_own_a_program_is_found_on_the_daemons() {
        let search = SearchPath { program: None, daemon: Some(OsStr::new("/bin")) };
        assert_eq!(find("sh -c true", search).unwrap().path, Path::new("/bin/sh"));
        let search = SearchPath { program: None, daemon: None };
        assert_eq!(find("sh", search).unwrap().words, ["sh"]);
    }
}
