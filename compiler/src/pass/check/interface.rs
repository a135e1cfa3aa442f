//! `[rpcinterface:x]`: namespaces of methods (CFG-263 to CFG-268).

use std::borrow::Cow;

use indexmap::IndexMap;

use super::{Checked, Context, Reader, of_kind};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::pass::outline::{Section, Written};
use crate::pass::resolve::Scope;
use crate::plan::InterfacePlan;
use crate::schema::section::{Interface, SectionKind};
use crate::settings::Typed;

/// The factory this daemon implements.
const STOCK: &str = "supervisor.rpcinterface:make_main_rpcinterface";

/// Reads every `[rpcinterface:x]`.
pub(super) fn interfaces(
    context: &Context<'_>,
    checked: &mut Checked,
    diagnostics: &mut Diagnostics,
) {
    for (index, section) in of_kind(context.document, SectionKind::Interface) {
        let mut reader = Reader::new(context, section);
        let mut options = Interface::default();
        let slots = reader.slots(0);
        let scope = Scope { here: None, ..context.daemon_scope() };
        reader.read(&mut options, &slots, 0..1, &scope);
        match slots[0] {
            None => missing_factory(&mut reader),
            Some(written) if reader.passed(&written) && !is_known(&options.factory) => {
                let (name, factory) = (&section.name, &options.factory);
                let message = format!("`{factory}` is not an RPC interface this daemon implements");
                let original = format!("{factory} cannot be resolved within [{name}]");
                let span = reader.span(Some(written));
                let finding = reader.error(codes::UNKNOWN_FACTORY, span, message, &original);
                finding.help = Some(format!("write `{STOCK}`"));
            }
            Some(_) => {}
        }
        extras(&mut reader, &scope);
        diagnostics.extend(reader.found);
        checked.interfaces.push(InterfacePlan {
            name: own_name(&section.name).to_owned(),
            stock: options.factory == STOCK,
            factory: options.factory.clone(),
        });
        checked.typed[index] = Typed::Interface(options);
    }
}

/// A factory of another package loads in the original when that package is installed; nothing here
/// can tell, so only what cannot name one is refused.
fn is_known(factory: &str) -> bool {
    factory == STOCK || !factory.starts_with("supervisor.") && factory.contains(':')
}

/// The text after the first colon, verbatim.
pub(super) fn own_name(section: &str) -> &str {
    section.split_once(':').map_or(section, |(_, name)| name)
}

fn missing_factory(reader: &mut Reader<'_>) {
    let option = Interface::OPTIONS[0].name;
    let original = format!("section [{}] does not specify a {option}", reader.section.name);
    let message = format!("`[{}]` has no `{option}`", reader.section.name);
    let span = reader.span(None);
    reader.error(codes::MISSING_OPTION, span, message, &original).help =
        Some(format!("add `{option} = {STOCK}`"));
}

/// Every other option is expanded too (CFG-265).
fn extras(reader: &mut Reader<'_>, scope: &Scope<'_>) {
    for (key, written) in others(reader.context, reader.section) {
        let raw = reader.text(written);
        reader.expand(&raw, written, scope, &format_args!("{}.{key}", reader.section.name));
    }
}

/// The options beside the factory: each key once, where it first stands, with what was written for
/// it last; then what only `[DEFAULT]` has.
fn others<'a>(
    context: &'a Context<'_>,
    section: &'a Section,
) -> IndexMap<Cow<'a, str>, &'a Written> {
    let sources = context.sources;
    let mut others = IndexMap::new();
    for written in section.others.iter() {
        others.insert(written.key(sources), written);
    }
    for written in context.document.defaults.values() {
        others.entry(written.key(sources)).or_insert(written);
    }
    others.shift_remove(Interface::OPTIONS[0].name);
    others
}

/// Refuses options of the stock interface where a server is to offer it: the original hands them
/// to a factory that takes none, and does not start (CFG-047, CFG-267).
pub(crate) fn made_for_servers(
    context: &Context<'_>,
    checked: &Checked,
    diagnostics: &mut Diagnostics,
) {
    if checked.servers.is_empty() {
        return;
    }
    let sections = of_kind(context.document, SectionKind::Interface);
    for ((_, section), interface) in sections.zip(&checked.interfaces) {
        let others = others(context, section);
        let mut keys = others
            .values()
            .map(|written| (written.entry(context.sources).key, written.from_default));
        let Some((first, from_default)) = keys.next().filter(|_| interface.stock) else { continue };
        let name = &section.name;
        let message = format!("`[{name}]` takes no options but its factory");
        let finding = Diagnostic::new(codes::EXTRA_OPTION, Severity::Error, first, message)
            .labelled("handed to the factory")
            .original(format!("Could not make {} rpc interface", interface.name))
            .help(if from_default {
                "write it in the sections it is for: what stands in `[DEFAULT]` goes to interfaces too"
            } else {
                "remove it"
            });
        diagnostics.push(keys.fold(finding, |finding, (key, _)| finding.also(key, "this one too")));
    }
}
