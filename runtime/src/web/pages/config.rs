//! The page that says what the configuration on disk would change.

use maud::{Markup, html};

/// The difference between what is active and what is on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct Preview {
    /// The file that was read.
    pub(in crate::web) root: String,
    /// What an update would do, group by group.
    pub(in crate::web) groups: Vec<GroupChange>,
    /// What is wrong with the configuration, as `supervisord --check` says it; empty for nothing.
    pub(in crate::web) findings: String,
    /// Whether it can be made active.
    pub(in crate::web) accepted: bool,
}

/// What an update would do to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct GroupChange {
    /// Its name.
    pub(in crate::web) name: String,
    /// What becomes of it.
    pub(in crate::web) kind: Kind,
    /// Its processes that differ.
    pub(in crate::web) processes: Vec<ProcessChange>,
}

/// What becomes of a group or a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Kind {
    /// It is new.
    Added,
    /// It differs; it will be stopped and started.
    Changed,
    /// It is gone; it will be stopped.
    Removed,
}

/// What an update would do to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct ProcessChange {
    /// Its name.
    pub(in crate::web) name: String,
    /// What becomes of it.
    pub(in crate::web) kind: Kind,
    /// Its options that differ: name, old value, new value. Values that may be secret are left out.
    pub(in crate::web) options: Vec<(String, Option<(String, String)>)>,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Changed => "changed",
            Kind::Removed => "removed",
        }
    }
}

/// The content of the page.
pub(in crate::web) fn content(preview: &Preview, token: &str) -> Markup {
    html! {
        form #act.heading method="post" action="act" {
            input type="hidden" name="token" value=(token);
            input type="hidden" name="back" value="config.html";
            h1 { "Configuration" }
            code.path { (preview.root) }
            span.action {
                a.button href="config.html" { "Check again" }
                button.primary name="do" value="update"
                    disabled[!preview.accepted || preview.groups.is_empty()] { "Update" }
            }
        }
        (verdict(preview))
        @if !preview.findings.is_empty() {
            section.card {
                h2 { "Findings" }
                pre.findings tabindex="0" { (preview.findings) }
            }
        }
        @for group in &preview.groups { (group_card(group)) }
    }
}

fn verdict(preview: &Preview) -> Markup {
    html! {
        p.verdict {
            @if !preview.accepted {
                span.badge.statuserror { "refused" }
                " The configuration on disk does not compile. What runs stays as it is."
            } @else if preview.groups.is_empty() {
                span.badge.statusrunning { "in force" }
                " What is on disk is what runs."
            } @else {
                span.badge.statusnominal { "differs" }
                " An update would change what is listed here and nothing else."
            }
        }
    }
}

fn group_card(group: &GroupChange) -> Markup {
    html! {
        section.card {
            h2 { (group.name) " " (mark(group.kind)) }
            table.changes {
                caption.visually-hidden { "Changes in group " (group.name) }
                thead {
                    tr { th scope="col" { "Process" } th scope="col" { "Option" } th scope="col" { "Active" } th scope="col" { "On disk" } }
                }
                tbody { @for process in &group.processes { (process_rows(process)) } }
            }
        }
    }
}

fn process_rows(process: &ProcessChange) -> Markup {
    html! {
        @if process.options.is_empty() {
            tr { th scope="row" { (process.name) } td colspan="3" { (mark(process.kind)) } }
        }
        @for (option, values) in &process.options {
            tr {
                th scope="row" { (process.name) }
                td { code { (option) } }
                @match values {
                    Some((old, new)) => { td { code.old { (old) } } td { code.new { (new) } } }
                    None => { td colspan="2" { "differs; the values are not shown" } }
                }
            }
        }
    }
}

fn mark(kind: Kind) -> Markup {
    html! { span class={ "mark " (kind.word()) } { (kind.word()) } }
}
