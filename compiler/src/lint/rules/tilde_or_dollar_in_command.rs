//! SV018: a `~` or `$NAME` in a command that no shell runs.

use crate::diagnostic::{Fix, codes};
use crate::lint::command::Word;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A `~` or `$NAME` in a command that no shell runs.
pub(super) struct TildeOrDollarInCommand;

static META: Meta = Meta {
    code: codes::TILDE_OR_DOLLAR_IN_COMMAND,
    depth: Depth::Plan,
    what: "Finds `~/…` and `$NAME` in a command.",
    why: "No shell runs the command, so nobody expands them: the program is not found, or gets the \
          letters `$NAME`.",
    remedy: "Write the path in full, or `%(ENV_NAME)s`.",
    seen: &[],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=~/web/run --port 80\n",
            good: "[program:web]\ncommand=%(ENV_HOME)s/web/run --port 80\n",
            mended: Mended::Unsafely,
        },
        Example {
            bad: "[program:web]\ncommand=$VENV/bin/python /srv/web.py\n",
            good: "[program:web]\ncommand=%(ENV_VENV)s/bin/python /srv/web.py\n",
            mended: Mended::Unsafely,
        },
    ],
    clean: &[
        "[program:web]\ncommand=sh -c \"exec $HOME/run\"\n",
        "[program:web]\ncommand=awk '{print $NF}' /srv/x\n",
    ],
};

impl Rule for TildeOrDollarInCommand {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let (Some(command), Some(written)) = (section.command(), section.get("command")) else {
                continue;
            };
            if command.script().is_some() {
                continue;
            }
            for word in command.words.iter().filter(|word| !word.quoted) {
                if let Some(sign) = unexpanded(word) {
                    let message = format!("nobody expands the `{sign}` in this command");
                    let place = written.place(word.range.clone());
                    let found = cx
                        .finding(place, message)
                        .help("write the path in full, or `%(ENV_NAME)s`");
                    let expanded = text::shell_expanded(&word.text);
                    cx.report(match expanded {
                        Some(text) => found
                            .fixed_by(Fix::risky("let supervisor expand it", vec![(place, text)])),
                        None => found,
                    });
                }
            }
        }
    }
}

fn unexpanded(word: &Word) -> Option<&'static str> {
    if word.text == "~" || word.text.starts_with("~/") {
        return Some("~");
    }
    let names = word.text.match_indices('$').any(|(at, _)| {
        word.text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '{')
    });
    names.then_some("$")
}
