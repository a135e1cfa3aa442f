//! SV034: one place used for two things.

use std::collections::BTreeMap;

use crate::diagnostic::codes;
use crate::lint::view::{Config, Kind, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// One place used for two things.
pub(super) struct SharedIdentity;

static META: Meta = Meta {
    code: codes::SHARED_IDENTITY,
    depth: Depth::Plan,
    what: "Finds two servers on one socket or port, and one path for the activity log, the pid file \
           or a socket.",
    why: "The second server cannot open its socket, and the daemon hangs or refuses to start; a pid \
          file written over the log destroys it.",
    remedy: "Give each its own path or port.",
    seen: &["#480"],
    examples: &[Example {
        bad: "[supervisord]\nlogfile=/run/sv\npidfile=/run/sv\n",
        good: "[supervisord]\nlogfile=/run/sv.log\npidfile=/run/sv.pid\n",
        mended: Mended::ByHand,
    }],
    clean: &[],
};

impl Rule for SharedIdentity {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let mut first: BTreeMap<&str, &Written<'_>> = BTreeMap::new();
        for written in places(config) {
            if let Some(other) = first.get(&*written.value) {
                let found = cx
                    .finding(written.whole(), format!("`{}` is used twice", written.value))
                    .also(other.whole(), "was here first");
                cx.report(found);
            } else {
                first.insert(&written.value, written);
            }
        }
    }
}

fn places<'s, 'a>(config: &'s Config<'a>) -> impl Iterator<Item = &'s Written<'a>> {
    config.sections().flat_map(|section| {
        let keys: &[&str] = if section.kind == Kind::Supervisord {
            &["logfile", "pidfile"]
        } else if section.kind == Kind::UnixServer {
            &["file"]
        } else if section.kind == Kind::InetServer {
            &["port"]
        } else {
            &[]
        };
        let daemon_log = |written: &&Written<'_>| !written.value.starts_with("/dev/");
        keys.iter().filter_map(|key| section.get(key)).filter(daemon_log)
    })
}
