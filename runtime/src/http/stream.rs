//! The bytes of one accepted connection, TCP or UNIX, as far as they are there.
//!
//! tokio's own streams ask the system for news of both directions, and a client that takes an
//! answer is news: it would wake the daemon a second time for every call. So only what can be read
//! is watched, and what can be written only while a client does not keep up.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd as _, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::task::{Context, Poll, ready};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::os::awaited::awaited;

/// A connection as the system gives it.
#[derive(Debug)]
pub(super) enum Accepted {
    /// A TCP connection.
    Tcp(TcpStream),
    /// A connection to a socket file.
    Unix(UnixStream),
}

/// A connection that is read and written without blocking.
///
/// Most are made for one call, which is there when they are accepted. Those are answered and closed
/// without the system having been asked for news of them.
#[derive(Debug)]
pub(super) struct Stream {
    // Both end before the descriptor they watch is closed.
    /// Tells when there is something to read; there once a read has to wait.
    news: Option<AsyncFd<RawFd>>,
    /// Tells when a client takes something again; there while it does not.
    room: Option<AsyncFd<OwnedFd>>,
    accepted: Accepted,
    /// Nothing was read yet.
    is_fresh: bool,
}

impl Stream {
    /// A connection that was just accepted.
    ///
    /// # Errors
    /// When the system refuses to make it one that does not block.
    pub(super) fn new(accepted: Accepted) -> io::Result<Stream> {
        match &accepted {
            Accepted::Tcp(stream) => stream.set_nonblocking(true)?,
            Accepted::Unix(stream) => stream.set_nonblocking(true)?,
        }
        Ok(Stream { news: None, room: None, accepted, is_fresh: true })
    }

    /// The connection once more, to outlive this one.
    ///
    /// # Errors
    /// When there is no descriptor left for it.
    pub(super) fn again(&self) -> io::Result<Accepted> {
        self.accepted.again()
    }

    /// Reads what is there; nothing at the end.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.is_fresh) {
            match self.accepted.read(space) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
        loop {
            let Some(news) = &self.news else {
                self.news = Some(awaited(self.accepted.as_raw_fd(), Interest::READABLE)?);
                continue;
            };
            let mut guard = ready!(news.poll_read_ready(cx))?;
            let Ok(read) = guard.try_io(|_| self.accepted.read(space)) else { continue };
            // Less than there was room for is all there was: no need to be told so.
            if read.as_ref().is_ok_and(|count| (1..space.len()).contains(count)) {
                guard.clear_ready();
            }
            return Poll::Ready(read);
        }
    }

    /// Writes as much as the client takes.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            let Some(room) = &self.room else {
                match self.accepted.write(slices) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => return Poll::Ready(done),
                }
                let twin = self.accepted.twin()?;
                self.room = Some(awaited(twin, Interest::WRITABLE)?);
                continue;
            };
            let mut guard = ready!(room.poll_write_ready(cx))?;
            if let Ok(written) = guard.try_io(|_| self.accepted.write(slices)) {
                self.room = None;
                return Poll::Ready(written);
            }
        }
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        self.accepted.as_raw_fd()
    }
}

impl Accepted {
    fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Accepted::Tcp(stream) => (&mut &*stream).read(space),
            Accepted::Unix(stream) => (&mut &*stream).read(space),
        }
    }

    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Accepted::Tcp(stream) => (&mut &*stream).write_vectored(slices),
            Accepted::Unix(stream) => (&mut &*stream).write_vectored(slices),
        }
    }

    /// Who is at the other end, if that is an address.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        match self {
            Accepted::Tcp(stream) => stream.peer_addr().ok(),
            Accepted::Unix(_) => None,
        }
    }

    /// The same connection once more.
    fn again(&self) -> io::Result<Accepted> {
        Ok(match self {
            Accepted::Tcp(stream) => Accepted::Tcp(stream.try_clone()?),
            Accepted::Unix(stream) => Accepted::Unix(stream.try_clone()?),
        })
    }

    /// Another descriptor of the same connection: one can be watched only once.
    fn twin(&self) -> io::Result<OwnedFd> {
        match self {
            Accepted::Tcp(stream) => stream.as_fd().try_clone_to_owned(),
            Accepted::Unix(stream) => stream.as_fd().try_clone_to_owned(),
        }
    }
}

impl AsRawFd for Accepted {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Accepted::Tcp(stream) => stream.as_raw_fd(),
            Accepted::Unix(stream) => stream.as_raw_fd(),
        }
    }
}
