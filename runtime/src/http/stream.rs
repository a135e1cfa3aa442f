//! The bytes of one accepted connection, TCP or UNIX, as far as they are there.
//!
//! tokio's own streams ask the system for news of both directions, and a client that takes an
//! answer is news: it would wake the daemon a second time for every call. So only what can be read
//! is watched, and what can be written only while a client does not keep up.

use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::{AsFd as _, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::task::{Context, Poll, ready};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A connection as the system gives it.
#[derive(Debug)]
pub(super) enum Accepted {
    /// A TCP connection.
    Tcp(TcpStream),
    /// A connection to a socket file.
    Unix(UnixStream),
}

/// A connection that is read and written without blocking.
#[derive(Debug)]
pub(super) struct Stream {
    accepted: AsyncFd<Accepted>,
    /// Tells when a client takes something again; there while it does not.
    room: Option<AsyncFd<OwnedFd>>,
    /// Nothing was read yet: a client that has just connected has usually sent its request too.
    is_fresh: bool,
}

impl Stream {
    /// Begins to watch a connection.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn new(accepted: Accepted) -> io::Result<Stream> {
        match &accepted {
            Accepted::Tcp(stream) => stream.set_nonblocking(true)?,
            Accepted::Unix(stream) => stream.set_nonblocking(true)?,
        }
        let accepted = watch(accepted, Interest::READABLE)?;
        Ok(Stream { accepted, room: None, is_fresh: true })
    }

    /// Reads what is there; nothing at the end.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut self.is_fresh) {
            match self.accepted.get_ref().read(space) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
        loop {
            let mut guard = ready!(self.accepted.poll_read_ready(cx))?;
            let Ok(read) = guard.try_io(|stream| stream.get_ref().read(space)) else { continue };
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
                match self.accepted.get_ref().write(slices) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    done => return Poll::Ready(done),
                }
                let twin = self.accepted.get_ref().twin()?;
                self.room = Some(watch(twin, Interest::WRITABLE)?);
                continue;
            };
            let mut guard = ready!(room.poll_write_ready(cx))?;
            if let Ok(written) = guard.try_io(|_| self.accepted.get_ref().write(slices)) {
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

/// Has the runtime watch a descriptor.
pub(super) fn watch<T: AsRawFd>(inner: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    #[expect(deprecated, reason = "what is watched owns its descriptor; the successor is unsafe")]
    AsyncFd::with_interest(inner, interest)
}
