//! SV045: `user=root` that changes nothing.

use crate::diagnostic::codes;
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// `user=root` that changes nothing.
pub(super) struct RootOnlyToSilence;

static META: Meta = Meta {
    code: codes::ROOT_ONLY_TO_SILENCE,
    depth: Depth::Plan,
    what: "Finds `user=root` in `[supervisord]` where no program has a `user` of its own.",
    why: "It silences the warning that privileges were not dropped, and drops none: every program \
          runs as root.",
    remedy: "Set `user` in the programs that need no root.",
    seen: &["instantlinux/docker-tools#60"],
    examples: &[Example {
        bad: "[supervisord]\nuser=root\n[program:web]\ncommand=/srv/web\n",
        good: "[supervisord]\nuser=root\n[program:web]\ncommand=/srv/web\nuser=web\n",
        mended: Mended::ByHand,
    }],
    clean: &["[supervisord]\nuser=root\n"],
};

impl Rule for RootOnlyToSilence {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        let user = config.section("supervisord").and_then(|daemon| daemon.get("user"));
        let Some(user) = user.filter(|user| matches!(&*user.value, "root" | "0")) else { return };
        let mut programs = config.programs().peekable();
        // Programs behind an include that is not here may well have users.
        let elsewhere = config.section("include").is_some() || cx.policy.fragment;
        if programs.peek().is_some()
            && !elsewhere
            && programs.all(|program| program.get("user").is_none())
        {
            let found = cx
                .advice(user.whole(), "every program runs as root")
                .help("set `user` in the programs that need no root");
            cx.report(found);
        }
    }
}
