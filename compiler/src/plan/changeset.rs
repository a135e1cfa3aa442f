//! The order of work that makes the active groups those of a new plan: removed ones go first, then
//! changed ones are replaced, then new ones come (CFG-354). A group that stays as it is, is not in
//! it.

use std::sync::Arc;

use super::diff::Reread;
use super::{GroupPlan, Plan};

/// Steps, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changeset(pub Vec<Step>);

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Stop the processes of the active group of this name.
    Stop(String),
    /// Forget that group, which is stopped.
    Remove(String),
    /// Activate this group and start what is to start.
    Add(Arc<GroupPlan>),
}

/// The work that `report`, what a reread of `new` found, asks for.
pub fn changeset(report: &Reread, new: &Plan) -> Changeset {
    let add = |name: &String| {
        let group = new.groups.iter().find(|group| group.name == *name);
        group.map(|group| Step::Add(group.clone()))
    };
    let end = |name: &String| [Step::Stop(name.clone()), Step::Remove(name.clone())];
    let removed = report.removed.iter().flat_map(end);
    let changed = report.changed.iter().flat_map(|name| end(name).into_iter().chain(add(name)));
    let added = report.added.iter().filter_map(add);
    Changeset(removed.chain(changed).chain(added).collect())
}

impl Step {
    /// The name of the group.
    pub fn group(&self) -> &str {
        match self {
            Step::Stop(name) | Step::Remove(name) => name,
            Step::Add(group) => &group.name,
        }
    }
}
