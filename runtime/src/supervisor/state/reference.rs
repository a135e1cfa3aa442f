//! The reference of the states, rendered by asking the machine itself what it does.

use std::fmt::Write as _;
use std::time::Duration;

use compiler::schema::value::{AutoRestart, ExitCodes, Signal};

use super::{
    Effect, Ending, Entered, Event, KILL, Line, Pid, Policy, ProcessState, State, Why, transition,
};
use crate::events::EventType;

/// Stands for `startsecs` until it is replaced by its name.
const STARTSECS: i64 = 86_399;
/// Stands for the pid.
const PID: Pid = Pid(47_110_815);
/// When what is asked about happens.
const NOW: Duration = Duration::from_secs(1_000_000);
const EARLIER: Duration = Duration::from_secs(999_999);
const LATER: Duration = Duration::from_secs(1_000_001);

const INTRODUCTION: &str = "\
# Process states

Rendered from the table in `runtime/src/supervisor/state.rs`; do not edit. A process is in one of
the states below. Whatever happens to it, the table of transitions says what follows, in order:
events for listeners, lines of the activity log, signals. What is not listed changes nothing.

## States

| state | code | a start is refused | a stop is accepted | can be signalled | counts as stopped |
| --- | --- | --- | --- | --- | --- |
";

const TRANSITIONS: &str = "
STARTING has two stages: until the spawn is answered there is no child yet (`STARTING, no child`),
and a stop that comes then is carried out as soon as there is one (`STARTING, to be stopped`). Where
a disk keeps its log files from being opened, nobody waits for that: it is not spawned.

## Transitions

| from | what happens | when | to | what follows |
| --- | --- | --- | --- | --- |
";

/// A state to ask about, with what it is called.
struct Sample {
    label: &'static str,
    state: State,
}

/// Something to ask about.
struct Case {
    what: &'static str,
    when: &'static str,
    event: Event,
    policy: fn(&mut Policy<'_>),
    /// Whether it only means something for a state with or without a deadline to come.
    applies: fn(State) -> bool,
}

/// The page `docs/reference/states.md`.
#[must_use]
pub fn reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    for state in ProcessState::ALL {
        let yes = |is: bool| if is { "yes" } else { "" };
        let (name, code, runnable) = (state.name(), state.code(), yes(state.is_runnable()));
        let (signal, stopped) = (yes(state.is_signallable()), yes(state.is_stopped()));
        let row = format!("| {name} | {code} | {runnable} | {runnable} | {signal} | {stopped} |");
        page.push_str(&row.replace("|  |", "| |").replace("|  |", "| |"));
        page.push('\n');
    }
    page.push_str(TRANSITIONS);
    for sample in samples() {
        for case in cases() {
            page.push_str(&row(&sample, &case));
        }
    }
    page
}

/// One row, or nothing if nothing follows.
fn row(sample: &Sample, case: &Case) -> String {
    let exitcodes = ExitCodes(vec![0]);
    let mut policy = Policy {
        startsecs: Duration::from_secs(1),
        startretries: 3,
        stopwaitsecs: Duration::from_secs(10),
        stopsignal: Signal(15),
        stopasgroup: false,
        killasgroup: false,
        autorestart: AutoRestart::Never,
        exitcodes: &exitcodes,
        starts: true,
        restart_at: NOW,
    };
    (case.policy)(&mut policy);
    let (to, effects) = transition(sample.state, case.event, NOW, &policy);
    if !(case.applies)(sample.state) || (to == sample.state && effects.is_empty()) {
        return String::new();
    }
    let (from, what, when, to) = (sample.label, case.what, case.when, label(to));
    let effects: Vec<_> = effects.into_iter().filter_map(effect).collect();
    let mut row = String::new();
    let _ = writeln!(row, "| {from} | {what} | {when} | {to} | {} |", effects.join("; "));
    row.replace("|  |", "| |")
}

fn samples() -> Vec<Sample> {
    let (pid, tries) = (PID, 1);
    [
        State::Stopped { tries },
        State::Spawning { tries, since: NOW, stop: false },
        State::Spawning { tries, since: NOW, stop: true },
        State::Starting { pid, tries, until: EARLIER },
        State::Starting { pid, tries, until: LATER },
        State::Running { pid },
        State::Backoff { tries, retry_at: EARLIER },
        State::Stopping { pid, tries, kill_at: EARLIER },
        State::Exited { restart_at: Some(EARLIER) },
        State::Fatal,
        State::Unknown { pid, tries, stopping: true },
        State::Unknown { pid, tries, stopping: false },
    ]
    .map(|state| Sample { label: label(state), state })
    .into()
}

fn label(state: State) -> &'static str {
    match state {
        State::Stopped { .. } => "STOPPED",
        State::Spawning { stop: false, .. } => "STARTING, no child",
        State::Spawning { stop: true, .. } => "STARTING, to be stopped",
        State::Starting { until, .. } if until == EARLIER => "STARTING, `startsecs` over",
        State::Starting { .. } => "STARTING",
        State::Running { .. } => "RUNNING",
        State::Backoff { .. } => "BACKOFF",
        State::Stopping { .. } => "STOPPING",
        State::Exited { restart_at: None } => "EXITED",
        State::Exited { restart_at: Some(_) } => "EXITED, to be restarted",
        State::Fatal => "FATAL",
        State::Unknown { stopping: true, .. } => "UNKNOWN, being stopped",
        State::Unknown { stopping: false, .. } => "UNKNOWN",
    }
}

