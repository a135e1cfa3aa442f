//! What the driver has done for it where somebody may have to wait for a disk: log files opened and
//! sockets made for a spawn, what a group needs created, logs emptied, sockets closed. What is done
//! meanwhile, and in which order processes are spawned, is the core's business.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::Driver;
use crate::clock;
use crate::driver::needs::Supplies;
use crate::logs::rotate;
use crate::supervisor::message::{GroupOrder, LogFiles, Message, ProcessId, RequestId, SpawnError};

/// How long everybody else waits for a disk: for the log files and the socket of a process, and for
/// the end of a socket.
const STALL: Duration = Duration::from_millis(20);

/// What has been done where one may have to wait for a disk.
pub(super) enum Opened {
    /// What a process needs to be spawned; nothing if it was not made because nobody waited for it.
    Supplies(ProcessId, Option<Supplies>),
    /// The answer to an activation or a clearing.
    Answer(Message),
}

impl Driver<'_> {
    /// Has made what the next process needs, and it goes on from there.
    pub(super) fn spawn_next(&mut self) {
        let Some(order) = self.spawns.pop_front() else { return };
        let process = order.process;
        match self.ground.prepare(order, &self.logs) {
            Err(error) => self.feed(Message::Spawned { process, result: Err(error) }),
            Ok((preparation, needs)) => {
                self.opening.insert(process, preparation);
                let places = needs.places();
                if places.is_empty() {
                    return self.on_supplies(process, needs.provide());
                }
                self.awaited = Some((process, clock::monotonic() + STALL));
                let provide = move || Opened::Supplies(process, needs.provide());
                if !self.opener.begin(places, provide) {
                    self.put_aside(process);
                }
            }
        }
    }

    /// A disk takes its time: nobody else waits for it.
    pub(super) fn put_aside(&mut self, process: ProcessId) {
        self.awaited = None;
        self.feed(Message::SpawnStalled { process });
    }

    /// Spawns a process for which everything has been made, or could not be. It may have been made
    /// for an earlier order that was abandoned, which is the same.
    fn on_supplies(&mut self, process: ProcessId, supplies: Option<Supplies>) {
        let Some(supplies) = supplies else { return };
        self.awaited.take_if(|(awaited, _)| *awaited == process);
        let Some(preparation) = self.opening.remove(&process) else {
            // Abandoned. To close files may take as long as to open them.
            return self.opener.hand_over(move || drop(supplies));
        };
        match self.ground.launch(preparation, supplies, &mut self.logs) {
            Ok(launched) => {
                self.feed(Message::Spawned { process, result: Ok(launched.pid) });
                if let Some(reason) = launched.failure {
                    self.feed(Message::ChildFailed { process, reason });
                }
            }
            Err(error) => self.feed(Message::Spawned { process, result: Err(error) }),
        }
    }

    /// Goes on with what has been done.
    pub(super) fn on_opened(&mut self, opened: Opened) {
        match opened {
            Opened::Supplies(process, supplies) => self.on_supplies(process, supplies),
            Opened::Answer(answer) => self.feed(answer),
        }
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
        self.opening.remove(&process)?;
        Some(Message::Spawned { process, result: Err(SpawnError::Abandoned) })
    }

    /// The answer, unless there is something to be made first.
    pub(super) fn activate(&mut self, order: GroupOrder) -> Option<Message> {
        let activation = self.ground.activation(order);
        let places = activation.places();
        if places.is_empty() {
            return Some(activation.carry_out());
        }
        self.opener.begin(places, move || Opened::Answer(activation.carry_out()));
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
        let empty =
            move || Opened::Answer(answer(rotate::empty_all(files.iter().map(|path| &**path))));
        self.opener.begin(places, empty);
        None
    }
}
