//! SV015: an environment value that releases of supervisor read differently.

use grammar::value::{Pair, TokenKind};

use crate::diagnostic::{Fix, codes};
use crate::lint::view::Written;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, environment};

/// An environment value that releases of supervisor read differently.
pub(super) struct EnvVersionDependent;

static META: Meta = Meta {
    code: codes::ENV_VERSION_DEPENDENT,
    depth: Depth::Plan,
    what: "Finds in `environment`: quotes inside the quotes at the ends of a value, a backslash before \
           a quote or another backslash, a quote inside an unquoted value, a name in quotes, and an \
           empty value before another variable.",
    why: "Releases up to 4.3 know no escapes and strip quotes of both kinds from both ends, so that \
          `'\"2\"'` is `2`; the development branch reads the list as a shell does, keeps inner quotes, \
          resolves backslashes, and has refused `A=\"\",B=1`.",
    remedy: "Write a value that needs no quotes or backslashes, and an empty one last.",
    seen: &["#328", "#1102", "#873"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=B='\"2\"'\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=B=\"2\"\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=A=it's,B=\"c\\\\d\"\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=A=\"it's\",B='c\\\\d'\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=A=\"\",B=\"1\"\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=B=\"1\",A=\"\"\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web\nenvironment=A=\"it's\",C=\"c\\d\",B=\"\"\n"],
};

impl Rule for EnvVersionDependent {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        environment::each(cx.config, |written, pairs| {
            for (at, pair) in pairs.iter().enumerate() {
                let name = &pair.key.text;
                let (place, message, help) = if name.starts_with(['"', '\'']) {
                    let message = "releases differ in whether these quotes are part of the name";
                    (&pair.key.range, message.to_owned(), "write the name without quotes")
                } else if differs(pair) {
                    let message = format!("releases differ in what `{name}` is");
                    (&pair.written.range, message, "write it without quotes and backslashes")
                } else if is_empty(pair) && at + 1 < pairs.len() {
                    let message = format!("some releases refuse the empty value of `{name}` here");
                    (&pair.written.range, message, "write it last")
                } else {
                    continue;
                };
                let found = cx.advice(written.place(place.clone()), message).help(help);
                cx.report(match requoted(written, pair) {
                    Some(fix) => found.fixed_by(fix),
                    None => found,
                });
            }
        });
    }
}

fn is_empty(pair: &Pair<'_>) -> bool {
    pair.written.kind == TokenKind::Quoted && pair.written.text.len() == 2
}

/// Whether a shell would read the value otherwise than supervisor 4.3 does.
fn differs(pair: &Pair<'_>) -> bool {
    let text = &pair.written.text;
    match pair.written.kind {
        TokenKind::Quoted => {
            let inner = &text[1..text.len() - 1];
            let escapes = text.starts_with('"') && inner.contains("\\\\");
            escapes || inner.starts_with(['"', '\'']) || inner.ends_with(['"', '\'', '\\'])
        }
        TokenKind::Word => text.contains(['"', '\'']),
        TokenKind::Symbol => false,
    }
}

/// Quotes that every release reads as 4.3 reads the value, where there are any.
fn requoted(written: &Written<'_>, pair: &Pair<'_>) -> Option<Fix> {
    let range = pair.written.range.clone();
    let text = &written.value[range.start as usize..range.end as usize];
    let value = text.trim_matches(['"', '\'']);
    let quote = if value.contains(['"', '\\']) { '\'' } else { '"' };
    if !differs(pair) || pair.is_cut() || value.contains(quote) || value.ends_with('\\') {
        return None;
    }
    let edit = (written.place(range), format!("{quote}{value}{quote}"));
    Some(Fix::safe("quote it as every release reads it", vec![edit]))
}
