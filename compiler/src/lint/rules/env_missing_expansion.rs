//! SV016: an expansion of a variable that is not set.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the compiler, for it is refused.
pub(super) struct EnvMissingExpansion;

static META: Meta = Meta {
    code: codes::ENV_MISSING_EXPANSION,
    depth: Depth::Plan,
    what: "Finds `%(ENV_X)s` where `X` is not set where the check runs. `--env-file` and `--assume-env` tell it what is set where the daemon runs.",
    why: "The whole daemon refuses to start, not only the program that asks.",
    remedy: "Set the variable for the daemon, or in `environment` of `[supervisord]`; there are no defaults.",
    seen: &["#838"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web --port %(ENV_PORT)s\n",
        good: "[supervisord]\nenvironment=PORT=\"80\"\n[program:web]\ncommand=/srv/web --port %(ENV_PORT)s\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:web]\ncommand=/srv/web %(ENV_HOME)s\n"],
};

impl Rule for EnvMissingExpansion {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
