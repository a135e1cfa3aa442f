//! Which watched pipes of programs have something to read, and when it is read: at once while the
//! core has a use for it. While it has none, because events wait for their listeners anyway, what is
//! printed gathers for a pace, and nobody is woken for each line of it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use nix::sys::epoll::EpollFlags;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::pace::Pace;
use super::poller::Poller;
use super::queue::StreamId;
use crate::os::awaited::awaited;

/// How many pipes the kernel names at a time.
const GLANCE: usize = 64;

/// How often pipes are looked at that the runtime cannot tell of, when there is no other pace.
const SPARE: Duration = Duration::from_millis(1);

/// The watched pipes of programs.
#[derive(Debug)]
pub(super) struct Intake {
    set: Arc<Poller>,
    /// The runtime's knowledge of the set, while it is to tell of it.
    announced: Option<AsyncFd<Arc<Poller>>>,
    /// The pipes known to have something.
    filled: VecDeque<StreamId>,
    /// So many of them have waited long enough.
    due: usize,
    pace: Pace,
    alarm: TimerFd,
    is_alarm_set: bool,
}

impl Intake {
    /// No pipes yet.
    ///
    /// # Errors
    /// When the kernel refuses a descriptor.
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        Ok(Self {
            set: Arc::new(Poller::new()?),
            announced: None,
            filled: VecDeque::new(),
            due: 0,
            pace: Pace::default(),
            alarm: TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?,
            is_alarm_set: false,
        })
    }

    /// Becomes readable, once, when [`Intake::ripen`] is to be called.
    pub(super) fn alarm(&self) -> BorrowedFd<'_> {
        self.alarm.as_fd()
    }

    /// Looks after the daemon's end of a pipe, which may have something already. One that cannot be
    /// waited for is read when its process is dead.
    pub(super) fn add(&self, stream: StreamId, pipe: impl AsFd) {
        let interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        if let Err(error) = self.set.add(pipe, interest, stream.0) {
            super::cannot_wait(&error);
        }
    }

    /// Leaves a pipe alone until it is added again. A closed one need not be removed.
    pub(super) fn remove(&self, pipe: impl AsFd) {
        self.set.remove(pipe);
    }

    /// Whether streams are to be read now, when the core has a use for the output of `wanted` of
    /// them; if not, `context` is told when they are.
    pub(super) fn poll(&mut self, wanted: usize, context: &mut Context<'_>) -> Poll<()> {
        if self.allowance(wanted) == 0 {
            self.hold(context);
            return Poll::Pending;
        }
        loop {
            if !self.filled.is_empty() {
                return Poll::Ready(());
            }
            if !self.may_have_filled(context) {
                return Poll::Pending;
            }
            self.look();
            if self.filled.is_empty() && !self.announce() {
                return Poll::Pending;
            }
        }
    }

    /// Of how many streams a turn reads at most.
    pub(super) fn allowance(&self, wanted: usize) -> usize {
        match self.pace.pause() {
            Some(_) => wanted.max(self.due),
            None => usize::MAX,
        }
    }

    /// The next stream to read.
    pub(super) fn take(&mut self) -> Option<StreamId> {
        self.due = self.due.saturating_sub(1);
        self.filled.pop_front()
    }

    /// A stream that was read has more.
    pub(super) fn put_back(&mut self, stream: StreamId) {
        self.filled.push_back(stream);
    }

    /// Heeds a round that found the fullest pipe so full (in 1/1024).
    pub(super) fn adapt(&mut self, fullest: usize) {
        self.pace.adapt(fullest);
    }

    /// Has everything read that has gathered.
    pub(super) fn ripen(&mut self) {
        self.is_alarm_set = false;
        self.look();
        self.due = self.filled.len();
        if self.due == 0 {
            self.announce();
        }
    }

    /// The same without the alarm. Returns how many streams that is.
    pub(super) fn hurry(&mut self) -> usize {
        if self.announced.is_none() {
            self.look();
            self.due = self.filled.len();
        }
        self.due
    }

    /// Lets output gather from the first that is there until the alarm.
    fn hold(&mut self, context: &mut Context<'_>) {
        if !self.is_alarm_set && (!self.filled.is_empty() || self.may_have_filled(context)) {
            self.announced = None;
            self.set_alarm();
        }
    }

    /// False when nothing has been printed since the last look.
    fn may_have_filled(&self, context: &mut Context<'_>) -> bool {
        let Some(announced) = &self.announced else { return true };
        // An error means that the runtime is shutting down.
        let Poll::Ready(Ok(mut guard)) = announced.poll_read_ready(context) else { return false };
        // Before looking, so that whatever comes from now on is announced again.
        guard.clear_ready();
        true
    }

    /// Asks the kernel which pipes have something.
    fn look(&mut self) {
        loop {
            let tokens = self.set.ready::<GLANCE>();
            let count = tokens.len();
            self.filled.extend(tokens.map(StreamId));
            if count < GLANCE {
                return;
            }
        }
    }

    /// Has the runtime tell of the set. Without it, the alarm has to do.
    fn announce(&mut self) -> bool {
        if self.announced.is_none() {
            self.announced = awaited(Arc::clone(&self.set), Interest::READABLE)
                .inspect_err(super::cannot_wait)
                .ok();
        }
        if self.announced.is_none() {
            self.set_alarm();
        }
        self.announced.is_some()
    }

    fn set_alarm(&mut self) {
        let pause = self.pace.pause().unwrap_or(SPARE);
        let expiration = Expiration::OneShot(TimeSpec::from_duration(pause));
        match self.alarm.set(expiration, TimerSetTimeFlags::empty()) {
            Ok(()) => self.is_alarm_set = true,
            Err(error) => super::cannot_wait(&error.into()),
        }
    }
}
