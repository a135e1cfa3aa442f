//! SV004: a section given twice.

use crate::diagnostic::codes;
use crate::lint::view::{Kind, Section};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule};

/// A section given twice.
pub(super) struct DuplicateSection;

static META: Meta = Meta {
    code: codes::DUPLICATE_SECTION,
    depth: Depth::Plan,
    what: "Finds a program, group, listener or server written twice, in one file or in two, and any \
           other section written twice in one file.",
    why: "supervisor merges the two option by option: the later file changes the earlier program \
          instead of adding one.",
    remedy: "Rename one of them, or write all options under one header.",
    seen: &["#554"],
    examples: &[Example {
        bad: "[program:web]\ncommand=/srv/a\n[program:web]\ncommand=/srv/b\n",
        good: "[program:web]\ncommand=/srv/a\n[program:web2]\ncommand=/srv/b\n",
        mended: Mended::ByHand,
    }],
    clean: &["[DEFAULT]\nautostart=true\n[program:a]\ncommand=/srv/a\n[DEFAULT]\nuser=a\n"],
};

impl Rule for DuplicateSection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.sections() {
            let first = section.header();
            for &header in section.headers[1..].iter().filter(|next| is_mistake(section, next)) {
                let found = cx
                    .finding(header, format!("`[{}]` is given twice", section.name))
                    .labelled("merged into the first")
                    .also(first, "was here first");
                cx.report(found);
            }
        }
    }
}

/// An included file may well mean to change `[supervisord]` of the main file, or `[DEFAULT]`.
fn is_mistake(section: &Section<'_>, next: &grammar::Span) -> bool {
    match section.kind {
        Kind::Default | Kind::Unknown => false,
        Kind::Supervisord
        | Kind::Ctl
        | Kind::Include
        | Kind::UnixServer
        | Kind::InetServer
        | Kind::RpcInterface
        | Kind::CtlPlugin => next.file == section.header().file,
        Kind::Program | Kind::EventListener | Kind::Fcgi | Kind::Group => true,
    }
}
