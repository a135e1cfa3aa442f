//! SV033: a shutdown that may take longer than it is given.

use std::collections::HashMap;

use crate::diagnostic::codes;
use crate::lint::view::{Config, Kind};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A shutdown that may take longer than it is given.
pub(super) struct ShutdownBudget;

static META: Meta = Meta {
    code: codes::SHUTDOWN_BUDGET,
    depth: Depth::Plan,
    what: "Adds up how long a shutdown may take: groups are stopped one after the other, each within \
           the longest `stopwaitsecs` of its programs. Warns above `--stop-timeout`; without it, \
           advises for a daemon in the foreground when the groups beside the longest add 90 seconds.",
    why: "A container or a service is killed when its time is up (10 seconds for docker, 30 for \
          Kubernetes, 90 for systemd), and the programs that had not had their turn with it.",
    remedy: "Put the programs into one `[group:x]`, which is stopped at once, lower `stopwaitsecs`, \
             or raise the limit.",
    seen: &["#326", "#723", "AutoGPT#14077", "Weblate/docker#4697"],
    examples: &[Example {
        bad: "[supervisord]\nnodaemon=true\n[program:a]\ncommand=/srv/a\nstopwaitsecs=100\n\
              [program:b]\ncommand=/srv/b\nstopwaitsecs=100\n",
        good: "[supervisord]\nnodaemon=true\n[program:a]\ncommand=/srv/a\nstopwaitsecs=100\n\
               [program:b]\ncommand=/srv/b\nstopwaitsecs=100\n[group:all]\nprograms=a,b\n",
        mended: Mended::ByHand,
    }],
    clean: &[
        "[supervisord]\nnodaemon=true\n[program:a]\ncommand=/srv/a\n[program:b]\ncommand=/srv/b\n",
    ],
};

/// How many seconds a shutdown may take, and the group that takes longest.
#[derive(Clone, Copy)]
struct Shutdown {
    needed: i64,
    longest: i64,
}

impl Shutdown {
    /// With another group, which may take `wait` seconds; `None` beyond 64 bits.
    fn and(self, wait: i64) -> Option<Self> {
        let wait = wait.max(0);
        let needed = self.needed.checked_add(wait)?;
        Some(Shutdown { needed, longest: self.longest.max(wait) })
    }
}

/// The longest of the usual limits.
const USUAL: i64 = 90;

impl Rule for ShutdownBudget {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let Some(daemon) = config.section("supervisord") else { return };
        let Some(Shutdown { needed, longest }) = shutdown(config) else { return };
        let foreground =
            daemon.get("nodaemon").filter(|_| daemon.flag("nodaemon", false) == Some(true));
        let found = match (cx.policy.stop_timeout, foreground) {
            (Some(limit), _) if needed > limit => cx.warning(
                daemon.header(),
                format!(
                    "a shutdown may take {needed} seconds, longer than the {limit} it is given"
                ),
            ),
            // One long wait is meant; that the others come on top of it may not be known.
            (None, Some(nodaemon)) if needed - longest > USUAL => {
                cx.advice(nodaemon.whole(), format!("a shutdown may take {needed} seconds"))
            }
            _ => return,
        };
        cx.report(found.help("put the programs into one `[group:x]`, or lower `stopwaitsecs`"));
    }
}

/// The sum over the groups of the longest wait of each; `None` when one cannot be told.
fn shutdown(config: &Config<'_>) -> Option<Shutdown> {
    let mut group_of: HashMap<&str, &str> = HashMap::new();
    for group in config.of_kind(Kind::Group) {
        for program in group.value("programs").unwrap_or_default().split(',') {
            group_of.insert(program.trim(), group.name);
        }
    }
    let mut alone = Shutdown { needed: 0, longest: 0 };
    let mut together: HashMap<&str, i64> = HashMap::new();
    for program in config.programs() {
        let wait = program.number("stopwaitsecs", 10)?;
        match group_of.get(program.subject()).filter(|_| program.kind != Kind::EventListener) {
            Some(group) => {
                let longest = together.entry(group).or_default();
                *longest = wait.max(*longest);
            }
            None => alone = alone.and(wait)?,
        }
    }
    together.into_values().try_fold(alone, Shutdown::and)
}
