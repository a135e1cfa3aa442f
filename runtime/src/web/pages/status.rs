//! The table of processes.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use rpc::{ProcessState, namespec};

use super::rows;
use crate::http::target::percent_encode;
use crate::supervisor::message::ProcessStatus;

/// Which processes are shown, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct Choice {
    /// Text that the name or the description holds.
    pub(in crate::web) query: String,
    /// Only these states.
    pub(in crate::web) only: Only,
    /// In this order.
    pub(in crate::web) order: Order,
}

/// Sets of states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::web) enum Only {
    /// All of them.
    #[default]
    All,
    /// What runs.
    Running,
    /// What should run and does not.
    Trouble,
    /// What does not run and need not.
    Stopped,
}

/// Orders of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::web) enum Order {
    /// By group and name (WEB-019); the only one that shows groups.
    #[default]
    Name,
    /// Trouble first.
    State,
    /// Started last first.
    Uptime,
    /// Started most often first.
    Restarts,
}

impl Choice {
    fn holds(&self, status: &ProcessStatus) -> bool {
        let name = namespec::display(&status.group, &status.name).to_lowercase();
        self.only.holds(status.state) && name.contains(&self.query.to_lowercase())
    }

    /// The address of the page with these two in place of its own.
    fn address(&self, only: Only, order: Order) -> String {
        let mut parts = Vec::new();
        if only != Only::All {
            parts.push(format!("only={}", only.name()));
        }
        if order != Order::Name {
            parts.push(format!("sort={}", order.name()));
        }
        if !self.query.is_empty() {
            parts.push(format!("q={}", percent_encode(&self.query)));
        }
        if parts.is_empty() { "./".to_owned() } else { format!("./?{}", parts.join("&")) }
    }
}

impl Only {
    const ALL: [(Only, &'static str, &'static str); 4] = [
        (Only::All, "", "All"),
        (Only::Running, "running", "Running"),
        (Only::Trouble, "trouble", "Trouble"),
        (Only::Stopped, "stopped", "Stopped"),
    ];

    /// The set with this name.
    pub(in crate::web) fn named(name: &str) -> Only {
        Only::ALL
            .iter()
            .find(|(_, known, _)| *known == name)
            .map_or(Only::All, |(only, _, _)| *only)
    }

    fn name(self) -> &'static str {
        Only::ALL.iter().find(|(only, _, _)| *only == self).map_or("", |(_, name, _)| name)
    }

    fn holds(self, state: ProcessState) -> bool {
        let group = match state {
            ProcessState::Running | ProcessState::Starting => Only::Running,
            ProcessState::Fatal | ProcessState::Backoff | ProcessState::Unknown => Only::Trouble,
            ProcessState::Stopped | ProcessState::Stopping | ProcessState::Exited => Only::Stopped,
        };
        self == Only::All || self == group
    }
}

impl Order {
    const ALL: [(Order, &'static str); 4] = [
        (Order::Name, "name"),
        (Order::State, "state"),
        (Order::Uptime, "uptime"),
        (Order::Restarts, "restarts"),
    ];

    /// The order with this name.
    pub(in crate::web) fn named(name: &str) -> Order {
        let found = Order::ALL.iter().find(|(_, known)| *known == name);
        found.map_or(Order::Name, |(order, _)| *order)
    }

    fn name(self) -> &'static str {
        Order::ALL.iter().find(|(order, _)| *order == self).map_or("", |(_, name)| name)
    }

    fn explanation(self) -> &'static str {
        match self {
            Order::Name => "By group and name",
            Order::State => "Trouble first",
            Order::Uptime => "Started last first",
            Order::Restarts => "Restarted most often first",
        }
    }

    fn sort(self, all: &mut [&ProcessStatus]) {
        match self {
            Order::Name => {}
            Order::State => all.sort_by_key(|status| match status.state {
                ProcessState::Fatal | ProcessState::Unknown => 0,
                ProcessState::Backoff => 1,
                ProcessState::Starting | ProcessState::Stopping => 2,
                ProcessState::Exited => 3,
                ProcessState::Stopped => 4,
                ProcessState::Running => 5,
            }),
            Order::Uptime => all.sort_by_key(|status| std::cmp::Reverse(status.start)),
            Order::Restarts => all.sort_by_key(|status| std::cmp::Reverse(rows::restarts(status))),
        }
    }
}

/// The page's content: what there is, what to do with it, and the table.
pub(in crate::web) fn content(
    all: &[ProcessStatus],
    choice: &Choice,
    zone: &TimeZone,
    token: &str,
) -> Markup {
    html! {
        h1.visually-hidden { "Processes" }
        @if all.is_empty() {
            div.empty {
                p.headline { "No programs to manage" }
                p {
                    "Add a " code { "[program:x]" } " section to the configuration, then look at "
                    a href="config.html" { "what an update would change" } "."
                }
            }
        } @else {
            div.tools {
                (filters(all, choice))
                (search(choice))
            }
        }
        form #act method="post" action="act" hidden[all.is_empty()] {
            input type="hidden" name="token" value=(token);
            // What Enter presses: nothing.
            button type="submit" name="do" value="none" hidden disabled {}
            (selection_bar())
            @if !all.is_empty() { (table(all, choice, zone)) }
            p #nothing.empty.hidden[all.iter().any(|status| choice.holds(status))] {
                "No process matches"
            }
        }
    }
}

