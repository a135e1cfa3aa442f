//! Names, ancestry, payloads and the envelope, byte for byte.

use super::*;
use crate::supervisor::message::ProcessState;

fn check(from: ProcessState, to: Entered, name: &str, expected: &str) {
    let change = Change { from, to };
    assert_eq!(EventType::of_change(&change).name(), name);
    assert_eq!(state_payload("p", "g", &change), expected);
}

#[test]
fn rows_are_in_the_order_of_the_variants() {
    for spec in EVENTS {
        assert_eq!(spec.kind.spec().name, spec.name);
        assert_eq!(EventType::from_name(&spec.name.to_lowercase()), Some(spec.kind));
        assert!(spec.parent.is_none_or(|parent| parent < spec.kind), "{}", spec.name);
    }
    assert_eq!(EventType::from_name("PROCESS"), None);
}

#[test]
fn a_type_is_covered_by_its_ancestors() {
    // EVT-001, EVT-002, EVT-003, EVT-004, EVT-005, EVT-006, EVT-007, EVT-008, EVT-009, EVT-010,
    // EVT-011, EVT-012, EVT-013, EVT-014
    let covers = |kind: EventType| -> Vec<&str> {
        EVENTS.iter().filter(|spec| kind.is_a(spec.kind)).map(|spec| spec.name).collect()
    };
    assert_eq!(
        covers(EventType::ProcessStateExited),
        ["EVENT", "PROCESS_STATE", "PROCESS_STATE_EXITED"]
    );
    assert_eq!(covers(EventType::Tick60), ["EVENT", "TICK", "TICK_60"]);
    assert_eq!(covers(EventType::RemoteCommunication), ["EVENT", "REMOTE_COMMUNICATION"]);
}

#[test]
fn states_tell_what_the_original_tells() {
    use ProcessState as S;
    let pid = Pid(7);
    // EVT-020
    check(
        S::Stopped,
        Entered::Starting(0),
        "PROCESS_STATE_STARTING",
        "processname:p groupname:g from_state:STOPPED tries:0",
    );
    check(
        S::Starting,
        Entered::Backoff(2),
        "PROCESS_STATE_BACKOFF",
        "processname:p groupname:g from_state:STARTING tries:2",
    );
    // EVT-021
    check(
        S::Starting,
        Entered::Running(pid),
        "PROCESS_STATE_RUNNING",
        "processname:p groupname:g from_state:STARTING pid:7",
    );
    check(
        S::Running,
        Entered::Stopping(pid),
        "PROCESS_STATE_STOPPING",
        "processname:p groupname:g from_state:RUNNING pid:7",
    );
    check(
        S::Stopping,
        Entered::Stopped(Some(pid)),
        "PROCESS_STATE_STOPPED",
        "processname:p groupname:g from_state:STOPPING pid:7",
    );
    check(
        S::Backoff,
        Entered::Stopped(None),
        "PROCESS_STATE_STOPPED",
        "processname:p groupname:g from_state:BACKOFF pid:0",
    );
    // EVT-022
    check(
        S::Running,
        Entered::Exited { pid, expected: true },
        "PROCESS_STATE_EXITED",
        "processname:p groupname:g from_state:RUNNING expected:1 pid:7",
    );
    // EVT-023
    check(
        S::Backoff,
        Entered::Fatal,
        "PROCESS_STATE_FATAL",
        "processname:p groupname:g from_state:BACKOFF",
    );
    check(
        S::Stopping,
        Entered::Unknown,
        "PROCESS_STATE_UNKNOWN",
        "processname:p groupname:g from_state:STOPPING",
    );
}

#[test]
fn other_payloads_are_the_originals() {
    // EVT-024, EVT-025, EVT-026, EVT-028, EVT-029
    assert_eq!(
        log_payload("p", "g", Pid(7), Channel::Stderr, "a\n"),
        "processname:p groupname:g pid:7 channel:stderr\na\n"
    );
    assert_eq!(communication_payload("p", "g", Pid(7), "a"), "processname:p groupname:g pid:7\na");
    assert_eq!(remote_payload("t", "d"), "type:t\nd");
    assert_eq!(tick_payload(1_763_640_000), "when:1763640000");
    assert_eq!(group_payload("g"), "groupname:g\n");
}

#[test]
fn envelope_counts_characters() {
    // EVT-027, EVT-032, EVT-033, RTRAP-022
    let sent = envelope("supervisor", 21, "ear", 4, EventType::RemoteCommunication, "type:t\ndé");
    assert_eq!(
        String::from_utf8(sent).unwrap(),
        "ver:3.0 server:supervisor serial:21 pool:ear poolserial:4 \
         eventname:REMOTE_COMMUNICATION len:9\ntype:t\ndé"
    );
    let sent = envelope("supervisor", 0, "ear", 0, EventType::SupervisorStateChangeRunning, "");
    assert!(sent.ends_with(b" eventname:SUPERVISOR_STATE_CHANGE_RUNNING len:0\n"));
}

#[test]
fn names_are_those_the_compiler_accepts() {
    let mut names: Vec<_> = EVENTS.iter().map(|spec| spec.name).collect();
    let mut accepted = compiler::EVENTS.to_vec();
    names.sort_unstable();
    accepted.sort_unstable();
    assert_eq!(names, accepted);
}
