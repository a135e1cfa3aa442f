//! Compilation again and again: what has not changed is neither read nor checked a second time, and
//! the result is that of [`compile`](crate::compile).
//!
//! Every included file is a unit of its own. Between compilations there is no text and no tree, only
//! the plan and a memory: for each file what tells it from another, and the names it shares with
//! the others. A changed file that shares none is compiled alone and put in its place; anything
//! else is compiled from the beginning.

mod link;
mod memory;
mod unit;

use std::collections::HashMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::host::Host;
use crate::pass::whole::{Aim, Surroundings, whole};
use crate::plan::codec::{self, CodecError};
use crate::plan::{GroupPlan, Plan};
use crate::schema::value::Environment;
use crate::{Compiled, Options};
use memory::Memory;

/// What compilations leave for the next one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Incremental {
    /// The last plan there was, without the number of its user: a reread does not look it up.
    plan: Option<Plan>,
    /// That number, if it was looked up.
    uid: Option<u32>,
    /// What that plan depends on; `None` when only all of it again can tell.
    memory: Option<Memory>,
}

/// What a compilation came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The plan, or the message with which the original refuses the configuration, without
    /// `Error: ` and without what is in variables of the environment. What has not changed is
    /// shared with the plan before.
    pub plan: Result<Plan, String>,
    /// The variables of `[supervisord]` and those learned before, for [`Options::reread`] of the next
    /// compilation.
    pub learned: Environment,
}

impl Incremental {
    /// Compiles the tree below the file `root`, and remembers.
    pub fn start(&mut self, host: &dyn Host, root: &Path, options: &Options) -> Compiled {
        let surroundings = Surroundings::new(host, root, options);
        let mut whole = whole(host, &surroundings, Aim::Rereads);
        if let Some(plan) = &mut whole.compiled.plan {
            if let Some(before) = &self.plan {
                share(&before.groups, &mut plan.groups);
            }
            let mut plan = plan.clone();
            self.uid = plan.supervisord.user.as_mut().and_then(|user| user.uid.take());
            self.plan = Some(plan);
            self.memory = Memory::of(host, &surroundings, &whole);
        }
        whole.compiled
    }

    /// Compiles the tree below the file `root`, as [`compile`](crate::compile) does.
    pub fn compile(&mut self, host: &dyn Host, root: &Path, options: &Options) -> Outcome {
        let surroundings = Surroundings::new(host, root, options);
        if let (Some(plan), Some(memory)) = (&mut self.plan, &mut self.memory)
            && memory.refresh(host, &surroundings, plan)
        {
            let learned = options.reread.clone().unwrap_or_default();
            return Outcome { plan: Ok(plan.clone()), learned };
        }
        let compiled = self.start(host, root, options);
        let refusal = compiled.diagnostics.first_error().map(Diagnostic::told).unwrap_or_default();
        Outcome { plan: compiled.plan.ok_or(refusal), learned: compiled.learned }
    }

    /// The plan and what is known of its files, as bytes for another process of this program.
    ///
    /// # Errors
    /// When there is more of it than could be read back.
    pub fn pack(&self) -> Result<Vec<u8>, CodecError> {
        codec::pack(self)
    }

    /// What another process of this program has packed; read in small pieces.
    ///
    /// # Errors
    /// When it is not that.
    pub fn unpack(packed: &mut impl BufRead) -> Result<Self, CodecError> {
        let mut unpacked: Self = codec::unpack(packed)?;
        if let Some(plan) = &mut unpacked.plan {
            share_variables(plan);
        }
        Ok(unpacked)
    }

    /// The last plan that [`Incremental::start`] made.
    pub fn plan(&self) -> Option<Plan> {
        let mut plan = self.plan.clone()?;
        if let Some(user) = &mut plan.supervisord.user {
            user.uid = self.uid;
        }
        Some(plan)
    }
}

/// Lets processes share their variables with the one before, if they are the same; most processes
/// have those of the daemon.
fn share_variables(plan: &mut Plan) {
    let mut before = plan.supervisord.environment.clone();
    for group in &mut plan.groups {
        for process in &mut Arc::make_mut(group).processes {
            let variables = &mut Arc::make_mut(process).program.environment;
            variables.share(&before);
            before.clone_from(variables);
        }
    }
}

/// Lets `fresh` share with `before` what is the same in both.
fn share(before: &[Arc<GroupPlan>], fresh: &mut [Arc<GroupPlan>]) {
    let known: HashMap<&str, &Arc<GroupPlan>> =
        before.iter().map(|group| (group.name.as_str(), group)).collect();
    for group in fresh {
        let Some(earlier) = known.get(group.name.as_str()) else { continue };
        if group == *earlier {
            *group = Arc::clone(earlier);
        } else {
            let processes = &mut Arc::make_mut(group).processes;
            for (process, earlier) in processes.iter_mut().zip(&earlier.processes) {
                if process == earlier {
                    *process = Arc::clone(earlier);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
