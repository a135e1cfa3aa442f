//! What must hold after every step, whatever happened.

use std::collections::{BTreeMap, BTreeSet};

use compiler::plan::GroupKind;

use super::world::World;
use crate::supervisor::Supervisor;
use crate::supervisor::message::{Exit, Pid, ProcessId, ProcessState, RequestId};
use crate::supervisor::request::Waiter;
use crate::supervisor::state::State;
use crate::supervisor::timers::Timer;

/// Checks every law. Others are checked by the world itself: one child an entry, no signal to a
/// pid that is not held, one answer a request, nothing after the exit.
pub(super) fn check(world: &World) {
    match &world.exit {
        Some(exit) => at_the_exit(world, exit),
        None => {
            pids_are_the_children(world);
            groups_are_the_activated(world);
            counters_count(&world.core);
            timers_stand_where_states_say(&world.core);
            no_timer_is_left_over(&world.core);
            idle_means_asleep(&world.core);
            nobody_waits_in_vain(world);
        }
    }
}

/// After a shutdown nothing is left but what could not be signalled.
fn at_the_exit(world: &World, exit: &Exit) {
    assert!(!matches!(exit, Exit::Failed(_)));
    assert_eq!(world.core.deadline(), None, "a deadline after the exit");
    for process in world.children.values() {
        let state = world.core.processes.get(process).map(|process| process.state);
        assert!(
            matches!(state, Some(State::Unknown { .. })),
            "{process:?} left behind in {state:?}"
        );
    }
}

fn pids_are_the_children(world: &World) {
    assert_eq!(world.core.pids, world.children);
    let held: BTreeMap<Pid, ProcessId> = world
        .core
        .processes
        .iter()
        .filter_map(|(id, process)| Some((process.live_pid()?, *id)))
        .collect();
    assert_eq!(held, world.children, "the states hold the pids");
}

/// The driver keeps what a group needs exactly as long as there is the group.
fn groups_are_the_activated(world: &World) {
    let groups: BTreeSet<u64> = world.core.groups.keys().map(|id| id.0).collect();
    assert_eq!(groups, world.groups);
}

fn counters_count(core: &Supervisor) {
    let mut all = 0;
    for group in core.groups.values() {
        let unstopped = group
            .members
            .iter()
            .filter(|id| !core.processes[id].state.shown().is_stopped())
            .count();
        assert_eq!(unstopped, group.unstopped, "group {}", group.name);
        all += unstopped;
    }
    assert_eq!(all, core.unstopped);
}

/// A state's deadline is armed exactly as long as it can lead to something.
fn timers_stand_where_states_say(core: &Supervisor) {
    for (id, process) in &core.processes {
        let waits_in_line = matches!(process.state, State::Backoff { .. } | State::Exited { .. });
        let Some(at) = process.state.deadline() else {
            assert_eq!(process.armed, None, "{id:?}");
            continue;
        };
        if process.armed.is_some() {
            assert_eq!(process.armed, Some(at), "{id:?}");
            let leads_on = core.starts() || !waits_in_line;
            assert!(leads_on, "{id:?} in {:?} is armed for nothing", process.state);
        } else {
            assert!(waits_in_line, "{id:?} in {:?} is not armed", process.state);
            let excused = !core.starts() || !process.tickets.is_empty() || process.detached;
            let launching = core.launches.is_current(*id);
            assert!(excused || launching, "{id:?} in {:?} was forgotten", process.state);
        }
    }
}

/// A timer of a process is one that the process knows of.
fn no_timer_is_left_over(core: &Supervisor) {
    let of_processes = |(at, timer)| match timer {
        Timer::Process(_) | Timer::StopReport(_) => Some((at, timer)),
        Timer::ShutdownReport | Timer::LastEvents | Timer::Tick => None,
    };
    let set: BTreeSet<_> = core.timers.all().filter_map(of_processes).collect();
    let known = core.processes.iter().flat_map(|(id, process)| {
        let state = process.armed.map(|at| (at, Timer::Process(*id)));
        state.into_iter().chain(process.report_at.map(|at| (at, Timer::StopReport(*id))))
    });
    assert_eq!(set, known.collect());
}

/// Nothing is armed unless something is under way.
fn idle_means_asleep(core: &Supervisor) {
    let busy = core.processes.values().any(|process| process.state.deadline().is_some());
    let waited_for = core.processes.values().any(|process| !process.waiters.is_empty());
    let idle = !busy && !waited_for && core.launches.is_idle() && core.shutdown.is_none();
    let kinds = core.groups.values().filter_map(|group| match &group.plan.kind {
        GroupKind::EventListener(pool) => Some(&pool.events),
        GroupKind::Program | GroupKind::Fcgi(_) => None,
    });
    let wants_ticks = kinds.flatten().any(|kind| kind.starts_with("TICK"));
    if idle && !wants_ticks {
        assert_eq!(core.deadline(), None, "awake for nothing");
    }
}

/// Every open request is known to the core, and for each process it waits for something is still to
/// happen that ends the wait: a turn in the line, a state, a write.
fn nobody_waits_in_vain(world: &World) {
    let core = &world.core;
    let known: BTreeSet<_> =
        core.requests.keys().copied().chain(core.compiles.requests()).collect();
    let activating = core.activations.values().filter_map(|activation| activation.request);
    let known: BTreeSet<_> = known.into_iter().chain(activating).collect();
    assert_eq!(known, world.open.keys().copied().collect(), "who asked and who is known to wait");

    let mut causes: BTreeMap<RequestId, usize> = BTreeMap::new();
    for id in core.launches.requests().chain(world.writing()) {
        *causes.entry(id).or_default() += 1;
    }
    for (id, process) in &core.processes {
        let state = process.state.shown();
        for waiter in &process.waiters {
            let (request, over) = match *waiter {
                Waiter::Started(request) => (request, state != ProcessState::Starting),
                Waiter::Sent(request) | Waiter::Stopped(request) => (request, state.is_stopped()),
            };
            assert!(!over, "{waiter:?} for {id:?}, which is {state:?}");
            *causes.entry(request).or_default() += 1;
        }
    }
    let outstanding = core.requests.iter().map(|(id, pending)| (*id, pending.outstanding()));
    assert_eq!(causes, outstanding.collect(), "what is waited for and what is to happen");
}
