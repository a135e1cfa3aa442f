//! SV046: a stop signal the program does not stop well on.

use crate::diagnostic::{Diagnostic, codes};
use crate::lint::view::Section;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A stop signal the program does not stop well on.
pub(super) struct StopsignalUnsuitable;

static META: Meta = Meta {
    code: codes::STOPSIGNAL_UNSUITABLE,
    depth: Depth::Plan,
    what: "Finds `stopsignal=KILL`, uwsgi stopped by TERM without `die-on-term`, and nginx and \
           php-fpm that are given time to finish but stopped by TERM.",
    why: "KILL leaves no chance to clean up. uwsgi reloads on TERM. nginx and php-fpm drop their \
          requests on TERM and finish them on QUIT.",
    remedy: "Set the signal on which the program stops in order: `stopsignal=QUIT`.",
    seen: &[],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nstopsignal=KILL\n",
            good: "[program:web]\ncommand=/srv/web\nstopsignal=TERM\n",
            mended: Mended::ByHand,
        },
        Example {
            bad: "[program:nginx]\ncommand=nginx -g \"daemon off;\"\nstopwaitsecs=30\n",
            good: "[program:nginx]\ncommand=nginx -g \"daemon off;\"\nstopwaitsecs=30\nstopsignal=QUIT\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[program:web]\ncommand=uwsgi --ini x.ini\nstopsignal=INT\n"],
};

impl Rule for StopsignalUnsuitable {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            if let Some(found) = diagnosis(cx, section) {
                cx.report(found);
            }
        }
    }
}

fn diagnosis(cx: &LintContext<'_>, section: &Section<'_>) -> Option<Diagnostic> {
    let written = section.value("stopsignal").unwrap_or("TERM").trim().to_ascii_uppercase();
    let signal = written.strip_prefix("SIG").unwrap_or(&written);
    let place = section.get("stopsignal").or_else(|| section.get("command"))?.whole();
    if matches!(signal, "KILL" | "9") {
        return Some(
            cx.advice(place, "the program gets no chance to clean up")
                .help("remove it: KILL follows after `stopwaitsecs` anyway"),
        );
    }
    let command = section.command()?;
    let terminated = matches!(signal, "TERM" | "15");
    let patient = section.get("stopwaitsecs").is_some() && section.number("stopwaitsecs", 10)? > 10;
    match command.program() {
        "uwsgi" if terminated && !section.value("command")?.contains("die-on-term") => Some(
            cx.advice(place, "uwsgi reloads on TERM unless its configuration sets `die-on-term`")
                .help("set `stopsignal=QUIT`"),
        ),
        name if terminated && patient && (name == "nginx" || name.starts_with("php-fpm")) => Some(
            cx.advice(
                place,
                format!("`{name}` drops its requests on TERM, however long it may take"),
            )
            .help("set `stopsignal=QUIT`"),
        ),
        _ => None,
    }
}
