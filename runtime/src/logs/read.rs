//! Reading log files for clients: by offset and length, and the tail. Only the active file is
//! read (LOG-105). Text decoding and faults are the business of who asks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use thiserror::Error;

/// Why a log file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There is no such file (LOG-099).
    #[error("no log file")]
    Missing,
    /// Offset and length contradict each other (LOG-098).
    #[error("a negative offset takes no length, and a length is never negative")]
    BadArguments,
    /// The file cannot be read (LOG-099).
    #[error(transparent)]
    Failed(#[from] io::Error),
}

/// A part of a log file, to be read in pieces of any size. It stays that part of that file however
/// the log grows or is rotated meanwhile.
#[derive(Debug)]
pub struct Part {
    file: File,
    start: u64,
    length: u64,
    left: u64,
}

/// The end of a log file.
#[derive(Debug)]
pub struct Tail {
    /// The last bytes; none of a file that is missing.
    pub part: Option<Part>,
    /// The size of the file, which is where the next tail may start.
    pub offset: i64,
    /// Whether there was more after the requested part.
    pub overflow: bool,
}

impl Part {
    fn new(mut file: File, offset: u64, length: u64) -> io::Result<Part> {
        let size = file.seek(SeekFrom::End(0))?;
        let start = offset.min(size);
        let length = length.min(size - start);
        let mut part = Part { file, start, length, left: 0 };
        part.rewind()?;
        Ok(part)
    }

    /// How many bytes there are, if nobody cuts the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Begins again.
    ///
    /// # Errors
    /// When the file cannot be read where it was.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.left = self.length;
        self.file.seek(SeekFrom::Start(self.start)).map(drop)
    }
}

impl Read for Part {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let count = (&self.file).take(self.left).read(space)?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// The `length` bytes from `offset`; a length of 0 reads to the end, a negative offset the last
/// bytes (LOG-095 to LOG-098, RPC-222 to RPC-225).
///
/// # Errors
/// Whatever [`ReadError`] names, a file that cannot be opened first.
pub fn read(path: &Path, offset: i64, length: i64) -> Result<Part, ReadError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ReadError::Missing),
        other => other?,
    };
    let (offset, length) = match (u64::try_from(offset), u64::try_from(length)) {
        (Ok(offset), Ok(0)) => (offset, u64::MAX),
        (Ok(offset), Ok(length)) => (offset, length),
        (Err(_), Ok(0)) => {
            let size = file.seek(SeekFrom::End(0))?;
            let wanted = offset.unsigned_abs();
            (size.saturating_sub(wanted), wanted)
        }
        (_, _) => return Err(ReadError::BadArguments),
    };
    Ok(Part::new(file, offset, length)?)
}

/// The last `length` bytes of a file, and whether the part from `offset` on is longer than that
/// (LOG-100). A file that is missing is empty (LOG-102).
///
/// # Errors
/// When the file cannot be read.
pub fn tail(path: &Path, offset: i64, length: i64) -> io::Result<Tail> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Tail { part: None, offset: 0, overflow: false });
        }
        other => other?,
    };
    let size = i64::try_from(file.seek(SeekFrom::End(0))?).unwrap_or(i64::MAX);
    let end = offset.saturating_add(length);
    let overflow = size > end;
    let (mut start, mut count) = (if overflow { size - 1 } else { offset }, length);
    if start.saturating_add(length) > size {
        if start > size - 1 {
            count = 0;
        }
        start = size - count;
    }
    let part = Part::new(file, clamp(start), clamp(count))?;
    Ok(Tail { part: Some(part), offset: size, overflow })
}

