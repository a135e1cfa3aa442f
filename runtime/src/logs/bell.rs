//! Which listeners have said something. The pipe of each is known to the runtime by itself and rings
//! a bell of its own, so an answer costs a read and no look at a set of descriptors.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::queue::StreamId;
use crate::os::awaited::awaited;

/// The bells that have rung, and who is to hear them.
#[derive(Clone, Debug, Default)]
pub(super) struct Bells(Arc<Mutex<Rung>>);

#[derive(Debug, Default)]
struct Rung {
    streams: VecDeque<StreamId>,
    waiter: Option<Waker>,
}

/// The bell of one pipe.
#[derive(Debug)]
pub(super) struct Bell {
    pipe: AsyncFd<Arc<OwnedFd>>,
    stream: StreamId,
    bells: Bells,
    waker: Waker,
}

/// Rings for one stream.
struct Clapper {
    stream: StreamId,
    bells: Bells,
}

impl Bells {
    /// A bell for the daemon's end of a pipe, which rings from the start.
    ///
    /// # Errors
    /// When the pipe cannot be waited for.
    pub(super) fn hang(&self, stream: StreamId, pipe: Arc<OwnedFd>) -> io::Result<Bell> {
        let clapper = Arc::new(Clapper { stream, bells: self.clone() });
        let pipe = awaited(pipe, Interest::READABLE)?;
        self.ring(stream);
        Ok(Bell { pipe, stream, bells: self.clone(), waker: Waker::from(clapper) })
    }

    /// Whether one has rung; if not, `context` is told when one does.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<()> {
        let mut rung = self.lock();
        if !rung.streams.is_empty() {
            return Poll::Ready(());
        }
        match &mut rung.waiter {
            Some(waiter) => waiter.clone_from(context.waker()),
            None => rung.waiter = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    /// Who has rung first.
    pub(super) fn take(&self) -> Option<StreamId> {
        self.lock().streams.pop_front()
    }

    fn ring(&self, stream: StreamId) {
        let mut rung = self.lock();
        rung.streams.push_back(stream);
        let waiter = rung.waiter.take();
        drop(rung);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rung> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bell {
    /// Rings again when there is something to read, which may be now.
    pub(super) fn listen(&self) {
        // An error means that the runtime is shutting down.
        if let Poll::Ready(Ok(_)) = self.pipe.poll_read_ready(&mut self.context()) {
            self.bells.ring(self.stream);
        }
    }

    /// The same after a read that found less than it asked for: the pipe is empty until more comes.
    pub(super) fn listen_anew(&self) {
        if let Poll::Ready(Ok(mut ready)) = self.pipe.poll_read_ready(&mut self.context()) {
            ready.clear_ready();
            drop(ready);
            self.listen();
        }
    }

    fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }
}

impl Wake for Clapper {
    fn wake(self: Arc<Self>) {
        self.bells.ring(self.stream);
    }
}
