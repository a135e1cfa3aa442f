//! What a plan depends on, file by file, and whether that has changed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::link::{Links, replace};
use super::unit::{Compiled, Unit};
use crate::host::{Answers, Host, Inquiry};
use crate::pass::check::budget::Budget;
use crate::pass::load::included;
use crate::pass::parallel::in_parallel;
use crate::pass::print::{Look, Print};
use crate::pass::whole::{Surroundings, Whole};
use crate::plan::{NoticeLevel, Plan};
use crate::schema::value::Environment;

/// Of a compilation, all but its plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Those of the next compilation, if nothing changes.
    surroundings: Surroundings,
    answers: Answers,
    /// The patterns of the include section, in order.
    patterns: Vec<String>,
    /// Whether some pattern matched no file.
    unmatched: bool,
    main: Unit,
    /// In the order they are read.
    included: Vec<Unit>,
    /// Whether there is a `[DEFAULT]`, so that no file stands alone.
    defaults: bool,
}

impl Memory {
    /// What the plan of `whole`, compiled in `surroundings`, depends on; `None` when the very fact
    /// that it was compiled may give another one.
    pub(super) fn of(host: &dyn Host, surroundings: &Surroundings, whole: &Whole) -> Option<Self> {
        let Whole { compiled, loaded, answers } = whole;
        let next = surroundings.after(host, &compiled.learned);
        if !surroundings.lead_to(&next, whole, host) {
            return None;
        }
        let mut units = Unit::all(loaded, &compiled.settings).into_iter();
        let main = units.next()?;
        Some(Memory {
            surroundings: next,
            answers: answers.clone(),
            patterns: loaded.patterns.clone(),
            unmatched: loaded.unmatched,
            main,
            included: units.collect(),
            defaults: !compiled.settings.document().defaults.is_empty(),
        })
    }

    /// Makes `plan`, which this was remembered with, what a compilation in `surroundings` would
    /// give. False, and nothing has happened, when that takes one.
    pub(super) fn refresh(
        &mut self,
        host: &dyn Host,
        surroundings: &Surroundings,
        plan: &mut Plan,
    ) -> bool {
        let inquiry = surroundings.inquiry(host);
        if self.surroundings != *surroundings || !inquiry.confirms(&self.answers) {
            return false;
        }
        let Look::Same(main) = self.main.print.look(host, &self.main.path) else { return false };
        let Some(paths) = self.paths(host) else { return false };
        let variables = &plan.supervisord.environment;
        let Some(changes) = self.changes(host, (variables, &inquiry), &paths) else {
            return false;
        };
        if !changes.fit(plan) {
            return false;
        }
        self.main.print = main;
        self.answers.extend(inquiry.answers());
        self.included = changes.adopt(std::mem::take(&mut self.included), plan);
        true
    }

    /// The included files as they are now; `None` when a change of them is not theirs alone.
    fn paths(&self, host: &dyn Host) -> Option<Vec<PathBuf>> {
        let mut paths = Vec::with_capacity(self.included.len());
        let mut unmatched = false;
        for pattern in &self.patterns {
            let found = host.glob(pattern).unwrap_or_default();
            unmatched |= found.is_empty();
            paths.extend(found);
        }
        if paths.iter().eq(self.included.iter().map(|unit| &unit.path)) {
            return Some(paths);
        }
        // What matches nothing is logged, and what matches twice is read twice.
        let once = || paths.iter().collect::<HashSet<_>>().len() == paths.len();
        (!unmatched && !self.unmatched && once()).then_some(paths)
    }

