//! Which attempts to spawn a process may have to wait for a disk, and for which.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use compiler::plan::{Plan, ProcessPlan};

use crate::clock;
use crate::driver::attempt::Means;
use crate::os::environment::Inherited;

/// How long what was read to execute a program is taken to be in memory still: much longer than
/// from one spawn of a crowd to the next, and too short for a disk to have gone unnoticed.
const FRESH: Duration = Duration::from_millis(100);

/// Keeps what attempts are carried out with, and which one succeeded last.
pub(crate) struct Launcher {
    means: Arc<Means>,
    /// The last process that has become its program, and when. A crowd of the same program is
    /// spawned without a hop between threads for each.
    latest: Option<(Arc<ProcessPlan>, Instant)>,
}

impl Launcher {
    /// A launcher for the processes of `plan`.
    ///
    /// # Errors
    /// When the system has no descriptors left.
    pub(crate) fn new(inherited: Inherited, plan: &Plan) -> io::Result<Self> {
        Ok(Self { means: Arc::new(Means::new(inherited, plan)?), latest: None })
    }

    /// What attempts are carried out with.
    pub(crate) fn means(&self) -> Arc<Means> {
        Arc::clone(&self.means)
    }

    /// Whether the command of a process was read a moment ago.
    pub(crate) fn is_fresh(&self, process: &ProcessPlan) -> bool {
        self.latest.as_ref().is_some_and(|(latest, at)| {
            need_the_same(latest, process) && clock::monotonic().duration_since(*at) < FRESH
        })
    }

    /// A process has become its program.
    pub(crate) fn executed(&mut self, process: &Arc<ProcessPlan>) {
        self.latest = Some((Arc::clone(process), clock::monotonic()));
    }
}

/// Whether the system reads the same things before either process is its program.
fn need_the_same(one: &ProcessPlan, other: &ProcessPlan) -> bool {
    let (one, other) = (&one.program, &other.program);
    (one.command == other.command || first_word(&one.command) == first_word(&other.command))
        && one.environment.get("PATH") == other.environment.get("PATH")
        && one.directory == other.directory
        && one.user == other.user
}

/// What has to answer before a process is its program: the directory of its command, or the search
/// path, which is a place of its own; its own directory; whoever knows its user.
pub(crate) fn places_of_command(process: &ProcessPlan) -> impl Iterator<Item = PathBuf> {
    let program = &process.program;
    let command = PathBuf::from(first_word(&program.command).unwrap_or_default());
    let command = match command.parent() {
        Some(directory) if directory != Path::new("") => directory.to_path_buf(),
        _ => program.environment.get("PATH").unwrap_or_default().into(),
    };
    let directory = program.directory.as_deref().map(PathBuf::from);
    let user = program.user.as_ref().map(|user| PathBuf::from(&user.name));
    [Some(command), directory, user].into_iter().flatten()
}

/// What is executed, as typed. A command that cannot be split is not executed.
fn first_word(command: &str) -> Option<String> {
    compiler::words(command).ok()?.into_iter().next().map(|word| word.text.into_owned())
}
