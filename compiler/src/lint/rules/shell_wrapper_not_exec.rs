//! SV022: a shell that stays between the daemon and the program.

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::command::{Command, Word};
use crate::lint::view::{Section, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A shell that stays between the daemon and the program.
pub(super) struct ShellWrapperNotExec;

static META: Meta = Meta {
    code: codes::SHELL_WRAPPER_NOT_EXEC,
    depth: Depth::Plan,
    what: "Finds `sh -c` with several commands of which the last is not started by `exec`, and `npm`, \
           `yarn` and `pnpm` running a script, where neither `stopasgroup` nor `killasgroup` is set. \
           A single command is left alone: shells replace themselves with it. On the machine itself \
           it looks into scripts, too.",
    why: "A stop signal reaches the shell, not the program: the program lives on as an orphan and \
          keeps its port, and the next start fails.",
    remedy: "Write `exec` before the last command, or set `stopasgroup=true`.",
    seen: &["#1101", "ansible/jewel#36", "soulseek-docker#55"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=bash -c \"sleep 5 && /srv/web --port 80\"\n",
            good: "[program:web]\ncommand=bash -c \"sleep 5 && exec /srv/web --port 80\"\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=sh -c \"/srv/web | /srv/filter\"\n",
            good: "[program:web]\ncommand=sh -c \"/srv/web | /srv/filter\"\nstopasgroup=true\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[program:web]\ncommand=bash -c \"/srv/web --port 80\"\n",
        "[program:web]\ncommand=bash -c \"cd /srv && exec ./web\"\n",
        "[program:web]\ncommand=sh -c \"/srv/web --now 2>&1\"\n",
        "[program:web]\ncommand=sh -c \"/srv/once; exit 1\"\n",
        "[program:tick]\ncommand=sh -c \"while true; do date; sleep 60; done\"\n",
        "[program:web]\ncommand=npm start\nkillasgroup=true\n",
    ],
};

/// Larger files are programs, not wrappers.
const LARGEST_SCRIPT: u64 = 64 << 10;
const LOOPS: [&str; 4] = ["while ", "until ", "for ", "if "];
const BUILTINS: [&str; 10] =
    ["exit", "true", "false", "cd", "export", "echo", "set", "read", "return", ":"];

impl Rule for ShellWrapperNotExec {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let asks_group = |key: &str| section.flag(key, false) != Some(false);
            if asks_group("stopasgroup") || asks_group("killasgroup") {
                continue;
            }
            if let Some(found) = diagnosis(cx, section) {
                cx.report(found);
            }
        }
    }
}

fn diagnosis(cx: &LintContext<'_>, section: &Section<'_>) -> Option<Diagnostic> {
    let (command, written) = (section.command()?, section.get("command")?);
    let Some(script) = command.script() else {
        if cx.policy.depth == Depth::Host && starts_a_wrapper(cx, section, command) {
            let word = written.place(command.program_word().range.clone());
            return Some(
                cx.advice(word, "this script starts its last program without `exec`")
                    .help("start it with `exec`, or set `stopasgroup=true`"),
            );
        }
        let manager = ["npm", "yarn", "pnpm"].contains(&command.program());
        let word = written.place(command.program_word().range.clone());
        return (manager && command.has(&["run", "start", "run-script"])).then(|| {
            cx.advice(
                word,
                format!("`{}` stays between the daemon and the program", command.program()),
            )
            .help("set `stopasgroup=true`, or run the program itself")
        });
    };
    let last = last_command(&script.text)?;
    let found = cx
        .finding(
            written.place(script.range.clone()),
            "the shell stays between the daemon and the program",
        )
        .labelled("a stop signal reaches only the shell")
        .help("start the last command with `exec`, or set `stopasgroup=true`");
    Some(match with_exec(written, script, last) {
        Some(fix) => found.fixed_by(fix),
        None => found,
    })
}

/// Whether the program is a script of a shell whose last line starts something without `exec`.
fn starts_a_wrapper(cx: &LintContext<'_>, section: &Section<'_>, command: &Command) -> bool {
    let name = &command.program_word().text;
    if !name.contains('/') || text::is_template(name) {
        return false;
    }
    let directory = section.value("directory").filter(|path| !text::is_template(path));
    let path = cx.host.working_dir().join(directory.unwrap_or_default()).join(name);
    let small = cx.host.stamp(&path).is_some_and(|stamp| stamp.size <= LARGEST_SCRIPT);
    let Some(Ok(bytes)) = small.then(|| cx.host.read(&path)) else { return false };
    let Ok(script) = std::str::from_utf8(&bytes) else { return false };
    let Some((shebang, body)) = script.split_once('\n') else { return false };
    let of_a_shell = shebang.starts_with("#!")
        && shebang.split(['/', ' ']).any(|word| ["sh", "bash", "dash", "ash"].contains(&word));
    let cares = ["exec ", "trap ", "wait"].iter().any(|word| body.contains(word));
    let mut code = body.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    let last = code.next_back().unwrap_or_default();
    let program = last.split_whitespace().next().unwrap_or_default();
    of_a_shell && !cares && program.starts_with(['/', '.']) && !last.ends_with('&')
}

/// The last of several commands, where the shell waits for it; `None` for one command, for a loop,
/// whose shell is the program, and where `exec` stands before it.
fn last_command(script: &str) -> Option<&str> {
    let script = script.trim().trim_end_matches([';', '\n']).trim_end();
    if LOOPS.iter().any(|word| script.starts_with(word)) || script.contains("trap ") {
        return None;
    }
    let at = last_separator(script)?;
    let last = script[at..].trim_start();
    let first = last.split_whitespace().next().unwrap_or_default();
    // Behind a builtin no program is left to be told.
    let replaced = first == "exec" || ["done", "fi"].contains(&first) || BUILTINS.contains(&first);
    (!replaced && !last.is_empty()).then_some(last)
}

/// Where the last separator of commands ends, if there is one outside quotes.
fn last_separator(script: &str) -> Option<usize> {
    let (mut quote, mut before, mut found) = (None, ' ', None);
    for (at, c) in script.char_indices() {
        let next = script[at + c.len_utf8()..].chars().next();
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            // In `2>&1` and `&>log` the sign belongs to a redirection.
            None if c == '&' && (before == '>' || next == Some('>')) => {}
            None if matches!(c, ';' | '|' | '&' | '\n') => found = Some(at + 1),
            None => {}
        }
        before = c;
    }
    found
}

/// Only where the last command is plainly one external program.
fn with_exec(written: &Written<'_>, script: &Word, last: &str) -> Option<Fix> {
    let first = last.split_whitespace().next()?;
    let before = script.text.trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    let joined = before[..before.len() - last.len()].trim_end();
    let plain = (joined.ends_with("&&") || joined.ends_with(';'))
        && first.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '.')
        && !first.contains(['=', '(', '{', '$']);
    let place = &written.value[script.range.start as usize..script.range.end as usize];
    let at = place.rfind(last).filter(|_| plain && place.matches(last).count() == 1)?;
    let at = script.range.start + at as u32;
    Some(Fix::safe("start it with `exec`", vec![(written.place(at..at), "exec ".to_owned())]))
}
