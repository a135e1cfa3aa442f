//! The difference of two plans, as a value: option by option, with how each takes effect. What
//! becomes of it is the changeset's.

use std::collections::HashMap;
use std::sync::Arc;

use super::{GroupKind, GroupPlan, InterfacePlan, Notice, Plan, ProcessPlan, ServerPlan};
use crate::schema::section::{Program, Supervisord};
use crate::schema::value::{LogTarget, Shown, UserRef};
use crate::schema::{Reload, Section, row_of};

/// What makes one plan another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanDiff {
    /// Options of `[supervisord]`.
    pub daemon: Vec<OptionDiff>,
    /// Whether the servers differ.
    pub servers: bool,
    /// Whether the RPC interfaces differ.
    pub interfaces: bool,
    /// Groups, in the order of the new plan; removed ones last.
    pub groups: Vec<GroupDiff>,
    /// What the new plan has beside its groups, if any of it differs.
    rest: Option<Box<Rest>>,
    /// The groups of the new plan, if they or their order differ.
    order: Option<Vec<Place>>,
}

/// One group.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupDiff {
    /// Only the new plan has it.
    Added(Arc<GroupPlan>),
    /// Only the old plan has it.
    Removed(Arc<GroupPlan>),
    /// Both have it.
    Changed(GroupChange),
}

/// A group that both plans have.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupChange {
    /// As it was.
    pub old: Arc<GroupPlan>,
    /// As it is to be.
    pub new: Arc<GroupPlan>,
    /// Whether the change counts as one, so that an update replaces the group (CFG-361 to CFG-371).
    pub replaces: bool,
    /// Options of the group itself.
    pub options: Vec<OptionDiff>,
    /// Its processes that differ.
    pub processes: Vec<ProcessDiff>,
}

/// One process of a changed group.
#[derive(Clone, Debug, PartialEq)]
pub enum ProcessDiff {
    /// Only the new group has it.
    Added(String),
    /// Only the old group has it.
    Removed(String),
    /// Both have it; its name and its options that differ.
    Changed(String, Vec<OptionDiff>),
}

/// One option. Secret values are not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionDiff {
    /// Its key.
    pub name: &'static str,
    /// As it was.
    pub old: Shown,
    /// As it is to be.
    pub new: Shown,
    /// How the change takes effect.
    pub reload: Reload,
}

/// The names a reread reports (CFG-350 to CFG-352).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Configured, not active: in the order of the plan.
    pub added: Vec<String>,
    /// Configured otherwise than active: in the order of the plan.
    pub changed: Vec<String>,
    /// Active, not configured: in the order of activation.
    pub removed: Vec<String>,
}

/// Everything of a plan but its groups.
#[derive(Clone, Debug, PartialEq)]
struct Rest {
    root: std::path::PathBuf,
    supervisord: Supervisord,
    servers: Vec<ServerPlan>,
    interfaces: Vec<InterfacePlan>,
    notices: Vec<Notice>,
}

/// Where a group of the new plan comes from.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    /// It is this one of the old plan.
    Kept(usize),
    /// It is new or changed.
    Given(Arc<GroupPlan>),
}

/// What makes `old` into `new`.
pub fn diff(old: &Plan, new: &Plan) -> PlanDiff {
    let mut earlier = Earlier::new(&old.groups);
    let mut groups = Vec::new();
    let mut order = Vec::with_capacity(new.groups.len());
    for group in &new.groups {
        match earlier.take(&group.name) {
            None => {
                groups.push(GroupDiff::Added(group.clone()));
                order.push(Place::Given(group.clone()));
            }
            Some(index) if old.groups[index] == *group => order.push(Place::Kept(index)),
            Some(index) => {
                groups.push(GroupDiff::Changed(group_change(&old.groups[index], group)));
                order.push(Place::Given(group.clone()));
            }
        }
    }
    groups.extend(earlier.left().map(|index| GroupDiff::Removed(old.groups[index].clone())));
    let kept = |(index, place): (usize, &Place)| *place == Place::Kept(index);
    let same = order.len() == old.groups.len() && order.iter().enumerate().all(kept);
    let rest = (Rest::of(old) != Rest::of(new)).then(|| Box::new(Rest::of(new)));
    PlanDiff {
        daemon: options(&old.supervisord, &new.supervisord),
        servers: old.servers != new.servers,
        interfaces: old.interfaces != new.interfaces,
        groups,
        rest,
        order: (!same).then_some(order),
    }
}

