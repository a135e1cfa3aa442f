//! SV043: a relative path, resolved from where the daemon was started.

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::text::{LogFile, log_file};
use crate::lint::view::{Kind, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A relative path, resolved from where the daemon was started.
pub(super) struct RelativePathDependsOnCwd;

static META: Meta = Meta {
    code: codes::RELATIVE_PATH_DEPENDS_ON_CWD,
    depth: Depth::Plan,
    what: "Finds relative paths of logs, pid files, sockets and directories.",
    why: "They start from where the daemon was started, not from the file they are written in, and \
          not from `directory` of the program.",
    remedy: "Write an absolute path, or `%(here)s/…` for one beside the file.",
    seen: &["#602"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/web\nstdout_logfile=logs/web.log\n",
        good: "[program:web]\ncommand=/srv/web\nstdout_logfile=%(here)s/logs/web.log\n",
        mended: Mended::Unsafely,
    }],
    clean: &["[program:web]\ncommand=/srv/web\nstdout_logfile=~/web.log\ndirectory=%(ENV_HOME)s\n"],
};

impl Rule for RelativePathDependsOnCwd {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.sections() {
            for written in paths(section.kind).iter().filter_map(|key| section.own(key)) {
                if is_relative(written) {
                    let found = diagnosis(cx, written);
                    cx.report(found);
                }
            }
        }
    }
}

fn paths(kind: Kind) -> &'static [&'static str] {
    if kind.runs() {
        &["stdout_logfile", "stderr_logfile", "directory"]
    } else if kind == Kind::Supervisord {
        &["logfile", "pidfile", "childlogdir", "directory"]
    } else if kind == Kind::UnixServer {
        &["file"]
    } else {
        &[]
    }
}

fn is_relative(written: &Written<'_>) -> bool {
    let starts_elsewhere = written.value.starts_with(['/', '~', '%', '"', '\'']);
    let is_file = !written.key.ends_with("logfile") || log_file(&written.value) == LogFile::File;
    !written.value.is_empty() && !starts_elsewhere && is_file
}

fn diagnosis(cx: &LintContext<'_>, written: &Written<'_>) -> Diagnostic {
    let value = written.value.strip_prefix("./").unwrap_or(&written.value);
    let message = format!("`{}` starts from where the daemon was started", written.value);
    let edits = vec![(written.span(), format!("%(here)s/{value}"))];
    cx.finding(written.span(), message)
        .help("write an absolute path, or `%(here)s/…`")
        .fixed_by(Fix::risky("put it beside this file", edits))
}
