//! All passes over a whole tree, in order.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::assemble::assemble;
use super::check::budget::Budget;
use super::check::{Context, check, interface, supervisord};
use super::ctl;
use super::load::{Loaded, directory, load, patterns};
use super::merge::{Document, merge};
use super::resolve::Outer;
use crate::diagnostic::Diagnostics;
use crate::host::{Answers, Host, Inquiry};
use crate::schema::value::Environment;
use crate::settings::{Settings, Typed};
use crate::source::Sources;
use crate::{Compiled, Depth, Options};

/// Everything but files that a compilation depends on from its start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Surroundings {
    pub(crate) root: PathBuf,
    /// The same as text.
    name: String,
    /// Its directory.
    here: String,
    pub(crate) options: Options,
    pub(crate) outer: Outer,
    pub(crate) node: String,
    working_dir: PathBuf,
    temp_dir: PathBuf,
    /// Decides which files can be read.
    uid: u32,
}

/// A compilation, and what it depended on.
pub(crate) struct Whole {
    pub(crate) compiled: Compiled,
    pub(crate) loaded: Loaded,
    pub(crate) answers: Answers,
}

/// What a compilation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To know what is wrong: there is no plan.
    Findings,
    /// The plan.
    Plan,
    /// The plan, and to know later whether its files have changed.
    Rereads,
}

/// Compiles a tree.
pub(crate) fn whole(host: &dyn Host, surroundings: &Surroundings, aim: Aim) -> Whole {
    let Surroundings { root, options, outer, working_dir, .. } = surroundings;
    let mut diagnostics = Diagnostics::default();
    let mut loaded = load(host, root, outer, aim == Aim::Rereads, &mut diagnostics);
    let document = merge(&loaded);
    let sources = loaded.sources.clone();
    let inquiry = surroundings.inquiry(host);
    if options.depth == Depth::Syntax {
        let typed = document.sections.iter().map(|_| Typed::Unread).collect();
        let settings = Settings::new(document, typed, sources.clone());
        let compiled = Compiled { settings, diagnostics, sources, ..Compiled::default() };
        return Whole { compiled, loaded, answers: inquiry.answers() };
    }
    let mut context = surroundings.context(&document, &sources, &inquiry);
    context.builds = aim != Aim::Findings;
    let mut daemon = supervisord::supervisord(&context, host, &mut diagnostics);
    context.daemon = daemon.options.environment.clone();
    // What was learned once stays known, whatever the file says later (CFG-157).
    let learned = options.reread.as_ref().unwrap_or(&context.daemon).merged(&context.daemon);
    context.lenient = !daemon.complete;
    let overrides = &options.overrides;
    supervisord::override_options(&mut daemon.options, overrides, &context, &mut diagnostics);
    let mut checked = check(&mut context, &mut diagnostics);
    if options.reread.is_none() {
        supervisord::look_up_user(&mut daemon.options, &context, &mut diagnostics);
        interface::made_for_servers(&context, &checked, &mut diagnostics);
    }
    supervisord::make_absolute(&mut daemon.options, working_dir);
    ctl::describe(&context, &mut checked);
    if let Some(index) = document.find("supervisord") {
        checked.typed[index] = Typed::Supervisord(Box::new(daemon.options.clone()));
    }
    let notices = std::mem::take(&mut loaded.notices);
    let has_plan = aim != Aim::Findings && !diagnostics.has_errors();
    let plan = has_plan.then(|| assemble(root, daemon.options, notices, &mut checked));
    let settings = Settings::new(document, checked.typed, sources.clone());
    let compiled = Compiled { plan, settings, diagnostics, sources, learned };
    Whole { compiled, loaded, answers: inquiry.answers() }
}

impl Surroundings {
    pub(crate) fn new(host: &dyn Host, root: &Path, options: &Options) -> Self {
        let none = Environment::default();
        let sticky = options.reread.as_ref().unwrap_or(&none);
        Surroundings {
            root: root.to_owned(),
            name: root.to_string_lossy().into_owned(),
            here: directory(host, root),
            options: options.clone(),
            outer: Outer::new(host, sticky, &options.assume_env),
            node: host.hostname(),
            working_dir: host.working_dir(),
            temp_dir: host.temp_dir(),
            uid: host.uid(),
        }
    }

    /// These, as they are for a reread after a compilation has learned `learned`.
    pub(crate) fn after(&self, host: &dyn Host, learned: &Environment) -> Self {
        let options = Options { reread: Some(learned.clone()), ..self.options.clone() };
        let outer = Outer::new(host, learned, &options.assume_env);
        Surroundings { options, outer, ..self.clone() }
    }

    /// What values may be asked of the machine.
    pub(crate) fn inquiry<'h>(&self, host: &'h dyn Host) -> Inquiry<'h> {
        Inquiry::new(host, self.options.depth == Depth::Host)
    }

    /// What `[supervisord]` is read against, which it then adds its variables to.
    pub(crate) fn context<'a>(
        &'a self,
        document: &'a Document,
        sources: &'a Sources,
        inquiry: &'a Inquiry<'a>,
    ) -> Context<'a> {
        Context {
            document,
            sources,
            inquiry,
            outer: &self.outer,
            daemon: Environment::default(),
            lenient: false,
            builds: true,
            here: &self.here,
            node: &self.node,
            root: &self.name,
            budget: Budget::default(),
        }
    }

    /// Whether a reread in `next` finds the same daemon and asks for the same files as `whole`,
    /// which was compiled in these. The variables the daemon has learned are there to be used by
    /// the very texts that set them (CFG-157).
    pub(crate) fn lead_to(&self, next: &Surroundings, whole: &Whole, host: &dyn Host) -> bool {
        if self.outer == next.outer {
            return true;
        }
        let Whole { compiled, loaded, .. } = whole;
        let inquiry = self.inquiry(host);
        let daemon = |surroundings: &Surroundings| {
            let document = compiled.settings.document();
            let context = surroundings.context(document, &compiled.sources, &inquiry);
            supervisord::supervisord(&context, host, &mut Diagnostics::default()).options
        };
        let main = loaded.sources.get(loaded.readings[0].file);
        let again = patterns(host, &next.here, &next.outer, main);
        let files = !loaded.includes || again.is_ok_and(|again| again == loaded.patterns);
        files && daemon(self) == daemon(next)
    }
}