fn filters(all: &[ProcessStatus], choice: &Choice) -> Markup {
    html! {
        nav #filters aria-label="Filter by state" {
            @for (only, name, label) in Only::ALL {
                @let count = all.iter().filter(|status| only.holds(status.state)).count();
                a href=(choice.address(only, choice.order)) data-only=(name)
                    aria-current=[(only == choice.only).then_some("true")] {
                    (label) " " span.count { (count) }
                }
            }
        }
    }
}

fn search(choice: &Choice) -> Markup {
    html! {
        form #search method="get" action="./" role="search" {
            @if choice.only != Only::All { input type="hidden" name="only" value=(choice.only.name()); }
            @if choice.order != Order::Name {
                input type="hidden" name="sort" value=(choice.order.name());
            }
            input #q type="search" name="q" value=(choice.query) placeholder="Filter by name"
                aria-label="Filter by name or description" autocomplete="off" spellcheck="false"
                aria-keyshortcuts="/";
            button type="submit" { "Show" }
        }
    }
}

/// Signals offered by name; clients of XML-RPC can send any.
const SIGNALS: [&str; 8] = ["HUP", "USR1", "USR2", "INT", "QUIT", "TERM", "CONT", "KILL"];

/// The names of the signals, to choose from.
pub(super) fn signal_choice() -> Markup {
    html! {
        select name="signal" aria-label="Signal" {
            @for signal in SIGNALS { option value=(signal) { (signal) } }
        }
    }
}

fn selection_bar() -> Markup {
    html! {
        div #bar role="group" aria-label="Several processes" {
            span.everything {
                button name="do" value="start:*" aria-label="Start all" { "Start all" }
                button name="do" value="stop:*" aria-label="Stop all" { "Stop all" }
                button name="do" value="restart:*" aria-label="Restart all" { "Restart all" }
            }
            span.selected {
                span #picked.label { "Selected:" }
                button name="do" value="start" { "Start" }
                button name="do" value="stop" { "Stop" }
                button name="do" value="restart" { "Restart" }
                button name="do" value="clear" { "Clear logs" }
                span.pair { (signal_choice()) button name="do" value="signal" { "Signal" } }
            }
        }
    }
}

/// The table. Its groups are always there, by name with their rows and else without, for the script
/// to put the rows back. The roles are those the elements have by themselves; they are said again
/// because the style sheet lays rows out as grids, and not every browser keeps them then.
fn table(all: &[ProcessStatus], choice: &Choice, zone: &TimeZone) -> Markup {
    let by_name = choice.order == Order::Name;
    let mut sorted: Vec<&ProcessStatus> = all.iter().collect();
    choice.order.sort(&mut sorted);
    html! {
        table #processes role="table" {
            caption.visually-hidden { "Processes and their states" }
            thead role="rowgroup" {
                tr role="row" {
                    th.pick role="columnheader" scope="col" {
                        input #all type="checkbox" name="target" value="*" aria-label="Select all processes";
                    }
                    (heading(choice, "state", Order::State, "State"))
                    (heading(choice, "name", Order::Name, "Name"))
                    (heading(choice, "desc", Order::Uptime, "Description"))
                    (heading(choice, "restarts", Order::Restarts, "Restarts"))
                    th.more role="columnheader" scope="col" { "Last exit" }
                    th.action role="columnheader" scope="col" { "Action" }
                }
            }
            tbody #sorted role="rowgroup" hidden[by_name] {
                @if !by_name { @for status in sorted { (rows::row(status, zone, choice.holds(status))) } }
            }
            @for members in all.chunk_by(|a, b| a.group == b.group) {
                (group(members, choice, zone))
            }
        }
    }
}

/// The head of a column, with the link that sorts by it.
fn heading(choice: &Choice, class: &str, order: Order, label: &str) -> Markup {
    let sorted = (choice.order == order).then_some(match order {
        Order::Name | Order::State => "ascending",
        Order::Uptime | Order::Restarts => "descending",
    });
    html! {
        th class=(class) role="columnheader" scope="col" aria-sort=[sorted] {
            a href=(choice.address(choice.only, order)) data-sort=(order.name())
                title=(order.explanation()) { (label) }
        }
    }
}

/// A group: its head, unless its only member shares its name, and by name its members.
fn group(members: &[ProcessStatus], choice: &Choice, zone: &TimeZone) -> Markup {
    let Some(first) = members.first() else {
        return html! {};
    };
    let by_name = choice.order == Order::Name;
    let group = &*first.group;
    let lonely = members.len() == 1 && *first.name == *group;
    html! {
        tbody role="rowgroup" data-group=(group) hidden[!by_name] {
            @if !lonely { (group_head(group, members, choice)) }
            @if by_name {
                @for status in members { (rows::row(status, zone, choice.holds(status))) }
            }
        }
    }
}

/// The row with a group's name, how it is doing, and what can be done to all of it.
fn group_head(group: &str, members: &[ProcessStatus], choice: &Choice) -> Markup {
    let running = members.iter().filter(|one| one.state == ProcessState::Running).count();
    let trouble = members.iter().any(|one| Only::Trouble.holds(one.state));
    html! {
        tr.group role="row" hidden[!members.iter().any(|status| choice.holds(status))] {
            td.pick role="cell" {
                input type="checkbox" name="target" value={ (group) ":*" }
                    aria-label={ "Select group " (group) };
            }
            th.name role="rowheader" colspan="5" scope="rowgroup" {
                (group) " "
                span.count.trouble[trouble] { (running) " of " (members.len()) " running" }
            }
            td.action role="cell" {
                @for (verb, label) in [("start", "Start"), ("stop", "Stop"), ("restart", "Restart")] {
                    button name="do" value={ (verb) ":" (group) ":*" }
                        aria-label={ (label) " group " (group) } { (label) }
                }
            }
        }
    }
}
