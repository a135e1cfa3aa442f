//! SV041: a priority used as if it waited for a program.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A priority used as if it waited for a program.
pub(super) struct PriorityIsNotDependency;

static META: Meta = Meta {
    code: codes::PRIORITY_IS_NOT_DEPENDENCY,
    depth: Depth::Plan,
    what: "Finds a `priority` whose comment says that the program waits for another.",
    why: "Priority orders the starts; it waits for nothing. The next program is started while the \
          one before is still starting.",
    remedy: "Let the program wait by itself, or start it from a listener once the other is RUNNING.",
    seen: &["#106", "#122"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\npriority=20 ; wait until the database is up\n",
        good: "[program:web]\ncommand=/srv/web\npriority=20 ; a little later\n",
        mended: Mended::ByHand,
    }],
    clean: &[
        "[program:web]\ncommand=/srv/web\npriority=20 ; the relative start priority (default 999)\n",
    ],
};

const PROMISES: [&str; 6] = ["wait", "depends", "dependency", "until", "is up", "must be running"];

impl Rule for PriorityIsNotDependency {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let own = section.written().iter().find(|written| written.key == "priority");
            let Some(written) = own else { continue };
            let Some(comment) = config.comment_after(written.entry.value_span()) else { continue };
            let said = comment.of(config.text(comment.file)).to_lowercase();
            if PROMISES.iter().any(|promise| said.contains(promise)) {
                let found = cx
                    .advice(written.whole(), "`priority` orders the starts but waits for nothing")
                    .also(comment, "does not happen");
                cx.report(found);
            }
        }
    }
}
