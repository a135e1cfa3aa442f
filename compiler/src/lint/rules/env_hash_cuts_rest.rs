//! SV012: a `#` in an unquoted environment value.

use crate::diagnostic::{Fix, codes};
use crate::lint::view::{Kind, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A `#` in an unquoted environment value.
pub(super) struct EnvHashCutsRest;

static META: Meta = Meta {
    code: codes::ENV_HASH_CUTS_REST,
    depth: Depth::Plan,
    what: "Finds a `#` outside quotes in `environment`.",
    why: "It drops the rest of its line, the variables there included: `PW=abc#def,B=2` sets `PW` to \
          `abc` and nothing else.",
    remedy: "Quote the value.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nenvironment=PW=abc#def,B=\"2\"\n",
        good: "[program:web]\ncommand=/srv/web\nenvironment=PW=\"abc#def\",B=\"2\"\n",
        mended: Mended::Safely,
    }],
    clean: &["[program:web]\ncommand=/srv/web\nenvironment=PW=\"abc#def\",B=2\n"],
};

impl Rule for EnvHashCutsRest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let takes = |kind: Kind| kind.runs() || matches!(kind, Kind::Supervisord | Kind::Default);
        for section in config.sections().filter(|section| takes(section.kind)) {
            if let Some(written) = section.own("environment")
                && let Some(at) = bare_hash(&written.value)
            {
                let line = written.value[at..].split('\n').next().unwrap_or_default();
                let range = at as u32..(at + line.len()) as u32;
                let found = cx
                    .finding(written.place(range), "the `#` drops the rest of the line")
                    .labelled("not part of the environment")
                    .help("quote the value");
                cx.report(match quoted(written, at) {
                    Some(fix) => found.fixed_by(fix),
                    None => found,
                });
            }
        }
    }
}

/// The first `#` outside quotes.
fn bare_hash(value: &str) -> Option<usize> {
    // Nearly all have none at all.
    if !value.as_bytes().contains(&b'#') {
        return None;
    }
    let mut open: Option<char> = None;
    let mut before = '=';
    for (at, c) in value.char_indices() {
        match open {
            Some(quote) => open = open.filter(|_| c != quote),
            None if c == '#' => return Some(at),
            // A quote inside a word groups nothing (CFG-300).
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => open = Some(c),
            None => {}
        }
        before = c;
    }
    None
}

fn quoted(written: &Written<'_>, hash: usize) -> Option<Fix> {
    let start = written.value[..hash]
        .rfind(['=', '\n'])
        .filter(|&at| written.value[at..].starts_with('='))?
        + 1;
    let rest = &written.value[start..];
    let value = rest.split([',', '\n']).next().unwrap_or(rest).trim_end();
    if value.contains('"') {
        return None;
    }
    let quote = |at: usize| (written.place(at as u32..at as u32), "\"".to_owned());
    Some(Fix::safe("quote the value", vec![quote(start), quote(start + value.len())]))
}
