//! The rows of the process table, and the words they use; the stream of changes uses the same.

use jiff::tz::TimeZone;
use maud::{Markup, html};
use rpc::{ProcessState, namespec};

use crate::api::process;
use crate::http::target::percent_encode;
use crate::supervisor::lines;
use crate::supervisor::message::ProcessStatus;

/// The class that colours a state (WEB-020).
pub(in crate::web) fn state_class(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "statusrunning",
        ProcessState::Fatal | ProcessState::Backoff => "statuserror",
        ProcessState::Stopped
        | ProcessState::Starting
        | ProcessState::Stopping
        | ProcessState::Exited
        | ProcessState::Unknown => "statusnominal",
    }
}

/// Seconds a running process has been up.
pub(in crate::web) fn uptime(status: &ProcessStatus) -> Option<i64> {
    let runs = status.state == ProcessState::Running && status.start.is_some();
    runs.then(|| process::seconds_up(status))
}

/// How often a process was started again.
pub(in crate::web) fn restarts(status: &ProcessStatus) -> u64 {
    status.spawns.saturating_sub(1)
}

/// What the description leaves out: how it ended last, and why it is in trouble.
pub(in crate::web) fn details(status: &ProcessStatus) -> String {
    let mut parts = Vec::from_iter(status.ended.map(lines::ending));
    let told = match status.state {
        // The description is this text, or the exit status says the same.
        ProcessState::Running
        | ProcessState::Fatal
        | ProcessState::Backoff
        | ProcessState::Exited => None,
        ProcessState::Stopped
        | ProcessState::Starting
        | ProcessState::Stopping
        | ProcessState::Unknown => status.spawn_error.as_deref(),
    };
    parts.extend(told.filter(|error| !error.is_empty()).map(str::to_owned));
    parts.join(" · ")
}

/// The address of a process's own page.
pub(in crate::web) fn tail_address(key: &str) -> String {
    format!("tail.html?processname={}&limit=65536", percent_encode(key))
}

/// One process (WEB-020 to WEB-024). What a filter leaves out is there but hidden, for the script to
/// show again.
pub(super) fn row(status: &ProcessStatus, zone: &TimeZone, shown: bool) -> Markup {
    let key = namespec::display(&status.group, &status.name);
    let state = status.state.name();
    html! {
        tr role="row" data-key=(key) data-state=(state) data-up=[uptime(status)]
            data-pid=[status.pid.map(|pid| pid.0)] data-start=[status.start.map(|start| start.0)]
            data-restarts=(restarts(status)) hidden[!shown] {
            td.pick role="cell" {
                input type="checkbox" name="target" value=(key) aria-label={ "Select " (key) };
            }
            td.state role="cell" { (badge(status.state)) }
            th.name role="rowheader" scope="row" { a href=(tail_address(&key)) { (name(&key)) } }
            td.desc role="cell" { (process::description(status, zone)) }
            td.restarts role="cell" { (restarts(status)) }
            td.more role="cell" { (details(status)) }
            td.action role="cell" {
                a.log href=(tail_address(&key)) aria-label={ "Log of " (key) } { "Log" }
                (buttons(&key, status.state))
            }
        }
    }
}

/// A state in its colour (WEB-020).
pub(super) fn badge(state: ProcessState) -> Markup {
    html! {
        span class={ "badge " (state_class(state)) } { (state.name().to_lowercase()) }
    }
}

/// A name, its group paler.
fn name(key: &str) -> Markup {
    let (group, process) = key.split_at(key.find(':').map_or(0, |at| at + 1));
    html! { @if !group.is_empty() { span.of { (group) } } (process) }
}

/// The verbs for one process. Those that make no sense now are there but off: the style sheet
/// leaves them out, the script switches them.
pub(super) fn buttons(key: &str, state: ProcessState) -> Markup {
    let on = state.is_runnable() || state == ProcessState::Stopping;
    let verb = |verb: &str, label: &str, available: bool| {
        html! {
            button name="do" value={ (verb) ":" (key) } aria-label={ (label) " " (key) }
                disabled[!available] { (label) }
        }
    };
    html! {
        (verb("start", "Start", !on))
        (verb("stop", "Stop", state.is_runnable()))
        (verb("restart", "Restart", state.is_runnable()))
    }
}

#[cfg(test)]
mod tests {
    use compiler::schema::value::Signal;

    use super::*;
    use crate::api::tests::status;
    use crate::supervisor::message::ExitStatus;

    #[track_caller]
    fn check(change: impl FnOnce(&mut ProcessStatus), expected: &str) {
        let mut process = status("web");
        change(&mut process);
        assert_eq!(details(&process), expected);
    }

    #[test]
    fn details_add_to_the_description() {
        check(|_| {}, "");
        check(|process| process.spawns = 4, "");
        check(
            |process| {
                process.state = ProcessState::Stopped;
                process.ended = Some(ExitStatus::Signal { signal: Signal(15), core: false });
            },
            "terminated by SIGTERM",
        );
        // What came of it is in the description.
        check(|process| process.ended = Some(ExitStatus::Code(1)), "exit status 1");
        check(
            |process| {
                process.state = ProcessState::Fatal;
                process.ended = Some(ExitStatus::Code(1));
                process.spawn_error = Some("Exited too quickly".into());
            },
            "exit status 1",
        );
        check(
            |process| {
                process.state = ProcessState::Exited;
                process.ended = Some(ExitStatus::Code(2));
                process.spawn_error = Some("Bad exit code 2".into());
            },
            "exit status 2",
        );
        check(
            |process| {
                process.state = ProcessState::Fatal;
                process.spawn_error = Some("no such file".into());
            },
            "",
        );
    }

    #[test]
    fn the_first_start_is_no_restart() {
        for (spawns, expected) in [(0, 0), (1, 0), (4, 3)] {
            let mut process = status("web");
            process.spawns = spawns;
            assert_eq!(restarts(&process), expected);
        }
    }

    #[test]
    fn hostile_names_are_text() {
        // WEB-048, WEB-050
        let mut process = status("web");
        process.name = "<img src=x onerror=alert(1)>\"'&lt;".into();
        let shown = row(&process, &TimeZone::UTC, true).into_string();
        assert!(!shown.contains("<img"), "{shown}");
        assert!(shown.contains("&lt;img src=x onerror=alert(1)&gt;&quot;'&amp;lt;"), "{shown}");
    }
}
