//! SV007: a comment without a blank before it.

use grammar::Span;

use crate::diagnostic::{Fix, codes};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A comment without a blank before it.
pub(super) struct CommentNeedsSpace;

static META: Meta = Meta {
    code: codes::COMMENT_NEEDS_SPACE,
    depth: Depth::Plan,
    what: "Finds a `;` in a path or URL with no blank before it and text after it.",
    why: "A comment begins only after a blank: the text becomes part of the path.",
    remedy: "Put a blank before the `;`.",
    seen: &["#276"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\ndirectory=/srv;where it lives\n",
        good: "[program:web]\ncommand=/srv/web\ndirectory=/srv ;where it lives\n",
        mended: Mended::Safely,
    }],
    clean: &["[program:web]\ncommand=/srv/web a;b\n"],
};

/// Options whose values hold no `;` of their own.
const PATHS: [&str; 9] = [
    "directory",
    "stdout_logfile",
    "stderr_logfile",
    "logfile",
    "pidfile",
    "childlogdir",
    "file",
    "serverurl",
    "process_name",
];

impl Rule for CommentNeedsSpace {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let sections = config.sections();
        for written in sections.flat_map(|section| section.written()) {
            if !PATHS.contains(&&*written.key) {
                continue;
            }
            if let Some(at) = written.value.find(';').filter(|&at| at > 0) {
                let at = at as u32;
                let sign = written.place(at..at + 1);
                let blank = Span { end: sign.start, ..sign };
                let found = cx
                    .finding(sign, format!("what follows the `;` is part of `{}`", written.key))
                    .labelled("begins no comment without a blank before it")
                    .fixed_by(Fix::safe("put a blank before it", vec![(blank, " ".to_owned())]));
                cx.report(found);
            }
        }
    }
}
