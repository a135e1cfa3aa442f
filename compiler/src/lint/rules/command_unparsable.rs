//! SV019: a command that cannot be split into words.

use grammar::value::words;

use super::comment_truncates_value::cutting_comment;
use crate::diagnostic::codes;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A command that cannot be split into words.
pub(super) struct CommandUnparsable;

static META: Meta = Meta {
    code: codes::COMMAND_UNPARSABLE,
    depth: Depth::Plan,
    what: "Finds empty commands and commands with an open quote or a backslash at the end.",
    why: "supervisor loads them and finds out at each start: the program goes to FATAL with `can't \
          parse command`.",
    remedy: "Close the quote, or write the command.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web --name \"front\n",
        good: "[program:web]\ncommand=/srv/web --name \"front\"\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:web]\ncommand=/srv/web \"it's\"\n"],
};

impl Rule for CommandUnparsable {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let Some(written) = section.get("command") else { continue };
            if section.command().is_some() {
                continue;
            }
            let found = match words(&written.value) {
                Ok(_) => cx.finding(written.span(), "the command is empty"),
                Err(_) if cutting_comment(config, section, written).is_some() => continue,
                Err(error) => cx
                    .finding(
                        written.place(error.range().clone()),
                        "the command cannot be split into words",
                    )
                    .labelled(error.to_string().to_lowercase()),
            };
            cx.report(found);
        }
    }
}
