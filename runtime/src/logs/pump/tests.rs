//! Tests of the log thread, run on the test's own thread.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, pipe2, write};
use tempfile::TempDir;

use super::super::queue::{Credit, Source};
use super::super::rotate::{CHUNK, RotatingFile, Rotation};
use super::super::syslog::Syslog;
use super::*;
use crate::supervisor::message::{ProcessId, RequestId};

const ID: StreamId = StreamId(1);

/// A pump with one stream from a pipe to the file `log`.
struct World {
    dir: TempDir,
    pump: Pump,
    writer: Option<OwnedFd>,
}

impl World {
    fn new(rotation: Rotation, strip_ansi: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::in_directory(dir, rotation, strip_ansi)
    }

    fn in_directory(dir: TempDir, rotation: Rotation, strip_ansi: bool) -> Self {
        let mut pump = Pump::new(Queue::new().unwrap(), Queue::new().unwrap()).unwrap();
        let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
        let sink =
            Sink::new(Some(RotatingFile::open(&dir.path().join("log"), rotation).unwrap()), None);
        let source = Source::Pipe(reader);
        pump.execute(Command::Attach { id: ID, source, sink, strip_ansi });
        Self { dir, pump, writer: Some(writer) }
    }

    /// Writes everything, letting the pump read whenever the pipe is full.
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            match write(self.writer.as_ref().unwrap(), rest) {
                Ok(count) => rest = &rest[count..],
                Err(_) => self.round(),
            }
        }
    }

    fn round(&mut self) {
        self.pump.round(EpollTimeout::ZERO);
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("log")
    }
}

/// Bytes that differ everywhere.
fn numbered(count: usize) -> Vec<u8> {
    (0_u64..).flat_map(|number| format!("{number:09}\n").into_bytes()).take(count).collect()
}

/// The rotated files and the active one, oldest first.
fn concatenated(path: &Path) -> Vec<u8> {
    let backups = (1..100).rev().map(|number| fs::read(path.with_extension(number.to_string())));
    let mut all: Vec<u8> = backups.flatten().flatten().collect();
    all.extend(fs::read(path).unwrap());
    all
}

#[test]
fn a_flood_arrives_whole() {
    let mut world = World::new(Rotation::default(), false);
    let bytes = numbered(3 << 20);
    world.write(&bytes);
    world.writer = None;
    world.pump.execute(Command::Finish { id: ID });
    assert!(world.pump.streams.is_empty());
    assert_eq!(fs::read(world.path()).unwrap(), bytes);
}

#[test]
fn a_flood_arrives_whole_through_rotation_and_reopening() {
    // LOG-020, LOG-060
    let mut world = World::new(Rotation { maxbytes: 300_000, backups: 90 }, false);
    let bytes = numbered(5 << 20);
    for (number, part) in bytes.chunks(700_001).enumerate() {
        world.write(part);
        if number % 2 == 0 {
            world.pump.execute(Command::Reopen);
        }
    }
    world.pump.execute(Command::Finish { id: ID });
    let path = world.path();
    assert_eq!(concatenated(&path), bytes);
    let largest =
        (1..90).filter_map(|number| fs::metadata(path.with_extension(number.to_string())).ok());
    assert!(largest.map(|metadata| metadata.len()).max().unwrap() <= 300_000 + CHUNK as u64);
}

#[test]
fn two_hundred_writers_arrive_whole() {
    // Lines of every length up to a mebibyte, in odd pieces, all pipes at once.
    let dir = tempfile::tempdir().unwrap();
    let mut pump = Pump::new(Queue::new().unwrap(), Queue::new().unwrap()).unwrap();
    let rotation = Rotation { maxbytes: 40_000, backups: 90 };
    let mut writers = Vec::new();
    for number in 0..200_usize {
        let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
        let path = dir.path().join(format!("{number}"));
        let sink = Sink::new(Some(RotatingFile::open(&path, rotation).unwrap()), None);
        let (id, source) = (StreamId(number as u64 + 1), Source::Pipe(reader));
        pump.execute(Command::Attach { id, source, sink, strip_ansi: false });
        let length = if number == 0 { 1 << 20 } else { number * 251 };
        let mut line = vec![b'a' + (number % 26) as u8; length];
        line.push(b'\n');
        writers.push((writer, path, line, 0_usize));
    }
    let mut piece = 1;
    while writers.iter().any(|(_, _, line, written)| *written < line.len()) {
        for (writer, _, line, written) in &mut writers {
            let end = line.len().min(*written + piece);
            *written += write(&*writer, &line[*written..end]).unwrap_or(0);
            piece = piece * 3 % 8191 + 1;
        }
        pump.round(EpollTimeout::ZERO);
    }
    for number in 1..=200 {
        pump.execute(Command::Finish { id: StreamId(number) });
    }
    assert!(pump.streams.is_empty());
    for (_, path, line, _) in writers {
        assert!(concatenated(&path) == line, "{}", path.display());
    }
}

