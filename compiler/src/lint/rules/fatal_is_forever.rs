//! SV042: a program that is given up at its first failure.

use crate::diagnostic::codes;
use crate::lint::text;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A program that is given up at its first failure.
pub(super) struct FatalIsForever;

static META: Meta = Meta {
    code: codes::FATAL_IS_FOREVER,
    depth: Depth::Plan,
    what: "Finds `startretries=0` together with `autorestart=true`.",
    why: "`autorestart` speaks of programs that were RUNNING. A start that fails is tried \
          `startretries` times more; then the program is FATAL, and nothing starts it again.",
    remedy: "Raise `startretries`.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nautorestart=true\nstartretries=0\n",
        good: "[program:web]\ncommand=/srv/web\nautorestart=true\nstartretries=10\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:once]\ncommand=/srv/migrate\nautorestart=false\nstartretries=0\n"],
};

impl Rule for FatalIsForever {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let always = section.value("autorestart").and_then(text::boolean) == Some(true);
            let Some(retries) = section.get("startretries") else { continue };
            // With startsecs=0 no start fails.
            let fails = section.number("startsecs", 1) != Some(0);
            if always && fails && section.number("startretries", 3) == Some(0) {
                let found = cx
                    .advice(
                        retries.whole(),
                        "one failed start, and the program is never started again",
                    )
                    .help("raise `startretries`");
                cx.report(found);
            }
        }
    }
}
