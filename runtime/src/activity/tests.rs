//! Lines, levels, and what becomes of the file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::time::Duration;

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::*;

/// Longer than any disk takes.
const LONG: Duration = Duration::from_secs(60);

fn check(millis: u64, level: LogLevel, message: &str, expected: &str) {
    let mut line = String::new();
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
    format_line(&mut line, time, &TimeZone::UTC, level, &message).unwrap();
    assert_eq!(line, expected);
}

fn settings(file: &Path, level: LogLevel) -> Settings {
    let rotation = Rotation::default();
    Settings { file: file.to_owned(), rotation, level, copy_to_stdout: false }
}

// LOG-001, LOG-002
#[test]
fn a_line_has_local_time_with_a_comma_and_four_letters() {
    check(0, LogLevel::Info, "x", "1970-01-01 00:00:00,000 INFO x\n");
    check(1_700_000_000_999, LogLevel::Critical, "", "2023-11-14 22:13:20,999 CRIT \n");
    check(1, LogLevel::Blather, "a\nb", "1970-01-01 00:00:00,001 BLAT a\nb\n");
}

// LOG-002
#[test]
fn records_below_the_level_are_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    let activity = Activity::default();
    activity.log(LogLevel::Critical, &"before it is open");
    activity.open(&settings(&file, LogLevel::Warn)).unwrap();
    activity.log(LogLevel::Info, &"dropped");
    activity.log(LogLevel::Warn, &"kept");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.ends_with(" WARN kept\n") && text.lines().count() == 1, "{text}");
}

#[test]
fn events_of_tracing_find_their_level() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    let activity = Activity::default();
    activity.open(&settings(&file, LogLevel::Blather)).unwrap();
    tracing::subscriber::with_default(activity, || {
        tracing::error!(target: CRITICAL, "one {}", 1);
        tracing::error!("two");
        tracing::trace!(target: BLATHER, "three");
        tracing::trace!("four");
    });
    let text = fs::read_to_string(&file).unwrap();
    let tails: Vec<_> = text.lines().map(|line| &line[24..]).collect();
    assert_eq!(tails, ["CRIT one 1", "ERRO two", "BLAT three", "TRAC four"]);
}

// LOG-065
async fn check_clear(apart: bool) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    let activity = Activity::default();
    activity.open(&settings(&file, LogLevel::Info)).unwrap();
    if apart {
        activity.write_apart().unwrap();
    }
    activity.log(LogLevel::Info, &"old");
    activity.clear().await.unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"");
    fs::remove_file(&file).unwrap();
    assert!(matches!(activity.clear().await, Err(ClearError::NoFile)));
}

#[tokio::test]
async fn clearing_leaves_an_empty_file() {
    check_clear(false).await;
    check_clear(true).await;
}

// LOG-060, RTRAP-031
fn check_reopen(apart: bool) {
    let dir = tempfile::tempdir().unwrap();
    let (file, old) = (dir.path().join("log"), dir.path().join("old"));
    let activity = Activity::default();
    activity.open(&settings(&file, LogLevel::Info)).unwrap();
    if apart {
        activity.write_apart().unwrap();
    }
    activity.log(LogLevel::Info, &"before the file is renamed");
    activity.flush(LONG);
    fs::rename(&file, &old).unwrap();
    activity.log(LogLevel::Info, &"to the old one");
    activity.reopen();
    activity.log(LogLevel::Info, &"to the new one");
    activity.flush(LONG);
    assert!(fs::read_to_string(&old).unwrap().ends_with("to the old one\n"));
    assert!(fs::read_to_string(&file).unwrap().ends_with("to the new one\n"));
}

#[test]
fn reopening_follows_the_name() {
    check_reopen(false);
    check_reopen(true);
}

// LOG-020, LOG-021: a batch is cut where each of its lines alone would have led to a rotation.
#[test]
fn a_thread_rotates_at_the_same_line() {
    let files = |apart: bool| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("log");
        let activity = Activity::default();
        let rotation = Rotation { maxbytes: 200, backups: 9 };
        let settings = Settings { rotation, ..settings(&file, LogLevel::Info) };
        activity.open(&settings).unwrap();
        if apart {
            activity.write_apart().unwrap();
        }
        for number in 0..40 {
            activity.log(LogLevel::Info, &format!("{number} {}", "x".repeat(number)));
        }
        activity.flush(LONG);
        let shown = |path: PathBuf| {
            let text = fs::read_to_string(&path).unwrap();
            let messages = text.lines().map(|line| line[29..].to_owned()).collect::<Vec<_>>();
            (path.file_name().unwrap().to_owned(), messages)
        };
        let entries = fs::read_dir(dir.path()).unwrap();
        entries.map(|entry| shown(entry.unwrap().path())).collect::<BTreeMap<_, _>>()
    };
    let alone = files(false);
    assert_eq!(alone.len(), 10, "{alone:?}");
    assert_eq!(files(true), alone);
}

#[test]
fn who_logs_does_not_wait_for_a_pipe_nobody_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    mkfifo(&path, Mode::S_IRWXU).unwrap();
    let activity = Activity::default();
    activity.open(&settings(&path, LogLevel::Info)).unwrap();
    activity.write_apart().unwrap();
    let count = 40_000;
    for number in 0..count {
        activity.log(LogLevel::Info, &format!("line {number}"));
    }
    activity.flush(Duration::ZERO);
    // Only now somebody reads; what found room is there in order, then the number of the rest.
    let mut lines = BufReader::new(File::open(&path).unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    let mut kept = 0;
    let told = loop {
        let line = next();
        if let Some(told) = line.strip_suffix(" lines of this log could not be written in time") {
            break told.rsplit(' ').next().unwrap().parse::<u64>().unwrap();
        }
        assert!(line.ends_with(&format!(" INFO line {kept}")), "{line}");
        kept += 1;
    };
    assert!(told > 0);
    assert_eq!(kept + told, count);
    activity.log(LogLevel::Info, &"as before");
    assert!(next().ends_with(" INFO as before"));
}
