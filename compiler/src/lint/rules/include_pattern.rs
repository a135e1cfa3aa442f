//! SV037: an include that does not include what it seems to.

use std::path::PathBuf;

use crate::diagnostic::codes;
use crate::lint::view::Kind;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// An include that does not include what it seems to.
pub(super) struct IncludePattern;

static META: Meta = Meta {
    code: codes::INCLUDE_PATTERN,
    depth: Depth::Plan,
    what: "Finds `[include]` in an included file or written twice, commas between patterns, \
           `[supervisorctl]` in an included file, a named file that does not exist, and, on the \
           machine itself, a pattern that matches nothing.",
    why: "Includes are followed from the main file alone. Patterns are separated by blanks; a comma \
          is part of the name. supervisorctl reads only the main file. What matches nothing is \
          skipped without an error.",
    remedy: "Write one `[include]` in the main file, patterns separated by blanks.",
    seen: &["#1007", "#962", "#498"],
    examples: &[Example {
        bad: "[include]\nfiles=conf.d/*.conf, extra/*.conf\n",
        good: "[include]\nfiles=conf.d/*.conf extra/*.conf\n",
        mended: Mended::ByHand,
    }],
    clean: &["[include]\nfiles=/etc/supervisor/conf.d/*.conf\n"],
};

impl Rule for IncludePattern {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        misplaced(cx);
        patterns(cx);
    }
}

fn misplaced(cx: &mut LintContext<'_>) {
    let config = cx.config;
    let Some(main) = config.files().next().map(|file| file.id) else { return };
    for section in config.of_kind(Kind::Include).chain(config.of_kind(Kind::Ctl)) {
        for &header in section.headers.iter().filter(|header| header.file != main) {
            let message = if section.kind == Kind::Include {
                "an `[include]` in an included file is not followed"
            } else {
                "supervisorctl does not read included files"
            };
            let found = cx.finding(header, message).help("move it to the main file");
            cx.report(found);
        }
    }
}

fn patterns(cx: &mut LintContext<'_>) {
    let config = cx.config;
    let Some(files) = config.section("include").and_then(|include| include.get("files")) else {
        return;
    };
    let mut at = 0;
    for pattern in files.value.split_whitespace() {
        let start = at + files.value[at..].find(pattern).unwrap_or(0);
        at = start + pattern.len();
        let place = files.place(start as u32..at as u32);
        if pattern.ends_with(',') || pattern.contains(",/") || pattern.contains(".conf,") {
            let found = cx
                .finding(place, "the comma is part of the pattern")
                .help("separate patterns by blanks");
            cx.report(found);
        } else if is_missing_name(cx, pattern) {
            let found = cx.finding(place, format!("there is no file `{pattern}`"));
            cx.report(found);
        } else if cx.policy.depth == Depth::Host && matches_nothing(cx, pattern) {
            let found = cx.finding(place, format!("no file matches `{pattern}` on this machine"));
            cx.report(found);
        }
    }
}

/// A name without a wildcard, relative to the main file: the text goes with the file, so the file
/// it names should be there too. An absolute one speaks of another machine, perhaps.
fn is_missing_name(cx: &LintContext<'_>, pattern: &str) -> bool {
    let named =
        !pattern.contains(['*', '?', '[']) && !pattern.contains('%') && !text::is_template(pattern);
    if !named || (pattern.starts_with('/') && cx.policy.depth < Depth::Host) {
        return false;
    }
    directory(cx).is_some_and(|directory| cx.host.kind(&directory.join(pattern)).is_none())
}

/// On the machine it is for, a pattern without a match is as much of a mistake as a name.
fn matches_nothing(cx: &LintContext<'_>, pattern: &str) -> bool {
    let Some(path) = directory(cx).map(|directory| directory.join(pattern)) else { return false };
    !pattern.contains('%') && cx.host.glob(&path.to_string_lossy()).is_ok_and(|it| it.is_empty())
}

/// The directory of the main file, from which patterns start.
fn directory(cx: &LintContext<'_>) -> Option<PathBuf> {
    let main = cx.config.files().next()?;
    cx.config.sources.path(main.id).parent().map(|path| cx.host.working_dir().join(path))
}
