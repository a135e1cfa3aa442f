//! SV003: an option given twice in one section.

use std::borrow::Cow;

use grammar::{Entry, FileId};

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::view::Config;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// An option given twice in one section.
pub(super) struct DuplicateKey;

static META: Meta = Meta {
    code: codes::DUPLICATE_KEY,
    depth: Depth::Plan,
    what: "Finds options written twice under one header.",
    why: "The last one wins without a word; editing the other has no effect.",
    remedy: "Delete all but one.",
    seen: &["#1220"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nautostart=true\nautostart=false\n",
        good: "[program:web]\ncommand=/srv/web\nautostart=false\n",
        mended: Mended::Safely,
    }],
    clean: &[],
};

impl Rule for DuplicateKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        if !config.sections().any(|section| section.is_rewritten()) {
            return;
        }
        for file in config.files() {
            let text = config.text(file.id);
            let rewritten = |section: &&grammar::Section| {
                let merged = config.section(section.name.of(text));
                merged.is_some_and(|merged| merged.is_rewritten())
            };
            for section in file.sections.iter().filter(rewritten) {
                let mut entries: Vec<(Cow<'_, str>, &Entry)> =
                    section.entries.iter().map(|entry| (entry.key(text), entry)).collect();
                // A stable sort: of equal keys the last written stays last.
                entries.sort_by(|one, other| one.0.cmp(&other.0));
                for same in entries.chunk_by(|one, other| one.0 == other.0) {
                    let [losers @ .., (key, winner)] = same else { continue };
                    for (_, loser) in losers {
                        let found = duplicate(cx, config, file.id, loser, winner, key);
                        cx.report(found);
                    }
                }
            }
        }
    }
}

fn duplicate(
    cx: &LintContext<'_>,
    config: &Config<'_>,
    file: FileId,
    entry: &Entry,
    winner: &Entry,
    key: &str,
) -> Diagnostic {
    let value = entry.value_span();
    let whole = grammar::Span::new(file, entry.key.start..value.end);
    let found = cx
        .finding(entry.key, format!("`{key}` is given twice"))
        .labelled("has no effect")
        .also(winner.key, "this one is in force");
    found.fixed_by(Fix::safe("delete it", vec![(config.lines(whole), String::new())]))
}
