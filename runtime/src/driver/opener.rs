//! Work that may have to wait for a disk, such as the opening of a log, done on threads of their
//! own, so that a disk that stands still holds up nobody who does not need it. What the work is,
//! and what follows from it, is decided elsewhere.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::mpsc;

/// What a job may have to wait for: directories it works in, hosts and users it asks about.
pub(crate) type Places = Vec<PathBuf>;

/// Does its work and sends the result.
type Job = Box<dyn FnOnce() + Send>;

/// Jobs under way. Those that work in the same places are done in order, one at a time: however
/// many processes log to a disk that stands still, they keep one thread waiting and not one each.
pub(crate) struct Opener<T> {
    threads: Arc<Threads>,
    /// What follows the job under way in each of these places.
    waiting: BTreeMap<Places, VecDeque<Job>>,
    results: mpsc::UnboundedReceiver<(Places, T)>,
    sender: mpsc::UnboundedSender<(Places, T)>,
}

/// Threads that take one job after the other: always one that is idle, as far as the system gives
/// us any more, so that a job need not wait for one elsewhere. None ends before the run does: a
/// program may have asked the system to be signalled at the end of the thread that made it.
#[derive(Default)]
struct Threads {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// How many threads wait for a job.
    idle: usize,
    closed: bool,
}

impl<T: Send + 'static> Opener<T> {
    /// With nothing to do.
    ///
    /// # Errors
    /// When the system has no room for another thread.
    pub(crate) fn new() -> io::Result<Self> {
        let threads = Arc::default();
        Threads::start(&threads)?;
        let (sender, results) = mpsc::unbounded_channel();
        Ok(Self { threads, waiting: BTreeMap::new(), results, sender })
    }

    /// Begins with `work`, or puts it behind other work in the same places. Whether it has begun.
    pub(crate) fn begin(
        &mut self,
        places: Places,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> bool {
        let (sender, here) = (self.sender.clone(), places.clone());
        // Who wanted the result may be gone.
        let job = Box::new(move || drop(sender.send((here, work()))));
        if let Some(waiting) = self.waiting.get_mut(&places) {
            waiting.push_back(job);
            return false;
        }
        self.waiting.insert(places, VecDeque::new());
        Threads::give(&self.threads, job);
        true
    }

    /// Has something done at once, nobody is told when.
    pub(crate) fn hand_over(&self, work: impl FnOnce() + Send + 'static) {
        Threads::give(&self.threads, Box::new(work));
    }

    /// The result of the next work that is done. Pending for ever when there is none; may be
    /// dropped half-way.
    pub(crate) async fn done(&mut self) -> T {
        let Some((places, result)) = self.results.recv().await else {
            return std::future::pending().await;
        };
        match self.waiting.get_mut(&places).and_then(VecDeque::pop_front) {
            Some(next) => Threads::give(&self.threads, next),
            None => drop(self.waiting.remove(&places)),
        }
        result
    }
}

impl<T> Drop for Opener<T> {
    /// What is under way is done to its end; nobody waits for that.
    fn drop(&mut self) {
        let mut state = self.threads.lock();
        state.closed = true;
        state.jobs.clear();
        self.threads.changed.notify_all();
    }
}

impl Threads {
    fn start(threads: &Arc<Self>) -> io::Result<()> {
        let threads = Arc::clone(threads);
        thread::Builder::new().name("opener".to_owned()).spawn(move || threads.work()).map(drop)
    }

    fn give(threads: &Arc<Self>, job: Job) {
        let mut state = threads.lock();
        state.jobs.push_back(job);
        if state.jobs.len() <= state.idle {
            threads.changed.notify_one();
        } else if let Err(error) = Self::start(threads) {
            tracing::debug!("could not start a thread that may wait for a disk: {error}");
        }
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                job();
                state = self.lock();
            } else if state.closed {
                return;
            } else {
                state.idle += 1;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn places_do_not_wait_for_each_other() {
        let mut opener = Opener::new().unwrap();
        let place = |name: &str| vec![PathBuf::from(name)];
        let (thaw, frozen) = mpsc::channel();
        let wait = move || frozen.recv().unwrap();
        assert!(opener.begin(place("/frozen"), wait));
        assert!(!opener.begin(place("/frozen"), || "behind it"));
        for _ in 0..2 {
            assert!(opener.begin(place("/fine"), || "elsewhere"));
            assert_eq!(opener.done().await, "elsewhere");
        }
        thaw.send("thawed").unwrap();
        assert_eq!(opener.done().await, "thawed");
        assert_eq!(opener.done().await, "behind it");
        assert!(opener.begin(place("/frozen"), || "at once"));
        assert_eq!(opener.done().await, "at once");
    }
}
