//! Syslog: one datagram a record to the machine's syslog socket, in the form the C library's
//! `syslog` gives it. A machine without a syslog daemon is no error: records go nowhere.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use jiff::Zoned;
use jiff::tz::TimeZone;

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
}

impl Default for Syslog {
    fn default() -> Self {
        Self::at(Path::new(SOCKET), TimeZone::system())
    }
}

impl Syslog {
    fn at(path: &Path, zone: TimeZone) -> Self {
        Self { socket: None, path: path.to_owned(), zone }
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
            self.send(&record);
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

    fn send(&mut self, record: &[u8]) {
        if self.socket.as_ref().is_some_and(|socket| socket.send(record).is_ok()) {
            return;
        }
        // The daemon may have been restarted since; one fresh connection is worth a try.
        self.socket = connect(&self.path);
        if let Some(socket) = &self.socket
            && socket.send(record).is_err()
        {
            self.socket = None;
        }
    }
}

fn connect(path: &Path) -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.connect(path).ok()?;
    Some(socket)
}
