//! `[group:x]`: programs under one name (CFG-256 to CFG-262).

use std::collections::HashSet;
use std::sync::Arc;

use super::interface::own_name;
use super::{Checked, Context, Job, Reader, Step, of_kind};
use crate::diagnostic::codes;
use crate::pass::outline::Written;
use crate::plan::{GroupKind, GroupPlan};
use crate::schema::nearest;
use crate::schema::row_of;
use crate::schema::section::{Group, SectionKind};
use crate::schema::value::{Invalid, Kind, Name};
use crate::settings::Typed;

/// The groups that are written as such.
pub(super) struct Heterogeneous {
    groups: Vec<Members>,
    /// The sections some group names.
    named: HashSet<usize>,
}

struct Members {
    name: Arc<str>,
    priority: i64,
    /// The sections, in the order they are named.
    sections: Vec<usize>,
}

/// Reads every `[group:x]` and adds a job for each program it names.
pub(super) fn groups<'a>(
    context: &'a Context<'a>,
    checked: &mut Checked,
    jobs: &mut Vec<Job<'a>>,
    steps: &mut Vec<Step>,
) -> Heterogeneous {
    let mut found = Heterogeneous { groups: Vec::new(), named: HashSet::new() };
    for (index, section) in of_kind(context.document, SectionKind::Group) {
        let mut reader = Reader::new(context, section);
        let name = name(&mut reader, false);
        let mut options = Group::default();
        let slots = reader.slots(0);
        reader.read(
            &mut options,
            &slots,
            0..slots.len().min(Group::OPTIONS.len()),
            &context.daemon_scope(),
        );
        steps.extend(std::mem::take(&mut reader.found).into_iter().map(Step::Found));
        let mut members = Members { name, priority: options.priority, sections: Vec::new() };
        let written = slots[row_of(Group::OPTIONS, "programs")];
        let mut blamed = section.name.to_string();
        for (position, program) in options.programs.iter().enumerate() {
            match member(&mut reader, program, position, written, &blamed) {
                Some(member) => {
                    let section = &context.document.sections[member];
                    blamed = section.name.to_string();
                    found.named.insert(member);
                    members.sections.push(member);
                    steps.push(Step::Build(jobs.len()));
                    let member_of = Some(members.name.clone());
                    jobs.push(Job { section, index: member, member_of });
                }
                None => {
                    steps.extend(std::mem::take(&mut reader.found).into_iter().map(Step::Found))
                }
            }
        }
        found.groups.push(members);
        checked.typed[index] = Typed::Group(Box::new(options));
    }
    found
}

impl Heterogeneous {
    /// Whether a group names section `index`, so that it makes no group of its own (CFG-261).
    pub(super) fn names(&self, index: usize) -> bool {
        self.named.contains(&index)
    }

    /// The groups, with the processes their sections made.
    pub(super) fn assemble(&self, typed: &[Typed]) -> Vec<Arc<GroupPlan>> {
        self.groups.iter().map(|members| Arc::new(members.assemble(typed))).collect()
    }
}

impl Members {
    fn assemble(&self, typed: &[Typed]) -> GroupPlan {
        let processes =
            self.sections.iter().flat_map(|section| typed[*section].members(&self.name));
        GroupPlan {
            name: self.name.to_string(),
            priority: self.priority,
            kind: GroupKind::Program,
            processes: processes.cloned().collect(),
        }
    }
}

/// The section's own name, stripped and checked (CFG-282).
pub(super) fn name(reader: &mut Reader<'_>, suffixed: bool) -> Arc<str> {
    let section = &reader.section.name;
    let own = own_name(section);
    match Name::parse(own, reader.context.inquiry) {
        Ok(name) => name,
        Err(Invalid { code, message, original, .. }) => {
            let span = reader.section.headers[0];
            let before = std::mem::replace(&mut reader.suffixed, suffixed);
            reader.error(code, span, message, &original).help =
                Some("choose another name".to_owned());
            reader.suffixed = before;
            Arc::from(grammar::strip(own))
        }
    }
}

/// The section an entry of `programs` means. The original blames `blamed`, the section it looked at
/// last (CFG-258).
fn member(
    reader: &mut Reader<'_>,
    program: &str,
    position: usize,
    written: Option<Written>,
    blamed: &str,
) -> Option<usize> {
    let document = reader.context.document;
    let plain = document.find(&format!("program:{program}"));
    let fcgi = document.find(&format!("fcgi-program:{program}"));
    match (plain, fcgi) {
        (Some(index), None) | (None, Some(index)) => Some(index),
        (plain, _) => {
            let span = entry_span(reader, position, written);
            if plain.is_some() {
                let original = format!(
                    "[{blamed}] name {program} is ambiguous (exists as program and fcgi-program)"
                );
                let message = format!("`{program}` is both a program and an fcgi-program");
                reader.error(codes::GROUP_MEMBERSHIP, span, message, &original).help =
                    Some("rename one of them".to_owned());
            } else {
                let original =
                    format!("[{blamed}] names unknown program or fcgi-program {program}");
                let message = match program {
                    "" => "an empty entry names no program".to_owned(),
                    program => format!("there is no program `{program}`"),
                };
                let help = unknown_help(reader, program);
                reader.error(codes::GROUP_MEMBERSHIP, span, message, &original).help = help;
            }
            None
        }
    }
}

fn entry_span(reader: &Reader<'_>, position: usize, written: Option<Written>) -> grammar::Span {
    let Some(written) = written else { return reader.span(None) };
    let text = reader.text(&written);
    match grammar::value::list(&text).get(position) {
        Some(item) if !text.contains('%') && !item.range.is_empty() => {
            reader.place(&written, item.range.start as usize..item.range.end as usize)
        }
        _ => reader.span(Some(written)),
    }
}

fn unknown_help(reader: &Reader<'_>, program: &str) -> Option<String> {
    if program.is_empty() {
        return Some("remove the comma".to_owned());
    }
    if program.contains(grammar::is_space) {
        return Some("separate the programs by commas".to_owned());
    }
    let sections = reader.context.document.sections.iter();
    let programs = sections
        .filter(|section| matches!(section.kind, Some(SectionKind::Program | SectionKind::Fcgi)));
    let near = nearest(program, programs.map(|section| own_name(&section.name)));
    near.first().map(|near| format!("did you mean `{near}`?"))
}
