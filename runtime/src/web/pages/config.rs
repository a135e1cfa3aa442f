//! The page that says what the configuration on disk would change.

use compiler::diagnostic::Severity;
use compiler::plan::diff::{GroupChange, GroupDiff, OptionDiff, PlanDiff, ProcessDiff};
use compiler::plan::{GroupPlan, ProcessPlan};
use compiler::report::Excerpt;
use compiler::schema::value::Shown;
use maud::{Markup, html};

use crate::web::preview::{Finding, Preview};

/// What becomes of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Added,
    Changed,
    Removed,
    /// It differs, but an update leaves it as it is.
    Kept,
}

impl Fate {
    fn word(self) -> &'static str {
        match self {
            Fate::Added => "added",
            Fate::Changed => "changed",
            Fate::Removed => "removed",
            Fate::Kept => "kept",
        }
    }
}

/// The content of the page.
pub(in crate::web) fn content(preview: &Preview, token: &str) -> Markup {
    let updates = preview.outcome.as_ref().is_ok_and(|difference| updates(difference) > 0);
    html! {
        form #act.heading method="post" action="act" {
            input type="hidden" name="token" value=(token);
            input type="hidden" name="back" value="config.html";
            h1 { "Configuration" }
            code.path { (preview.file.display()) }
            span.action {
                a.button href="config.html" { "Check again" }
                button.primary name="do" value="update" disabled[!updates] { "Update" }
            }
        }
        (verdict(preview))
        @if !preview.findings.is_empty() {
            section.card aria-labelledby="findings" {
                h2 #findings { (tally(&preview.findings)) }
                @for finding in &preview.findings { (finding_article(finding)) }
            }
        }
        @if let Ok(difference) = &preview.outcome {
            @for group in &difference.groups { (group_card(group)) }
            (daemon_card(difference))
        }
    }
}

/// How many groups an update would touch.
fn updates(difference: &PlanDiff) -> usize {
    let touched = |group: &&GroupDiff| !matches!(group, GroupDiff::Changed(it) if !it.replaces);
    difference.groups.iter().filter(touched).count()
}

fn verdict(preview: &Preview) -> Markup {
    html! {
        p.verdict {
            @match &preview.outcome {
                Err(reason) => {
                    span.badge.statuserror { "refused" }
                    " The configuration on disk cannot be used: "
                    @if reason.is_empty() { "it does not compile." } @else { (reason) "." }
                    " What runs stays as it is."
                }
                Ok(difference) => @match updates(difference) {
                    0 => {
                        span.badge.statusrunning { "in force" }
                        " An update would change nothing: what is on disk is what runs."
                    }
                    1 => {
                        span.badge.statusnominal { "differs" }
                        " An update would change one group and nothing else."
                    }
                    several => {
                        span.badge.statusnominal { "differs" }
                        " An update would change " (several) " groups and nothing else."
                    }
                }
            }
        }
    }
}

