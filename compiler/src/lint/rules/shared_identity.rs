//! SV034: one place used for two things.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, codes};
use crate::lint::neighbour::{auto_logs, taken};
use crate::lint::view::Written;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// One place used for two things.
pub(super) struct SharedIdentity;

static META: Meta = Meta {
    code: codes::SHARED_IDENTITY,
    depth: Depth::Plan,
    what: "Finds two servers on one socket or port, and one path for the activity log, the pid file \
           or a socket. `--depth host` with several files takes them for daemons of one machine, and \
           finds what two of them share: these, and `identifier` with `childlogdir` where there are \
           AUTO logs.",
    why: "The second server cannot open its socket, and the daemon hangs or refuses to start; a pid \
          file written over the log destroys it. At its start a daemon deletes the AUTO logs of its \
          `identifier` in its `childlogdir`, another daemon's among them.",
    remedy: "Give each its own path or port, and each daemon its `identifier` and `childlogdir`.",
    seen: &["#480"],
    examples: &[Example {
        bad: "[supervisord]\nlogfile=/run/sv\npidfile=/run/sv\n",
        good: "[supervisord]\nlogfile=/run/sv.log\npidfile=/run/sv.pid\n",
        mended: Mended::ByHand,
    }],
    clean: &["[supervisord]\nlogfile=/dev/null\npidfile=/dev/null\n"],
};

impl Rule for SharedIdentity {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let mut first: BTreeMap<String, &Written<'_>> = BTreeMap::new();
        for (written, value) in taken(config) {
            if let Some(other) = first.get(&value) {
                let found = cx
                    .finding(written.whole(), format!("`{}` is used twice", written.value))
                    .also(other.whole(), "was here first");
                cx.report(found);
                continue;
            }
            if let Some(neighbour) = cx.neighbours.iter().find(|it| it.takes.contains(&value)) {
                let message = format!("`{}` is taken by the daemon of {}", value, neighbour.name);
                let found = cx.finding(written.whole(), message);
                cx.report(found);
            }
            first.insert(value, written);
        }
        if let Some(found) = deleted_logs(cx) {
            cx.report(found);
        }
    }
}

/// The AUTO logs of another daemon that a start of this one deletes.
fn deleted_logs(cx: &LintContext<'_>) -> Option<Diagnostic> {
    let daemon = cx.config.section("supervisord")?;
    let logs = auto_logs(cx.config)?;
    let neighbour = cx.neighbours.iter().find(|it| it.auto_logs.as_ref() == Some(&logs))?;
    if daemon.flag("nocleanup", false) != Some(false) {
        return None;
    }
    let place = daemon.get("identifier").map_or(daemon.header(), |identifier| identifier.whole());
    let message = format!("a start of this daemon deletes the AUTO logs of {}", neighbour.name);
    Some(
        cx.finding(place, message)
            .help("set an `identifier` of its own, or a `childlogdir` of its own"),
    )
}
