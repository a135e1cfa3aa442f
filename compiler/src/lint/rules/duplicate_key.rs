//! SV003: an option given twice in one section.

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
        for file in config.files() {
            let text = config.text(file.id);
            for section in &file.sections {
                for (at, entry) in section.entries.iter().enumerate() {
                    let key = entry.key(text);
                    let same = |other: &&Entry| other.key(text) == key;
                    if let Some(winner) = section.entries[at + 1..].iter().rfind(same) {
                        let found = duplicate(cx, config, file.id, entry, winner, &key);
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
