//! The table, cell by cell: the state that follows, and the effects in their order.

use super::*;

const NOW: Duration = Duration::from_secs(100);
const PID: Pid = Pid(7);

/// The default options, while the daemon runs.
fn policy(exitcodes: &ExitCodes) -> Policy<'_> {
    Policy {
        startsecs: Duration::from_secs(1),
        startretries: 3,
        stopwaitsecs: Duration::from_secs(10),
        stopsignal: Signal(15),
        stopasgroup: false,
        killasgroup: false,
        autorestart: AutoRestart::Unexpected,
        exitcodes,
        starts: true,
        restart_at: NOW,
    }
}

#[track_caller]
fn check(state: State, event: Event, expected: State, effects: &[Effect]) {
    check_with(|_| {}, state, event, expected, effects);
}

#[track_caller]
fn check_with(
    change: impl FnOnce(&mut Policy<'_>),
    state: State,
    event: Event,
    expected: State,
    effects: &[Effect],
) {
    let exitcodes = ExitCodes(vec![0]);
    let mut policy = policy(&exitcodes);
    change(&mut policy);
    assert_eq!(transition(state, event, NOW, &policy), (expected, effects.to_vec()));
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn notify(from: ProcessState, to: Entered) -> Effect {
    Effect::Notify(Change { from, to })
}

fn starting(until: u64) -> State {
    State::Starting { pid: PID, tries: 2, until: at(until) }
}

use ProcessState as P;

#[test]
fn a_launch_begins_an_attempt() {
    // RUN-120, RUN-121, RUN-122, RUN-123, RUN-133, RUN-162, RUN-163, EVT-072
    let spawning = |tries| State::Spawning { tries, since: NOW, stop: false };
    let begun = |from, tries| [notify(from, Entered::Starting(tries)), Effect::Spawn];
    check(State::Stopped { tries: 2 }, Event::Launch, spawning(2), &begun(P::Stopped, 2));
    check(
        State::Backoff { tries: 2, retry_at: at(99) },
        Event::Launch,
        spawning(2),
        &begun(P::Backoff, 2),
    );
    check(State::Exited { restart_at: None }, Event::Launch, spawning(0), &begun(P::Exited, 0));
    check(State::Fatal, Event::Launch, spawning(0), &begun(P::Fatal, 0));
    check(starting(200), Event::Launch, starting(200), &[]);
}

#[test]
fn startsecs_count_from_the_attempt() {
    // RUN-111, RUN-125, RUN-128
    let spawning = State::Spawning { tries: 2, since: at(90), stop: false };
    check(spawning, Event::Spawned(PID), starting(91), &[Effect::Log(Line::Spawned(PID))]);
    check(
        starting(100),
        Event::Deadline,
        State::Running { pid: PID },
        &[notify(P::Starting, Entered::Running(PID)), Effect::Log(Line::Success)],
    );
    check(starting(101), Event::Deadline, starting(101), &[]);
}

#[test]
fn failures_are_told_before_they_are_logged() {
    // RUN-126, RUN-129, RUN-134
    let backoff = State::Backoff { tries: 3, retry_at: at(103) };
    let event = notify(P::Starting, Entered::Backoff(3));
    let spawning = State::Spawning { tries: 2, since: at(90), stop: false };
    check(spawning, Event::SpawnFailed, backoff, &[event]);
    let ended = [Effect::Ended(Ending::Quick), event, Effect::Log(Line::Exited(false))];
    check(starting(101), Event::Exited(0), backoff, &ended);
    let given_up = [notify(P::Backoff, Entered::Fatal), Effect::Log(Line::GaveUp)];
    check_with(
        |policy| policy.startretries = 2,
        starting(101),
        Event::Exited(0),
        State::Fatal,
        &[&ended[..], &given_up].concat(),
    );
}

#[test]
fn a_retry_due_waits_in_line_while_anything_is_started() {
    // RUN-133, RUN-151
    let backoff = State::Backoff { tries: 1, retry_at: at(100) };
    check(backoff, Event::Deadline, backoff, &[Effect::Queue]);
    check_with(|policy| policy.starts = false, backoff, Event::Deadline, backoff, &[]);
    let exited = State::Exited { restart_at: Some(at(100)) };
    check(exited, Event::Deadline, exited, &[Effect::Queue]);
}

#[test]
fn an_exit_is_expected_or_not() {
    // RUN-122, RUN-123, RUN-124, RUN-131, RUN-132, RUN-151
    let running = State::Running { pid: PID };
    let exited = |expected| notify(P::Running, Entered::Exited { pid: PID, expected });
    let expected =
        [Effect::Ended(Ending::Expected(0)), exited(true), Effect::Log(Line::Exited(true))];
    let unexpected =
        [Effect::Ended(Ending::Unexpected(-1)), exited(false), Effect::Log(Line::Exited(false))];
    let rests = State::Exited { restart_at: None };
    let returns = State::Exited { restart_at: Some(NOW) };
    check(running, Event::Exited(0), rests, &expected);
    check(running, Event::Exited(-1), returns, &unexpected);
    let always = |policy: &mut Policy<'_>| policy.autorestart = AutoRestart::Always;
    let never = |policy: &mut Policy<'_>| policy.autorestart = AutoRestart::Never;
    check_with(always, running, Event::Exited(0), returns, &expected);
    check_with(never, running, Event::Exited(-1), rests, &unexpected);
    check_with(|policy| policy.starts = false, running, Event::Exited(-1), rests, &unexpected);
    // RUN-130
    let promoted = [&[notify(P::Starting, Entered::Running(PID))], &expected[..]].concat();
    check(starting(100), Event::Exited(0), rests, &promoted);
}

#[test]
fn a_stop_is_logged_told_and_sent() {
    // RUN-136, RUN-137, RUN-167
    let stopping = State::Stopping { pid: PID, tries: 2, kill_at: at(110) };
    let (signal, why) = (Signal(15), Why::Stop);
    let stop = |from, to_group| {
        [
            Effect::Log(Line::Killing { pid: PID, signal, to_group }),
            notify(from, Entered::Stopping(PID)),
            Effect::Kill { pid: PID, signal, to_group, why },
        ]
    };
    check(starting(200), Event::Stop, stopping, &stop(P::Starting, false));
    let group = |policy: &mut Policy<'_>| policy.stopasgroup = true;
    check_with(group, starting(200), Event::Stop, stopping, &stop(P::Starting, true));
    check(
        stopping,
        Event::Exited(0),
        State::Stopped { tries: 2 },
        &[
            Effect::Ended(Ending::Stopped(0)),
            notify(P::Stopping, Entered::Stopped(Some(PID))),
            Effect::Log(Line::Stopped(true)),
        ],
    );
    // Before there is a child the stop is remembered.
    let spawning = |stop| State::Spawning { tries: 2, since: NOW, stop };
    check(spawning(false), Event::Stop, spawning(true), &[Effect::Abandon]);
    let spawned = [&[Effect::Log(Line::Spawned(PID))], &stop(P::Starting, false)[..]].concat();
    check(spawning(true), Event::Spawned(PID), stopping, &spawned);
    let in_backoff = [Effect::Log(Line::StopInBackoff), notify(P::Backoff, Entered::Stopped(None))];
    let failed = [&[notify(P::Starting, Entered::Backoff(3))], &in_backoff[..]].concat();
    check(spawning(true), Event::SpawnFailed, State::Stopped { tries: 3 }, &failed);
    // RUN-139
    let backoff = State::Backoff { tries: 3, retry_at: at(103) };
    check(backoff, Event::Stop, State::Stopped { tries: 3 }, &in_backoff);
}

#[test]
fn patience_ends_with_sigkill_again_and_again() {
    // RUN-138, RUN-166, RUN-167
    let stopping = |kill_at| State::Stopping { pid: PID, tries: 0, kill_at: at(kill_at) };
    let kill = |to_group| {
        [
            Effect::Log(Line::Escalating(PID)),
            Effect::Log(Line::Killing { pid: PID, signal: KILL, to_group }),
            Effect::Kill { pid: PID, signal: KILL, to_group, why: Why::Escalate },
        ]
    };
    check(stopping(100), Event::Deadline, stopping(110), &kill(false));
    check(stopping(101), Event::Deadline, stopping(101), &[]);
    let change = |policy: &mut Policy<'_>| {
        policy.killasgroup = true;
        policy.stopwaitsecs = Duration::ZERO;
    };
    check_with(change, stopping(100), Event::Deadline, stopping(101), &kill(true));
}

#[test]
fn what_cannot_be_signalled_is_unknown_until_it_exits() {
    // RUN-141, RUN-143, RUN-144
    let stopping = State::Stopping { pid: PID, tries: 2, kill_at: at(110) };
    let unknown = |stopping| State::Unknown { pid: PID, tries: 2, stopping };
    let lost = |from| [notify(from, Entered::Unknown)];
    check(stopping, Event::KillFailed, unknown(true), &lost(P::Stopping));
    check(starting(200), Event::SignalFailed, unknown(false), &lost(P::Starting));
    check(unknown(true), Event::Stop, unknown(true), &[]);
    check(
        unknown(true),
        Event::Exited(0),
        State::Stopped { tries: 2 },
        &[
            Effect::Ended(Ending::Stopped(0)),
            notify(P::Unknown, Entered::Stopped(Some(PID))),
            Effect::Log(Line::Stopped(true)),
        ],
    );
}

#[test]
fn in_a_shutdown_backoff_is_given_up_in_silence() {
    // RUN-140
    let backoff = State::Backoff { tries: 1, retry_at: at(101) };
    check(backoff, Event::GiveUp, State::Fatal, &[notify(P::Backoff, Entered::Fatal)]);
    check(State::Fatal, Event::GiveUp, State::Fatal, &[]);
}

#[test]
fn a_deadline_is_where_the_state_says() {
    // RUN-113; invariant: waking a state at its deadline changes something, so nobody is woken in vain.
    let exitcodes = ExitCodes(vec![0]);
    let (pid, tries) = (PID, 1);
    for state in [
        State::Starting { pid, tries, until: NOW },
        State::Backoff { tries, retry_at: NOW },
        State::Stopping { pid, tries, kill_at: NOW },
        State::Exited { restart_at: Some(NOW) },
    ] {
        assert_eq!(state.deadline(), Some(NOW));
        let (_, effects) = transition(state, Event::Deadline, NOW, &policy(&exitcodes));
        assert!(!effects.is_empty(), "{state:?}");
    }
}
