//! Descriptors of any kind that the runtime wakes us for. What is read from them is the business of
//! who owns them.

use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::task::Poll;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Something with a descriptor, awaited whenever it has nothing to give.
#[derive(Debug)]
pub struct Awaited<T: AsFd>(AsyncFd<Source<T>>);

/// A descriptor as the runtime wants it.
#[derive(Debug)]
struct Source<T>(T);

impl<T: AsFd> AsRawFd for Source<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl<T: AsFd> Awaited<T> {
    /// Needs the runtime.
    ///
    /// # Errors
    /// When the system cannot tell about this kind of descriptor.
    pub fn new(source: T) -> io::Result<Self> {
        Ok(Self(awaited(Source(source), Interest::READABLE)?))
    }

    /// What `take` finds there, now or when there is more. May be dropped half-way without losing
    /// anything.
    pub async fn next<R>(&mut self, mut take: impl FnMut(&T) -> Option<R>) -> R {
        // Not a future of the runtime's own: that one is put on a list and taken off it again each
        // time something else happens.
        poll_fn(|context| {
            loop {
                let Poll::Ready(Ok(mut guard)) = self.0.poll_read_ready(context) else {
                    // An error means that the runtime is shutting down.
                    return Poll::Pending;
                };
                if let Some(found) = take(&guard.get_inner().0) {
                    return Poll::Ready(found);
                }
                guard.clear_ready();
            }
        })
        .await
    }
}

/// Has the runtime tell when `fd`, which is not closed before, can be read or written.
///
/// # Errors
/// When the system cannot tell about this kind of descriptor.
#[expect(deprecated, reason = "the successor is unsafe, for descriptors that are closed meanwhile")]
pub fn awaited<T: AsRawFd>(fd: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    AsyncFd::with_interest(fd, interest)
}
