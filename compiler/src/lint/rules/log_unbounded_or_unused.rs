//! SV027: a log that grows for ever, or a log option without effect.

use crate::diagnostic::codes;
use crate::lint::text::{LogFile, log_file};
use crate::lint::view::Section;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A log that grows for ever, or a log option without effect.
pub(super) struct LogUnboundedOrUnused;

static META: Meta = Meta {
    code: codes::LOG_UNBOUNDED_OR_UNUSED,
    depth: Depth::Plan,
    what: "Finds regular log files with `maxbytes=0`, and `stderr_logfile` beside \
           `redirect_stderr=true`.",
    why: "Without rotation a log fills the disk, unless something else rotates it. With \
          `redirect_stderr=true` the stream has no file of its own and its options have no effect.",
    remedy: "Set a size, or remove the options of stderr.",
    seen: &["ochinchina/supervisord#290"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstdout_logfile=/var/log/web.log\nstdout_logfile_maxbytes=0\n",
            good: "[program:web]\ncommand=/srv/web\nstdout_logfile=/var/log/web.log\nstdout_logfile_maxbytes=10MB\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nredirect_stderr=true\nstderr_logfile=/var/log/web.err\n",
            good: "[program:web]\ncommand=/srv/web\nredirect_stderr=true\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web\nredirect_stderr=true\nstderr_logfile=NONE\n"],
};

impl Rule for LogUnboundedOrUnused {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let redirected = section.flag("redirect_stderr", false) == Some(true);
            if redirected {
                unused(cx, section);
            } else {
                unbounded(cx, section, "stderr_logfile");
            }
            unbounded(cx, section, "stdout_logfile");
        }
    }
}

fn unused(cx: &mut LintContext<'_>, section: &Section<'_>) {
    // What stands in [DEFAULT] is there for other programs.
    let own = section.written().iter().find(|written| written.key == "stderr_logfile");
    if let Some(written) = own.filter(|written| log_file(&written.value) == LogFile::File) {
        let found = cx
            .advice(written.whole(), "`stderr_logfile` has no effect beside `redirect_stderr=true`")
            .help("remove one of the two");
        cx.report(found);
    }
}

fn unbounded(cx: &mut LintContext<'_>, section: &Section<'_>, log: &str) {
    let size = format!("{log}_maxbytes");
    let file = section.get(log).filter(|written| log_file(&written.value) == LogFile::File);
    let zero = section.get(&size).filter(|_| section.bytes(&size, 1) == Some(0));
    if let (Some(file), Some(zero)) = (file, zero) {
        let found = cx
            .advice(zero.whole(), format!("`{}` grows without a limit", file.value))
            .help("set a size, unless something else rotates the file");
        cx.report(found);
    }
}
