//! SV036: a group and its programs do not fit.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use grammar::value::list;

use crate::diagnostic::{Fix, codes};
use crate::lint::view::{Kind, Section, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A group and its programs do not fit.
pub(super) struct GroupMembership;

static META: Meta = Meta {
    code: codes::GROUP_MEMBERSHIP,
    depth: Depth::Plan,
    what: "Finds groups that name programs which do not exist, which supervisor refuses; and, which \
           it does not, a program in two groups or twice in one, a group of the name of a program \
           outside it, and a blank after `[program:`.",
    why: "A program in two groups runs twice. Of two groups of one name only the first is started. \
          A program written `[program: x]` cannot be named by a group.",
    remedy: "Name each program in one group, separated by commas.",
    seen: &["#615"],
    examples: &[
        Example {
            bad: "[program:a]\ncommand=/srv/a\n[group:g]\nprograms=a,b\n",
            good: "[program:a]\ncommand=/srv/a\n[program:b]\ncommand=/srv/b\n[group:g]\nprograms=a,b\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:a]\ncommand=/srv/a\n[group:g]\nprograms=a\n[group:h]\nprograms=a\n",
            good: "[program:a]\ncommand=/srv/a\n[group:g]\nprograms=a\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program: a]\ncommand=/srv/a\n",
            good: "[program:a]\ncommand=/srv/a\n",
            mended: Mended::Safely,
        },
    ],
    clean: &["[program:a]\ncommand=/srv/a\n[group:a]\nprograms=a\n"],
};

impl Rule for GroupMembership {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        claimed_twice(cx);
        same_names(cx);
        blank_names(cx);
    }
}

fn claimed_twice(cx: &mut LintContext<'_>) {
    let config = cx.config;
    let mut claimed: HashMap<&str, (&Written<'_>, Range<u32>)> = HashMap::new();
    for written in config.of_kind(Kind::Group).filter_map(|group| group.get("programs")) {
        for item in list(&written.value).into_iter().filter(|item| !item.text.is_empty()) {
            match claimed.entry(item.text) {
                Entry::Vacant(entry) => drop(entry.insert((written, item.range))),
                Entry::Occupied(entry) if !cx.is_full() => {
                    let (first, range) = entry.get();
                    let message = format!("`{}` is in two groups and will run twice", item.text);
                    let found = cx
                        .finding(written.place(item.range), message)
                        .also(first.place(range.clone()), "was here first");
                    cx.report(found);
                }
                Entry::Occupied(_) => return,
            }
        }
    }
}

fn same_names(cx: &mut LintContext<'_>) {
    let config = cx.config;
    let claimed: HashSet<&str> = config
        .of_kind(Kind::Group)
        .filter_map(|group| group.value("programs"))
        .flat_map(|programs| programs.split(',').map(str::trim))
        .collect();
    let mut names: HashMap<&str, &Section<'_>> = HashMap::with_capacity(config.sections().len());
    let groups = config.of_kind(Kind::Group);
    let alone = config.programs().filter(|program| {
        program.kind == Kind::EventListener || !claimed.contains(program.subject())
    });
    for section in groups.chain(alone) {
        if let Some(first) = names.get(section.subject()) {
            let found = cx
                .finding(
                    section.header(),
                    format!("there are two groups called `{}`", section.subject()),
                )
                .labelled("not started")
                .also(first.header(), "this one is started");
            cx.report(found);
        } else {
            names.insert(section.subject(), section);
        }
    }
}

fn blank_names(cx: &mut LintContext<'_>) {
    let config = cx.config;
    for section in config.programs() {
        let Some((kind, subject)) = section.name.split_once(':') else { continue };
        if subject != section.subject() {
            let right = format!("[{kind}:{}]", section.subject());
            let message = if section.kind == Kind::EventListener {
                format!("the blank in `[{}]` is part of the name of the pool", section.name)
            } else {
                format!("no group can name `[{}]`, because of the blank", section.name)
            };
            let found = cx.finding(section.header(), message).help(format!("write `{right}`"));
            let free = config.section(&right[1..right.len() - 1]).is_none();
            let edits = vec![(section.header(), right)];
            let (title, listener) = ("remove the blank", section.kind == Kind::EventListener);
            cx.report(match free {
                false => found,
                // The pool gets another name.
                true if listener => found.fixed_by(Fix::risky(title, edits)),
                true => found.fixed_by(Fix::safe(title, edits)),
            });
        }
    }
}