/// `2 errors, 1 warning`.
fn tally(findings: &[Finding]) -> String {
    let kinds = [Severity::Error, Severity::Warning, Severity::Info];
    let counts = kinds.into_iter().filter_map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        let word = if severity == Severity::Info { "note" } else { severity.word() };
        (count > 0).then(|| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn finding_article(finding: &Finding) -> Markup {
    html! {
        article class={ "finding " (finding.severity.word()) } {
            h3 {
                span.severity { (finding.severity.word()) }
                " " (with_code(&finding.message))
            }
            @if let Some(file) = &finding.file { p.place { (file) } }
            @for excerpt in &finding.excerpts { (snippet(excerpt)) }
            @if let Some(help) = &finding.help { p.help { (with_code(help)) } }
            p.code { (finding.code) }
        }
    }
}

/// Text whose backticks set code apart.
fn with_code(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn snippet(excerpt: &Excerpt) -> Markup {
    let (line, column) = excerpt.start;
    html! {
        figure {
            figcaption.place { (excerpt.path) ":" (line) ":" (column) }
            pre tabindex="0" {
                span.number { (line) }
                (excerpt.before) mark { (excerpt.marked) } (excerpt.after)
                @if !excerpt.text.is_empty() { span.note { (excerpt.text) } }
            }
        }
    }
}

fn group_card(group: &GroupDiff) -> Markup {
    match group {
        GroupDiff::Added(group) => whole_group(group, Fate::Added),
        GroupDiff::Removed(group) => whole_group(group, Fate::Removed),
        GroupDiff::Changed(change) => changed_group(change),
    }
}

fn whole_group(group: &GroupPlan, fate: Fate) -> Markup {
    let line = |process: &ProcessPlan| {
        html! {
            tr {
                th scope="row" { (process.name) }
                td { code { (process.program.command) } }
            }
        }
    };
    html! {
        section.card {
            h2 { (group.name) " " (mark(fate)) }
            table.changes {
                caption.visually-hidden { "Processes of group " (group.name) }
                thead { tr { th scope="col" { "Process" } th.wide scope="col" { "Command" } } }
                tbody { @for process in &group.processes { (line(process)) } }
            }
        }
    }
}

fn changed_group(change: &GroupChange) -> Markup {
    let fate = if change.replaces { Fate::Changed } else { Fate::Kept };
    html! {
        section.card {
            h2 { (change.new.name) " " (mark(fate)) }
            @if fate == Fate::Kept {
                p.hint { "These differences do not count: an update leaves the group running." }
            }
            (options_table(&change.new.name, html! {
                @if !change.options.is_empty() { (rows("the group", &change.options)) }
                @for process in &change.processes {
                    @match process {
                        ProcessDiff::Added(name) => (bare_row(name, Fate::Added)),
                        ProcessDiff::Removed(name) => (bare_row(name, Fate::Removed)),
                        ProcessDiff::Changed(name, options) => (rows(name, options)),
                    }
                }
            }))
        }
    }
}

/// What a reread reads and only a new start of the daemon puts into force.
fn daemon_card(difference: &PlanDiff) -> Markup {
    let mut parts = Vec::new();
    if difference.servers {
        parts.push("the servers");
    }
    if difference.interfaces {
        parts.push("the RPC interfaces");
    }
    if difference.daemon.is_empty() && parts.is_empty() {
        return html! {};
    }
    html! {
        section.card {
            h2 { "The daemon itself " (mark(Fate::Changed)) }
            p.hint { "An update does not touch this; a restart of the daemon does." }
            @if !parts.is_empty() { p { "What differs: " (parts.join(", ")) "." } }
            @if !difference.daemon.is_empty() {
                (options_table("supervisord", rows("supervisord", &difference.daemon)))
            }
        }
    }
}

fn options_table(name: &str, rows: Markup) -> Markup {
    html! {
        table.changes {
            caption.visually-hidden { "Changes in " (name) }
            thead {
                tr {
                    th scope="col" { "Process" }
                    th scope="col" { "Option" }
                    th scope="col" { "Active" }
                    th scope="col" { "On disk" }
                }
            }
            tbody { (rows) }
        }
    }
}

fn bare_row(name: &str, fate: Fate) -> Markup {
    html! { tr { th scope="row" { (name) } td colspan="3" { (mark(fate)) } } }
}

/// The options of one process that differ; values that may be secret are not in them.
fn rows(name: &str, options: &[OptionDiff]) -> Markup {
    html! {
        @for (at, option) in options.iter().enumerate() {
            tr {
                @if at == 0 { th scope="rowgroup" rowspan=(options.len()) { (name) } }
                td { code { (option.name) } }
                @if option.old == option.new {
                    td colspan="2" { "differs; the values are not shown" }
                } @else {
                    td { code.old { (value(&option.old)) } }
                    td { code.new { (value(&option.new)) } }
                }
            }
        }
    }
}

fn value(shown: &Shown) -> String {
    let text = shown.to_string();
    if text.is_empty() { "none".to_owned() } else { text }
}

fn mark(fate: Fate) -> Markup {
    html! { span class={ "mark " (fate.word()) } { (fate.word()) } }
}
