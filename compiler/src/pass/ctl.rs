//! `[supervisorctl]` as the client reads it: the main file alone, its own environment, its own
//! errors (CFG-059, CFG-070, CFG-194 to CFG-200).

use std::collections::BTreeMap;
use std::path::Path;

use super::check::budget::Budget;
use super::check::{Checked, Context, Reader};
use super::load::{directory, load_alone};
use super::merge::merge;
use super::resolve::{Outer, Scope};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::host::{Host, Inquiry};
use crate::schema::Expand;
use crate::schema::section::{Ctl, CtlPlugin, SectionKind};
use crate::schema::value::Environment;
use crate::settings::Typed;
use crate::source::Sources;

/// What the client is told by a configuration file.
#[derive(Clone, Debug)]
pub struct CtlSettings {
    /// The options of `[supervisorctl]`; the defaults when a diagnostic is an error.
    pub options: Ctl,
    /// What is wrong, in the order the original meets it.
    pub diagnostics: Diagnostics,
    /// The file.
    pub sources: Sources,
}

/// Reads the `[supervisorctl]` section of the file at `path`.
pub fn ctl_settings(host: &dyn Host, path: &Path) -> CtlSettings {
    let mut diagnostics = Diagnostics::default();
    let loaded = load_alone(host, path, false, &mut diagnostics);
    let document = merge(&loaded);
    let outer = Outer::new(host, &Environment::default(), &BTreeMap::new());
    let inquiry = Inquiry::new(host, true);
    let (here, node, root) = (directory(host, path), host.hostname(), path.to_string_lossy());
    let context = Context {
        document: &document,
        sources: &loaded.sources,
        inquiry: &inquiry,
        outer: &outer,
        daemon: Environment::default(),
        lenient: false,
        builds: false,
        here: &here,
        node: &node,
        root: &root,
        budget: Budget::default(),
    };
    let (options, found) = match document.find("supervisorctl") {
        Some(_) => read(&context),
        None => (Ctl::default(), vec![no_section(path)]),
    };
    diagnostics.extend(found);
    let sources = loaded.sources;
    CtlSettings { options, diagnostics, sources }
}

/// Reads `[supervisorctl]`, which must be there, and the factories of plugins.
pub(super) fn read(context: &Context<'_>) -> (Ctl, Vec<Diagnostic>) {
    let mut options = Ctl::default();
    let index = context.document.find("supervisorctl").unwrap_or_default();
    let mut reader = Reader::new(context, &context.document.sections[index]);
    let slots = reader.slots(0);
    for (row, option) in Ctl::OPTIONS.iter().enumerate() {
        let here = (option.expand == Expand::E7Here).then_some(context.here);
        let scope = Scope { here, ..context.scope() };
        reader.read(&mut options, &slots, row..row + 1, &scope);
    }
    let mut found = reader.found;
    for section in &context.document.sections {
        if section.kind == Some(SectionKind::CtlPlugin) {
            let mut reader = Reader::new(context, section);
            plugin(&mut reader);
            found.append(&mut reader.found);
        }
    }
    (options, found)
}

/// No plugin of the original can be loaded here; the client works without (CFG-264).
fn plugin(reader: &mut Reader<'_>) {
    let mut options = CtlPlugin::default();
    let slots = reader.slots(0);
    let scope = Scope { here: None, ..reader.context.scope() };
    reader.read(&mut options, &slots, 0..1, &scope);
    let (section, factory) = (&reader.section.name, CtlPlugin::OPTIONS[0].name);
    let span = reader.span(slots[0]);
    match slots[0] {
        None => {
            let original = format!("section [{section}] does not specify a {factory}");
            let message = format!("`[{section}]` has no `{factory}`");
            reader.error(codes::MISSING_OPTION, span, message, &original);
        }
        Some(written) if reader.passed(&written) => {
            let message =
                format!("the actions of `{}`, a Python plug-in, are not here", options.factory);
            let found = Diagnostic::new(codes::PYTHON_PLUGIN, Severity::Warning, span, message);
            reader.found.push(found.help("remove the section"));
        }
        Some(_) => {}
    }
}

fn no_section(path: &Path) -> Diagnostic {
    let message = "there is no `[supervisorctl]` section";
    Diagnostic::of_file(codes::NO_SUPERVISORD_SECTION, Severity::Error, path, message)
        .original(".ini file does not include supervisorctl section")
        .help("add a line `[supervisorctl]`")
}

/// Types the section for whoever compares it with the daemon's own, as far as it can be read; the
/// daemon itself never looks at it.
pub(crate) fn describe(context: &Context<'_>, checked: &mut Checked) {
    if let Some(index) = context.document.find("supervisorctl") {
        let (options, _) = read(context);
        checked.typed[index] = Typed::Ctl(Box::new(options));
    }
}
