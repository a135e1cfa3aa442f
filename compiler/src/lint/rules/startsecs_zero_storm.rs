//! SV031: endless restarts that look like a running process.

use crate::diagnostic::{Fix, codes};
use crate::lint::text;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// Endless restarts that look like a running process.
pub(super) struct StartsecsZeroStorm;

static META: Meta = Meta {
    code: codes::STARTSECS_ZERO_STORM,
    depth: Depth::Plan,
    what: "Finds `startsecs=0` together with `autorestart=true`.",
    why: "With `startsecs=0` every start counts as a success, so a program that exits at once is \
          started again without a pause and without end, and is shown as RUNNING.",
    remedy: "Set `startsecs=1`, or `autorestart=unexpected` for something that may finish.",
    seen: &["#1285", "symfony/symfony-docs#13512"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nautorestart=true\nstartsecs=0\n",
        good: "[program:web]\ncommand=/srv/web\nautorestart=true\nstartsecs=1\n",
        mended: Mended::Safely,
    }],
    clean: &["[program:once]\ncommand=/srv/migrate\nautorestart=false\nstartsecs=0\n"],
};

impl Rule for StartsecsZeroStorm {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let always = section.value("autorestart").and_then(text::boolean) == Some(true);
            let (Some(zero), Some(restart)) =
                (section.get("startsecs"), section.get("autorestart"))
            else {
                continue;
            };
            if always && section.number("startsecs", 1) == Some(0) {
                let found = cx
                    .finding(
                        zero.whole(),
                        "a program that exits at once would be restarted without end",
                    )
                    .also(restart.whole(), "always started again")
                    .fixed_by(Fix::safe("set it to 1", vec![(zero.span(), "1".to_owned())]));
                cx.report(found);
            }
        }
    }
}
