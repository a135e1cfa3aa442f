//! What the driver has done for it where somebody may have to wait for a disk: commands found,
//! processes spawned, what a group needs created, logs emptied, sockets closed. What is done
//! meanwhile, and in which order processes are spawned, is the core's business.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use super::Driver;
use crate::clock;
use crate::driver::attempt::Made;
use crate::driver::launcher::places_of_command;
use crate::driver::opener::Places;
use crate::logs::rotate;
use crate::os::spawn::Birth;
use crate::supervisor::message::{
    GroupOrder, LogFiles, Message, ProcessId, RequestId, SpawnError, SpawnOrder,
};

/// How long everybody else waits for a disk: for the spawn of a process, the search for its command
/// and the end of a socket.
const STALL: Duration = Duration::from_millis(20);

/// What has been done where one may have to wait for a disk.
pub(super) enum Done {
    /// An attempt to spawn a process; nothing if it was not made because nobody waited for it.
    Attempt(Arc<Birth>, Option<Made>),
    /// The answer to anything else.
    Answer(Message),
}

/// A job that everybody else waits for, until it takes too long.
#[derive(Clone, Copy)]
pub(super) struct Awaited {
    job: JobId,
    /// For whom it is done.
    process: ProcessId,
    pub(super) until: Instant,
}

/// Jobs are numbered as they begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct JobId(u64);

impl Driver<'_> {
    /// Has the next process spawned.
    pub(super) fn spawn_next(&mut self) {
        let Some(order) = self.spawns.pop_front() else { return };
        let attempt = self.ground.attempt(order, &self.logs);
        let (order, birth) = (Arc::clone(&attempt.order), Arc::clone(&attempt.birth));
        let process = order.process;
        let mut places = attempt.places();
        let at_once = places.is_empty() && self.ground.is_fresh(&order.plan);
        places.extend(places_of_command(&order.plan));
        self.flights.begin(order, Arc::clone(&birth));
        if at_once {
            let made = attempt.carry_out();
            return self.on_attempt(&birth, made);
        }
        let work = move || Done::Attempt(birth, attempt.carry_out());
        if !self.begin_awaited(process, places, work) {
            self.feed(Message::SpawnStalled { process });
        }
    }

    /// Has the command of a process looked for. The answer, if it is known already.
    pub(super) fn probe(&mut self, order: SpawnOrder, request: RequestId) -> Option<Message> {
        let (process, means) = (order.process, self.ground.means());
        let is_fresh = self.ground.is_fresh(&order.plan);
        let places = places_of_command(&order.plan).collect();
        let work = move || {
            let result = means.find(&order.plan).map(drop);
            Message::Probed { process, request, result }
        };
        if is_fresh {
            return Some(work());
        }
        let begun = self.begin_awaited(process, places, move || Done::Answer(work()));
        (!begun).then_some(Message::SpawnStalled { process })
    }

    /// Begins with work that everybody else waits for, for a moment. Whether it has begun: if not,
    /// a disk it needs stands still.
    fn begin_awaited(
        &mut self,
        process: ProcessId,
        places: Places,
        work: impl FnOnce() -> Done + Send + 'static,
    ) -> bool {
        self.last_job.0 += 1;
        let job = self.last_job;
        let begun = self.opener.begin(places, move || (Some(job), work()));
        let until = clock::monotonic() + STALL;
        self.awaited = begun.then_some(Awaited { job, process, until });
        begun
    }

    /// A disk takes its time: nobody else waits for it.
    pub(super) fn put_aside(&mut self) {
        if let Some(awaited) = self.awaited.take() {
            self.feed(Message::SpawnStalled { process: awaited.process });
        }
    }

    /// Goes on with what has been done.
    pub(super) fn on_done(&mut self, job: Option<JobId>, done: Done) {
        self.awaited.take_if(|awaited| Some(awaited.job) == job);
        match done {
            Done::Attempt(birth, made) => self.on_attempt(&birth, made),
            Done::Answer(answer) => self.feed(answer),
        }
    }

    /// Tells the core what has come of an attempt to spawn a process, and of the child too if that
    /// has ended since.
    fn on_attempt(&mut self, birth: &Arc<Birth>, made: Option<Made>) {
        let Some((order, ended)) = self.flights.made(birth) else {
            // Abandoned. To close files may take as long as to open them.
            return self.opener.hand_over(move || drop(made));
        };
        let Some(made) = made else { return };
        let process = order.process;
        let messages = match self.ground.settle(&order, made, &mut self.logs) {
            Err(error) => vec![Message::Spawned { process, result: Err(error) }],
            Ok((pid, failure)) => {
                let failed = failure.map(|reason| Message::ChildFailed { process, reason });
                let exited = ended.map(|status| Message::Exited { pid, status });
                let spawned = Message::Spawned { process, result: Ok(pid) };
                [spawned].into_iter().chain(failed).chain(exited).collect()
            }
        };
        self.feed_all(messages);
        self.flights.land(process);
    }

    /// Has the sockets closed that nobody needs any more, and waits for that: who is told of an end
    /// finds the socket closed. If a disk takes its time, nobody waits for another one meanwhile.
    pub(super) fn close_sockets(&mut self) {
        let sockets = self.ground.take_returned();
        if sockets.is_empty() {
            return;
        }
        let (sender, closed) = mpsc::channel::<()>();
        for socket in sockets {
            let sender = sender.clone();
            self.opener.hand_over(move || {
                drop(socket);
                drop(sender);
            });
        }
        drop(sender);
        let pending = |late: &Receiver<()>| late.try_recv() == Err(TryRecvError::Empty);
        let waits = !self.closing.as_ref().is_some_and(pending);
        if waits && closed.recv_timeout(STALL) == Err(RecvTimeoutError::Timeout) {
            self.closing = Some(closed);
        }
    }

    /// Gives up a spawn, if it still waits for a disk. The answer.
    pub(super) fn abandon(&mut self, process: ProcessId) -> Option<Message> {
        let abandoned = self.flights.abandon(process);
        abandoned.then_some(Message::Spawned { process, result: Err(SpawnError::Abandoned) })
    }

    /// The answer, unless there is something to be made first.
    pub(super) fn activate(&mut self, order: GroupOrder) -> Option<Message> {
        let activation = self.ground.activation(order);
        let places = activation.places();
        if places.is_empty() {
            return Some(activation.carry_out());
        }
        self.opener.begin(places, move || (None, Done::Answer(activation.carry_out())));
        None
    }

    /// Of a process that is not alive the files are emptied. The answer, if there are none.
    pub(super) fn clear_logs(
        &mut self,
        process: ProcessId,
        request: RequestId,
        files: LogFiles,
    ) -> Option<Message> {
        if self.logs.clear(process, request) {
            return None;
        }
        let answer = move |result| Message::LogsCleared { process, request, result };
        let files = [files.stdout, files.stderr].into_iter().flatten();
        let files: Vec<_> = files.collect();
        if files.is_empty() {
            return Some(answer(Ok(())));
        }
        let places = files.iter().filter_map(|path| path.parent()).map(Path::to_path_buf).collect();
        let empty = move || answer(rotate::empty_all(files.iter().map(|path| &**path)));
        self.opener.begin(places, move || (None, Done::Answer(empty())));
        None
    }
}
