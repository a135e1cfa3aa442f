//! SV000: a suppression comment that suppresses nothing.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the engine once all other rules have run.
pub(super) struct UnusedSuppression;

static META: Meta = Meta {
    code: codes::UNUSED_SUPPRESSION,
    depth: Depth::Plan,
    what: "Finds `; planvisor: disable=…` comments that hide no finding, and codes that do not exist.",
    why: "A suppression that outlives its finding hides the next one of its kind.",
    remedy: "Remove the comment, or correct the code in it. What the original refuses to load cannot \
             be suppressed.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\n; planvisor: disable=SV022 -- starts a pipeline\ncommand=/srv/web\n",
        good: "[program:web]\ncommand=/srv/web\n",
        mended: Mended::ByHand,
    }],
    clean: &[
        "[program:web]\n; planvisor: disable=SV022 -- both are short\ncommand=sh -c \"/srv/a && /srv/b\"\n",
        "; planvisor: disable=shell-wrapper-not-exec\n[supervisord]\n[program:web]\n\
         command=sh -c \"/srv/a && /srv/b\"\n",
    ],
};

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
