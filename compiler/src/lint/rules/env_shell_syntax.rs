//! SV014: shell syntax in an environment list.

use grammar::value::{Pair, TokenKind};

use crate::diagnostic::{Fix, codes};
use crate::lint::view::Written;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, environment, text};

/// Shell syntax in an environment list.
pub(super) struct EnvShellSyntax;

static META: Meta = Meta {
    code: codes::ENV_SHELL_SYNTAX,
    depth: Depth::Plan,
    what: "Finds `$NAME`, `${NAME}` and `~` as values in `environment`.",
    why: "No shell reads the list: unquoted, `A=$HOME/x` sets `A` to `$`; quoted, the program gets \
          the letters `$HOME/x`.",
    remedy: "Write `%(ENV_NAME)s`, which supervisor expands.",
    seen: &["#1574"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=DATA=$HOME/data\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=DATA=\"%(ENV_HOME)s/data\"\n",
            mended: Mended::Unsafely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=PATH=\"/srv/bin:$PATH\"\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=PATH=\"/srv/bin:%(ENV_PATH)s\"\n",
            mended: Mended::Unsafely,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web\nenvironment=PASSWORD=\"a$b~c\"\n"],
};

/// Variables a shell would surely have been meant to fill in.
const USUAL: [&str; 8] =
    ["HOME", "PATH", "USER", "PWD", "HOSTNAME", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV"];

impl Rule for EnvShellSyntax {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        environment::each(cx.config, |written, pairs| {
            for pair in pairs {
                let name = &pair.key.text;
                let message = match &*pair.written.text {
                    "$" | "~" if pair.is_cut() => {
                        format!("the value of `{name}` is `{}` alone", pair.written.text)
                    }
                    _ if names_variable(pair) => format!("nobody expands the `$` in `{name}`"),
                    _ => continue,
                };
                let found = cx
                    .finding(written.place(pair.written.range.clone()), message)
                    .help("write `%(ENV_NAME)s` for a variable of the daemon");
                cx.report(match expanded(written, pair) {
                    Some(fix) => found.fixed_by(fix),
                    None => found,
                });
            }
        });
    }
}

/// Expands and quotes the value up to the next comma.
fn expanded(written: &Written<'_>, pair: &Pair<'_>) -> Option<Fix> {
    let start = pair.written.range.start;
    let (value, end) = match pair.written.kind {
        TokenKind::Quoted => {
            let end = pair.written.range.end;
            (written.value.get(start as usize + 1..end as usize - 1)?, end)
        }
        TokenKind::Word | TokenKind::Symbol => {
            let rest = &written.value[start as usize..];
            let value = rest.split([',', '\n']).next().unwrap_or(rest).trim_end();
            (value, start + value.len() as u32)
        }
    };
    let expanded = text::shell_expanded(value).filter(|value| !value.contains('"'))?;
    let edits = vec![(written.place(start..end), format!("\"{expanded}\""))];
    Some(Fix::risky("let supervisor expand it", edits))
}

fn names_variable(pair: &Pair<'_>) -> bool {
    pair.written.kind == TokenKind::Quoted
        && pair.written.text.match_indices('$').any(|(at, _)| {
            let rest = pair.written.text[at + 1..].trim_start_matches('{');
            let end =
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            USUAL.contains(&&rest[..end])
        })
}
