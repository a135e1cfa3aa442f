//! The two ways between the driver's thread and a log thread: commands there, reports back, each
//! with an event descriptor to wake the other side. And the credit that keeps commands from piling
//! up when a disk is slow.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::sync::oneshot;

use super::sink::Sink;
use crate::supervisor::message::{ProcessId, RequestId};

/// One stream of one process, for the life of the process. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId(pub(super) u64);

/// What a log thread is told to do. Commands are executed in the order they were given.
#[derive(Debug)]
pub(super) enum Command {
    /// Takes a stream over.
    Attach { id: StreamId, source: Source, sink: Sink, strip_ansi: bool },
    /// Bytes of a watched stream.
    Write { id: StreamId, bytes: Vec<u8> },
    /// The process is dead: read what the pipe still holds, then close everything.
    Finish { id: StreamId },
    /// Close and open again every file (LOG-060).
    Reopen,
    /// Empty the logs of these streams of a living process.
    Clear { process: ProcessId, request: RequestId, streams: Vec<StreamId> },
    /// Read once more from each pipe, then answer.
    Fence(oneshot::Sender<()>),
    /// Write what is there and end.
    Close,
}

/// Where the bytes of a stream come from.
#[derive(Debug)]
pub(super) enum Source {
    /// From its pipe.
    Pipe(OwnedFd),
    /// From the driver's thread, which watches the stream, as [`Command::Write`].
    Watched(Credit),
}

/// What the log threads tell the driver's.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// The bytes a watched stream was stopped for have been written: read on.
    Resume(StreamId),
    /// The answer to [`Command::Clear`], of which there is one for each thread.
    Cleared { process: ProcessId, request: RequestId, result: Result<(), ()> },
}

/// A queue whose reader sleeps on a descriptor.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: Mutex<Items<T>>,
    wake: EventFd,
    /// Somebody waits for what is in the queue.
    urge: Condvar,
}

#[derive(Debug)]
struct Items<T> {
    items: Vec<T>,
    urgent: bool,
}

impl<T> Queue<T> {
    /// An empty queue.
    pub(super) fn new() -> io::Result<Arc<Self>> {
        let wake = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        let waiting = Mutex::new(Items { items: Vec::new(), urgent: false });
        Ok(Arc::new(Self { waiting, wake, urge: Condvar::new() }))
    }

    /// Appends `item` and wakes the reader, unless it has been woken already.
    pub(super) fn push(&self, item: T) {
        self.append(self.lock(), item);
    }

    /// As [`Queue::push`], and ends a pause of the reader.
    pub(super) fn push_urgent(&self, item: T) {
        let mut waiting = self.lock();
        waiting.urgent = true;
        self.append(waiting, item);
        self.urge.notify_one();
    }

    fn append(&self, mut waiting: MutexGuard<'_, Items<T>>, item: T) {
        let first = waiting.items.is_empty();
        waiting.items.push(item);
        drop(waiting);
        if first {
            // Fails only when the counter is at its maximum, and then the reader is awake.
            self.wake.write(1).unwrap_or_default();
        }
    }

    /// Takes everything out.
    pub(super) fn take(&self) -> Vec<T> {
        // Before the items, so that one pushed in between wakes the reader again.
        self.wake.read().unwrap_or_default();
        let mut waiting = self.lock();
        waiting.urgent = false;
        std::mem::take(&mut waiting.items)
    }

    /// Lets the queue fill for a while, unless something in it is urgent.
    pub(super) fn pause(&self, length: Duration) {
        drop(self.urge.wait_timeout_while(self.lock(), length, |waiting| !waiting.urgent));
    }

    fn lock(&self) -> MutexGuard<'_, Items<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> AsFd for Queue<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

/// How many bytes of one watched stream wait for their log thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Credit(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    bytes: usize,
    stopped: bool,
}

impl Credit {
    /// Above this many bytes the stream is stopped, so that its pipe fills and its process waits.
    const HIGH: usize = 1 << 20;
    /// Below this many it is read again.
    const LOW: usize = 1 << 18;

    /// Counts bytes handed over. True when the stream must stop now.
    pub(super) fn take(&self, count: usize) -> bool {
        let mut waiting = self.lock();
        waiting.bytes += count;
        waiting.stopped |= waiting.bytes > Self::HIGH;
        waiting.stopped
    }

    /// Counts bytes written, or lost. True when the stream was stopped and may be read again.
    pub(super) fn release(&self, count: usize) -> bool {
        let mut waiting = self.lock();
        waiting.bytes = waiting.bytes.saturating_sub(count);
        let resume = waiting.stopped && waiting.bytes < Self::LOW;
        waiting.stopped &= !resume;
        resume
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_stops_and_resumes() {
        let credit = Credit::default();
        assert!(!credit.take(Credit::HIGH));
        assert!(!credit.release(1));
        assert!(credit.take(2));
        assert!(!credit.release(1));
        assert!(credit.release(Credit::HIGH));
        assert!(!credit.take(1));
    }

    #[test]
    fn only_what_is_urgent_ends_a_pause() {
        let queue = Queue::new().unwrap();
        queue.push(1);
        queue.pause(Duration::from_millis(1));
        queue.push_urgent(2);
        queue.pause(Duration::MAX);
        assert_eq!(queue.take(), [1, 2]);
        queue.pause(Duration::from_millis(1));
    }

    #[test]
    fn a_push_wakes_the_reader_once() {
        let queue = Queue::new().unwrap();
        queue.push(1);
        queue.push(2);
        assert_eq!(queue.wake.read().unwrap(), 1);
        assert_eq!(queue.take(), [1, 2]);
        assert_eq!(queue.take(), [0; 0]);
    }
}
