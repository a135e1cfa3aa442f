//! Tests of watched streams: which messages and log bytes a chunk makes.

use nix::fcntl::OFlag;
use nix::unistd::{pipe2, write};

use super::*;

const PROCESS: ProcessId = ProcessId(7);

fn interest() -> Interest {
    Interest {
        process: PROCESS,
        name: "cat".to_owned(),
        channel: Channel::Stderr,
        listener: false,
        events: true,
        mirror: false,
        capture_maxbytes: 0,
        strip_ansi: false,
        logged: true,
    }
}

/// Writes each chunk and reads it, then ends the stream. Messages are shown as text.
fn check(interest: Interest, chunks: &[&str], log: &str, messages: &[&str]) {
    let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
    let mut watch = Watch::new(std::sync::Arc::new(reader), interest);
    let (mut found, mut bytes) = (Vec::new(), Vec::new());
    let mut outlet = Outlet { messages: &mut found, log: &mut bytes };
    let mut buffer = Box::new([0; CHUNK]);
    for chunk in chunks {
        write(&writer, chunk.as_bytes()).unwrap();
        assert_eq!(watch.step(&mut buffer[..], &mut outlet), Progress::Read(chunk.len()));
    }
    assert_eq!(watch.step(&mut buffer[..], &mut outlet), Progress::Nothing);
    drop(writer);
    assert_eq!(watch.step(&mut buffer[..], &mut outlet), Progress::End);
    watch.end(&mut outlet);
    assert_eq!(String::from_utf8(bytes).unwrap(), log);
    let found: Vec<String> = found.into_iter().map(show).collect();
    assert_eq!(found, messages);
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a stream makes two kinds of message")]
fn show(message: Message) -> String {
    match message {
        Message::Output { process: PROCESS, channel: Channel::Stderr, kind, data } => {
            format!("{kind:?} {}", String::from_utf8(data).unwrap())
        }
        Message::ListenerOutput { process: PROCESS, data } => {
            format!("Listener {}", String::from_utf8(data).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_chunk_is_an_event() {
    check(interest(), &["one\n", "two\n"], "one\ntwo\n", &["Log one\n", "Log two\n"]);
    check(Interest { logged: false, ..interest() }, &["one\n"], "", &["Log one\n"]);
    check(Interest { events: false, ..interest() }, &["one\n"], "one\n", &[]);
}

#[test]
fn escapes_are_removed_before_everything() {
    // LOG-079
    let stripped = || Interest { strip_ansi: true, ..interest() };
    check(stripped(), &["\x1b[1mbold", "\x1b[0m"], "bold", &["Log bold", "Log "]);
    check(stripped(), &["end\x1b"], "end\x1b", &["Log end", "Log \x1b"]);
}

#[test]
fn clearing_forgets_what_was_captured() {
    // LOG-062
    let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
    let capturing = Interest { capture_maxbytes: 100, events: false, ..interest() };
    let mut watch = Watch::new(std::sync::Arc::new(reader), capturing);
    let (mut found, mut bytes) = (Vec::new(), Vec::new());
    let mut outlet = Outlet { messages: &mut found, log: &mut bytes };
    let mut buffer = Box::new([0; CHUNK]);
    let old = "old and much longer than the token that ends it";
    write(&writer, format!("<!--XSUPERVISOR:BEGIN-->{old}").as_bytes()).unwrap();
    watch.step(&mut buffer[..], &mut outlet);
    watch.clear();
    write(&writer, b", new<!--XSUPERVISOR:END-->").unwrap();
    watch.step(&mut buffer[..], &mut outlet);
    let found: Vec<String> = found.into_iter().map(show).collect();
    assert_eq!(found, ["Communication , new"]);
}

#[test]
fn captures_are_events_and_not_logged() {
    // LOG-084, LOG-086, LOG-087
    let capturing = Interest { capture_maxbytes: 100, strip_ansi: true, ..interest() };
    check(
        capturing,
        &["before<!--XSUPERVISOR:BEGIN-->\x1b[1mdata<!--XSUPERVISOR:END-->after"],
        "beforeafter",
        &["Log before", "Log data", "Communication data", "Log after"],
    );
    let quiet = || Interest { capture_maxbytes: 100, events: false, ..interest() };
    check(quiet(), &["hello\n"], "hello\n", &[]); // LOG-082, better
    check(quiet(), &["<!--XSUPERVISOR:BEGIN--><!--XSUPERVISOR:END-->"], "", &["Communication "]);
}

#[test]
fn listeners_are_passed_on_unchanged() {
    // LOG-054, LOG-070
    let listener = Interest { listener: true, events: false, strip_ansi: true, ..interest() };
    check(
        listener,
        &["READY\n", "\x1b[1mx"],
        "READY\nx",
        &["Listener READY\n", "Listener \x1b[1mx"],
    );
}

#[test]
fn a_dead_process_is_read_to_its_end() {
    // RUN-171
    let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
    let mut watch = Watch::new(std::sync::Arc::new(reader), interest());
    let text = vec![b'x'; 65_536];
    write(&writer, &text).unwrap();
    let (mut messages, mut log) = (Vec::new(), Vec::new());
    watch.drain(&mut [0; CHUNK], &mut Outlet { messages: &mut messages, log: &mut log });
    assert_eq!(log, text);
    drop(writer);
}
