//! SV023: a working directory that does not exist.

use std::path::Path;

use crate::diagnostic::codes;
use crate::host::PathKind;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A working directory that does not exist.
pub(super) struct DirectoryMissing;

static META: Meta = Meta {
    code: codes::DIRECTORY_MISSING,
    depth: Depth::Host,
    what: "Looks for the `directory` of every program.",
    why: "supervisor shows `Exited too quickly`, not the cause; the cause stands in the log of the \
          program's stderr. A leading `~` is not expanded here.",
    remedy: "Create the directory, or correct the path.",
    seen: &[],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\ndirectory=/missing\n",
        good: "[program:web]\ncommand=/srv/web\ndirectory=/srv\n",
        mended: Mended::ByHand,
    }],
    clean: &["[program:web]\ncommand=/srv/web\ndirectory=%(here)s/x\n"],
};

impl Rule for DirectoryMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let Some(written) = section.get("directory") else { continue };
            let path = Path::new(&*written.value);
            if text::is_template(&written.value) {
                continue;
            }
            let message = match cx.host.kind(&cx.host.working_dir().join(path)) {
                Some(PathKind::Directory) => continue,
                Some(PathKind::File { .. } | PathKind::Other) => {
                    format!("`{}` is not a directory", written.value)
                }
                None => format!("there is no directory `{}`", written.value),
            };
            let found = cx.finding(written.span(), message);
            cx.report(found);
        }
    }
}