/// What a reread of `new` reports to a daemon in which `active` groups run, in the order they were
/// activated.
pub fn reread<'g>(active: impl Iterator<Item = &'g GroupPlan> + Clone, new: &Plan) -> Reread {
    let mut by_name: HashMap<&str, &GroupPlan> = HashMap::new();
    for group in active.clone() {
        by_name.entry(&group.name).or_insert(group);
    }
    let mut report = Reread::default();
    for group in &new.groups {
        match by_name.get(group.name.as_str()) {
            None => report.added.push(group.name.clone()),
            Some(active) if group_differs(active, group) => report.changed.push(group.name.clone()),
            Some(_) => {}
        }
    }
    let configured: std::collections::HashSet<&str> =
        new.groups.iter().map(|group| group.name.as_str()).collect();
    let gone = active.filter(|group| !configured.contains(group.name.as_str()));
    report.removed = gone.map(|group| group.name.clone()).collect();
    report
}

/// Whether an active group has to be replaced to become what is configured (CFG-361 to CFG-371).
pub fn group_differs(active: &GroupPlan, new: &GroupPlan) -> bool {
    if std::ptr::eq(active, new) {
        return false;
    }
    let kinds = match (&active.kind, &new.kind) {
        (GroupKind::Program, GroupKind::Program) => false,
        (GroupKind::EventListener(one), GroupKind::EventListener(other)) => one != other,
        // CFG-363: owner, mode and backlog do not count.
        (GroupKind::Fcgi(one), GroupKind::Fcgi(other)) => one.address != other.address,
        (GroupKind::Program | GroupKind::EventListener(_) | GroupKind::Fcgi(_), _) => true,
    };
    let processes = || active.processes.iter().zip(&new.processes);
    kinds
        || active.name != new.name
        || active.priority != new.priority
        || active.processes.len() != new.processes.len()
        || processes().any(|(one, other)| process_differs(one, other))
}

fn process_differs(active: &Arc<ProcessPlan>, new: &Arc<ProcessPlan>) -> bool {
    if Arc::ptr_eq(active, new) {
        return false;
    }
    let address = |process: &ProcessPlan| process.socket.as_ref().map(|s| s.address.clone());
    active.name != new.name
        || address(active) != address(new)
        || (0..Program::OPTIONS.len()).any(|row| {
            active.program.differs(&new.program, row) && counts(&active.program, &new.program, row)
        })
}

/// Whether a difference in row `row` makes the original replace the process.
fn counts(active: &Program, new: &Program, row: usize) -> bool {
    const STDOUT: usize = row_of(Program::OPTIONS, "stdout_logfile");
    const STDERR: usize = row_of(Program::OPTIONS, "stderr_logfile");
    const USER: usize = row_of(Program::OPTIONS, "user");
    const NUMPROCS: usize = row_of(Program::OPTIONS, "numprocs");
    const NUMPROCS_START: usize = row_of(Program::OPTIONS, "numprocs_start");
    const PROCESS_NAME: usize = row_of(Program::OPTIONS, "process_name");
    // CFG-367: what is to be AUTO is not compared. What is AUTO has got a file of its own by now,
    // which is none of those that are configured.
    let auto = |new: &LogTarget| *new == LogTarget::Auto;
    let uid = |user: &Option<UserRef>| user.as_ref().map(|user| user.uid);
    match row {
        STDOUT => !auto(&new.stdout_logfile),
        STDERR => !auto(&new.stderr_logfile),
        // CFG-370: one user under two names.
        USER => uid(&active.user) != uid(&new.user) || uid(&active.user) == Some(None),
        // CFG-371: they show in names and counts alone.
        NUMPROCS | NUMPROCS_START | PROCESS_NAME => false,
        _ => true,
    }
}

impl PlanDiff {
    /// Whether the plans are the same.
    pub fn is_empty(&self) -> bool {
        self.rest.is_none() && self.order.is_none()
    }

    /// `old`, which this was made from, become the new plan.
    pub fn apply(&self, old: &Plan) -> Plan {
        let mut plan = old.clone();
        if let Some(rest) = &self.rest {
            let Rest { root, supervisord, servers, interfaces, notices } = (**rest).clone();
            plan = Plan { root, supervisord, servers, interfaces, notices, ..plan };
        }
        if let Some(order) = &self.order {
            let group = |place: &Place| match place {
                Place::Kept(index) => old.groups[*index].clone(),
                Place::Given(group) => group.clone(),
            };
            plan.groups = order.iter().map(group).collect();
        }
        plan
    }
}

