//! SV025: rotation of a log that is a device or a pipe.

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::text::{LogFile, log_file};
use crate::lint::view::{Log, STDERR_LOG, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// Rotation of a log that is a device or a pipe.
pub(super) struct DevStdoutNeedsNoRotation;

static META: Meta = Meta {
    code: codes::DEV_STDOUT_NEEDS_NO_ROTATION,
    depth: Depth::Plan,
    what: "Finds logs at `/dev/stdout`, `/dev/fd/1` and their like whose `maxbytes` is not 0. It is \
           50MB where it is not written.",
    why: "The first write asks for the position in the file, which a pipe does not have: `Illegal \
          seek`, and the log of the program is closed.",
    remedy: "Set `stdout_logfile_maxbytes=0`.",
    seen: &["#1078", "#1224", "#935", "#1654"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstdout_logfile=/dev/stdout\n",
            good: "[program:web]\ncommand=/srv/web\nstdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\n  stdout_logfile=/dev/stdout ; to docker\n  command=/srv/web\n",
            good: "[program:web]\n  stdout_logfile=/dev/stdout ; to docker\n  stdout_logfile_maxbytes=0\n  command=/srv/web\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstderr_logfile=/dev/fd/2\nstderr_logfile_maxbytes=1MB\n",
            good: "[program:web]\ncommand=/srv/web\nstderr_logfile=/dev/fd/2\nstderr_logfile_maxbytes=0\n",
            mended: Mended::Safely,
        },
    ],
    clean: &[
        "[program:web]\ncommand=/srv/web\nstdout_logfile=/dev/null\n",
        "[DEFAULT]\nstdout_logfile_maxbytes=0\n[program:web]\ncommand=/srv/web\nstdout_logfile=/dev/stdout\n",
    ],
};

impl Rule for DevStdoutNeedsNoRotation {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.sections() {
            for &log in section.kind.logs() {
                if let Some(found) = rotated_device(cx, section, log) {
                    cx.report(found);
                }
            }
        }
    }
}

fn rotated_device(cx: &LintContext<'_>, section: &Section<'_>, log: Log) -> Option<Diagnostic> {
    let written =
        section.get(log.file).filter(|written| log_file(&written.value) == LogFile::Device)?;
    let redirected = section.flag("redirect_stderr", false) != Some(false);
    if (log == STDERR_LOG && redirected) || section.bytes(log.maxbytes, 50 << 20)? == 0 {
        return None;
    }
    let size = log.maxbytes;
    let found = cx
        .finding(written.span(), format!("`{}` cannot be rotated", written.value))
        .help(format!("set `{size}=0`"));
    let edit = match section.get(size) {
        Some(wrong) => (wrong.span(), "0".to_owned()),
        None => cx.config.line_below(written, &format!("{size}=0")),
    };
    Some(found.fixed_by(Fix::safe(format!("set `{size}=0`"), vec![edit])))
}
