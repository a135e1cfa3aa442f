//! Tests of log files: boundaries and order of rotation, targets that are no files.

use std::collections::BTreeMap;

use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, pipe};
use proptest::prelude::*;

use super::*;

/// Writes `writes` to a log file in a directory holding `before`, and compares the directory with
/// `after`; names are given without the `log` they begin with.
fn check(before: &[(&str, &str)], rotation: (u64, u32), writes: &[&str], after: &[(&str, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in before {
        fs::write(dir.path().join(format!("log{name}")), text).unwrap();
    }
    let (maxbytes, backups) = rotation;
    let mut file =
        RotatingFile::open(&dir.path().join("log"), Rotation { maxbytes, backups }).unwrap();
    for text in writes {
        file.write(text.as_bytes()).unwrap();
    }
    let expected: BTreeMap<String, String> =
        after.iter().map(|(name, text)| (format!("log{name}"), (*text).to_owned())).collect();
    assert_eq!(contents(dir.path()), expected);
}

fn contents(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn files_are_rotated_at_the_limit() {
    // LOG-020, RTRAP-021
    check(&[], (0, 3), &["abc", "def"], &[("", "abcdef")]);
    check(&[], (10, 3), &["123456789"], &[("", "123456789")]);
    check(&[], (10, 3), &["1234567890"], &[("", ""), (".1", "1234567890")]);
    check(
        &[],
        (10, 3),
        &["123456789", "a long one", "b"],
        &[("", "b"), (".1", "123456789a long one")],
    );
    // LOG-021, LOG-026
    check(&[("", "already more than ten")], (10, 1), &[], &[("", "already more than ten")]);
    check(
        &[("", "already more than ten")],
        (10, 1),
        &["."],
        &[("", ""), (".1", "already more than ten.")],
    );
}

#[test]
fn backups_move_up_by_one() {
    // LOG-022
    check(
        &[(".1", "1"), (".2", "2"), (".3", "3"), (".4", "old")],
        (1, 3),
        &["x"],
        &[("", ""), (".1", "x"), (".2", "1"), (".3", "2"), (".4", "old")],
    );
    // LOG-024: a gap stays one.
    check(&[(".2", "2")], (1, 3), &["x"], &[("", ""), (".1", "x"), (".3", "2")]);
    // LOG-023
    check(&[(".1", "1")], (1, 0), &["x"], &[("", ""), (".1", "1")]);
}

#[test]
fn a_rotation_that_fails_loses_nothing() {
    // LOG-025, better
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("log.1")).unwrap();
    let path = dir.path().join("log");
    let mut file = RotatingFile::open(&path, Rotation { maxbytes: 3, backups: 1 }).unwrap();
    file.write(b"abc").unwrap();
    assert!(file.take_rotation_error().is_some());
    // Not tried at each write.
    file.write(b"de").unwrap();
    assert!(file.take_rotation_error().is_none());
    assert_eq!(fs::read_to_string(&path).unwrap(), "abcde");
    fs::remove_dir(dir.path().join("log.1")).unwrap();
    file.write(b"f").unwrap();
    assert!(file.take_rotation_error().is_none());
    assert_eq!(fs::read_to_string(dir.path().join("log.1")).unwrap(), "abcdef");
}

#[test]
fn reopening_tries_a_rotation_that_failed_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("log.1")).unwrap();
    let path = dir.path().join("log");
    let mut file = RotatingFile::open(&path, Rotation { maxbytes: 3, backups: 1 }).unwrap();
    file.write(b"abc").unwrap();
    fs::remove_dir(dir.path().join("log.1")).unwrap();
    file.reopen().unwrap();
    file.write(b"d").unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("log.1")).unwrap(), "abcd");
}

#[test]
fn targets_that_cannot_seek_are_never_rotated() {
    // LOG-031, LOG-032, LOG-033, better
    let (reader, writer) = pipe().unwrap();
    let path = PathBuf::from(format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&writer)));
    let mut file = RotatingFile::open(&path, Rotation { maxbytes: 2, backups: 1 }).unwrap();
    file.write(b"one\n").unwrap();
    file.write(b"two\n").unwrap();
    file.remove().unwrap();
    let mut buffer = [0; 16];
    assert_eq!(nix::unistd::read(&reader, &mut buffer).unwrap(), 8);
    let mut null =
        RotatingFile::open(Path::new("/dev/null"), Rotation { maxbytes: 2, backups: 1 }).unwrap();
    null.write(b"one\n").unwrap();
    null.remove().unwrap();
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_fifo_without_a_reader_is_opened_and_fills_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    mkfifo(&path, Mode::S_IRWXU).unwrap();
    let mut file = RotatingFile::open(&path, Rotation::default()).unwrap();
    file.write(&[b'x'; 65_536]).unwrap();
    let error = file.write(b"y").unwrap_err();
    assert_eq!((error.written, error.source.kind()), (0, ErrorKind::WouldBlock));
}

