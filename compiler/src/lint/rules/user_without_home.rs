//! SV035: a program of another user with the daemon's HOME.

use crate::diagnostic::codes;
use crate::lint::view::{Config, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, environment};

/// A program of another user with the daemon's HOME.
pub(super) struct UserWithoutHome;

static META: Meta = Meta {
    code: codes::USER_WITHOUT_HOME,
    depth: Depth::Plan,
    what: "Finds programs that run as another user, are known to write to their home directory or \
           name `$HOME` in their command, and have no `HOME` in `environment`.",
    why: "`user=` changes the user and nothing else: HOME, USER and LOGNAME stay those of the daemon, \
          so the program writes to, or is refused at, the home of root.",
    remedy: "Write `environment=HOME=\"/home/x\",USER=\"x\"`.",
    seen: &["#435", "#161", "#307", "#711", "#1266"],
    examples: &[Example {
        bad: "[program:web]\ncommand=npm exec web\nuser=web\n",
        good: "[program:web]\ncommand=npm exec web\nuser=web\nenvironment=HOME=\"/home/web\",USER=\"web\"\n",
        mended: Mended::ByHand,
    }],
    clean: &[
        "[program:web]\ncommand=/srv/web\nuser=web\n",
        "[program:web]\ncommand=npm ci\nuser=root\n",
    ],
};

/// Programs that cannot do without a home directory.
const HOMELY: [&str; 13] = [
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "bundle",
    "pip",
    "pipenv",
    "poetry",
    "jupyter",
    "vncserver",
    "Xvnc",
    "startxfce4",
    "gem",
];

impl Rule for UserWithoutHome {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.programs() {
            let Some(user) = section.get("user") else { continue };
            if !matches!(&*user.value, "root" | "0" | "")
                && wants_home(section)
                && !has_home(config, section)
            {
                let found = cx
                    .advice(user.whole(), "the program runs with the daemon's HOME")
                    .help(format!("set `environment=HOME=\"…\",USER=\"{}\"`", user.value));
                cx.report(found);
            }
        }
    }
}

fn wants_home(section: &Section<'_>) -> bool {
    section.command().is_some_and(|command| {
        HOMELY.contains(&command.program())
            || command
                .script()
                .is_some_and(|script| script.text.contains("$HOME") || script.text.contains("~/"))
    })
}

fn has_home(config: &Config<'_>, section: &Section<'_>) -> bool {
    let daemon = config.section("supervisord");
    environment::sets(section, "HOME")
        || daemon.is_some_and(|daemon| environment::sets(daemon, "HOME"))
}
