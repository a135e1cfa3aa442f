//! Logs of living processes that are being emptied. Those of one process may be on several disks: its
//! client is answered when every log thread has done its part.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Home;
use super::queue::Command;
use crate::supervisor::message::{Message, ProcessId, RequestId};

/// What the log threads have not finished.
#[derive(Debug, Default)]
pub(super) struct Clearings(BTreeMap<(RequestId, ProcessId), Clearing>);

/// The emptying of the logs of one process.
#[derive(Debug)]
struct Clearing {
    /// How many threads have not answered.
    awaited: usize,
    result: Result<(), ()>,
}

impl Clearings {
    /// Has these streams of a process emptied. False when there are none.
    pub(super) fn begin(
        &mut self,
        process: ProcessId,
        request: RequestId,
        streams: &[Home],
    ) -> bool {
        let of_one_thread = |a: &Home, b: &Home| Arc::ptr_eq(&a.commands, &b.commands);
        let parts = streams.chunk_by(of_one_thread);
        let awaited = parts.clone().count();
        for part in parts {
            let streams = part.iter().map(|home| home.id).collect();
            part[0].commands.push_urgent(Command::Clear { process, request, streams });
        }
        if awaited > 0 {
            self.0.insert((request, process), Clearing { awaited, result: Ok(()) });
        }
        awaited > 0
    }

    /// One thread has done its part. The answer, if it was the last.
    pub(super) fn done(
        &mut self,
        process: ProcessId,
        request: RequestId,
        result: Result<(), ()>,
    ) -> Option<Message> {
        let clearing = self.0.get_mut(&(request, process))?;
        clearing.result = clearing.result.and(result);
        clearing.awaited -= 1;
        if clearing.awaited > 0 {
            return None;
        }
        let Clearing { result, .. } = self.0.remove(&(request, process))?;
        Some(Message::LogsCleared { process, request, result })
    }
}