    /// What has become of the included files; `None` when some change is not its file's alone.
    fn changes(
        &self,
        host: &dyn Host,
        (variables, inquiry): (&Environment, &Inquiry<'_>),
        paths: &[PathBuf],
    ) -> Option<Changes> {
        let places = places(&self.included, paths);
        let context = (&self.surroundings, variables, inquiry);
        let nothing = Print::default();
        let looks = in_parallel(paths.len(), 8, |index| {
            let (path, place) = (&paths[index], places[index]);
            let before = place.map_or(&nothing, |place| &self.included[place].print);
            match (before.look(host, path), place) {
                (Look::Same(print), Some(place)) => Some(Next::Kept(place, print)),
                // It cannot be read.
                (Look::Same(print), None) => {
                    Unit::compile(host, context, (path, print, Vec::new())).map(Next::Fresh)
                }
                (Look::Changed(print, bytes), _) => {
                    Unit::compile(host, context, (path, print, bytes)).map(Next::Fresh)
                }
                (Look::Lost, _) => None,
            }
        });
        let changes = Changes { next: looks.into_iter().collect::<Option<_>>()? };
        changes.are_local(self).then_some(changes)
    }
}

/// For each path its unit, if it has one.
fn places(units: &[Unit], paths: &[PathBuf]) -> Vec<Option<usize>> {
    if paths.iter().eq(units.iter().map(|unit| &unit.path)) {
        return (0..units.len()).map(Some).collect();
    }
    let known: HashMap<&Path, usize> =
        units.iter().enumerate().map(|(place, unit)| (&*unit.path, place)).collect();
    paths.iter().map(|path| known.get(&**path).copied()).collect()
}

/// What each of the included files has become.
struct Changes {
    next: Vec<Next>,
}

/// A file after the change.
enum Next {
    /// What it was, the unit at this place, with perhaps a better print.
    Kept(usize, Print),
    /// Something new.
    Fresh(Compiled),
}

impl Changes {
    /// Whether they concern nothing but the groups of the files themselves.
    fn are_local(&self, memory: &Memory) -> bool {
        let kept = self.kept(memory.included.len());
        let new = self.next.iter().filter_map(|next| match next {
            Next::Fresh(compiled) => Some(&compiled.unit),
            Next::Kept(..) => None,
        });
        if kept.iter().all(|kept| *kept) && new.clone().next().is_none() {
            return true;
        }
        let units = || memory.included.iter().zip(&kept);
        let old = units().filter(|(_, kept)| !**kept).map(|(unit, _)| unit);
        let others = units().filter(|(_, kept)| **kept).map(|(unit, _)| unit);
        let local =
            |links: Links<'_>| others.chain([&memory.main]).all(|unit| links.leave_alone(unit));
        !memory.defaults && Links::of(old, new).is_some_and(local)
    }

    /// Whether `plan` is surely not too large with them (how large is too large, a full compilation
    /// says).
    fn fit(&self, plan: &Plan) -> bool {
        let fresh = self.next.iter().filter_map(|next| match next {
            Next::Fresh(compiled) => Some(&compiled.groups),
            Next::Kept(..) => None,
        });
        let mut fresh = fresh.flatten().map(|group| &**group).peekable();
        fresh.peek().is_none() || {
            let groups = plan.groups.iter().map(|group| &**group);
            Budget::of(groups).leaves_room_for(&Budget::of(fresh))
        }
    }

    /// Whether each of `count` units stays.
    fn kept(&self, count: usize) -> Vec<bool> {
        let mut kept = vec![false; count];
        for next in &self.next {
            if let Next::Kept(place, _) = next {
                kept[*place] = true;
            }
        }
        kept
    }

    /// The units after the change of `units`; `plan` becomes what they make.
    fn adopt(self, units: Vec<Unit>, plan: &mut Plan) -> Vec<Unit> {
        let same_files =
            self.next.len() == units.len() && self.kept(units.len()).iter().all(|kept| *kept);
        let mut units: Vec<Option<Unit>> = units.into_iter().map(Some).collect();
        let mut next = Vec::with_capacity(self.next.len());
        let mut groups = Vec::new();
        for file in self.next {
            match file {
                Next::Kept(place, print) => {
                    next.extend(units[place].take().map(|unit| Unit { print, ..unit }));
                }
                Next::Fresh(compiled) => {
                    groups.extend(compiled.groups);
                    next.push(compiled.unit);
                }
            }
        }
        // What has not been taken is gone.
        let gone = units.iter().flatten().flat_map(|unit| &unit.groups).map(|name| &**name);
        replace(&mut plan.groups, gone.collect(), groups);
        if !same_files {
            plan.notices.retain(|notice| notice.level == NoticeLevel::Warn);
            plan.notices.extend(next.iter().map(|unit| included(&unit.path)));
        }
        next
    }
}
