//! SV044: the deprecated value `syslog` of a log file option.

use crate::diagnostic::{Fix, codes};
use crate::lint::text::{LogFile, log_file};
use crate::lint::view::{STDERR_LOG, STDOUT_LOG};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// The deprecated value `syslog` of a log file option.
pub(super) struct SyslogAsLogfile;

static META: Meta = Meta {
    code: codes::SYSLOG_AS_LOGFILE,
    depth: Depth::Plan,
    what: "Finds `stdout_logfile=syslog` and `stderr_logfile=syslog`.",
    why: "supervisor warns at each load that the value will be removed.",
    remedy: "Write `stdout_syslog=true`, and `stdout_logfile=NONE` where no file is wanted.",
    seen: &[],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstdout_logfile=syslog\n",
            good: "[program:web]\ncommand=/srv/web\nstdout_logfile=NONE\nstdout_syslog=true\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\n  stderr_logfile=SysLog ; all of it\n  command=/srv/web\n",
            good: "[program:web]\n  stderr_logfile=NONE ; all of it\n  stderr_syslog=true\n  command=/srv/web\n",
            mended: Mended::Safely,
        },
    ],
    clean: &["[supervisord]\nlogfile=syslog\n"],
};

impl Rule for SyslogAsLogfile {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            for (log, option) in [(STDOUT_LOG, "stdout_syslog"), (STDERR_LOG, "stderr_syslog")] {
                let Some(written) = section.get(log.file) else { continue };
                if log_file(&written.value) != LogFile::Syslog {
                    continue;
                }
                let found = cx
                    .finding(
                        written.whole(),
                        format!("`{}` is deprecated as the name of a log", written.value),
                    )
                    .help(format!("write `{option}=true`"));
                let edits = vec![
                    (written.span(), "NONE".to_owned()),
                    cx.config.line_below(written, &format!("{option}=true")),
                ];
                cx.report(match section.get(option) {
                    Some(_) => found,
                    None => found.fixed_by(Fix::safe(format!("write `{option}=true`"), edits)),
                });
            }
        }
    }
}
