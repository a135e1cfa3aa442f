//! From the document to typed sections, in the order the original evaluates them (CFG-147), so that
//! the first error found is the one it stops at.

mod group;
pub(crate) mod interface;
mod listener;
mod mend;
mod program;
mod reader;
mod server;
mod socket;
pub(crate) mod supervisord;

use std::sync::Arc;

use grammar::python_repr;

use super::merge::Document;
use super::outline::Section;
use super::parallel::in_parallel;
use super::resolve::{Outer, Scope};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::host::Inquiry;
use crate::plan::{GroupPlan, InterfacePlan, Notice, ServerPlan};
use crate::schema::section::SectionKind;
use crate::schema::value::Environment;
use crate::settings::{Made, Typed};
use crate::source::Sources;

pub use listener::EVENTS;
pub(crate) use reader::Reader;

/// What every section is read against.
pub(crate) struct Context<'a> {
    pub(crate) document: &'a Document,
    pub(crate) sources: &'a Sources,
    pub(crate) inquiry: &'a Inquiry<'a>,
    pub(crate) outer: &'a Outer,
    /// The variables of `[supervisord]`.
    pub(crate) daemon: Environment,
    /// Whether those variables could not be read, so that missing ones prove nothing.
    pub(crate) lenient: bool,
    /// Whether processes are wanted, or only what is wrong with them.
    pub(crate) builds: bool,
    /// The directory of the main file.
    pub(crate) here: &'a str,
    /// The node name.
    pub(crate) node: &'a str,
    /// The main file as named.
    pub(crate) root: &'a str,
}

/// What the sections say.
pub(crate) struct Checked {
    /// The typed options of each section of the document, in its order.
    pub(crate) typed: Vec<Typed>,
    pub(crate) interfaces: Vec<InterfacePlan>,
    /// In the order of CFG-315 among equals.
    pub(crate) groups: Vec<Arc<GroupPlan>>,
    pub(crate) servers: Vec<ServerPlan>,
    pub(crate) notices: Vec<Notice>,
}

/// A section whose processes are to be built.
pub(crate) struct Job<'a> {
    pub(crate) section: &'a Section,
    pub(crate) index: usize,
    /// The heterogeneous group that names it; `None` when it stands alone.
    pub(crate) member_of: Option<Arc<str>>,
}

/// One step of the evaluation, in order.
enum Step {
    Found(Diagnostic),
    Build(usize),
}

/// Reads every section but `[supervisord]`.
pub(crate) fn check(context: &Context<'_>, diagnostics: &mut Diagnostics) -> Checked {
    let mut checked = Checked {
        typed: context.document.sections.iter().map(|_| Typed::Unread).collect(),
        interfaces: Vec::new(),
        groups: Vec::new(),
        servers: Vec::new(),
        notices: Vec::new(),
    };
    interface::interfaces(context, &mut checked, diagnostics);
    let mut jobs = Vec::new();
    let mut steps = Vec::new();
    let heterogeneous = group::groups(context, &mut checked, &mut jobs, &mut steps);
    for kind in [SectionKind::Program, SectionKind::Listener, SectionKind::Fcgi] {
        let alone = of_kind(context.document, kind)
            .filter(|(index, _)| kind == SectionKind::Listener || !heterogeneous.names(*index));
        for (index, section) in alone {
            steps.push(Step::Build(jobs.len()));
            jobs.push(Job { section, index, member_of: None });
        }
    }
    let made = in_parallel(jobs.len(), 8, |job| make(context, &jobs[job]));
    let groups = collect(&made, &jobs, steps, &mut checked, diagnostics);
    checked.groups = heterogeneous.assemble(&checked.typed);
    checked.groups.extend(groups);
    server::servers(context, &mut checked, diagnostics);
    checked
}

/// Sections of one kind in the order of their first appearance.
fn of_kind(document: &Document, kind: SectionKind) -> impl Iterator<Item = (usize, &Section)> {
    document.sections.iter().enumerate().filter(move |(_, section)| section.kind == Some(kind))
}

fn make(context: &Context<'_>, job: &Job<'_>) -> Arc<Made> {
    Arc::new(match (&job.member_of, job.section.kind) {
        (Some(group), _) => program::member(context, job.section, group),
        (None, Some(SectionKind::Listener)) => listener::pool(context, job.section),
        (None, Some(SectionKind::Fcgi)) => socket::fcgi(context, job.section),
        (None, _) => program::alone(context, job.section),
    })
}

/// Files what the jobs made, in the order of the steps; the groups of sections that stand alone.
fn collect(
    made: &[Arc<Made>],
    jobs: &[Job<'_>],
    steps: Vec<Step>,
    checked: &mut Checked,
    diagnostics: &mut Diagnostics,
) -> Vec<Arc<GroupPlan>> {
    let mut groups = Vec::with_capacity(jobs.len());
    for step in steps {
        match step {
            Step::Found(found) => diagnostics.push(found),
            Step::Build(index) => {
                let (made, job) = (&made[index], &jobs[index]);
                diagnostics.extend(made.found.iter().cloned());
                checked.notices.extend(made.notices.iter().cloned());
                if job.member_of.is_none() {
                    groups.push(made.group.clone());
                }
                if let Typed::Processes(all) = &mut checked.typed[job.index] {
                    all.push(made.clone());
                } else {
                    checked.typed[job.index] = Typed::Processes(vec![made.clone()]);
                }
            }
        }
    }
    groups
}

impl<'a> Context<'a> {
    /// The names of E0.
    pub(crate) fn scope(&'a self) -> Scope<'a> {
        Scope { here: Some(self.here), lenient: self.lenient, ..Scope::new(self.outer) }
    }

    /// The names of E1.
    pub(crate) fn daemon_scope(&'a self) -> Scope<'a> {
        Scope { daemon: Some(&self.daemon), ..self.scope() }
    }

    /// What the original appends to the errors of a section's processes (CFG-002, CFG-003).
    pub(crate) fn suffix(&self, section: &Section) -> String {
        let file = section.owner.map(|file| self.sources.path(file).to_string_lossy());
        let (name, file) =
            (python_repr(&section.name), python_repr(file.as_deref().unwrap_or(self.root)));
        format!(" in section {name} (file: {file})")
    }
}
