//! SV001: an option the section does not have.

use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::lint::view::{Kind, Section, Written};
use crate::lint::{Depth, Example, LintContext, Mended, Meta, Rule, text};
use crate::schema::keys::{NO_ROW, rows_of};
use crate::schema::section::SectionKind;
use crate::schema::{self, SectionSpec};

/// An option the section does not have.
pub(super) struct UnknownKey;

static META: Meta = Meta {
    code: codes::UNKNOWN_KEY,
    depth: Depth::Plan,
    what: "Finds options that their section does not have. Options of well-known plugins are left \
           alone; `--strict` makes the rest errors.",
    why: "supervisor ignores them without a word, so a misspelt `autorestart` is simply not in force.",
    remedy: "Correct the name, or move the option to the section it belongs to.",
    seen: &["ansible/awx#60", "GSA/data.gov#2274", "goinfinite/os#336", "#301"],
    examples: &[
        Example {
            bad: "[program:web]\ncommand=/srv/web\nautorestrat=true\n",
            good: "[program:web]\ncommand=/srv/web\nautorestart=true\n",
            mended: Mended::Safely,
        },
        Example {
            bad: "[supervisord]\nstdout_logfile=/var/log/supervisord.log\n",
            good: "[supervisord]\nlogfile=/var/log/supervisord.log\n",
            mended: Mended::ByHand,
        },
    ],
    clean: &["[program:web]\ncommand=/srv/web\ndependent_startup=true\n"],
};

/// Options that plugins read from the sections of programs.
const ECOSYSTEM: [&str; 8] = [
    "dependent_startup",
    "dependent_startup_inherit_priority",
    "dependent_startup_wait_for",
    "startinorder",
    "startnextafter",
    "supvisors_rules",
    "depends_on_startup",
    "memmon_limit",
];

/// Wishes, and what there is instead.
const WISHES: [(&str, &str); 14] = [
    ("depends_on", "programs do not wait for each other; order their starts with `priority`"),
    ("after", "programs do not wait for each other; order their starts with `priority`"),
    ("requires", "programs do not wait for each other; order their starts with `priority`"),
    ("group", "name the program in `programs` of a `[group:x]` section"),
    ("args", "write the arguments in `command`"),
    ("env", "write `environment=NAME=\"value\"`"),
    ("environment_file", "there is no such option; write `environment`, or start through a script"),
    ("env_file", "there is no such option; write `environment`, or start through a script"),
    ("shell", "write `command=sh -c \"exec …\"`"),
    ("log_file", "write `stdout_logfile`"),
    ("log_stdout", "this is an option of supervisor 2; write `stdout_logfile`"),
    ("log_stderr", "this is an option of supervisor 2; write `redirect_stderr`"),
    ("http_port", "this is an option of supervisor 2; write an `[inet_http_server]` section"),
    ("sockchmod", "this is an option of supervisor 2; write `chmod` in `[unix_http_server]`"),
];

impl Rule for UnknownKey {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, cx: &mut LintContext<'_>) {
        let config = cx.config;
        for section in config.sections() {
            let Some(kind) = closed(section) else { continue };
            for written in section.written() {
                let known = rows_of(kind, &written.key) != [NO_ROW; 2];
                if !known && !is_others_business(&written.key) {
                    let found = diagnosis(cx, section, kind.spec(), written);
                    cx.report(found);
                }
            }
        }
    }
}

/// The kind of a section that takes only the options of its table.
fn closed(section: &Section<'_>) -> Option<SectionKind> {
    match section.kind {
        Kind::RpcInterface | Kind::CtlPlugin | Kind::Default | Kind::Unknown => None,
        Kind::Supervisord
        | Kind::UnixServer
        | Kind::InetServer
        | Kind::Ctl
        | Kind::Include
        | Kind::Program
        | Kind::EventListener
        | Kind::Fcgi
        | Kind::Group => SectionKind::of(section.name),
    }
}

/// Options of plugins, and headers without their `]` (SV002).
fn is_others_business(key: &str) -> bool {
    ECOSYSTEM.contains(&key) || key.starts_with('[')
}

fn diagnosis(
    cx: &LintContext<'_>,
    section: &Section<'_>,
    spec: &'static SectionSpec,
    written: &Written<'_>,
) -> Diagnostic {
    let message = format!("`{}` is not an option of `[{}]`", written.key, text::title(spec));
    let found = cx.finding(written.key_span(), message).labelled("ignored");
    if let Some((_, instead)) = WISHES.iter().find(|(wish, _)| *wish == written.key) {
        return found.help(*instead);
    }
    if cx.is_full() {
        return found;
    }
    let homes: Vec<String> = homes(&written.key).collect();
    if !homes.is_empty() {
        return found.help(format!("it is an option of {}", homes.join(" and ")));
    }
    let Some(meant) = text::nearest(&written.key, spec.options().map(|row| row.name)) else {
        return found;
    };
    let found = found.help(format!("did you mean `{meant}`?"));
    if section.get(meant).is_some() {
        return found;
    }
    let edits = vec![(written.key_span(), meant.to_owned())];
    found.fixed_by(Fix::safe(format!("rename it to `{meant}`"), edits))
}

/// The sections that have an option of this name.
fn homes(key: &str) -> impl Iterator<Item = String> {
    schema::section::SECTIONS
        .iter()
        .filter(move |spec| spec.option(key).is_some())
        .take(2)
        .map(|spec| format!("`[{}]`", text::title(spec)))
}
