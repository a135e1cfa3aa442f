//! SV017: a shell operator in a command that no shell runs.

use super::comment_truncates_value::cutting_comment;
use crate::diagnostic::{Fix, codes};
use crate::lint::command::{Command, Word};
use crate::lint::view::Written;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A shell operator in a command that no shell runs.
pub(super) struct ShellOperatorInCommand;

static META: Meta = Meta {
    code: codes::SHELL_OPERATOR_IN_COMMAND,
    depth: Depth::Plan,
    what: "Finds `>`, `|`, `&&`, `;`, `&` and their like as words of a command, and commands that \
           begin with a builtin of the shell such as `cd`.",
    why: "No shell runs the command: the program gets the operator as an argument, and `cd` is no \
          program.",
    remedy: "Use `stdout_logfile`, `directory` and `environment`, or write `sh -c \"…\"`.",
    seen: &[],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web > /var/log/web.log\n",
            good: "[program:web]\ncommand=sh -c 'exec /srv/web > /var/log/web.log'\n",
            mended: Mended::Unsafely,
        },
        Example {
            bad: "[program:web]\ncommand=cd /srv && ./web\n",
            good: "[program:web]\ndirectory=/srv\ncommand=/srv/web\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web 'a > b' -- a;b\n"],
};

const OPERATORS: [&str; 14] =
    [">", ">>", "<", "|", "||", "&&", "&", ";", "2>", "1>", "2>>", "2>&1", "&>", "|&"];
const REDIRECTIONS: [&str; 8] = [">", ">>", "<", "2>", "1>", "2>>", "2>&1", "&>"];
const BUILTINS: [&str; 5] = ["cd", "export", "source", ".", "ulimit"];

impl Rule for ShellOperatorInCommand {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let (Some(command), Some(written)) = (section.command(), section.get("command")) else {
                continue;
            };
            if let Some(word) = operator(command) {
                if cutting_comment(config, section, written).is_some() {
                    continue;
                }
                let message = if word.range == command.words[0].range {
                    format!("`{}` is a builtin of the shell, not a program", word.text)
                } else {
                    format!("no shell reads the `{}`", word.text)
                };
                let found = cx.finding(written.place(word.range.clone()), message).help(
                    "use `directory`, `environment` or `stdout_logfile`, or write `sh -c \"…\"`",
                );
                cx.report(match in_a_shell(command, written) {
                    Some(fix) => found.fixed_by(fix),
                    None => found,
                });
            }
        }
    }
}

fn operator(command: &Command) -> Option<&Word> {
    let first = &command.words[0];
    if BUILTINS.contains(&first.text.as_str()) && !first.quoted {
        return Some(first);
    }
    command.words[1..].iter().find(|word| !word.quoted && OPERATORS.contains(&word.text.as_str()))
}

/// Only a redirection has one certain meaning.
fn in_a_shell(command: &Command, written: &Written<'_>) -> Option<Fix> {
    let redirects = |word: &&Word| {
        !OPERATORS.contains(&word.text.as_str()) || REDIRECTIONS.contains(&word.text.as_str())
    };
    let certain = command.words.iter().all(|word| redirects(&word))
        && !BUILTINS.contains(&command.words[0].text.as_str());
    if !certain || written.value.contains(['\'', '\n']) {
        return None;
    }
    let end = written.value.len() as u32;
    let edits = vec![
        (written.place(0..0), "sh -c 'exec ".to_owned()),
        (written.place(end..end), "'".to_owned()),
    ];
    Some(Fix::risky("let a shell run it", edits))
}
