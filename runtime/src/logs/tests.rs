//! Tests of the streams of processes, used as the driver uses them.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};

use nix::unistd::{pipe, read, write};
use tempfile::TempDir;

use super::rotate::{RotatingFile, Rotation};
use super::sink::Sink;
use super::*;
use crate::supervisor::message::{LogFiles, OutputKind};

const PROCESS: ProcessId = ProcessId(3);

/// The child's ends of the pipes of a process whose stdout goes to the file `log`.
struct Child {
    dir: TempDir,
    stdin: OwnedFd,
    stdout: OwnedFd,
}

/// Runs `scenario` with a process whose stdout is an event when `events`, then finishes the
/// process. The messages it made and what is in its log are returned.
fn run(
    events: bool,
    scenario: impl AsyncFnOnce(&mut Logs, &Child, &mut Vec<Message>),
) -> (Vec<Message>, Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut logs = Logs::start(Options::default()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let file = RotatingFile::open(&path, Rotation::default()).unwrap();
        let stdout = Output {
            sink: Sink::new(Some(file), None),
            listener: false,
            events,
            capture_maxbytes: 0,
            options: Options::default(),
            name: "cat".to_owned(),
        };
        let (stdin_reader, stdin_writer) = pipe().unwrap();
        let (stdout_reader, stdout_writer) = pipe().unwrap();
        let pipes = Pipes { stdin: Some(stdin_writer), stdout: Some(stdout_reader), stderr: None };
        logs.attach(PROCESS, Outputs { stdout, stderr: None }, pipes);
        let child = Child { dir, stdin: stdin_reader, stdout: stdout_writer };
        let mut messages = Vec::new();
        scenario(&mut logs, &child, &mut messages).await;
        logs.finish(PROCESS, &mut messages);
        assert!(logs.slots.is_empty() && logs.processes.is_empty());
        assert!(logs.close(Duration::from_secs(60)));
        let log = fs::read(&path).unwrap();
        drop(child.dir);
        (messages, log)
    })
}

fn output_of(messages: &[Message]) -> Vec<u8> {
    let mut all = Vec::new();
    for message in messages {
        let Message::Output { process: PROCESS, channel: Channel::Stdout, kind, data } = message
        else {
            panic!("{message:?}");
        };
        assert_eq!(*kind, OutputKind::Log);
        all.extend_from_slice(data);
    }
    all
}

#[test]
fn plain_output_reaches_the_file_only() {
    let (messages, log) = run(false, async |logs, child, _| {
        write(&child.stdout, b"hello\n").unwrap();
        logs.fence().await;
        assert_eq!(fs::read(child.dir.path().join("log")).unwrap(), b"hello\n");
        write(&child.stdout, b"bye\n").unwrap();
    });
    assert!(messages.is_empty());
    assert_eq!(log, b"hello\nbye\n");
}

#[test]
fn watched_output_reaches_core_and_file() {
    let (messages, log) = run(true, async |logs, child, messages| {
        write(&child.stdout, b"hello\n").unwrap();
        while messages.is_empty() {
            logs.ready(usize::MAX, messages).await;
        }
        write(&child.stdout, b"bye\n").unwrap();
    });
    assert_eq!(messages.len(), 2);
    assert_eq!(output_of(&messages), b"hello\nbye\n");
    assert_eq!(log, b"hello\nbye\n");
}

/// Looks whether there is something for a core that wants the output of no stream, and finds
/// nothing.
async fn nothing_is_ready(logs: &mut Logs, messages: &mut Vec<Message>) {
    tokio::select! {
        biased;
        () = logs.ready(0, messages) => panic!("{messages:?}"),
        () = std::future::ready(()) => {}
    }
}

#[test]
fn output_nobody_wants_yet_gathers() {
    // EVT-074
    let (messages, log) = run(true, async |logs, child, messages| {
        for word in [b"one ", b"two "] {
            write(&child.stdout, word).unwrap();
            nothing_is_ready(logs, messages).await;
        }
        while messages.is_empty() {
            logs.ready(0, messages).await;
        }
        write(&child.stdout, b"three ").unwrap();
        nothing_is_ready(logs, messages).await;
        logs.ready(1, messages).await;
        write(&child.stdout, b"four ").unwrap();
        nothing_is_ready(logs, messages).await;
        logs.catch_up(messages);
        write(&child.stdout, b"five").unwrap();
    });
    assert_eq!(output_of(&messages), b"one two three four five");
    assert_eq!(messages.len(), 4);
    assert_eq!(log, b"one two three four five");
}

