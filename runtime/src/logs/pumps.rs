//! The log threads: one for each file system with logs on it, and one for all output that goes to
//! no disk. A disk that stands still keeps its own thread waiting, and with it the output that is
//! stored there, but nobody else's.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::pump::Pump;
use super::queue::{Command, Queue, Report};
use crate::clock;

/// The number of a file system.
pub(super) type Device = u64;

/// What the driver's thread holds of the log threads.
#[derive(Debug)]
pub(super) struct Pumps {
    reports: Arc<Queue<Report>>,
    diskless: Worker,
    by_device: BTreeMap<Device, Worker>,
}

/// One log thread.
#[derive(Debug)]
struct Worker {
    commands: Arc<Queue<Command>>,
    /// Hangs up when the thread has ended.
    ended: mpsc::Receiver<()>,
}

impl Pumps {
    /// Starts the thread that writes to no disk. All of them report to `reports`.
    ///
    /// # Errors
    /// When the kernel refuses a descriptor or a thread.
    pub(super) fn start(reports: &Arc<Queue<Report>>) -> io::Result<Self> {
        let reports = Arc::clone(reports);
        Ok(Self { diskless: Worker::start(&reports)?, reports, by_device: BTreeMap::new() })
    }

    /// The commands to the thread of a file system, which is started for its first log.
    pub(super) fn of(&mut self, device: Option<Device>) -> Arc<Queue<Command>> {
        let Some(device) = device else { return Arc::clone(&self.diskless.commands) };
        if let Some(worker) = self.by_device.get(&device) {
            return Arc::clone(&worker.commands);
        }
        match Worker::start(&self.reports) {
            Ok(worker) => {
                let commands = Arc::clone(&worker.commands);
                self.by_device.insert(device, worker);
                commands
            }
            Err(error) => {
                tracing::warn!("could not start a thread for the logs of a file system: {error}");
                Arc::clone(&self.diskless.commands)
            }
        }
    }

    /// The commands to each thread.
    pub(super) fn all(&self) -> impl Iterator<Item = &Queue<Command>> {
        self.workers().map(|worker| &*worker.commands)
    }

    /// Ends the threads once they have written what they were given, and waits for that, for at
    /// most `limit`. False when the limit has passed.
    pub(super) fn close(self, limit: Duration) -> bool {
        self.all().for_each(|commands| commands.push_urgent(Command::Close));
        let end = clock::monotonic() + limit;
        let ended = |worker: &Worker| {
            let left = end.saturating_duration_since(clock::monotonic());
            !matches!(worker.ended.recv_timeout(left), Err(RecvTimeoutError::Timeout))
        };
        self.workers().all(ended)
    }

    fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.by_device.values().chain([&self.diskless])
    }
}

impl Worker {
    fn start(reports: &Arc<Queue<Report>>) -> io::Result<Self> {
        let commands = Queue::new()?;
        let pump = Pump::new(Arc::clone(&commands), Arc::clone(reports))?;
        let (alive, ended) = mpsc::channel();
        thread::Builder::new().name("logs".to_owned()).spawn(move || {
            pump.run();
            drop::<mpsc::Sender<()>>(alive);
        })?;
        Ok(Self { commands, ended })
    }
}
