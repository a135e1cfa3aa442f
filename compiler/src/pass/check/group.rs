//! `[group:x]`: programs under one name (CFG-256 to CFG-262).

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use grammar::Span;
use grammar::value::list;

use super::interface::own_name;
use super::{Checked, Context, Job, Reader, Step, of_kind};
use crate::diagnostic::codes;
use crate::pass::merge::Document;
use crate::pass::outline::Written;
use crate::plan::{GroupKind, GroupPlan};
use crate::schema::nearest;
use crate::schema::row_of;
use crate::schema::section::{Group, SectionKind};
use crate::schema::value::{Invalid, Kind, Name};
use crate::settings::Typed;

/// More unknown programs of one group are counted, not listed.
const MOST_UNKNOWN: usize = 100;

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
    context: &Context<'a>,
    checked: &mut Checked,
    steps: &mut Vec<Step<'a>>,
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
        steps.extend(std::mem::take(&mut reader.found).into_iter().map(Step::found));
        let mut members = Members { name, priority: options.priority, sections: Vec::new() };
        let entries = Entries::new(slots[row_of(Group::OPTIONS, "programs")]);
        let mut blamed = section.name.to_string();
        let mut unknown = Vec::new();
        for (position, program) in options.programs.iter().enumerate() {
            if let Some(member) = member(context.document, program) {
                let section = &context.document.sections[member];
                blamed = section.name.to_string();
                found.named.insert(member);
                members.sections.push(member);
                let member_of = Some(members.name.clone());
                steps.extend(Step::build(context, Job { section, index: member, member_of }));
            } else {
                unknown.push(position);
                if unknown.len() <= MOST_UNKNOWN {
                    let span = entries.span(&reader, position);
                    no_member(&mut reader, program, span, &blamed);
                    steps.extend(std::mem::take(&mut reader.found).into_iter().map(Step::found));
                }
            }
        }
        if let Some(first) = unknown.get(MOST_UNKNOWN) {
            let message =
                format!("{} more unknown programs from here on", unknown.len() - MOST_UNKNOWN);
            let span = entries.span(&reader, *first);
            reader.error(codes::GROUP_MEMBERSHIP, span, message.clone(), &message);
            steps.extend(std::mem::take(&mut reader.found).into_iter().map(Step::found));
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

/// The section an entry of `programs` means.
fn member(document: &Document, program: &str) -> Option<usize> {
    let plain = document.find(&format!("program:{program}"));
    let fcgi = document.find(&format!("fcgi-program:{program}"));
    match (plain, fcgi) {
        (Some(index), None) | (None, Some(index)) => Some(index),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// Says why the entry of `programs` at `span` means no section. The original blames `blamed`, the
/// section it looked at last (CFG-258).
fn no_member(reader: &mut Reader<'_>, program: &str, span: Span, blamed: &str) {
    let (message, original, help) =
        if reader.context.document.find(&format!("program:{program}")).is_some() {
            (
                format!("`{program}` is both a program and an fcgi-program"),
                format!(
                    "[{blamed}] name {program} is ambiguous (exists as program and fcgi-program)"
                ),
                Some("rename one of them".to_owned()),
            )
        } else {
            (
                match program {
                    "" => "an empty entry names no program".to_owned(),
                    program => format!("there is no program `{program}`"),
                },
                format!("[{blamed}] names unknown program or fcgi-program {program}"),
                unknown_help(reader, program),
            )
        };
    reader.error(codes::GROUP_MEMBERSHIP, span, message, &original).help = help;
}

/// The entries of `programs`, told apart as soon as one of them is wrong.
struct Entries {
    written: Option<Written>,
    ranges: OnceCell<Vec<Range<u32>>>,
}

impl Entries {
    fn new(written: Option<Written>) -> Self {
        Entries { written, ranges: OnceCell::new() }
    }

    /// The place of an entry, or of all of them where expansions hide it.
    fn span(&self, reader: &Reader<'_>, position: usize) -> Span {
        let Some(written) = self.written else { return reader.span(None) };
        let ranges = self.ranges.get_or_init(|| {
            let text = reader.text(&written);
            let entries = if text.contains('%') { Vec::new() } else { list(&text) };
            entries.into_iter().map(|entry| entry.range).collect()
        });
        match ranges.get(position) {
            Some(range) if !range.is_empty() => {
                reader.place(&written, range.start as usize..range.end as usize)
            }
            _ => reader.span(Some(written)),
        }
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
