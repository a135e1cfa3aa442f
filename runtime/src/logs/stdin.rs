//! The way into a child: bytes for its stdin, written at once as far as the pipe takes them, the
//! rest as it drains. At most one piece waits, so a child that does not read costs no memory.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::unistd::write;

use crate::supervisor::message::FeedResult;

/// The daemon's end of a stdin pipe, non-blocking.
#[derive(Debug)]
pub(super) struct Stdin {
    pipe: OwnedFd,
    /// What the pipe has not taken yet.
    waiting: Vec<u8>,
    /// Whether someone was told [`FeedResult::Full`] and waits to hear that it drained.
    refused: bool,
}

/// What [`Stdin::flush`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flush {
    /// All is written. True when a refused writer waits to hear it.
    Drained { refused: bool },
    /// The pipe is full again.
    Blocked,
    /// The child has closed its stdin; what waited is lost.
    Closed { refused: bool },
}

impl Stdin {
    /// Takes the daemon's end of the pipe, which must be non-blocking.
    pub(super) fn new(pipe: OwnedFd) -> Self {
        Self { pipe, waiting: Vec::new(), refused: false }
    }

    /// Writes `bytes`, keeping what the pipe does not take now (RUN-209, EVT-076).
    pub(super) fn feed(&mut self, bytes: &[u8]) -> FeedResult {
        if !self.waiting.is_empty() {
            self.refused = true;
            return FeedResult::Full;
        }
        match self.write(bytes) {
            Ok(written) => {
                self.waiting = bytes[written..].to_vec();
                FeedResult::Accepted
            }
            Err(_) => FeedResult::Closed,
        }
    }

    /// Whether bytes wait for the pipe to drain.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes what waits, when the pipe has room again.
    pub(super) fn flush(&mut self) -> Flush {
        let waiting = std::mem::take(&mut self.waiting);
        match self.write(&waiting) {
            Ok(written) if written < waiting.len() => {
                self.waiting = waiting[written..].to_vec();
                Flush::Blocked
            }
            Ok(_) => Flush::Drained { refused: std::mem::take(&mut self.refused) },
            Err(_) => Flush::Closed { refused: std::mem::take(&mut self.refused) },
        }
    }

    /// How much the pipe takes now. An empty write still finds out whether anybody reads.
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        loop {
            match write(&self.pipe, &bytes[written..]).map_err(io::Error::from) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(written),
                Err(error) if error.raw_os_error() == Some(Errno::EINTR as i32) => continue,
                Err(error) => return Err(error),
            }
            if written == bytes.len() {
                return Ok(written);
            }
        }
    }
}

impl AsFd for Stdin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use nix::fcntl::OFlag;
    use nix::unistd::pipe2;

    use super::*;

    #[test]
    fn a_full_pipe_is_drained_in_order() {
        // RUN-209, EVT-076
        let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
        let mut reader = std::fs::File::from(reader);
        let mut stdin = Stdin::new(writer);
        let bytes: Vec<u8> = (0..100_000_u32).map(|number| (number % 251) as u8).collect();
        assert_eq!(stdin.feed(&bytes), FeedResult::Accepted);
        assert!(stdin.is_waiting());
        assert_eq!(stdin.feed(b"more"), FeedResult::Full);
        assert_eq!(stdin.flush(), Flush::Blocked);

        let mut received = vec![0; 65_536];
        reader.read_exact(&mut received).unwrap();
        assert_eq!(stdin.flush(), Flush::Drained { refused: true });
        assert_eq!(stdin.feed(b"more"), FeedResult::Accepted);
        let mut rest = vec![0; 100_000 - 65_536 + 4];
        reader.read_exact(&mut rest).unwrap();
        received.extend_from_slice(&rest);
        assert_eq!(received, [&bytes[..], b"more"].concat());
    }

    #[test]
    fn a_closed_pipe_is_told_at_once_and_later() {
        let (reader, writer) = pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
        let mut stdin = Stdin::new(writer);
        assert_eq!(stdin.feed(&[0; 100_000]), FeedResult::Accepted);
        drop(reader);
        assert_eq!(stdin.flush(), Flush::Closed { refused: false });
        assert_eq!(stdin.feed(b"x"), FeedResult::Closed);
    }
}
