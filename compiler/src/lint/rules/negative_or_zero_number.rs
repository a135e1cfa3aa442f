//! SV029: a number below what makes sense.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A number below what makes sense.
pub(super) struct NegativeOrZeroNumber;

static META: Meta = Meta {
    code: codes::NEGATIVE_OR_ZERO_NUMBER,
    depth: Depth::Plan,
    what: "Finds `numprocs=0` and negative seconds, retries, sizes and counts.",
    why: "supervisor checks no ranges: `numprocs=0` makes the program vanish, a negative \
          `stopwaitsecs` kills at once.",
    remedy: "Write a positive number; to keep a program from starting, `autostart=false`.",
    seen: &[],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nnumprocs=0\n",
            good: "[program:web]\ncommand=/srv/web\nautostart=false\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstartretries=-1\n",
            good: "[program:web]\ncommand=/srv/web\nstartretries=100\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web\npriority=-1\nstartsecs=0\n"],
};

/// Options and the least sensible value of each.
const LEAST: [(&str, i64); 10] = [
    ("numprocs", 1),
    ("startsecs", 0),
    ("startretries", 0),
    ("stopwaitsecs", 0),
    ("stdout_logfile_backups", 0),
    ("stderr_logfile_backups", 0),
    ("logfile_backups", 0),
    ("minfds", 0),
    ("minprocs", 0),
    ("numprocs_start", 0),
];
const SIZES: [&str; 5] = [
    "logfile_maxbytes",
    "stdout_logfile_maxbytes",
    "stderr_logfile_maxbytes",
    "stdout_capture_maxbytes",
    "stderr_capture_maxbytes",
];

impl Rule for NegativeOrZeroNumber {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for written in config.sections().flat_map(|section| section.written()) {
            if !written.value.starts_with(['-', '0']) {
                continue;
            }
            let least = LEAST.iter().find(|(key, _)| *key == written.key).map(|(_, least)| *least);
            let below = match least {
                Some(least) => text::integer(&written.value).is_some_and(|value| value < least),
                None => {
                    SIZES.contains(&&*written.key)
                        && text::bytes(&written.value).is_some_and(|value| value < 0)
                }
            };
            if below {
                let message = match &*written.key {
                    "numprocs" => "a program with no processes does not exist".to_owned(),
                    key => format!("`{key}` is negative"),
                };
                let found = cx.finding(written.span(), message);
                cx.report(found);
            }
        }
    }
}
