//! SV024: a directory that must exist when the file is loaded.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the compiler, for it is refused.
pub(super) struct LogdirMissing;

static META: Meta = Meta {
    code: codes::LOGDIR_MISSING,
    depth: Depth::Host,
    what: "Finds log files and pid files in directories that do not exist.",
    why: "One missing directory stops the whole daemon: it exits with status 2 before it starts anything.",
    remedy: "Create the directory before the daemon starts.",
    seen: &["#918", "#120", "#1573", "#1644"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nstdout_logfile=/missing/web.log\n",
        good: "[program:web]\ncommand=/srv/web\nstdout_logfile=/srv/web.log\n",
        mended: Mended::ByHand,
    }],
    clean: &[],
};

impl Rule for LogdirMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
