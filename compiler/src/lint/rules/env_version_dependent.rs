//! SV015: an environment value that releases of supervisor read differently.

use grammar::value::TokenKind;

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, environment};

/// An environment value that releases of supervisor read differently.
pub(super) struct EnvVersionDependent;

static META: Meta = Meta {
    code: codes::ENV_VERSION_DEPENDENT,
    depth: Depth::Plan,
    what: "Finds quoted values in `environment` that begin or end with a quote of the other kind, or \
           hold a backslash before a quote.",
    why: "4.3 strips quotes of both kinds from both ends and knows no escapes: `'\"2\"'` is `2`. \
          Other releases keep the inner quotes.",
    remedy: "Write a value that needs no quotes at its ends.",
    seen: &["#328", "#1102", "#873"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nenvironment=B='\"2\"'\n",
        good: "[program:web]\ncommand=/srv/web\nenvironment=B=\"2\"\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:web]\ncommand=/srv/web\nenvironment=A=\"it's\",B=\"\",C=\"c\\d\"\n"],
};

impl Rule for EnvVersionDependent {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        environment::each(cx.config, |written, pairs| {
            for pair in pairs.iter().filter(|pair| pair.written.kind == TokenKind::Quoted) {
                let text = &pair.written.text;
                let inner = &text[1..text.len() - 1];
                if inner.starts_with(['"', '\'']) || inner.ends_with(['"', '\'', '\\']) {
                    let message = format!("releases differ in what `{}` is", pair.key.text);
                    let found = cx
                        .advice(written.place(pair.written.range.clone()), message)
                        .labelled(format!("{:?} in supervisor 4.3", pair.value()))
                        .help("write it without quotes or backslashes at its ends");
                    cx.report(found);
                }
            }
        });
    }
}
