//! SV006: a comment that cuts a value in its middle.

use grammar::Span;
use grammar::value::words;

use crate::diagnostic::{Fix, codes};
use crate::lint::view::{Config, Section, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A comment that cuts a value in its middle.
pub(super) struct CommentTruncatesValue;

static META: Meta = Meta {
    code: codes::COMMENT_TRUNCATES_VALUE,
    depth: Depth::Plan,
    what: "Finds a `;` or `#` after a blank that begins a comment inside quotes, whatever the option, \
           or between two commands of a shell.",
    why: "Quotes do not protect a comment sign: `bash -c \"a ; b\"` is cut to `bash -c \"a`, loads, \
          and fails at each start with `No closing quotation`.",
    remedy: "Write the `;` without a blank before it, or put the commands into a script.",
    seen: &["#857"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=bash -c \"sleep 1 ; exec /srv/web\"\n",
            good: "[program:web]\ncommand=bash -c \"sleep 1; exec /srv/web\"\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[supervisord]\nidentifier=\"one ;two\"\n",
            good: "[supervisord]\nidentifier=one;two\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[program:web]\ncommand=/srv/web ; the web server's \"main\" process\n",
        "[program:web]\ncommand=/srv/web # don't restart\n",
    ],
};

/// Commands of a shell that make little sense without another after them.
const PREPARATIONS: [&str; 6] = ["cd", "export", "source", ".", "ulimit", "set"];

impl Rule for CommentTruncatesValue {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for written in config.sections().flat_map(|section| section.written()) {
            if let Some(comment) = comment_in_quotes(config, written) {
                let sign = &comment.of(config.text(comment.file))[..1];
                let key = &written.key;
                let found = cx
                    .finding(comment, format!("the `{sign}` begins a comment and cuts `{key}`"))
                    .labelled("not part of the value")
                    .help("write it without the blank before it");
                cx.report(found);
            }
        }
        for section in config.sections().filter(|section| section.kind.runs()) {
            if let Some(written) = section.own("command")
                && let Some(comment) = cutting_comment(config, section, written)
            {
                let sign = &comment.of(config.text(comment.file))[..1];
                let found = cx
                    .finding(comment, format!("the `{sign}` begins a comment and cuts `command`"))
                    .labelled("not part of the command")
                    .help(
                        "write it without the blank before it, or move the commands into a script",
                    );
                // Outside quotes no shell would read what the comment gives back.
                let quoted = section.command().is_none();
                cx.report(match closed_up(config, comment).filter(|_| quoted) {
                    Some(fix) => found.fixed_by(fix),
                    None => found,
                });
            }
        }
    }
}

/// The comment behind a command that is surely part of it: it holds the end of a quotation, or the
/// command is nothing but the preparation of another.
pub(super) fn cutting_comment(
    config: &Config<'_>,
    section: &Section<'_>,
    written: &Written<'_>,
) -> Option<Span> {
    let last = written.entry.rest.last().copied().unwrap_or(written.entry.first);
    let comment = config.comment_after(last)?;
    let tail = comment.of(config.text(comment.file));
    let joined = || format!("{} {tail}", written.value);
    let open = section.command().is_none() && words(&joined()).is_ok();
    let first = written.value.split_whitespace().next().unwrap_or_default();
    let unfinished = PREPARATIONS.contains(&first) && tail.trim_start_matches(';').trim() != "";
    (open || (unfinished && tail.starts_with(';'))).then_some(comment)
}

/// The comment behind a value other than a command whose quotation it ends.
fn comment_in_quotes(config: &Config<'_>, written: &Written<'_>) -> Option<Span> {
    let quote = written.value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    if written.key == "command" || written.value.matches(quote).count() != 1 {
        return None;
    }
    let last = written.entry.rest.last().copied().unwrap_or(written.entry.first);
    let comment = config.comment_after(last)?;
    comment.of(config.text(comment.file)).contains(quote).then_some(comment)
}

/// Takes away the blanks before every ` ;` that would begin a comment.
fn closed_up(config: &Config<'_>, comment: Span) -> Option<Fix> {
    let text = config.text(comment.file);
    let tail = comment.of(text);
    if !tail.starts_with(';') || tail.contains('#') {
        return None;
    }
    let mut edits = Vec::new();
    for (at, _) in tail.match_indices(';') {
        let sign = comment.start as usize + at;
        let before = text[..sign].trim_end_matches([' ', '\t']).len();
        if before < sign {
            edits.push((Span::new(comment.file, before as u32..sign as u32), String::new()));
        }
    }
    Some(Fix::safe("remove the blank before each `;`", edits))
}
