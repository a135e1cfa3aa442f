//! What the driver has done for it where somebody may have to wait for a disk: log files opened for
//! a spawn, what a group needs created, logs emptied. What is done meanwhile, and in which order
//! processes are spawned, is the core's business.

use std::path::Path;
use std::time::Duration;

use super::Driver;
use crate::clock;
use crate::logs::Outputs;
use crate::logs::rotate::{self, OpenError};
use crate::supervisor::message::{GroupOrder, LogFiles, Message, ProcessId, RequestId, SpawnError};

/// How long everybody else waits for a disk that opens the log files of a process.
const STALL: Duration = Duration::from_millis(20);

/// What has been done where one may have to wait for a disk.
pub(super) enum Opened {
    Logs(ProcessId, Result<Box<Outputs>, OpenError>),
    /// The answer to an activation or a clearing.
    Answer(Message),
    /// Nothing that matters.
    Nothing,
}

impl Driver<'_> {
    /// Has the log files of the next process opened, and it goes on from there.
    pub(super) fn spawn_next(&mut self) {
        let Some(order) = self.spawns.pop_front() else { return };
        let process = order.process;
        let logs = self.logs.opening(&order);
        match self.ground.prepare(order) {
            Err(error) => self.feed(Message::Spawned { process, result: Err(error) }),
            Ok(preparation) => {
                self.opening.insert(process, preparation);
                let places = logs.places();
                if places.is_empty() {
                    return self.on_logs(process, logs.open());
                }
                self.awaited = Some((process, clock::monotonic() + STALL));
                if !self.opener.begin(places, move || Opened::Logs(process, logs.open())) {
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

    /// Spawns a process whose log files have been opened, or could not be. They may be those of an
    /// earlier order that was abandoned, which are the same.
    fn on_logs(&mut self, process: ProcessId, outputs: Result<Box<Outputs>, OpenError>) {
        self.awaited.take_if(|(awaited, _)| *awaited == process);
        let Some(preparation) = self.opening.remove(&process) else {
            // Abandoned. To close files may take as long as to open them.
            let close = move || {
                drop(outputs);
                Opened::Nothing
            };
            self.opener.begin(Vec::new(), close);
            return;
        };
        match self.ground.launch(preparation, outputs, &mut self.logs) {
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
            Opened::Logs(process, outputs) => self.on_logs(process, outputs),
            Opened::Answer(answer) => self.feed(answer),
            Opened::Nothing => {}
        }
    }

    /// Gives up a spawn, if it still waits for its log files. The answer.
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
