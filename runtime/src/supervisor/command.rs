//! Why a command cannot be executed or a process not be spawned, in the original's words
//! (RUN-175 to RUN-179f).

use compiler::python_repr;
use thiserror::Error;

/// What is wrong with a command before anything is spawned.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is no such file.
    #[error("can't find command {}", python_repr(.0))]
    NotFound(String),
    /// The path is a directory.
    #[error("command at {} is a directory", python_repr(.0))]
    Directory(String),
    /// Nobody may execute the path.
    #[error("command at {} is not executable", python_repr(.0))]
    NotExecutable(String),
    /// This user may not execute the path.
    #[error("no permission to run command {}", python_repr(.0))]
    NotPermitted(String),
    /// The command cannot be split into words.
    #[error("can't parse command {}: {why}", python_repr(.command))]
    Unparsable {
        /// The command.
        command: String,
        /// `No closing quotation` or `No escaped character`.
        why: &'static str,
    },
    /// The command has no words.
    #[error("command is empty")]
    Empty,
}

/// Why there is no child. The text of each but `Command` names the process, see
/// [`SpawnError::text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpawnError {
    /// The command cannot be executed.
    Command(CommandError),
    /// EMFILE while pipes and logs were made.
    TooManyFiles,
    /// Pipes or logs could not be made, with the name of the error, as `EACCES`.
    Dispatchers(String),
    /// EAGAIN when forking.
    ProcessTable,
    /// Another error when forking, with its name.
    Fork(String),
    /// The FastCGI socket could not be created, with the whole text.
    Socket(String),
    /// It was stopped while a disk kept its log files from being opened.
    Abandoned,
}

impl SpawnError {
    /// The `spawnerr` of the process called `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        match self {
            SpawnError::Command(error) => error.to_string(),
            SpawnError::TooManyFiles => format!("too many open files to spawn '{name}'"),
            SpawnError::Dispatchers(error) => {
                format!("unknown error making dispatchers for '{name}': {error}")
            }
            SpawnError::ProcessTable => {
                format!("Too many processes in process table to spawn '{name}'")
            }
            SpawnError::Fork(error) => format!("unknown error during fork for '{name}': {error}"),
            SpawnError::Socket(text) => text.clone(),
            SpawnError::Abandoned => format!("'{name}' was stopped while it waited for a disk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: SpawnError, expected: &str) {
        assert_eq!(error.text("web"), expected);
    }

    #[test]
    fn texts_are_the_originals() {
        use CommandError::*;
        // RUN-175 to RUN-179b
        check(SpawnError::Command(NotFound("zz".into())), "can't find command 'zz'");
        check(SpawnError::Command(Directory("/".into())), "command at '/' is a directory");
        check(SpawnError::Command(NotExecutable("/x".into())), "command at '/x' is not executable");
        check(SpawnError::Command(NotPermitted("/x".into())), "no permission to run command '/x'");
        check(SpawnError::Command(Empty), "command is empty");
        let unparsable = Unparsable { command: "it's".into(), why: "No closing quotation" };
        check(
            SpawnError::Command(unparsable),
            r#"can't parse command "it's": No closing quotation"#,
        );
        // RUN-179c to RUN-179f
        check(SpawnError::TooManyFiles, "too many open files to spawn 'web'");
        check(
            SpawnError::Dispatchers("EACCES".into()),
            "unknown error making dispatchers for 'web': EACCES",
        );
        check(SpawnError::ProcessTable, "Too many processes in process table to spawn 'web'");
        check(SpawnError::Fork("ENOMEM".into()), "unknown error during fork for 'web': ENOMEM");
        check(SpawnError::Abandoned, "'web' was stopped while it waited for a disk");
    }
}