impl Rest {
    fn of(plan: &Plan) -> Rest {
        Rest {
            root: plan.root.clone(),
            supervisord: plan.supervisord.clone(),
            servers: plan.servers.clone(),
            interfaces: plan.interfaces.clone(),
            notices: plan.notices.clone(),
        }
    }
}

/// The groups of the old plan that no group of the new one has been compared with yet. Names may
/// repeat; equal names meet in order.
struct Earlier<'p> {
    by_name: HashMap<&'p str, std::collections::VecDeque<usize>>,
    taken: Vec<bool>,
}

impl<'p> Earlier<'p> {
    fn new(groups: &'p [Arc<GroupPlan>]) -> Self {
        let mut by_name: HashMap<&str, std::collections::VecDeque<usize>> = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            by_name.entry(&group.name).or_default().push_back(index);
        }
        Earlier { by_name, taken: vec![false; groups.len()] }
    }

    fn take(&mut self, name: &str) -> Option<usize> {
        let index = self.by_name.get_mut(name)?.pop_front()?;
        self.taken[index] = true;
        Some(index)
    }

    fn left(&self) -> impl Iterator<Item = usize> {
        self.taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(index, _)| index)
    }
}

fn group_change(old: &Arc<GroupPlan>, new: &Arc<GroupPlan>) -> GroupChange {
    let mut options = Vec::new();
    let mut add = |name, old: Shown, new: Shown| {
        if old != new {
            options.push(OptionDiff { name, old, new, reload: Reload::Restart });
        }
    };
    add("priority", Shown::Number(old.priority), Shown::Number(new.priority));
    for ((name, old), (_, new)) in kind_options(&old.kind).into_iter().zip(kind_options(&new.kind))
    {
        add(name, old, new);
    }
    GroupChange {
        replaces: group_differs(old, new),
        options,
        processes: processes(old, new),
        old: old.clone(),
        new: new.clone(),
    }
}

/// The options of every kind of group, those of another kind unset.
fn kind_options(kind: &GroupKind) -> [(&'static str, Shown); 7] {
    let text = |text: &str| Shown::Text(text.to_owned());
    let pool = if let GroupKind::EventListener(pool) = kind { Some(pool) } else { None };
    let socket = if let GroupKind::Fcgi(socket) = kind { Some(socket) } else { None };
    let unset = |shown: Option<Shown>| shown.unwrap_or(Shown::Unset);
    let number = |number: u32| Shown::Number(i64::from(number));
    [
        ("buffer_size", unset(pool.map(|pool| number(pool.buffer_size)))),
        ("events", unset(pool.map(|pool| Shown::List(pool.events.clone())))),
        ("result_handler", unset(pool.map(|pool| text(&pool.result_handler)))),
        ("socket", unset(socket.map(|socket| text(&socket.address.to_string())))),
        ("socket_backlog", unset(socket.and_then(|it| it.backlog).map(|it| number(it.into())))),
        ("socket_owner", unset(socket.and_then(|it| it.owner.as_ref()).map(|it| text(&it.text)))),
        ("socket_mode", unset(socket.and_then(|it| it.mode).map(|it| text(&format!("{it:04o}"))))),
    ]
}

fn processes(old: &GroupPlan, new: &GroupPlan) -> Vec<ProcessDiff> {
    let mut earlier: HashMap<&str, &ProcessPlan> =
        old.processes.iter().map(|process| (process.name.as_str(), &**process)).collect();
    let mut found = Vec::new();
    for process in &new.processes {
        match earlier.remove(process.name.as_str()) {
            None => found.push(ProcessDiff::Added(process.name.clone())),
            Some(before) if *before == **process => {}
            Some(before) => {
                let options = options(&before.program, &process.program);
                found.push(ProcessDiff::Changed(process.name.clone(), options));
            }
        }
    }
    let gone = old.processes.iter().filter(|process| earlier.contains_key(process.name.as_str()));
    found.extend(gone.map(|process| ProcessDiff::Removed(process.name.clone())));
    found
}

/// The rows in which two sections differ.
fn options<S: Section>(old: &S, new: &S) -> Vec<OptionDiff> {
    let differing = (0..S::ROWS.len()).filter(|row| old.differs(new, *row));
    differing
        .map(|row| OptionDiff {
            name: S::ROWS[row].name,
            old: old.show(row),
            new: new.show(row),
            reload: S::ROWS[row].reload,
        })
        .collect()
}

#[cfg(test)]
mod tests;
