//! Compiles a `supervisord.conf` tree into a typed plan, collecting everything that is wrong with
//! it on the way.
//!
//! [`compile`] is a function of its arguments: all it learns of the machine it learns through
//! [`host::Host`], it prints nothing and stops at nothing.

use std::collections::BTreeMap;
use std::path::Path;

pub mod cli;
pub mod diagnostic;
pub mod getopt;
pub mod host;
pub mod incremental;
pub mod lint;
pub mod manual;
mod pass;
pub mod plan;
pub mod program;
pub mod report;
pub mod schema;
pub mod settings;
pub mod source;

pub use grammar::python_repr;
pub use grammar::value::{WordsError, words};
pub use pass::check::EVENTS;
pub use pass::ctl::{CtlSettings, ctl_settings};

use diagnostic::Diagnostics;
use host::Host;
use pass::whole::{Aim, Surroundings, whole};
use plan::Plan;
use schema::value::Environment;
use serde::{Deserialize, Serialize};
use settings::Settings;
use source::Sources;

/// How a compilation judges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// How much of the machine counts.
    pub depth: Depth,
    /// Values of `[supervisord]` options from the command line, by key; they win over the file
    /// (CFG-387).
    pub overrides: BTreeMap<String, String>,
    /// Environment variables to take for set; without a value, whatever depends on one passes.
    pub assume_env: BTreeMap<String, Option<String>>,
    /// For a running daemon: the variables of `[supervisord]` it has learned so far (CFG-157).
    pub reread: Option<Environment>,
}

/// How much of the machine a compilation asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Depth {
    /// The files alone: syntax and includes.
    Syntax,
    /// The text: every user and directory passes.
    #[default]
    Plan,
    /// Users and directories too, as the start of the daemon does.
    Host,
}

/// What a compilation made.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The plan; `None` exactly when a diagnostic is an error, or at depth `Syntax`.
    pub plan: Option<Plan>,
    /// What the sections say, with places.
    pub settings: Settings,
    /// What is wrong, in the order the original would meet it.
    pub diagnostics: Diagnostics,
    /// The files.
    pub sources: Sources,
    /// The variables of `[supervisord]` and those learned before, for [`Options::reread`] of the next
    /// compilation.
    pub learned: Environment,
}

impl Compiled {
    /// The message with which the original refuses this configuration, without `Error: `.
    pub fn original_error(&self) -> Option<&str> {
        self.diagnostics.first_error().map(diagnostic::Diagnostic::refusal)
    }
}

/// Compiles the tree below the file `root`.
pub fn compile(host: &dyn Host, root: &Path, options: &Options) -> Compiled {
    whole(host, &Surroundings::new(host, root, options), Aim::Plan).compiled
}

/// What is wrong with the tree below the file `root`, and its files: [`compile`] in less time and
/// memory for those who do not want the plan.
pub fn judge(host: &dyn Host, root: &Path, options: &Options) -> (Diagnostics, Sources) {
    let surroundings = Surroundings::new(host, root, options);
    let compiled = whole(host, &surroundings, Aim::Findings).compiled;
    (compiled.diagnostics, compiled.sources)
}

#[cfg(test)]
mod tests;
