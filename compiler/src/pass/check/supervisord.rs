//! `[supervisord]`: its options in the order of CFG-147, its variables, its paths.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Context, Reader};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::host::Host;
use crate::pass::resolve::Scope;
use crate::schema::Section;
use crate::schema::row_of;
use crate::schema::section::{SectionKind, Supervisord};
use crate::schema::value::{Invalid, Kind, UserRef, absolute};

/// What `[supervisord]` and the command line say.
pub(crate) struct Daemon {
    pub(crate) options: Supervisord,
    /// Whether its variables could be read.
    pub(crate) complete: bool,
}

const ENVIRONMENT: usize = row_of(Supervisord::OPTIONS, "environment");
const USER: usize = row_of(Supervisord::OPTIONS, "user");
const CHILDLOGDIR: usize = row_of(Supervisord::OPTIONS, "childlogdir");

/// Reads `[supervisord]`, which `context` does not hold yet.
pub(crate) fn supervisord(
    context: &Context<'_>,
    host: &dyn Host,
    diagnostics: &mut Diagnostics,
) -> Daemon {
    let mut options = Supervisord { childlogdir: host.temp_dir(), ..Supervisord::default() };
    let Some(index) = context.document.find("supervisord") else {
        let text = ".ini file does not include supervisord section";
        let root = Path::new(context.root);
        diagnostics.push(
            Diagnostic::of_file(
                codes::NO_SUPERVISORD_SECTION,
                Severity::Error,
                root,
                "there is no `[supervisord]` section",
            )
            .original(text)
            .help(if context.document.sections.iter().any(is_for_an_include) {
                "add a line `[supervisord]`; a file that others include is checked with `--fragment`"
            } else {
                "add a line `[supervisord]`"
            }),
        );
        return Daemon { options, complete: true };
    };
    let mut reader = Reader::new(context, &context.document.sections[index]);
    let slots = reader.slots(0);
    let scope = context.scope();
    // The user is looked up after everything else (CFG-147).
    reader.read(&mut options, &slots, 0..USER, &scope);
    if let Some(written) = slots[USER] {
        let raw = reader.text(&written);
        if let Some(text) = reader.expand(&raw, &written, &scope, &"supervisord.user") {
            options.user = Some(UserRef { name: text.text.into_owned(), uid: None });
        }
    }
    reader.read(&mut options, &slots, USER + 1..CHILDLOGDIR, &scope);
    reader.read(&mut options, &slots, CHILDLOGDIR..ENVIRONMENT, &scope);
    let complete = environment(&mut reader, &mut options, &slots, &scope);
    diagnostics.extend(reader.found);
    Daemon { options, complete }
}

/// Whether a section is of the kind that stands in included files.
fn is_for_an_include(section: &crate::pass::outline::Section) -> bool {
    section.kind.is_some_and(SectionKind::makes_processes)
        || section.kind == Some(SectionKind::Group)
}

/// The variables, expanded twice (CFG-150): with E0, then with E6.
fn environment(
    reader: &mut Reader<'_>,
    options: &mut Supervisord,
    slots: &super::reader::Slots,
    scope: &Scope<'_>,
) -> bool {
    let Some(written) = slots[ENVIRONMENT] else { return true };
    let raw = reader.text(&written);
    let wider = Scope { node: Some(reader.context.node), ..scope.clone() };
    let Some(twice) = reader.expand_twice(&raw, &written, [scope, &wider], "environment") else {
        return false;
    };
    reader.set(options, ENVIRONMENT, &written, &raw, &twice)
}

/// Puts what the command line says over what the file says (CFG-387).
pub(crate) fn override_options(
    options: &mut Supervisord,
    overrides: &BTreeMap<String, String>,
    context: &Context<'_>,
    diagnostics: &mut Diagnostics,
) {
    for (name, text) in overrides {
        let Some(row) = Supervisord::OPTIONS.iter().position(|option| option.name == *name) else {
            continue;
        };
        let set = if row == USER {
            options.user = Some(UserRef { name: text.clone(), uid: None });
            Ok(())
        } else {
            options.set(row, text, context.inquiry)
        };
        if let Err(invalid) = set {
            diagnostics.push(on_command_line(invalid, context));
        }
    }
}

/// Looks up the user the daemon is to run as (CFG-172).
pub(crate) fn look_up_user(
    options: &mut Supervisord,
    context: &Context<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(user) = &options.user else { return };
    match UserRef::parse(&user.name, context.inquiry) {
        Ok(user) => options.user = Some(user),
        Err(invalid) => {
            let section = context.document.find("supervisord");
            let section = section.map(|index| &context.document.sections[index]);
            let written = |section| Some((section, context.document.rows(section, 0)[USER]?));
            match section.and_then(written) {
                Some((section, written)) => {
                    let mut reader = Reader::new(context, section);
                    reader.invalid(&written, invalid, false);
                    diagnostics.extend(reader.found);
                }
                None => diagnostics.push(on_command_line(invalid, context)),
            }
        }
    }
}

/// Makes the daemon's own files absolute (CFG-160, CFG-164).
pub(crate) fn make_absolute(options: &mut Supervisord, working_dir: &Path) {
    let place = |path: &PathBuf| absolute(working_dir, &path.to_string_lossy());
    if options.logfile != Path::new("syslog") {
        options.logfile = place(&options.logfile);
    }
    options.pidfile = place(&options.pidfile);
}

fn on_command_line(invalid: Invalid, context: &Context<'_>) -> Diagnostic {
    Diagnostic::of_file(invalid.code, Severity::Error, context.root, invalid.message)
        .original(invalid.original)
}