fn clamp(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn check_read(offset: i64, length: i64, expected: Result<&str, &str>) {
        let file = digits();
        let found = match read(file.path(), offset, length) {
            Ok(part) => Ok(content(part)),
            Err(ReadError::BadArguments) => Err("bad arguments"),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(found, expected.map(str::to_owned), "({offset}, {length})");
    }

    fn check_tail(offset: i64, length: i64, expected: (&str, bool)) {
        let file = digits();
        let tail = tail(file.path(), offset, length).unwrap();
        let data = tail.part.map_or_else(String::new, content);
        assert_eq!(
            (data.as_str(), tail.offset, tail.overflow),
            (expected.0, 10, expected.1),
            "({offset}, {length})"
        );
    }

    fn content(mut part: Part) -> String {
        let mut text = String::new();
        assert_eq!(part.read_to_string(&mut text).unwrap() as u64, part.length());
        text
    }

    fn digits() -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "0123456789").unwrap();
        file
    }

    #[test]
    fn parts_are_read_by_offset_and_length() {
        // LOG-095, LOG-096, LOG-097, LOG-098, RPC-222, RPC-223, RPC-224, RPC-225
        check_read(0, 0, Ok("0123456789"));
        check_read(5, 0, Ok("56789"));
        check_read(2, 3, Ok("234"));
        check_read(8, 10, Ok("89"));
        check_read(10, 0, Ok(""));
        check_read(20, 5, Ok(""));
        check_read(2_147_483_647, 5, Ok(""));
        check_read(i64::MAX, i64::MAX, Ok(""));
        check_read(-3, 0, Ok("789"));
        check_read(-30, 0, Ok("0123456789"));
        check_read(i64::MIN, 0, Ok("0123456789"));
        check_read(-4, 1, Err("bad arguments"));
        check_read(-4, -1, Err("bad arguments"));
        check_read(0, -1, Err("bad arguments"));
    }

    #[test]
    fn tails_count_from_the_end() {
        // LOG-100, LOG-101, RTRAP-033, RPC-231, RPC-232, RPC-233, RPC-234, RPC-235, RPC-236,
        // RPC-237
        check_tail(0, 0, ("", true));
        check_tail(0, 4, ("6789", true));
        check_tail(4, 3, ("789", true));
        check_tail(-4, 2, ("89", true));
        check_tail(0, 10, ("0123456789", false));
        check_tail(0, 100, ("0123456789", false));
        check_tail(4, 6, ("456789", false));
        check_tail(5, 5, ("56789", false));
        check_tail(7, 3, ("789", false));
        check_tail(4, 7, ("3456789", false));
        check_tail(5, 10, ("0123456789", false));
        check_tail(10, 0, ("", false));
        check_tail(10, 5, ("", false));
        check_tail(20, 5, ("", false));
        check_tail(-1, 5, ("56789", true));
        check_tail(3, -2, ("", true));
        check_tail(5, -3, ("", true));
        check_tail(i64::MAX, i64::MAX, ("", false));
    }

    #[test]
    fn a_part_is_the_same_whatever_becomes_of_the_log() {
        let file = digits();
        let mut part = read(file.path(), 2, 0).unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(file.path())
            .unwrap()
            .write_all(b"x")
            .unwrap();
        assert_eq!(part.read(&mut [0; 3]).unwrap(), 3);
        part.rewind().unwrap();
        assert_eq!(content(part), "23456789");
    }

    #[test]
    fn missing_and_empty_files() {
        // LOG-099, LOG-102, RPC-227, RPC-238
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        assert!(matches!(read(&path, 0, 0), Err(ReadError::Missing)));
        assert!(matches!(tail(&path, 0, 5), Ok(Tail { part: None, offset: 0, overflow: false })));
        std::fs::write(&path, "").unwrap();
        assert_eq!(read(&path, 0, 0).map(content).unwrap(), "");
        let tail = tail(&path, 0, 5).unwrap();
        assert_eq!(
            (tail.part.map(content), tail.offset, tail.overflow),
            (Some(String::new()), 0, false)
        );
        // RPC-228
        assert!(read(dir.path(), 0, 0).unwrap().read_to_end(&mut Vec::new()).is_err());
    }
}
