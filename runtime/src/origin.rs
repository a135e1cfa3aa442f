//! Where the daemon's plan comes from, at the start and whenever it is asked for again.

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use compiler::host::Host;
use compiler::host::system::SystemHost;
use compiler::incremental::Incremental;
use compiler::plan::{Plan, codec};
use compiler::schema::value::{Environment, UserRef, absolute};
use compiler::{Compiled, Depth, Options};

use crate::api::Draft;
use crate::os::apart::{Outcome, apart};
use crate::overrides::Overrides;
use crate::supervisor::message::CompileFailure;

/// Where the plan comes from, and what makes compiling it again short.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Where it comes from.
    pub(crate) root: Root,
    /// What the compilation before has left, which makes the next one short.
    pub(crate) memory: Incremental,
}

/// A configuration or a compiled plan, and what the command line fixes on top of it. Clones learn
/// together.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    file: File,
    overrides: Overrides,
    /// The variables of `[supervisord]`, which a reread may refer to (CFG-157).
    learned: Arc<Mutex<Environment>>,
}

/// Absolute, so that a daemon that has changed its directory still finds it; the original loses a
/// relative one (CFG-495).
#[derive(Clone, Debug)]
enum File {
    Config(PathBuf),
    Plan(PathBuf),
}

/// Why there is no plan at the start.
pub(crate) enum Refusal {
    /// The configuration does not compile, which has been said; the status to exit with.
    Told(ExitCode),
    /// Anything else, in one line.
    Text(String),
}

/// The daemon's plan and where it came from.
pub(crate) type Loaded = (Arc<Plan>, Origin);

/// Compiles the configuration `path`, for the first time. That is done in a process of its own: a
/// daemon runs for years and must not carry what only its compiler needed. What comes back, and is
/// read piece by piece for the same reason, is the plan, and for each file what tells whether it has
/// changed. `tell` shows what is wrong and gives the status to exit with.
///
/// # Errors
/// When the configuration is refused.
pub(crate) fn compile(
    path: &Path,
    overrides: Overrides,
    tell: impl FnOnce(&Compiled) -> u8,
) -> Result<Loaded, Refusal> {
    let host = SystemHost;
    let options = options(&overrides, None);
    let work = |mut result: std::fs::File| {
        let mut memory = Incremental::default();
        let compiled = memory.start(&host, path, &options);
        if compiled.plan.is_none() {
            return tell(&compiled).into();
        }
        match memory.pack().map(|bytes| result.write_all(&bytes)) {
            Ok(Ok(())) => 0,
            Ok(Err(_)) | Err(_) => 1,
        }
    };
    let memory = match apart(work, |result| Incremental::unpack(&mut BufReader::new(result))) {
        Ok(Outcome { status: Some(0), result }) => result.map_err(unforeseen)?,
        Ok(Outcome { status: Some(status), .. }) => {
            return Err(Refusal::Told(ExitCode::from(u8::try_from(status).unwrap_or(1))));
        }
        Ok(Outcome { status: None, .. }) => {
            return Err(Refusal::Text("the compiler was killed".to_owned()));
        }
        Err(error) => return Err(unforeseen(error)),
    };
    let plan = memory.plan().ok_or_else(|| unforeseen("there is no plan"))?;
    let file = File::Config(absolute(&host.working_dir(), &path.to_string_lossy()));
    let learned = plan.supervisord.environment.clone();
    let root = Root { file, overrides, learned: Arc::new(Mutex::new(learned)) };
    Origin { root, memory }.complete(plan)
}

/// Loads the compiled plan `path`.
///
/// # Errors
/// When it cannot be read or is no plan of this version.
pub(crate) fn load(path: &Path, overrides: Overrides) -> Result<Loaded, Refusal> {
    let plan = read_plan(path).map_err(Refusal::Text)?;
    let file = File::Plan(absolute(&SystemHost.working_dir(), &path.to_string_lossy()));
    let root = Root { file, overrides, learned: Arc::default() };
    Origin { root, memory: Incremental::default() }.complete(plan)
}

impl Origin {
    fn complete(self, mut plan: Plan) -> Result<Loaded, Refusal> {
        self.root.overrides.apply(&mut plan);
        look_up_user(&mut plan).map_err(Refusal::Text)?;
        Ok((Arc::new(plan), self))
    }

    /// The plan as it is now.
    ///
    /// # Errors
    /// When it is refused, in the original's words but for what stands in the environment: clients
    /// and the log are told.
    pub(crate) fn compile_again(&mut self) -> Result<Arc<Plan>, CompileFailure> {
        let plan = match &self.root.file {
            File::Config(path) => {
                let outcome = self.memory.compile(&SystemHost, path, &self.root.options());
                *self.root.learned() = outcome.learned;
                outcome.plan
            }
            File::Plan(path) => read_plan(path),
        };
        let mut plan = plan.map_err(|message| CompileFailure { message })?;
        self.root.overrides.apply(&mut plan);
        Ok(Arc::new(plan))
    }
}

impl Root {
    /// The plan that [`Origin::compile_again`] would give now, and all there is to say about it.
    /// Nothing is kept of it.
    pub(crate) fn draft(&self) -> Draft {
        let mut draft = match &self.file {
            File::Config(path) => {
                let mut compiled = compiler::compile(&SystemHost, path, &self.options());
                let plan = compiled.plan.take().ok_or_else(String::new);
                Draft { file: path.clone(), plan, compiled: Some(compiled) }
            }
            File::Plan(path) => Draft { file: path.clone(), plan: read_plan(path), compiled: None },
        };
        if let Ok(plan) = &mut draft.plan {
            self.overrides.apply(plan);
        }
        draft
    }

    fn options(&self) -> Options {
        options(&self.overrides, Some(self.learned().clone()))
    }

    fn learned(&self) -> MutexGuard<'_, Environment> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The user alone is overridden in the compiler, which looks up only the one that counts (CFG-387).
fn options(overrides: &Overrides, reread: Option<Environment>) -> Options {
    let user = overrides.user.iter().map(|user| ("user".to_owned(), user.clone()));
    let overrides: BTreeMap<_, _> = user.collect();
    Options { depth: Depth::Host, overrides, reread, ..Options::default() }
}

/// A plan that was compiled elsewhere names its user without a number.
fn look_up_user(plan: &mut Plan) -> Result<(), String> {
    let Some(user) = &mut plan.supervisord.user else { return Ok(()) };
    if user.uid.is_none() {
        user.uid = Some(SystemHost.user(&user.name).ok_or_else(|| unknown(user))?.uid);
    }
    Ok(())
}

/// The original's words for a user that does not exist (CFG-172).
pub(crate) fn unknown(user: &UserRef) -> String {
    let kind = if user.name.trim().parse::<i64>().is_ok() { "id" } else { "name" };
    format!("Invalid user {kind} {}", user.name)
}

fn unforeseen(error: impl std::fmt::Display) -> Refusal {
    Refusal::Text(format!("the configuration could not be compiled: {error}"))
}

fn read_plan(path: &Path) -> Result<Plan, String> {
    let shown = path.display();
    let bytes =
        std::fs::read(path).map_err(|e| format!("could not read plan file {shown}: {e}"))?;
    codec::decode(&bytes).map_err(|error| format!("could not use plan file {shown}: {error}"))
}