#[test]
fn escapes_are_removed_on_the_way() {
    let mut world = World::new(Rotation::default(), true);
    world.write(b"\x1b[1mbold\x1b");
    world.round();
    world.write(b"[0m plain\x1b");
    world.pump.execute(Command::Finish { id: ID });
    assert_eq!(fs::read(world.path()).unwrap(), b"bold plain\x1b");
}

#[test]
fn what_the_dead_left_is_read() {
    // RUN-171
    let mut world = World::new(Rotation::default(), false);
    world.write(b"last words");
    world.pump.execute(Command::Finish { id: ID });
    assert_eq!(fs::read(world.path()).unwrap(), b"last words");
    // The writer that is left gets EPIPE: RUN-172.
    assert_eq!(write(world.writer.as_ref().unwrap(), b"x"), Err(Errno::EPIPE));
}

#[test]
fn a_full_fifo_holds_its_writer_back_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    mkfifo(&dir.path().join("log"), Mode::S_IRWXU).unwrap();
    let mut world = World::in_directory(dir, Rotation::default(), false);
    let bytes = numbered(100_000);
    world.write(&bytes[..65_536]);
    world.round();
    world.write(&bytes[65_536..]);
    world.round();
    world.round();
    let backlog = world.pump.streams[&ID].backlog.len();
    assert_eq!(backlog, 100_000 - 65_536);
    // Blocked: what comes now stays in the pipe.
    world.write(b"more");
    world.round();
    assert_eq!(world.pump.streams[&ID].backlog.len(), backlog);

    world.pump.execute(Command::Finish { id: ID });
    let mut fifo = fs::File::open(world.path()).unwrap();
    let mut received = vec![0; 65_536];
    io::Read::read_exact(&mut fifo, &mut received).unwrap();
    world.round();
    assert!(world.pump.streams.is_empty());
    io::Read::read_to_end(&mut fifo, &mut received).unwrap();
    assert_eq!(received, [&bytes[..], b"more"].concat());
}

#[test]
fn a_slow_reader_gets_everything_before_the_end() {
    let dir = tempfile::tempdir().unwrap();
    mkfifo(&dir.path().join("log"), Mode::S_IRWXU).unwrap();
    let mut world = World::in_directory(dir, Rotation::default(), false);
    let mut fifo = fs::File::open(world.path()).unwrap();
    let bytes = numbered(100_000);
    world.write(&bytes);
    world.writer = None;
    // It is told to end before anybody reads.
    world.pump.execute(Command::Finish { id: ID });
    world.pump.execute(Command::Close);
    let end = std::thread::spawn(|| world.pump.run());
    let mut received = Vec::new();
    io::Read::read_to_end(&mut fifo, &mut received).unwrap();
    end.join().unwrap();
    assert_eq!(received, bytes);
}

#[test]
fn bytes_of_watched_streams_are_written_and_credited() {
    let mut world = World::new(Rotation::default(), false);
    let sink =
        Sink::new(Some(RotatingFile::open(&world.path(), Rotation::default()).unwrap()), None);
    let credit = Credit::default();
    let id = StreamId(2);
    let source = Source::Watched(credit.clone());
    world.pump.execute(Command::Attach { id, source, sink, strip_ansi: false });
    let bytes = numbered(2 << 20);
    assert!(credit.take(bytes.len()));
    world.pump.execute(Command::Write { id, bytes: bytes.clone() });
    assert_eq!(world.pump.reports.take(), [Report::Resume(id)]);
    assert_eq!(fs::read(world.path()).unwrap(), bytes);
}

#[test]
fn logs_are_cleared() {
    // LOG-062
    let mut world = World::new(Rotation::default(), false);
    world.write(b"old");
    world.round();
    let (process, request) = (ProcessId(1), RequestId(2));
    world.pump.execute(Command::Clear { process, request, streams: vec![ID] });
    assert_eq!(fs::read(world.path()).unwrap(), b"");
    world.write(b"new");
    world.round();
    assert_eq!(fs::read(world.path()).unwrap(), b"new");
    assert_eq!(world.pump.reports.take(), [Report::Cleared { process, request, result: Ok(()) }]);
}

#[test]
fn a_log_that_cannot_be_written_loses_only_its_bytes() {
    let mut syslog = Syslog::default();
    let file = RotatingFile::open(Path::new("/dev/full"), Rotation::default()).unwrap();
    let source = Source::Watched(Credit::default());
    let mut stream = Stream::new(source, Sink::new(Some(file), None), None);
    stream.take(b"lost", &mut syslog);
    assert_eq!(stream.backlog, b"");
}
