//! What of an earlier compilation still holds.

use std::collections::HashMap;
use std::sync::Arc;

use grammar::FileId;

use super::Job;
use crate::Compiled;
use crate::plan::GroupPlan;
use crate::settings::{Made, Settings};

/// An earlier compilation in the same surroundings: same variables, same answers of the machine,
/// same `[DEFAULT]`.
pub(crate) struct Before<'a> {
    settings: &'a Settings,
    /// By number, whether the file has changed since.
    changed: Vec<bool>,
    groups: HashMap<&'a str, &'a Arc<GroupPlan>>,
}

impl<'a> Before<'a> {
    /// `changed` are the files that are not what they were; of those it did not know, everything is
    /// new.
    pub(crate) fn new(compiled: &'a Compiled, changed: &[FileId]) -> Self {
        let Compiled { settings, plan, .. } = compiled;
        let mut flags = vec![false; settings.sources().ids().len()];
        for file in changed {
            if let Some(flag) = flags.get_mut(file.0 as usize) {
                *flag = true;
            }
        }
        let groups = plan.as_ref().map_or(&[][..], |plan| &plan.groups);
        let groups = groups.iter().map(|group| (group.name.as_str(), group)).collect();
        Before { settings, changed: flags, groups }
    }

    /// What the section of `job` made, if nothing it depends on has changed.
    pub(super) fn made(&self, job: &Job<'_>) -> Option<Arc<Made>> {
        let document = self.settings.document();
        let index = document.find(&job.section.name)?;
        let earlier = &document.sections[index];
        let section = job.section;
        let same = earlier.kind == section.kind
            && earlier.owner == section.owner
            && earlier.headers == section.headers
            && (Arc::ptr_eq(&earlier.options, &section.options)
                || earlier.options == section.options);
        let untouched = |file: FileId| self.changed.get(file.0 as usize) == Some(&false);
        let spans = section.headers.iter().map(|header| header.file);
        let files = section.options.iter().map(|written| written.file).chain(spans);
        if !same || !files.into_iter().all(untouched) {
            return None;
        }
        let alone = job.member_of.is_none();
        let made = self.settings.typed(index).made().iter();
        let mut fitting = made.filter(|made| {
            made.alone == alone
                && job.member_of.as_ref().is_none_or(|group| made.group.name == **group)
        });
        fitting.next().cloned()
    }

    /// The heterogeneous group that is the same as `group`, down to its processes.
    pub(super) fn group(&self, group: &GroupPlan) -> Option<Arc<GroupPlan>> {
        let earlier = self.groups.get(group.name.as_str())?;
        let same = earlier.priority == group.priority
            && earlier.kind == group.kind
            && earlier.processes.len() == group.processes.len()
            && earlier
                .processes
                .iter()
                .zip(&group.processes)
                .all(|(one, other)| Arc::ptr_eq(one, other));
        same.then(|| (*earlier).clone())
    }
}
