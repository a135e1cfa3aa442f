//! Log files for clients, by offset and length. Files are read on a thread of their own: a disk
//! that hangs delays only who asked.

use std::path::Path;
use std::sync::Arc;

use rpc::methods::{Integer, ProcessName};
use rpc::types::TailResult;
use rpc::{Fault, FaultCode};

use super::{Api, Daemon};
use crate::logs::read::{self, ReadError};
use crate::supervisor::message::{Channel, Reply, Request};

impl<D: Daemon> Api<D> {
    /// `readLog` (RPC-222 to RPC-230).
    pub(super) async fn read_main(
        &self,
        offset: Integer,
        length: Integer,
    ) -> Result<String, Fault> {
        self.alive().await?;
        read(self.daemon.log_path().await, offset.0, length.0).await
    }

    /// `readProcessStdoutLog` and `readProcessStderrLog`.
    pub(super) async fn read_process(
        &self,
        name: ProcessName,
        channel: Channel,
        offset: Integer,
        length: Integer,
    ) -> Result<String, Fault> {
        let path = self.log_of(name.0, channel).await?;
        read(path, offset.0, length.0).await
    }

    /// `tailProcessStdoutLog` and `tailProcessStderrLog` (RPC-231 to RPC-240).
    pub(super) async fn tail_process(
        &self,
        name: ProcessName,
        channel: Channel,
        offset: Integer,
        length: Integer,
    ) -> Result<TailResult, Fault> {
        let Some(path) = self.log_of(name.0, channel).await? else {
            return Ok(TailResult { text: String::new(), offset: 0, overflow: false });
        };
        let (offset, length) = (offset.0, length.0);
        let tail = apart(move || read::tail(&path, offset, length)).await?;
        Ok(match tail {
            Ok(tail) => {
                TailResult { text: text(&tail.data), offset: tail.offset, overflow: tail.overflow }
            }
            Err(_) => TailResult { text: String::new(), offset, overflow: false },
        })
    }

    /// The file a process logs a stream to.
    ///
    /// # Errors
    /// When there is no such process.
    pub async fn log_of(&self, name: String, channel: Channel) -> Result<Option<Arc<Path>>, Fault> {
        let reply = self.daemon.request(Request::LogPath { name, channel }).await?;
        let Reply::Path(path) = reply else {
            return Err(Fault::bare(FaultCode::Failed));
        };
        Ok(path)
    }
}

async fn read(path: Option<Arc<Path>>, offset: i64, length: i64) -> Result<String, Fault> {
    let Some(path) = path else {
        return Err(Fault::bare(FaultCode::NoFile));
    };
    let shown = path.to_string_lossy().into_owned();
    match apart(move || read::read(&path, offset, length)).await? {
        Ok(data) => Ok(text(&data)),
        Err(ReadError::Missing) => Err(Fault::new(FaultCode::NoFile, shown)),
        Err(ReadError::BadArguments) => Err(Fault::bare(FaultCode::BadArguments)),
        Err(ReadError::Failed(_)) => Err(Fault::bare(FaultCode::Failed)),
    }
}

/// Runs something that may block.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Fault::bare(FaultCode::Failed))
}

/// Bytes that are no UTF-8, or half a character at a cut, become U+FFFD.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}
