//! A set of descriptors that is asked without waiting, and that the runtime can wait for as a whole.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

/// An epoll set.
#[derive(Debug)]
pub(super) struct Poller(Epoll);

impl Poller {
    /// An empty one.
    ///
    /// # Errors
    /// When the kernel refuses a descriptor.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?))
    }

    /// Looks after a descriptor, which is called `token` from now on.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub(super) fn add(&self, fd: impl AsFd, interest: EpollFlags, token: u64) -> io::Result<()> {
        Ok(self.0.add(fd, EpollEvent::new(interest, token))?)
    }

    /// Leaves a descriptor alone. A closed one need not be removed.
    pub(super) fn remove(&self, fd: impl AsFd) {
        self.0.delete(fd).unwrap_or_default();
    }

    /// The tokens of up to `N` descriptors that are ready.
    pub(super) fn ready<const N: usize>(&self) -> impl ExactSizeIterator<Item = u64> + use<N> {
        let mut events = [EpollEvent::empty(); N];
        let count = self.0.wait(&mut events, EpollTimeout::ZERO).unwrap_or(0);
        events.into_iter().take(count).map(|event| event.data())
    }
}

impl AsRawFd for Poller {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_raw_fd()
    }
}
