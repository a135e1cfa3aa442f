//! The cells of the table in [`super::transition`]: for each pair that changes something, the state
//! that follows and the effects in their order.

use std::time::Duration;

use compiler::schema::value::AutoRestart;

use super::{Change, Effect, Ending, Entered, KILL, Line, Pid, Policy, ProcessState, State, Why};

/// How a start failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// There was no child; perhaps it is not wanted any more.
    Spawn { then_stop: bool },
    /// It was not up for `startsecs`.
    Exit,
}

/// The wait before another SIGKILL when `stopwaitsecs` is 0: it must not be sent in a loop
/// (RUN-166).
const LEAST_ESCALATION: Duration = Duration::from_secs(1);

/// RUN-120 to RUN-123, RUN-133.
pub(super) fn launch(from: State, tries: u32, now: Duration) -> (State, Vec<Effect>) {
    let starting = Change { from: from.shown(), to: Entered::Starting(tries) };
    let state = State::Spawning { tries, since: now, stop: false };
    (state, vec![Effect::Notify(starting), Effect::Spawn])
}

/// RUN-125. `startsecs` counts from the attempt (RUN-128).
pub(super) fn spawned(
    pid: Pid,
    tries: u32,
    since: Duration,
    then_stop: bool,
    now: Duration,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let until = since.saturating_add(policy.startsecs);
    let starting = State::Starting { pid, tries, until };
    let mut effects = vec![Effect::Log(Line::Spawned(pid))];
    if !then_stop {
        return (starting, effects);
    }
    let (state, more) = stop(starting, pid, tries, now, policy);
    effects.extend(more);
    (state, effects)
}

/// RUN-126, RUN-127, RUN-129; RUN-134 without the wait for the next tick. A stop that came while
/// the spawn was under way is honoured (RUN-139).
pub(super) fn failed(
    from: State,
    tries: u32,
    failure: Failure,
    now: Duration,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let tries = tries.saturating_add(1);
    let backoff = Effect::Notify(Change { from: from.shown(), to: Entered::Backoff(tries) });
    let mut effects = match failure {
        Failure::Spawn { .. } => vec![backoff],
        Failure::Exit => {
            vec![Effect::Ended(Ending::Quick), backoff, Effect::Log(Line::Exited(false))]
        }
    };
    let retry_at = now.saturating_add(Duration::from_secs(tries.into()));
    let state = State::Backoff { tries, retry_at };
    let (state, more) = if failure == (Failure::Spawn { then_stop: true }) {
        stop_in_backoff(tries)
    } else if i64::from(tries) > policy.startretries {
        give_up(state, Some(Line::GaveUp))
    } else {
        (state, Vec::new())
    };
    effects.extend(more);
    (state, effects)
}

/// RUN-134, RUN-140.
pub(super) fn give_up(from: State, line: Option<Line>) -> (State, Vec<Effect>) {
    let fatal = Effect::Notify(Change { from: from.shown(), to: Entered::Fatal });
    (State::Fatal, [fatal].into_iter().chain(line.map(Effect::Log)).collect())
}

/// RUN-136.
pub(super) fn stop(
    from: State,
    pid: Pid,
    tries: u32,
    now: Duration,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let (signal, to_group) = (policy.stopsignal, policy.stopasgroup);
    let kill_at = now.saturating_add(policy.stopwaitsecs);
    let effects = vec![
        Effect::Log(Line::Killing { pid, signal, to_group }),
        Effect::Notify(Change { from: from.shown(), to: Entered::Stopping(pid) }),
        Effect::Kill { pid, signal, to_group, why: Why::Stop },
    ];
    (State::Stopping { pid, tries, kill_at }, effects)
}

/// RUN-139.
pub(super) fn stop_in_backoff(tries: u32) -> (State, Vec<Effect>) {
    let stopped = Change { from: ProcessState::Backoff, to: Entered::Stopped(None) };
    (State::Stopped { tries }, vec![Effect::Log(Line::StopInBackoff), Effect::Notify(stopped)])
}

/// RUN-138.
pub(super) fn escalate(
    pid: Pid,
    tries: u32,
    now: Duration,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let to_group = policy.killasgroup;
    let wait = policy.stopwaitsecs.max(LEAST_ESCALATION);
    let effects = vec![
        Effect::Log(Line::Escalating(pid)),
        Effect::Log(Line::Killing { pid, signal: KILL, to_group }),
        Effect::Kill { pid, signal: KILL, to_group, why: Why::Escalate },
    ];
    (State::Stopping { pid, tries, kill_at: now.saturating_add(wait) }, effects)
}

/// RUN-141, RUN-143.
pub(super) fn lose(from: State, pid: Pid, tries: u32, stopping: bool) -> (State, Vec<Effect>) {
    let unknown = Change { from: from.shown(), to: Entered::Unknown };
    (State::Unknown { pid, tries, stopping }, vec![Effect::Notify(unknown)])
}

/// RUN-128.
pub(super) fn promote(from: State, pid: Pid) -> (State, Vec<Effect>) {
    let running = Change { from: from.shown(), to: Entered::Running(pid) };
    (State::Running { pid }, vec![Effect::Notify(running), Effect::Log(Line::Success)])
}

/// RUN-130: it was up long enough, only nobody had looked.
pub(super) fn promoted_then_exited(
    from: State,
    pid: Pid,
    code: i32,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let running = Change { from: from.shown(), to: Entered::Running(pid) };
    let (state, more) = exited(State::Running { pid }, pid, code, policy);
    (state, [Effect::Notify(running)].into_iter().chain(more).collect())
}

/// RUN-131, RUN-132; RUN-122 to RUN-124 without the wait for the next tick.
pub(super) fn exited(
    from: State,
    pid: Pid,
    code: i32,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let expected = policy.exitcodes.contains(code);
    let restart = match policy.autorestart {
        AutoRestart::Always => true,
        AutoRestart::Unexpected => !expected,
        AutoRestart::Never => false,
    };
    let ending = if expected { Ending::Expected(code) } else { Ending::Unexpected(code) };
    let effects = vec![
        Effect::Ended(ending),
        Effect::Notify(Change { from: from.shown(), to: Entered::Exited { pid, expected } }),
        Effect::Log(Line::Exited(expected)),
    ];
    let restart_at = (restart && policy.starts).then_some(policy.restart_at);
    (State::Exited { restart_at }, effects)
}

/// RUN-137.
pub(super) fn stopped(
    from: State,
    pid: Pid,
    tries: u32,
    code: i32,
    policy: &Policy<'_>,
) -> (State, Vec<Effect>) {
    let expected = policy.exitcodes.contains(code);
    let effects = vec![
        Effect::Ended(Ending::Stopped(code)),
        Effect::Notify(Change { from: from.shown(), to: Entered::Stopped(Some(pid)) }),
        Effect::Log(Line::Stopped(expected)),
    ];
    (State::Stopped { tries }, effects)
}
