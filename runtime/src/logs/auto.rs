//! AUTO log files: their names, their creation when a group is activated, and the cleaning up of
//! those of an earlier run.

use std::fs::{self, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::plan::ProcessPlan;
use compiler::schema::value::LogTarget;

use super::rotate::OpenError;
use crate::supervisor::message::{Channel, LogFiles};

/// Mode of AUTO logs: the owner's alone (LOG-027).
pub(super) const MODE: u32 = 0o600;

const NAME_ALPHABET: &[u8; 37] = b"abcdefghijklmnopqrstuvwxyz0123456789_";

/// Names that may be taken before creating a file is given up.
const ATTEMPTS: u32 = 100;

/// Whether any log of a process is an AUTO log.
pub fn has_any(process: &ProcessPlan) -> bool {
    let program = &process.program;
    program.stdout_logfile == LogTarget::Auto
        || !program.redirect_stderr && program.stderr_logfile == LogTarget::Auto
}

/// Creates the AUTO logs of a process, empty, stdout before stderr (LOG-050, CFG-325). A name in
/// `before` is used again (RUN-369). The result has no names for streams that are not AUTO.
///
/// # Errors
/// When a file cannot be created; then none is left behind.
pub fn create(
    process: &ProcessPlan,
    before: &LogFiles,
    childlogdir: &Path,
    identifier: &str,
) -> Result<LogFiles, OpenError> {
    let program = &process.program;
    let stem = |channel: Channel| format!("{}-{}---{identifier}-", process.name, channel.name());
    let make = |target: &LogTarget, channel: Channel| match (target, before.get(channel)) {
        (LogTarget::Auto, Some(path)) => recreate(path).map(Some),
        (LogTarget::Auto, None) => create_one(childlogdir, &stem(channel)).map(Some),
        (LogTarget::None | LogTarget::File(_), _) => Ok(None),
    };
    let stdout = make(&program.stdout_logfile, Channel::Stdout)?;
    if program.redirect_stderr {
        return Ok(LogFiles { stdout, stderr: None });
    }
    match make(&program.stderr_logfile, Channel::Stderr) {
        Ok(stderr) => Ok(LogFiles { stdout, stderr }),
        Err(error) => {
            if let Some(path) = stdout {
                // Nobody will ever write to it; that it could not be removed helps nobody.
                drop(fs::remove_file(path));
            }
            Err(error)
        }
    }
}

/// Removes the AUTO logs of earlier runs from `childlogdir` (CFG-326, RUN-072). Returns the lines
/// to be logged as warnings about what could not be removed (CFG-327).
pub fn clean_up(childlogdir: &Path, identifier: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(childlogdir) else {
        return vec!["Could not clear childlog dir".to_owned()];
    };
    let stale =
        entries.flatten().filter(|entry| is_auto_log(entry.file_name().as_bytes(), identifier));
    stale
        .filter_map(|entry| {
            let path = entry.path();
            let quoted = compiler::python_repr(&path.to_string_lossy());
            fs::remove_file(path).err().map(|_| format!("Failed to clean up {quoted}"))
        })
        .collect()
}

fn recreate(path: &Arc<Path>) -> Result<Arc<Path>, OpenError> {
    let opened = OpenOptions::new().append(true).create(true).mode(MODE).open(path);
    opened.map_err(|source| OpenError { path: path.to_path_buf(), source })?;
    Ok(Arc::clone(path))
}

fn create_one(directory: &Path, stem: &str) -> Result<Arc<Path>, OpenError> {
    let mut path = PathBuf::new();
    for _ in 0..ATTEMPTS {
        path = directory.join(format!("{stem}{}.log", random_name()));
        match OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path) {
            Ok(_) => return Ok(path.into()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(source) => return Err(OpenError { path, source }),
        }
    }
    Err(OpenError { path, source: io::Error::from(ErrorKind::AlreadyExists) })
}

/// Eight characters nobody can foresee: the standard library seeds its hashers from the system's
/// random numbers.
fn random_name() -> String {
    let mut number = RandomState::new().hash_one(0_u8);
    let base = NAME_ALPHABET.len() as u64;
    let mut digit = || {
        let digit = number % base;
        number /= base;
        char::from(NAME_ALPHABET[digit as usize])
    };
    (0..8).map(|_| digit()).collect()
}

/// Whether `name` begins like an AUTO log of this identifier: something, `---identifier-`, at
/// least one character that is not white space, `.log`; whatever follows (CFG-326).
fn is_auto_log(name: &[u8], identifier: &str) -> bool {
    let marker = format!("---{identifier}-");
    let marker = marker.as_bytes();
    let starts = (1..name.len()).filter(|&at| name[at..].starts_with(marker));
    starts.map(|at| &name[at + marker.len()..]).any(|rest| {
        let word = rest.iter().position(u8::is_ascii_whitespace).map_or(rest, |end| &rest[..end]);
        word.get(1..).is_some_and(|tail| tail.windows(4).any(|window| window == b".log"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: bool) {
        assert_eq!(is_auto_log(name.as_bytes(), "supervisor"), expected, "{name}");
    }

    #[test]
    fn names_of_auto_logs() {
        // CFG-326, RUN-072
        check("cat-stdout---supervisor-ab12_xyz.log", true);
        check("cat-stdout---supervisor-ab12_xyz.log.1", true);
        check("x---supervisor-a.log.bak", true);
        check("x---supervisor-a.logrotated", true);
        check("---supervisor-a.log", false);
        check("x---supervisor-.log", false);
        check("x---supervisor-a b.log", false);
        check("x---other-a.log", false);
        check("supervisord.log", false);
        check("x---supervisor----supervisor-a.log", true);
    }

    #[test]
    fn only_auto_logs_are_removed() {
        // CFG-326, CFG-327
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("x---supervisor-a.log"), "").unwrap();
        fs::write(dir.path().join("keep.log"), "").unwrap();
        fs::create_dir(dir.path().join("y---supervisor-b.log")).unwrap();
        let expected =
            format!("Failed to clean up '{}/y---supervisor-b.log'", dir.path().display());
        assert_eq!(clean_up(dir.path(), "supervisor"), [expected]);
        assert!(!dir.path().join("x---supervisor-a.log").exists());
        assert!(dir.path().join("keep.log").exists());
        assert_eq!(
            clean_up(&dir.path().join("none"), "supervisor"),
            ["Could not clear childlog dir"]
        );
    }

    #[test]
    fn names_are_drawn_from_the_alphabet() {
        // LOG-050
        let dir = tempfile::tempdir().unwrap();
        let path = create_one(dir.path(), "x-stdout---supervisor-").unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let random =
            name.strip_prefix("x-stdout---supervisor-").unwrap().strip_suffix(".log").unwrap();
        assert_eq!(random.len(), 8);
        assert!(random.bytes().all(|byte| NAME_ALPHABET.contains(&byte)));
        assert!(is_auto_log(name.as_bytes(), "supervisor"));
    }
}
