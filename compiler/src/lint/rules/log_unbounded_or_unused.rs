//! SV027: a log that grows for ever, or a log option without effect.

use crate::diagnostic::{Fix, codes};
use crate::lint::text::{LogFile, log_file};
use crate::lint::view::{Log, STDERR_LOG, STDOUT_LOG, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A log that grows for ever, or a log option without effect.
pub(super) struct LogUnboundedOrUnused;

static META: Meta = Meta {
    code: codes::LOG_UNBOUNDED_OR_UNUSED,
    depth: Depth::Plan,
    what: "Finds regular log files with `maxbytes=0`, and options of stderr beside \
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
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nredirect_stderr=true\nstderr_logfile_backups=3\n",
            good: "[program:web]\ncommand=/srv/web\nredirect_stderr=true\n",
            mended: Mended::Safely,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web\nredirect_stderr=true\nstderr_logfile=NONE\n"],
};

/// Options of a stream that has no file, no events and no log of its own.
const STDERR: [&str; 6] = [
    "stderr_logfile",
    "stderr_logfile_maxbytes",
    "stderr_logfile_backups",
    "stderr_capture_maxbytes",
    "stderr_events_enabled",
    "stderr_syslog",
];

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
                unbounded(cx, section, STDERR_LOG);
            }
            unbounded(cx, section, STDOUT_LOG);
        }
    }
}

fn unused(cx: &mut LintContext<'_>, section: &Section<'_>) {
    // What stands in [DEFAULT] is there for other programs.
    for written in section.written().iter().filter(|written| STDERR.contains(&&*written.key)) {
        let key = &written.key;
        if key == "stderr_logfile" && log_file(&written.value) != LogFile::File {
            continue;
        }
        let lines = cx.config.lines(written.whole());
        let found = cx
            .advice(written.whole(), format!("`{key}` has no effect beside `redirect_stderr=true`"))
            .fixed_by(Fix::safe(format!("remove `{key}`"), vec![(lines, String::new())]));
        cx.report(found);
    }
}

fn unbounded(cx: &mut LintContext<'_>, section: &Section<'_>, log: Log) {
    let file = section.get(log.file).filter(|written| log_file(&written.value) == LogFile::File);
    let zero = section.get(log.maxbytes).filter(|_| section.bytes(log.maxbytes, 1) == Some(0));
    if let (Some(file), Some(zero)) = (file, zero) {
        let found = cx
            .advice(zero.whole(), format!("`{}` grows without a limit", file.value))
            .help("set a size, unless something else rotates the file");
        cx.report(found);
    }
}
