//! SV028: a number that is none.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the compiler, for it is refused.
pub(super) struct BadNumberFormat;

static META: Meta = Meta {
    code: codes::BAD_NUMBER_FORMAT,
    depth: Depth::Plan,
    what: "Finds numbers, sizes and exit codes that cannot be read.",
    why: "The whole daemon refuses to start. Seconds are whole; sizes end with `KB`, `MB` or `GB` and nothing shorter; exit codes end at 255.",
    remedy: "Write a whole number, or a size such as `10MB`.",
    seen: &["ochinchina/supervisord#290"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nstdout_logfile_maxbytes=10M\n",
        good: "[program:web]\ncommand=/srv/web\nstdout_logfile_maxbytes=10MB\n",
        mended: Mended::Safely,
    }],
    clean: &["[program:web]\ncommand=/srv/web\nstartsecs=010\n"],
};

impl Rule for BadNumberFormat {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