#[test]
fn reopening_and_removing_go_by_name() {
    // LOG-055, LOG-060, LOG-062
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut file = RotatingFile::open(&path, Rotation::default()).unwrap();
    file.write(b"1").unwrap();
    fs::rename(&path, dir.path().join("moved")).unwrap();
    file.write(b"2").unwrap();
    file.reopen().unwrap();
    file.write(b"3").unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("moved")).unwrap(), "12");
    assert_eq!(fs::read_to_string(&path).unwrap(), "3");
    file.remove().unwrap();
    file.remove().unwrap();
    file.reopen().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "");
}

#[test]
fn a_truncated_file_goes_on_at_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut file = RotatingFile::open(&path, Rotation { maxbytes: 10, backups: 1 }).unwrap();
    file.write(b"123456789").unwrap();
    fs::write(&path, "").unwrap();
    file.write(b"abc").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
}

#[test]
fn errors_have_names() {
    // RUN-179d
    let dir = tempfile::tempdir().unwrap();
    let name = |path: &Path| RotatingFile::open(path, Rotation::default()).unwrap_err().name();
    assert_eq!(name(dir.path()), "EISDIR");
    assert_eq!(name(&dir.path().join("none/log")), "ENOENT");
}

#[test]
fn splicing_keeps_to_the_limit_and_mixes_with_writing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut file = RotatingFile::open(&path, Rotation { maxbytes: 20_000, backups: 2 }).unwrap();
    let (reader, writer) = pipe().unwrap();
    file.write(&[b'a'; 100]).unwrap();
    nix::unistd::write(&writer, &[b'b'; 50_000]).unwrap();
    assert_eq!(file.splice(reader.as_fd(), 1 << 20).unwrap(), 50_000);
    file.write(&[b'c'; 10]).unwrap();
    nix::unistd::write(&writer, &[b'd'; 10]).unwrap();
    assert_eq!(file.splice(reader.as_fd(), 1 << 20).unwrap(), 10);
    assert_eq!(file.splice(reader.as_fd(), 1 << 20), Err(Errno::EAGAIN));
    file.write(b"e").unwrap();
    assert_eq!(fs::read(dir.path().join("log.1")).unwrap().len(), 50_100);
    assert_eq!(fs::read_to_string(&path).unwrap(), "ccccccccccdddddddddde");
}

#[test]
fn what_others_append_between_two_writes_stays() {
    // LOG-028
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut file = RotatingFile::open(&path, Rotation::default()).unwrap();
    let mut other = RotatingFile::open(&path, Rotation::default()).unwrap();
    let (reader, writer) = pipe().unwrap();
    nix::unistd::write(&writer, b"spliced, ").unwrap();
    file.splice(reader.as_fd(), 1 << 20).unwrap();
    other.write(b"of another, ").unwrap();
    file.write(b"written, ").unwrap();
    other.write(b"the end").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "spliced, of another, written, the end");
}

#[test]
fn what_has_the_name_of_a_descriptor_is_not_spliced() {
    // LOG-034: others write to it as well, by the descriptor.
    let dir = tempfile::tempdir().unwrap();
    let plain = RotatingFile::open(&dir.path().join("log"), Rotation::default()).unwrap();
    assert!(plain.is_spliceable());
    let number = std::os::fd::AsRawFd::as_raw_fd(&plain.as_fd());
    for name in [format!("/dev/fd/{number}"), format!("/proc/self/fd/{number}")] {
        let file = RotatingFile::open(Path::new(&name), Rotation::default()).unwrap();
        assert!(!file.is_spliceable(), "{name}");
    }
}

#[test]
fn logs_that_nobody_writes_are_emptied() {
    // LOG-063, RTRAP-030: better
    let dir = tempfile::tempdir().unwrap();
    let (log, none) = (dir.path().join("log"), dir.path().join("none"));
    fs::write(&log, "old").unwrap();
    assert_eq!(empty_all([&*log, &*none, Path::new("/dev/null")]), Ok(()));
    assert_eq!(contents(dir.path()), BTreeMap::from([("log".to_owned(), String::new())]));
    assert_eq!(empty_all([&*log.join("none")]), Err(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_between_files(
        writes in prop::collection::vec("[a-z]{0,30}", 0..30),
        maxbytes in 1_u64..60,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut file = RotatingFile::open(&path, Rotation { maxbytes, backups: 40 }).unwrap();
        for text in &writes {
            file.write(text.as_bytes()).unwrap();
        }
        let mut files = contents(dir.path());
        let mut all = String::new();
        for number in (1..=40).rev() {
            all.push_str(&files.remove(&format!("log.{number}")).unwrap_or_default());
        }
        all.push_str(&files.remove("log").unwrap());
        prop_assert_eq!(all, writes.concat());
    }
}
