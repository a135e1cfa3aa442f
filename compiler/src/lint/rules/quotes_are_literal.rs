//! SV010: quotes round a value.

use crate::diagnostic::{Fix, codes};
use crate::lint::view::Written;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// Quotes round a value.
pub(super) struct QuotesAreLiteral;

static META: Meta = Meta {
    code: codes::QUOTES_ARE_LITERAL,
    depth: Depth::Plan,
    what: "Finds paths, names and include patterns written in quotes, and commands that are one \
           quotation as a whole.",
    why: "Quotes are ordinary characters: `directory=\"/srv\"` names a directory whose name begins \
          with a quote, and `command=\"/srv/web --port 80\"` a file whose name has blanks in it.",
    remedy: "Remove the quotes.",
    seen: &["#566"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\ndirectory=\"/srv\"\n",
            good: "[program:web]\ncommand=/srv/web\ndirectory=/srv\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=\"/srv/web --port 80\"\n",
            good: "[program:web]\ncommand=/srv/web --port 80\n",
            mended: Mended::Safely,
        },
    ],
    clean: &["[program:web]\ncommand=\"/srv/my web\"\nprocess_name=\"a\"b\"\n"],
};

/// Options whose values no reader unquotes.
const PLAIN: [&str; 12] = [
    "directory",
    "stdout_logfile",
    "stderr_logfile",
    "logfile",
    "pidfile",
    "childlogdir",
    "file",
    "files",
    "serverurl",
    "username",
    "user",
    "identifier",
];

impl Rule for QuotesAreLiteral {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for written in config.sections().flat_map(|section| section.written()) {
            if !written.value.starts_with(['"', '\'']) {
                continue;
            }
            let wrong = match &*written.key {
                "command" => is_one_word_of_several(&written.value),
                key => PLAIN.contains(&key) && is_quoted(&written.value),
            };
            if wrong {
                let found = cx
                    .finding(written.span(), format!("the quotes are part of `{}`", written.key))
                    .help("write it without them")
                    .fixed_by(unquoted(written));
                cx.report(found);
            }
        }
    }
}

fn is_quoted(value: &str) -> bool {
    ['"', '\''].iter().any(|&quote| {
        value.len() > 1
            && value.starts_with(quote)
            && value.ends_with(quote)
            && value.matches(quote).count() == 2
    })
}

/// A quotation that reads like a command with options, not like a path with a blank in it.
fn is_one_word_of_several(value: &str) -> bool {
    is_quoted(value) && value.split_whitespace().skip(1).any(|word| word.starts_with(['-', '/']))
}

fn unquoted(written: &Written<'_>) -> Fix {
    let end = written.value.len() as u32;
    let edits =
        vec![(written.place(0..1), String::new()), (written.place(end - 1..end), String::new())];
    Fix::safe("remove the quotes", edits)
}
