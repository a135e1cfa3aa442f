//! Syslog: one datagram a record to the machine's syslog socket, in the form the C library's
//! `syslog` gives it. A machine without a syslog daemon is no error: records go nowhere. One that is
//! slow costs no record: they wait here, and whose they are has to wait as well.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use jiff::tz::TimeZone;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::clock;

/// Where the syslog daemon listens.
const SOCKET: &str = "/dev/log";

/// Facility user, priority info, whatever the level of the record is (LOG-040).
const PRIORITY: &str = "<14>";

/// What records are marked with: the name of the daemon's program.
const IDENT: &str = "supervisord";

/// A connection to the syslog daemon, made when it is first needed and again when it breaks.
#[derive(Debug)]
pub(crate) struct Syslog {
    socket: Option<UnixDatagram>,
    path: PathBuf,
    zone: TimeZone,
    /// What the syslog daemon had no room for.
    waiting: VecDeque<Vec<u8>>,
}

impl Default for Syslog {
    fn default() -> Self {
        Self::at(Path::new(SOCKET), TimeZone::system())
    }
}

impl Syslog {
    fn at(path: &Path, zone: TimeZone) -> Self {
        Self { socket: None, path: path.to_owned(), zone, waiting: VecDeque::new() }
    }

    /// Sends a chunk of output: trailing line feeds removed, one record a line, each after
    /// `prefix` (LOG-041). Bytes that are not UTF-8 are sent as they are.
    pub(crate) fn write(&mut self, prefix: &str, chunk: &[u8]) {
        let end = chunk.iter().rposition(|&byte| byte != b'\n').map_or(0, |at| at + 1);
        let mut head = self.head().into_bytes();
        head.extend_from_slice(prefix.as_bytes());
        for line in chunk[..end].split(|&byte| byte == b'\n') {
            let mut record = head.clone();
            record.extend_from_slice(line);
            self.send(record);
        }
    }

    /// Sends a line of the activity log, as one record with its own time, level and line feed
    /// (LOG-007).
    pub(crate) fn record(&mut self, line: &[u8]) {
        let record = [self.head().as_bytes(), line].concat();
        self.send(record);
    }

    /// Whether records wait for the syslog daemon. Who writes on all the same fills the memory.
    pub(crate) fn is_full(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The descriptor to wait for, until it can be written, while records wait.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    /// Sends what waits, as far as there is room.
    pub(crate) fn flush(&mut self) {
        while let Some(record) = self.waiting.pop_front() {
            if !self.try_send(&record) {
                self.waiting.push_front(record);
                return;
            }
        }
    }

    /// Sends all that waits, however long it takes.
    pub(crate) fn wait(&mut self) {
        while self.is_full() {
            if let Some(fd) = self.fd() {
                // Whatever it answers, the next attempt tells.
                poll(&mut [PollFd::new(fd, PollFlags::POLLOUT)], PollTimeout::NONE)
                    .unwrap_or_default();
            }
            self.flush();
        }
    }

    /// The priority, the time and the ident, as the C library writes them.
    fn head(&self) -> String {
        let now = Zoned::try_from(clock::wall()).map_or_else(
            |_| String::new(),
            |now| now.with_time_zone(self.zone.clone()).strftime("%b %e %H:%M:%S ").to_string(),
        );
        format!("{PRIORITY}{now}{IDENT}: ")
    }

    fn send(&mut self, record: Vec<u8>) {
        if self.is_full() || !self.try_send(&record) {
            self.waiting.push_back(record);
        }
    }

    /// False when there is no room for the record; one that nobody wants is done with.
    fn try_send(&mut self, record: &[u8]) -> bool {
        // The daemon may have been restarted since the last time; one fresh connection is worth a
        // try.
        for _ in 0..2 {
            if self.socket.is_none() {
                self.socket = connect(&self.path);
            }
            let Some(socket) = &self.socket else { return true };
            match socket.send(record) {
                Ok(_) => return true,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => self.socket = None,
            }
        }
        true
    }
}

fn connect(path: &Path) -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(path).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets `write` write and compares what arrives, without the time, with `expected`.
    fn check(write: impl FnOnce(&mut Syslog), expected: &[&[u8]]) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        daemon.set_nonblocking(true).unwrap();
        write(&mut Syslog::at(&path, TimeZone::UTC));
        let mut records = Vec::new();
        let mut buffer = [0; 1024];
        while let Ok(count) = daemon.recv(&mut buffer) {
            // `<14>Nov  5 13:07:09 supervisord: text`
            let (priority, rest) = buffer[..count].split_at(PRIORITY.len());
            assert_eq!(priority, PRIORITY.as_bytes());
            let (time, rest) = rest.split_at("Nov  5 13:07:09 ".len());
            assert_eq!(
                (time[3], time[6], time[9], time[12], time[15]),
                (b' ', b' ', b':', b':', b' ')
            );
            records.push(rest.strip_prefix(b"supervisord: ").unwrap().to_vec());
        }
        assert_eq!(records, expected);
    }

    #[test]
    fn each_line_is_a_record() {
        // LOG-040, LOG-041, LOG-042, RTRAP-032; LOG-043, better
        check(|syslog| syslog.write("cat ", b"one\n\ntwo\n\n"), &[b"cat one", b"cat ", b"cat two"]);
        check(|syslog| syslog.write("cat ", b"no end"), &[b"cat no end"]);
        check(|syslog| syslog.write("cat ", b"\n"), &[b"cat "]);
        check(|syslog| syslog.write("cat ", b"\xff\n"), &[b"cat \xff"]);
        // LOG-007
        check(|syslog| syslog.record(b"one INFO a\nb\n"), &[b"one INFO a\nb\n"]);
    }

    #[test]
    fn records_wait_for_a_slow_syslog_daemon() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let daemon = UnixDatagram::bind(&path).unwrap();
        daemon.set_nonblocking(true).unwrap();
        let mut syslog = Syslog::at(&path, TimeZone::UTC);
        // More than a socket takes, whatever the limits of the machine.
        let mut sent = 0;
        while !syslog.is_full() {
            syslog.write("", format!("record {sent}").as_bytes());
            sent += 1;
        }
        syslog.write("", b"one\ntwo");
        let mut received = Vec::new();
        let mut buffer = [0; 1024];
        loop {
            while let Ok(count) = daemon.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                received.push(text.split_once("supervisord: ").unwrap().1.to_owned());
            }
            if !syslog.is_full() {
                break;
            }
            syslog.flush();
        }
        let numbered = (0..sent).map(|number| format!("record {number}"));
        let expected: Vec<_> = numbered.chain(["one".to_owned(), "two".to_owned()]).collect();
        assert_eq!(received, expected);

        // One that has gone is not waited for.
        while !syslog.is_full() {
            syslog.write("", b"more");
        }
        drop(daemon);
        syslog.wait();
    }

    #[test]
    fn a_syslog_daemon_may_come_and_go() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut syslog = Syslog::at(&path, TimeZone::UTC);
        syslog.write("", b"nobody listens");
        let daemon = UnixDatagram::bind(&path).unwrap();
        syslog.write("", b"one");
        drop(daemon);
        std::fs::remove_file(&path).unwrap();
        syslog.write("", b"nobody again");
        let daemon = UnixDatagram::bind(&path).unwrap();
        syslog.write("", b"two");
        let mut buffer = [0; 1024];
        let count = daemon.recv(&mut buffer).unwrap();
        assert!(buffer[..count].ends_with(b"supervisord: two"));
    }
}
