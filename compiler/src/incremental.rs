//! Compilation again and again: what has not changed is neither read nor parsed nor checked a
//! second time, and the result is that of [`compile`](crate::compile).

use std::path::{Path, PathBuf};

use grammar::FileId;

use crate::diagnostic::Diagnostics;
use crate::host::{Answers, Host, Inquiry};
use crate::pass::assemble::assemble;
use crate::pass::check::{Before, Context, check, interface, supervisord};
use crate::pass::files::Files;
use crate::pass::load::{Loaded, Reading, directory, load};
use crate::pass::merge::{Document, merge};
use crate::pass::resolve::Outer;
use crate::schema::value::Environment;
use crate::settings::{Settings, Typed};
use crate::{Compiled, Depth, Options};

/// What compilations leave for the next one.
#[derive(Debug, Default)]
pub struct Incremental {
    files: Files,
    memory: Option<Memory>,
}

/// The compilation before.
#[derive(Debug)]
struct Memory {
    surroundings: Surroundings,
    readings: Vec<Reading>,
    answers: Answers,
    complete: bool,
    compiled: Compiled,
}

/// Everything but files that a compilation depends on from its start.
#[derive(Clone, Debug, PartialEq)]
struct Surroundings {
    root: PathBuf,
    options: Options,
    outer: Outer,
    node: String,
    working_dir: PathBuf,
    temp_dir: PathBuf,
}

impl Incremental {
    /// Compiles the tree below the file `root`, as [`compile`](crate::compile) does.
    pub fn compile(&mut self, host: &dyn Host, root: &Path, options: &Options) -> Compiled {
        self.run(host, root, options, true)
    }

    /// `keep` says whether there will be a next time.
    pub(crate) fn run(
        &mut self,
        host: &dyn Host,
        root: &Path,
        options: &Options,
        keep: bool,
    ) -> Compiled {
        let surroundings = Surroundings::new(host, root, options);
        let inquiry = Inquiry::new(host, options.depth == Depth::Host);
        let memory = self.memory.take().filter(|memory| {
            memory.surroundings == surroundings && inquiry.confirms(&memory.answers)
        });
        let mut diagnostics = Diagnostics::default();
        let outer = &surroundings.outer;
        let loaded = load(host, root, outer, &mut self.files, keep, &mut diagnostics);
        let readings = loaded.readings.clone();
        let memory = match memory {
            Some(memory) if loaded.changed.is_empty() && memory.readings == readings => {
                let compiled = memory.compiled.clone();
                self.memory = Some(memory);
                return compiled;
            }
            memory => memory,
        };
        let (compiled, complete) =
            sections(host, &surroundings, &inquiry, loaded, memory.as_ref(), diagnostics);
        drop(memory);
        if keep {
            let used: Vec<_> = readings.iter().map(|reading| reading.file).collect();
            self.files.forget_others(&used);
            let (answers, compiled) = (inquiry.answers(), compiled.clone());
            self.memory = Some(Memory { surroundings, readings, answers, complete, compiled });
        }
        compiled
    }
}

/// Everything after the files are loaded; whether the variables of `[supervisord]` could be read.
fn sections(
    host: &dyn Host,
    surroundings: &Surroundings,
    inquiry: &Inquiry<'_>,
    loaded: Loaded,
    memory: Option<&Memory>,
    mut diagnostics: Diagnostics,
) -> (Compiled, bool) {
    let Surroundings { root, options, outer, node, working_dir, .. } = surroundings;
    let document = merge(&loaded);
    let Loaded { sources, notices, changed, .. } = loaded;
    if options.depth == Depth::Syntax {
        let typed = document.sections.iter().map(|_| Typed::Unread).collect();
        let settings = Settings::new(document, typed, sources.clone());
        return (Compiled { settings, diagnostics, sources, ..Compiled::default() }, true);
    }
    let mut context = Context {
        document: &document,
        sources: &sources,
        inquiry,
        outer,
        daemon: Environment::default(),
        lenient: false,
        here: &directory(host, root),
        node,
        root: &root.to_string_lossy(),
    };
    let mut daemon = supervisord::supervisord(&context, host, &mut diagnostics);
    let learned = daemon.options.environment.clone();
    context.daemon = learned.clone();
    context.lenient = !daemon.complete;
    let overrides = &options.overrides;
    supervisord::override_options(&mut daemon.options, overrides, &context, &mut diagnostics);
    let before = memory
        .filter(|memory| {
            memory.complete == daemon.complete && memory.fits(&document, &learned, &changed)
        })
        .map(|memory| Before::new(&memory.compiled, &changed));
    let mut checked = check(&context, before.as_ref(), &mut diagnostics);
    if options.reread.is_none() {
        supervisord::look_up_user(&mut daemon.options, &context, &mut diagnostics);
        interface::made_for_servers(&context, &checked, &mut diagnostics);
    }
    supervisord::make_absolute(&mut daemon.options, working_dir);
    crate::pass::ctl::describe(&context, &mut checked);
    if let Some(index) = document.find("supervisord") {
        checked.typed[index] = Typed::Supervisord(Box::new(daemon.options.clone()));
    }
    let plan = assemble(root, daemon.options, notices, &mut checked);
    let plan = (!diagnostics.has_errors()).then_some(plan);
    let settings = Settings::new(document, checked.typed, sources.clone());
    (Compiled { plan, settings, diagnostics, sources, learned }, daemon.complete)
}

impl Memory {
    /// Whether what every section may depend on is as it was.
    fn fits(&self, document: &Document, learned: &Environment, changed: &[FileId]) -> bool {
        let earlier = self.compiled.settings.document();
        self.compiled.learned == *learned
            && earlier.replaces_here() == document.replaces_here()
            && earlier.defaults == document.defaults
            && document.defaults.values().all(|written| !changed.contains(&written.file))
    }
}

impl Surroundings {
    fn new(host: &dyn Host, root: &Path, options: &Options) -> Self {
        let none = Environment::default();
        let sticky = options.reread.as_ref().unwrap_or(&none);
        Surroundings {
            root: root.to_owned(),
            options: options.clone(),
            outer: Outer::new(host, sticky, &options.assume_env),
            node: host.hostname(),
            working_dir: host.working_dir(),
            temp_dir: host.temp_dir(),
        }
    }
}

#[cfg(test)]
mod tests;
