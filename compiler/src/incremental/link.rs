//! How units meet: by the names of sections and groups, and in the order of the plan.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::share;
use super::unit::{Unit, key};
use crate::plan::GroupPlan;

/// The names that changed files bring in or take away.
pub(super) struct Links<'u> {
    /// By [`key`].
    sections: HashSet<&'u str>,
    groups: HashSet<&'u str>,
}

impl<'u> Links<'u> {
    /// Of files that were `old` and become `new`; `None` when they meet each other, or when more
    /// hangs on one than names.
    pub(super) fn of(
        old: impl Iterator<Item = &'u Unit>,
        new: impl Iterator<Item = &'u Unit>,
    ) -> Option<Self> {
        let mut links = Links { sections: HashSet::new(), groups: HashSet::new() };
        for side in [old.collect::<Vec<_>>(), new.collect()] {
            let mut owners: HashMap<&str, usize> = HashMap::new();
            let mut groups: HashSet<&str> = HashSet::new();
            for (number, unit) in side.into_iter().enumerate() {
                let shared = |name: &'u str| *owners.entry(name).or_insert(number) != number;
                if !unit.stands_alone() || unit.sections.iter().map(|name| key(name)).any(shared) {
                    return None;
                }
                if !unit.groups.iter().all(|name| groups.insert(name)) {
                    return None;
                }
            }
            links.sections.extend(owners.into_keys());
            links.groups.extend(groups);
        }
        Some(links)
    }

    /// Whether `unit`, which has not changed, has nothing to do with them.
    pub(super) fn leave_alone(&self, unit: &Unit) -> bool {
        let asks = |program: &str| self.sections.contains(&*format!("program:{program}"));
        !unit.sections.iter().any(|name| self.sections.contains(key(name)))
            && !unit.groups.iter().any(|name| self.groups.contains(&**name))
            && !unit.foreign.iter().any(|program| asks(program))
    }
}

/// Puts `fresh` in the place of the groups called `gone`, in canonical order (CFG-315). No name may
/// be left over twice.
pub(super) fn replace(
    groups: &mut Vec<Arc<GroupPlan>>,
    gone: HashSet<&str>,
    mut fresh: Vec<Arc<GroupPlan>>,
) {
    if gone.is_empty() && fresh.is_empty() {
        return;
    }
    let mut before = Vec::with_capacity(gone.len());
    groups.retain(|group| {
        let stays = !gone.contains(group.name.as_str());
        if !stays {
            before.push(Arc::clone(group));
        }
        stays
    });
    share(&before, &mut fresh);
    groups.append(&mut fresh);
    groups.sort_by(|one, other| (one.priority, &one.name).cmp(&(other.priority, &other.name)));
}
