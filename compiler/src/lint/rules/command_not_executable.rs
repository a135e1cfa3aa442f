//! SV020: a command that does not exist or may not be executed.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, codes};
use crate::host::PathKind;
use crate::lint::view::Section;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, environment, text};

/// A command that does not exist or may not be executed.
pub(super) struct CommandNotExecutable;

static META: Meta = Meta {
    code: codes::COMMAND_NOT_EXECUTABLE,
    depth: Depth::Host,
    what: "Looks up the first word of every command as supervisor does at a start: in `PATH`, or \
           from the working directory of the daemon.",
    why: "supervisor finds out at each start: `can't find command`, then FATAL.",
    remedy: "Write the absolute path of an executable file. A relative name is looked up where the \
             daemon was started but executed in `directory`, so it must exist in both.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/missing\n",
        good: "[program:web]\ncommand=/srv/web\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:web]\ncommand=cat\n"],
};

impl Rule for CommandNotExecutable {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            if let Some(found) = lookup(cx, section) {
                cx.report(found);
            }
        }
    }
}

fn lookup(cx: &LintContext<'_>, section: &Section<'_>) -> Option<Diagnostic> {
    let (command, written) = (section.command()?, section.get("command")?);
    let word = command.words.first()?;
    if text::is_template(&word.text) || environment::sets(section, "PATH") {
        return None;
    }
    let message = match find(cx, &word.text) {
        None => format!("there is no command `{}`", word.text),
        Some(PathKind::Directory) => format!("`{}` is a directory", word.text),
        Some(PathKind::File { executable: false }) => format!("`{}` is not executable", word.text),
        Some(PathKind::File { executable: true } | PathKind::Other) => {
            let elsewhere = in_directory(section, &word.text)?;
            if cx.host.kind(&elsewhere).is_some() {
                return None;
            }
            format!("`{}` does not exist, where it is executed", elsewhere.display())
        }
    };
    Some(cx.finding(written.place(word.range.clone()), message))
}

/// CFG-232: the first entry of that name, whatever it is.
fn find(cx: &LintContext<'_>, name: &str) -> Option<PathKind> {
    if name.contains('/') {
        return cx.host.kind(&cx.host.working_dir().join(name));
    }
    let path = cx.host.env("PATH").unwrap_or_else(|| "/bin:/usr/bin:/usr/local/bin".to_owned());
    path.split(':').find_map(|directory| cx.host.kind(&Path::new(directory).join(name)))
}

/// Where a relative name is executed after the change to `directory` (CFG-233).
fn in_directory(section: &Section<'_>, name: &str) -> Option<PathBuf> {
    let directory = section.value("directory").filter(|directory| !text::is_template(directory))?;
    (name.contains('/') && !name.starts_with('/')).then(|| Path::new(directory).join(name))
}
