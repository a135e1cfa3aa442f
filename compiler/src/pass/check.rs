//! From the document to typed sections, in the order the original evaluates them (CFG-147), so that
//! the first error found is the one it stops at.

pub(crate) mod budget;
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

use budget::{Budget, Largest};
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
    /// What has been made.
    pub(crate) budget: Budget,
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

/// What a section came to.
struct Draft {
    made: Made,
    /// What is wrong with the section, in the order the original meets it.
    found: Box<[Diagnostic]>,
}

/// One step of the evaluation, in order.
enum Step<'a> {
    Found(Box<Diagnostic>),
    Build(Job<'a>),
}

impl<'a> Step<'a> {
    fn found(finding: Diagnostic) -> Self {
        Step::Found(Box::new(finding))
    }

    /// The step of `job`, unless too many have been made.
    fn build(context: &Context<'_>, job: Job<'a>) -> Option<Self> {
        context.budget.add_processes(1);
        (!context.budget.is_spent()).then_some(Step::Build(job))
    }
}

/// So many steps are taken together: what is wrong with the sections of one block is kept until it is
/// done.
const BLOCK: usize = 1 << 14;

/// Reads every section but `[supervisord]`.
pub(crate) fn check(context: &mut Context<'_>, diagnostics: &mut Diagnostics) -> Checked {
    let mut checked = Checked {
        typed: context.document.sections.iter().map(|_| Typed::Unread).collect(),
        interfaces: Vec::new(),
        groups: Vec::new(),
        servers: Vec::new(),
        notices: Vec::new(),
    };
    interface::interfaces(context, &mut checked, diagnostics);
    let mut steps = Vec::new();
    let heterogeneous = group::groups(context, &mut checked, &mut steps);
    for kind in [SectionKind::Program, SectionKind::Listener, SectionKind::Fcgi] {
        let alone = of_kind(context.document, kind)
            .filter(|(index, _)| kind == SectionKind::Listener || !heterogeneous.names(*index));
        steps.extend(alone.filter_map(|(index, section)| {
            Step::build(context, Job { section, index, member_of: None })
        }));
    }
    let groups = take(steps, context, &mut checked, diagnostics);
    checked.groups = heterogeneous.assemble(&checked.typed);
    checked.groups.extend(groups);
    server::servers(context, &mut checked, diagnostics);
    checked
}

/// Sections of one kind in the order of their first appearance.
fn of_kind(document: &Document, kind: SectionKind) -> impl Iterator<Item = (usize, &Section)> {
    document.sections.iter().enumerate().filter(move |(_, section)| section.kind == Some(kind))
}

/// Takes all steps and files what they come to, in order; the groups of sections that stand alone.
fn take(
    steps: Vec<Step<'_>>,
    context: &mut Context<'_>,
    checked: &mut Checked,
    diagnostics: &mut Diagnostics,
) -> Vec<Arc<GroupPlan>> {
    let mut groups = Vec::with_capacity(steps.len());
    let before = diagnostics.clone();
    let mut largest = None;
    let mut steps = steps.into_iter();
    while steps.len() > 0 {
        let block: Vec<Step<'_>> = steps.by_ref().take(BLOCK).collect();
        let drafts = in_parallel(block.len(), 8, |index| match &block[index] {
            Step::Build(job) => {
                let Draft { made, found } = make(context, job);
                (made.asked, context.builds.then(|| Arc::new(made)), found)
            }
            Step::Found(_) => (0, None, Box::default()),
        });
        for (step, (asked, made, found)) in block.into_iter().zip(drafts) {
            match step {
                Step::Found(finding) => diagnostics.push(*finding),
                Step::Build(job) => {
                    diagnostics.extend(found);
                    largest = Largest::of(largest, job.section, asked);
                    groups.extend(made.and_then(|made| checked.file(&job, made)));
                }
            }
        }
        // There will be no plan.
        context.builds &= !diagnostics.has_errors();
    }
    if context.budget.is_spent() {
        // What else was found depends on where it was spent.
        *diagnostics = before;
        diagnostics.push(context.budget.finding(context, largest));
    }
    groups
}

fn make(context: &Context<'_>, job: &Job<'_>) -> Draft {
    match (&job.member_of, job.section.kind) {
        (Some(group), _) => program::member(context, job.section, group),
        (None, Some(SectionKind::Listener)) => listener::pool(context, job.section),
        (None, Some(SectionKind::Fcgi)) => socket::fcgi(context, job.section),
        (None, _) => program::alone(context, job.section),
    }
}

impl Checked {
    /// Files what a job made; its group, if that is its own.
    fn file(&mut self, job: &Job<'_>, made: Arc<Made>) -> Option<Arc<GroupPlan>> {
        self.notices.extend(made.notices.iter().cloned());
        let group = job.member_of.is_none().then(|| made.group.clone());
        if let Typed::Processes(all) = &mut self.typed[job.index] {
            all.push(made);
        } else {
            self.typed[job.index] = Typed::Processes(vec![made]);
        }
        group
    }
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