fn cases() -> Vec<Case> {
    let case = |what, when, event, policy, applies| Case { what, when, event, policy, applies };
    let same: fn(&mut Policy<'_>) = |_| {};
    let always: fn(State) -> bool = |_| true;
    let retried: fn(State) -> bool = |state| state.deadline() == Some(LATER);
    let ended: fn(State) -> bool = |state| state.deadline() != Some(LATER);
    let ends_itself: fn(State) -> bool = |state| {
        state.deadline() != Some(LATER)
            && !matches!(state, State::Stopping { .. } | State::Unknown { stopping: true, .. })
    };
    let no_retries: fn(&mut Policy<'_>) = |policy| policy.startretries = 0;
    vec![
        case("it is to be spawned", "", Event::Launch, same, always),
        case("it is spawned", "", Event::Spawned(PID), same, always),
        case("it cannot be spawned", "retries are left", Event::SpawnFailed, same, always),
        case("it cannot be spawned", "no retries are left", Event::SpawnFailed, no_retries, |s| {
            !matches!(s, State::Spawning { stop: true, .. })
        }),
        case("it is up for `startsecs`", "", Event::Deadline, same, |s| {
            matches!(s, State::Starting { .. })
        }),
        case("its retry is due", "", Event::Deadline, same, |s| matches!(s, State::Backoff { .. })),
        case("its restart is due", "", Event::Deadline, same, |s| {
            matches!(s, State::Exited { .. })
        }),
        case("it takes longer than `stopwaitsecs`", "", Event::Deadline, same, |s| {
            matches!(s, State::Stopping { .. })
        }),
        case("it exits", "retries are left", Event::Exited(0), same, retried),
        case("it exits", "no retries are left", Event::Exited(0), no_retries, retried),
        case("it exits", "the code is expected", Event::Exited(0), same, ended),
        case(
            "it exits",
            "the code is not expected, or by a signal",
            Event::Exited(-1),
            same,
            ended,
        ),
        case(
            "it exits",
            "`autorestart` says so, no code is expected",
            Event::Exited(-1),
            |policy| policy.autorestart = AutoRestart::Unexpected,
            ends_itself,
        ),
        case("it is to stop", "", Event::Stop, same, always),
        case("the daemon stops, its turn", "", Event::GiveUp, same, always),
        case("its stop signal cannot be sent", "", Event::KillFailed, same, always),
        case("a client's signal cannot be sent", "", Event::SignalFailed, same, always),
    ]
}

fn effect(effect: Effect) -> Option<String> {
    Some(match effect {
        Effect::Spawn => "spawn it".to_owned(),
        Effect::Abandon => "give the spawn up if a disk holds it up".to_owned(),
        Effect::Queue => "wait in line for a spawn".to_owned(),
        Effect::Kill { signal: KILL, .. } => {
            "send SIGKILL, to the group with `killasgroup`".to_owned()
        }
        Effect::Kill { why: Why::Stop | Why::Escalate | Why::Request(_), .. } => {
            "send `stopsignal`, to the group with `stopasgroup`".to_owned()
        }
        Effect::Notify(change) => {
            let tries = match change.to {
                Entered::Starting(_) | Entered::Backoff(_) => " with the failed starts so far",
                Entered::Stopped(_)
                | Entered::Running(_)
                | Entered::Stopping(_)
                | Entered::Exited { .. }
                | Entered::Fatal
                | Entered::Unknown => "",
            };
            format!("`{}`{tries}", EventType::of_change(&change).name())
        }
        Effect::Ended(Ending::Quick) => {
            "spawn error `Exited too quickly (process log may have details)`".to_owned()
        }
        Effect::Ended(Ending::Unexpected(_)) => "spawn error `Bad exit code {code}`".to_owned(),
        Effect::Ended(Ending::Stopped(_) | Ending::Expected(_)) => return None,
        Effect::Log(line) => format!("{} `{}`", line.level().label(), text(line)),
    })
}

/// The line with names in place of what stands for them.
fn text(line: Line) -> String {
    line.text("{name}", STARTSECS, "{status}")
        .replace(&PID.0.to_string(), "{pid}")
        .replace(&STARTSECS.to_string(), "{startsecs}")
        .replace("signal SIGTERM", "signal {stopsignal}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str) {
        let page = reference();
        assert!(page.contains(expected), "{page}");
    }

    #[test]
    fn rows_say_what_the_machine_does() {
        // RUN-128, RUN-134, RUN-138
        check(
            "| STARTING, `startsecs` over | it is up for `startsecs` | | RUNNING | \
             `PROCESS_STATE_RUNNING`; INFO `success: {name} entered RUNNING state, process has \
             stayed up for > than {startsecs} seconds (startsecs)` |\n",
        );
        check(
            "| STOPPING | it takes longer than `stopwaitsecs` | | STOPPING | WARN `killing \
             '{name}' ({pid}) with SIGKILL`; DEBG `killing {name} (pid {pid}) with signal \
             SIGKILL`; send SIGKILL, to the group with `killasgroup` |\n",
        );
        check("| BACKOFF | the daemon stops, its turn | | FATAL | `PROCESS_STATE_FATAL` |\n");
    }
}
