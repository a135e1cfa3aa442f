//! SV009: a `%` that begins no expansion.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the compiler, for it is refused.
pub(super) struct UnescapedPercent;

static META: Meta = Meta {
    code: codes::UNESCAPED_PERCENT,
    depth: Depth::Plan,
    what: "Finds a `%` that is neither `%%` nor an expansion such as `%(here)s`.",
    why: "The whole daemon refuses to start: the format string is badly formatted.",
    remedy: "Write `%%`; in log file options and in `environment` of `[supervisord]`, which are expanded twice, `%%%%`.",
    seen: &["#291"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web --format %Y-%m\n",
            good: "[program:web]\ncommand=/srv/web --format %%Y-%%m\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstdout_logfile=/var/log/%%d.log\n",
            good: "[program:web]\ncommand=/srv/web\nstdout_logfile=/var/log/%%%%d.log\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[supervisord]\nenvironment=A=\"50%\"\n",
            good: "[supervisord]\nenvironment=A=\"50%%%%\"\n",
            mended: Mended::Safely,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web %(here)s 100%%\n"],
};

impl Rule for UnescapedPercent {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
