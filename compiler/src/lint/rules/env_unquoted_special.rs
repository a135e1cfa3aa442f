//! SV013: an environment list that does not parse.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, Mended, Meta, Rule};

/// Reported by the compiler, for it is refused.
pub(super) struct EnvUnquotedSpecial;

static META: Meta = Meta {
    code: codes::ENV_UNQUOTED_SPECIAL,
    depth: Depth::Plan,
    what: "Finds values in `environment` that hold a character which must be quoted, such as `@`, `&` or a blank before `=`.",
    why: "The whole daemon refuses to start: `Unexpected end of key/value pairs`.",
    remedy: "Quote the value.",
    seen: &["#779", "#247", "galaxyproject/galaxy#2193", "ddollar/foreman#427"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nenvironment=MAIL=me@example.com\n",
        good: "[program:web]\ncommand=/srv/web\nenvironment=MAIL=\"me@example.com\"\n",
        mended: Mended::Safely,
    }],
    clean: &["[program:web]\ncommand=/srv/web\nenvironment=A=x-y.z/1:2\n"],
};

impl Rule for EnvUnquotedSpecial {
    fn meta(&self) -> &'static Meta {
        &META
    }
}
