//! The protocol byte by byte.

use std::sync::Arc;

use super::super::Announcement;
use super::*;
use crate::events::EventType;

/// A listener in `state` hears these chunks; its remarks and its last state.
#[track_caller]
fn check(state: ListenerState, chunks: &[&str], remarks: &[&str], last: ListenerState) {
    let mut listener = Listener { state, ..Listener::default() };
    if state == ListenerState::Busy {
        listener.take(event());
    }
    let mut heard = Vec::new();
    for chunk in chunks {
        heard.extend(listener.hear(chunk.as_bytes(), Judge::Stock).into_iter().map(word));
    }
    assert_eq!(heard, remarks, "{chunks:?}");
    assert_eq!(listener.state, last, "{chunks:?}");
}

fn event() -> Buffered {
    let (kind, payload) = (EventType::Tick5, String::new());
    Buffered { event: Arc::new(Announcement { kind, serial: 3, payload }), pool_serial: 1 }
}

fn word(remark: Remark) -> String {
    match remark {
        Remark::Changed(_, new) => new.name().to_owned(),
        Remark::BadLine(line) => format!("bad {}", String::from_utf8_lossy(&line)),
        Remark::Processed => "processed".to_owned(),
        Remark::Shown(text) => format!("shown {}", String::from_utf8_lossy(&text)),
        Remark::Refused => "refused".to_owned(),
        Remark::Returned(event) => format!("returned {}", event.event.serial),
    }
}

use ListenerState::{Acknowledged, Busy, Ready, Unknown};

#[test]
fn ready_must_be_exact() {
    // EVT-041, EVT-042, EVT-043, EVT-044, EVT-053, RTRAP-028
    check(Acknowledged, &["READY"], &[], Acknowledged);
    check(Acknowledged, &["REA", "DY\n"], &["READY"], Ready);
    check(Acknowledged, &["READY\r\n"], &["UNKNOWN"], Unknown);
    check(Acknowledged, &["hello"], &[], Acknowledged);
    check(Acknowledged, &["hello!"], &["UNKNOWN"], Unknown);
    check(Acknowledged, &["READY\nREADY\n"], &["READY", "UNKNOWN"], Unknown);
    check(Ready, &["x"], &["UNKNOWN"], Unknown);
    check(Unknown, &["READY\n"], &[], Unknown);
}

#[test]
fn results_are_counted_bytes() {
    // EVT-045, EVT-046, EVT-050, EVT-051, RTRAP-027
    check(Busy, &["RESULT 2\nOK"], &["processed", "ACKNOWLEDGED"], Acknowledged);
    check(Busy, &["RESULT 2", "\nO", "K"], &["processed", "ACKNOWLEDGED"], Acknowledged);
    check(Busy, &["XXXXXXX2\nOK"], &["processed", "ACKNOWLEDGED"], Acknowledged);
    check(Busy, &["RESULT  +2 \nOK"], &["processed", "ACKNOWLEDGED"], Acknowledged);
    check(Busy, &["RESULT 0_2\nOK"], &["processed", "ACKNOWLEDGED"], Acknowledged);
    check(Busy, &["RESULT 2\nOKREADY\n"], &["processed", "ACKNOWLEDGED", "READY"], Ready);
    let refused = &["refused", "ACKNOWLEDGED", "returned 3"];
    check(Busy, &["RESULT 4\nFAIL"], refused, Acknowledged);
    check(Busy, &["RESULT 3\nOK\n"], refused, Acknowledged);
}

#[test]
fn results_for_a_foreign_handler_are_taken_for_success() {
    // EVT-052
    let mut listener = Listener { state: Busy, ..Listener::default() };
    listener.take(event());
    let heard = listener.hear(b"RESULT 4\nlogs", Judge::Foreign);
    assert_eq!(heard.into_iter().map(word).collect::<Vec<_>>(), ["processed", "ACKNOWLEDGED"]);
}

#[test]
fn supervisor_stdout_shows_what_it_is_given() {
    let mut listener = Listener { state: Busy, ..Listener::default() };
    let mut check = |result: &str, expected: &[&str]| {
        listener.change(Busy, &mut Vec::new());
        listener.take(event());
        let answer = format!("RESULT {}\n{result}", result.len());
        let heard =
            listener.hear(answer.as_bytes(), Judge::named("supervisor_stdout:event_handler"));
        assert_eq!(heard.into_iter().map(word).collect::<Vec<_>>(), expected);
    };
    check(
        "processname:web groupname:web pid:7 channel:stderr\nhello\nyou\n",
        &["shown web stderr | hello\nyou\n", "processed", "ACKNOWLEDGED"],
    );
    check("processname:web\nno channel", &["processed", "ACKNOWLEDGED"]);
}

#[test]
fn an_empty_result_waits_for_the_next_byte() {
    // EVT-048
    check(Busy, &["RESULT 0\n"], &[], Busy);
    let refused = ["refused", "ACKNOWLEDGED", "returned 3", "READY"];
    check(Busy, &["RESULT 0\n", "READY\n"], &refused, Ready);
}

#[test]
fn a_line_without_a_length_breaks_the_protocol() {
    // EVT-047, EVT-049
    for line in
        ["RESULT two", "RESULT", "", "RESULT -1", "RESULT 1__0", "RESULT 99999999999999999999"]
    {
        let bad = format!("bad {line}");
        check(Busy, &[line, "\n"], &[&bad, "UNKNOWN", "returned 3"], Unknown);
    }
}

#[test]
fn an_endless_line_is_not_kept() {
    let chunk = "x".repeat(LONGEST_LINE);
    let bad = format!("bad {chunk}");
    check(Busy, &[&chunk, "y"], &[&bad, "UNKNOWN", "returned 3"], Unknown);
}
