//! SV011: an unquoted environment value that is cut in its middle.

use grammar::value::{Pair, TokenKind};

use crate::diagnostic::{Fix, codes};
use crate::lint::view::Written;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, environment};

/// An unquoted environment value that is cut in its middle.
pub(super) struct EnvValueSplit;

static META: Meta = Meta {
    code: codes::ENV_VALUE_SPLIT,
    depth: Depth::Plan,
    what: "Finds unquoted values in `environment` that end at a character other than a comma, such \
           as the `?` of a URL or a blank.",
    why: "`URL=http://x/?a=1` sets `URL` to `http://x/` and a second variable `a`; of `NAME=two \
          words` only `two` is kept.",
    remedy: "Quote the value.",
    seen: &["ddollar/foreman#572", "#182", "#394"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=URL=http://x/?a=1,B=\"2\"\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=URL=\"http://x/?a=1\",B=\"2\"\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nenvironment=NAME=two words\n",
            good: "[program:web]\ncommand=/srv/web\nenvironment=NAME=\"two words\"\n",
            mended: Mended::Safely,
        },
    ],
    clean: &[
        "[program:web]\ncommand=/srv/web\nenvironment=A=http://x:80/y,B=2;C=3\n",
        "[program:web]\ncommand=/srv/web\nenvironment=URL=%(ENV_HOME)s,B=2\n",
    ],
};

impl Rule for EnvValueSplit {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        environment::each(cx.config, |written, pairs| {
            for pair in pairs.iter().filter(|pair| is_cut(pair)) {
                let name = &pair.key.text;
                let found = cx
                    .finding(
                        written.place(pair.written.range.clone()),
                        format!("the value of `{name}` ends here"),
                    )
                    .labelled("only this is kept")
                    .help("quote the value");
                cx.report(match quoted(written, pair) {
                    Some(fix) => found.fixed_by(fix),
                    None => found,
                });
            }
        });
    }
}

/// A value cut by `$` or `~` is SV014's business.
fn is_cut(pair: &Pair<'_>) -> bool {
    let Some(separator) = &pair.separator else { return false };
    match separator.kind {
        TokenKind::Word => pair.written.kind == TokenKind::Word,
        TokenKind::Symbol => {
            pair.is_cut() && pair.written.kind == TokenKind::Word && separator.text != ";"
        }
        TokenKind::Quoted => false,
    }
}

/// Quotes everything up to the next comma.
fn quoted(written: &Written<'_>, pair: &Pair<'_>) -> Option<Fix> {
    let start = pair.written.range.start;
    let rest = &written.value[start as usize..];
    let value = rest.split([',', '\n']).next().unwrap_or(rest).trim_end();
    if value.contains('"') {
        return None;
    }
    let end = start + value.len() as u32;
    let quote = |at: u32| (written.place(at..at), "\"".to_owned());
    Some(Fix::safe("quote the value", vec![quote(start), quote(end)]))
}