#[test]
fn output_of_no_more_streams_is_read_than_is_wanted() {
    // EVT-066
    let (messages, _) = run(true, async |logs, child, messages| {
        let (other, writer) = pipe().unwrap();
        let output = || Output {
            sink: Sink::default(),
            listener: false,
            events: true,
            capture_maxbytes: 0,
            options: Options::default(),
            name: "dog".to_owned(),
        };
        let pipes = Pipes { stdin: None, stdout: Some(other), stderr: None };
        logs.attach(ProcessId(4), Outputs { stdout: output(), stderr: None }, pipes);
        write(&child.stdout, b"one").unwrap();
        write(&writer, b"two").unwrap();
        logs.ready(1, messages).await;
        assert_eq!(output_of(messages), b"one");
        logs.ready(1, messages).await;
        let Some(Message::Output { process: ProcessId(4), data, .. }) = messages.pop() else {
            panic!("{messages:?}");
        };
        assert_eq!(data, b"two");
        drop(writer);
        logs.finish(ProcessId(4), messages);
    });
    assert_eq!(output_of(&messages), b"one");
}

#[test]
fn nobody_is_woken_once_everything_is_read() {
    let (messages, _) = run(true, async |logs, child, messages| {
        write(&child.stdout, b"hello").unwrap();
        let woken = async {
            let mut times = 0;
            loop {
                logs.ready(0, messages).await;
                times += 1;
                assert!(times < 8, "woken again and again");
            }
        };
        let _: Result<(), _> = tokio::time::timeout(Duration::from_millis(100), woken).await;
    });
    assert_eq!(output_of(&messages), b"hello");
}

#[test]
fn a_watched_flood_is_held_back_and_arrives_whole() {
    let bytes: Vec<u8> =
        (0_u32..).flat_map(|number| format!("{number}\n").into_bytes()).take(8 << 20).collect();
    let (messages, log) = run(true, async |logs, child, messages| {
        set_nonblocking(&child.stdout);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match write(&child.stdout, rest) {
                Ok(count) => rest = &rest[count..],
                Err(_) => logs.ready(usize::MAX, messages).await,
            }
        }
    });
    assert_eq!(output_of(&messages), bytes);
    assert_eq!(log, bytes);
}

#[test]
fn stdin_is_fed_while_the_process_reads() {
    // RUN-209, RPC-185
    let (messages, _) = run(false, async |logs, child, messages| {
        assert_eq!(logs.feed(PROCESS, &[b'x'; 100_000]), FeedResult::Accepted);
        assert_eq!(logs.feed(PROCESS, b"more"), FeedResult::Full);
        let mut received = 0;
        while messages.is_empty() {
            received += receive(&child.stdin);
            logs.ready(usize::MAX, messages).await;
        }
        while received < 100_000 {
            received += receive(&child.stdin);
        }
        assert_eq!(logs.feed(PROCESS, b"more"), FeedResult::Accepted);
        assert_eq!(logs.feed(ProcessId(4), b"more"), FeedResult::Closed);
    });
    assert!(matches!(messages[..], [Message::StdinDrained { process: PROCESS }]));
}

fn receive(stdin: &OwnedFd) -> usize {
    let fd: BorrowedFd<'_> = stdin.as_fd();
    read(fd, &mut vec![0; 1 << 20]).unwrap()
}

#[test]
fn logs_are_opened_as_the_plan_says() {
    // LOG-040, LOG-053, RUN-179d
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| Some(std::sync::Arc::from(dir.path().join(name)));
    let open = |options: &str, files: &LogFiles, listener: bool| {
        let opening = Opening::new(process(options), files.clone(), listener, Options::default());
        opening.open()
    };
    let both = LogFiles { stdout: file("out"), stderr: file("err") };

    let outputs = open("", &both, false).unwrap();
    assert!(!outputs.stdout.is_watched() && !outputs.stdout.sink.is_null());
    assert!(outputs.stderr.is_some_and(|stderr| !stderr.is_watched()));

    assert!(open("redirect_stderr=true", &both, false).unwrap().stderr.is_none());
    let outputs = open("stderr_events_enabled=true", &LogFiles::default(), false).unwrap();
    assert!(outputs.stdout.sink.is_null());
    assert!(outputs.stderr.is_some_and(|stderr| stderr.is_watched()));
    assert!(
        !open("stdout_syslog=true", &LogFiles::default(), false).unwrap().stdout.sink.is_null()
    );
    let listener = open("stdout_syslog=true", &LogFiles::default(), true).unwrap();
    assert!(listener.stdout.is_watched() && listener.stdout.sink.is_null());

    let missing = LogFiles { stdout: file("none/out"), stderr: None };
    assert_eq!(open("", &missing, false).unwrap_err().name(), "ENOENT");
}

/// A process with these options.
fn process(options: &str) -> std::sync::Arc<compiler::plan::ProcessPlan> {
    let text = format!("[supervisord]\n[program:x]\ncommand=/bin/x\n{options}\n");
    let host = compiler::host::memory::MemoryHost::new([("/supervisord.conf", text)]);
    let root = std::path::Path::new("/supervisord.conf");
    let plan = compiler::compile(&host, root, &compiler::Options::default()).plan.unwrap();
    std::sync::Arc::clone(&plan.groups[0].processes[0])
}
