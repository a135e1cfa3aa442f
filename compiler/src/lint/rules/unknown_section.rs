//! SV002: a section nobody reads.

use grammar::Span;

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::view::{Config, Kind};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};

/// A section nobody reads.
pub(super) struct UnknownSection;

static META: Meta = Meta {
    code: codes::UNKNOWN_SECTION,
    depth: Depth::Plan,
    what: "Finds sections of an unknown kind, and headers whose `]` is missing. `--strict` makes \
           them errors.",
    why: "supervisor ignores an unknown section whole, with every option in it; a header without \
          `]` becomes an option, and what follows it lands in the section above.",
    remedy: "Correct the name: kinds are written in lower case, and the name of a program, group or \
             listener follows a colon.",
    seen: &["#554", "#301"],
    examples: &[
        Example {
            bad: "[progam:web]\ncommand=/srv/web\n",
            good: "[program:web]\ncommand=/srv/web\n",
            mended: Mended::Unsafely,
        },
        Example {
            bad: "[program:a]\ncommand=/srv/a\n[program:b\nuser=b\n",
            good: "[program:a]\ncommand=/srv/a\n[program:b]\ncommand=/srv/b\nuser=b\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &[
        "[rpcinterface:twiddler]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n",
    ],
};

/// The kinds that stand alone, and those a name follows.
const ALONE: [&str; 6] =
    ["supervisord", "supervisorctl", "include", "unix_http_server", "inet_http_server", "DEFAULT"];
const NAMED: [&str; 6] =
    ["program", "eventlistener", "fcgi-program", "group", "rpcinterface", "ctlplugin"];

impl Rule for UnknownSection {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.of_kind(Kind::Unknown) {
            for &header in &section.headers {
                let found = unknown(cx, section.name, header);
                cx.report(found);
            }
        }
        for (span, header) in open_headers(config) {
            let message = format!("the header `{header}` has no `]`");
            let found = cx
                .finding(span, message)
                .labelled("read as an option of the section above")
                .help("close the header on its own line, before any comment");
            cx.report(found);
        }
    }
}

fn unknown(cx: &LintContext<'_>, name: &str, header: Span) -> Diagnostic {
    let found = cx
        .finding(header, format!("there is no section `[{name}]`"))
        .labelled("ignored with everything in it");
    match meant(name) {
        Some(Meant::Section(right)) => {
            let fix =
                Fix::risky(format!("write `[{right}]`"), vec![(header, format!("[{right}]"))]);
            found.help(format!("did you mean `[{right}]`?")).fixed_by(fix)
        }
        Some(Meant::Nameless(kind)) => found.help(format!("give it a name: `[{kind}:NAME]`")),
        None => found,
    }
}

enum Meant {
    Section(String),
    /// A kind that needs a name after a colon.
    Nameless(&'static str),
}

fn meant(name: &str) -> Option<Meant> {
    let trimmed = name.trim();
    let (kind, subject) = match trimmed.split_once(':') {
        Some((kind, subject)) => (kind.trim().to_lowercase(), Some(subject.trim())),
        None => (trimmed.to_lowercase(), None),
    };
    match subject {
        Some(subject) => {
            let kind = text::nearest(&kind, NAMED.into_iter())?;
            Some(Meant::Section(format!("{kind}:{subject}")))
        }
        None if NAMED.contains(&&*kind) => {
            NAMED.into_iter().find(|named| *named == kind).map(Meant::Nameless)
        }
        None if kind == "default" => Some(Meant::Section("DEFAULT".to_owned())),
        None => {
            let kind = text::nearest(&kind, ALONE.into_iter())?;
            Some(Meant::Section(kind.to_owned()))
        }
    }
}

/// Keys that begin like a header.
fn open_headers<'a>(config: &Config<'a>) -> impl Iterator<Item = (Span, &'a str)> {
    config.files().flat_map(|file| {
        let text = config.text(file.id);
        file.sections.iter().flat_map(|section| &section.entries).filter_map(move |entry| {
            let whole = Span { start: entry.key.start, ..entry.first };
            entry.key.of(text).starts_with('[').then(|| (whole, whole.of(text)))
        })
    })
}
