//! Where the daemon's plan comes from, at the start and whenever it is asked for again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use compiler::Compiled;
use compiler::host::Host;
use compiler::host::system::SystemHost;
use compiler::incremental::Incremental;
use compiler::plan::{Plan, codec};
use compiler::schema::value::absolute;

use crate::overrides::Overrides;
use crate::supervisor::message::CompileFailure;

/// A configuration or a compiled plan, and what the command line fixes on top of it.
#[derive(Clone, Debug)]
pub struct Origin {
    file: File,
    overrides: Overrides,
}

/// Absolute, so that a daemon that has changed its directory still finds it; the original loses a
/// relative one (CFG-495).
#[derive(Clone, Debug)]
enum File {
    Config(PathBuf),
    Plan(PathBuf),
}

/// Why there is no plan at the start.
#[derive(Debug)]
pub enum Refusal {
    /// The configuration does not compile.
    Config(Box<Compiled>),
    /// Anything else, in one line.
    Text(String),
}

/// The daemon's plan and where it came from.
pub type Loaded = (Arc<Plan>, Origin);

/// Compiles the configuration `path`, for the first time.
///
/// # Errors
/// When it is refused.
pub fn compile(path: &Path, overrides: Overrides) -> Result<Loaded, Refusal> {
    let host = SystemHost;
    let mut compiled = compiler::compile(&host, path);
    let Some(plan) = compiled.plan.take() else { return Err(Refusal::Config(Box::new(compiled))) };
    let file = File::Config(absolute(&host.working_dir(), &path.to_string_lossy()));
    Origin { file, overrides }.complete(plan)
}

/// Loads the compiled plan `path`.
///
/// # Errors
/// When it cannot be read or is no plan of this version.
pub fn load(path: &Path, overrides: Overrides) -> Result<Loaded, Refusal> {
    let plan = read_plan(path).map_err(Refusal::Text)?;
    let file = File::Plan(absolute(&SystemHost.working_dir(), &path.to_string_lossy()));
    Origin { file, overrides }.complete(plan)
}

impl Origin {
    fn complete(self, mut plan: Plan) -> Result<Loaded, Refusal> {
        self.overrides.apply(&SystemHost, &mut plan).map_err(Refusal::Text)?;
        Ok((Arc::new(plan), self))
    }

    /// The plan as it is now.
    ///
    /// # Errors
    /// When it is refused, in the original's words.
    pub fn compile_again(&self, memory: &mut Incremental) -> Result<Arc<Plan>, CompileFailure> {
        let plan = match &self.file {
            File::Config(path) => {
                let compiled = memory.compile(&SystemHost, path);
                let message = refusal(&compiled);
                compiled.plan.ok_or(message)
            }
            File::Plan(path) => read_plan(path),
        };
        let mut plan = plan.map_err(|message| CompileFailure { message })?;
        // CFG-268: the user matters to a start alone.
        drop(self.overrides.apply(&SystemHost, &mut plan));
        Ok(Arc::new(plan))
    }
}

/// The original's word for why a configuration is refused.
fn refusal(compiled: &Compiled) -> String {
    compiled.diagnostics.first_error().map_or_else(String::new, |first| {
        first.original.clone().unwrap_or_else(|| first.message.clone())
    })
}

fn read_plan(path: &Path) -> Result<Plan, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|e| format!("could not read plan file {shown}: {e}"))?;
    codec::decode(&bytes).map_err(|error| format!("could not use plan file {shown}: {error}"))
}
