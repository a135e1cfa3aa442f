//! Log files for clients, by offset and length. Files are read on a thread of their own: a disk
//! that hangs delays only who asked.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rpc::methods::{Integer, ProcessName};
use rpc::types::TailResult;
use rpc::xml::Gap;
use rpc::{Fault, FaultCode};

use super::answer::{Failure, Rendering};
use super::text::Text;
use super::{Api, Daemon};
use crate::logs::read::{self, ReadError};
use crate::supervisor::message::{Channel, Reply, Request};

impl<D: Daemon> Api<D> {
    /// `readLog` (RPC-222 to RPC-230).
    pub(super) async fn read_main<R: Rendering>(
        &self,
        offset: Integer,
        length: Integer,
    ) -> Result<R::Output, Failure> {
        self.refuse_when_stopping().await?;
        read::<R>(self.daemon.log_path().await, offset.0, length.0).await
    }

    /// `readProcessStdoutLog` and `readProcessStderrLog`.
    pub(super) async fn read_process<R: Rendering>(
        &self,
        name: ProcessName,
        channel: Channel,
        offset: Integer,
        length: Integer,
    ) -> Result<R::Output, Failure> {
        let path = log_of(&*self.daemon, &name.0, channel).await?;
        read::<R>(path, offset.0, length.0).await
    }

    /// `tailProcessStdoutLog` and `tailProcessStderrLog` (RPC-231 to RPC-240).
    pub(super) async fn tail_process<R: Rendering>(
        &self,
        name: ProcessName,
        channel: Channel,
        offset: Integer,
        length: Integer,
    ) -> Result<R::Output, Failure> {
        let path = log_of(&*self.daemon, &name.0, channel).await?;
        let (offset, length) = (offset.0, length.0);
        let tail = apart(move || {
            let Some(path) = path else { return Ok((Text::Held(String::new()), 0, false)) };
            let tail = read::tail(&path, offset, length)?;
            let text = tail.part.map(|part| Text::of(part, R::LONGEST_HELD)).transpose()?;
            let text = text.unwrap_or_else(|| Text::Held(String::new()));
            Ok::<_, io::Error>((text, tail.offset, tail.overflow))
        });
        let (text, offset, overflow) =
            tail.await?.unwrap_or_else(|_| (Text::Held(String::new()), offset, false));
        match text {
            Text::Held(text) => Ok(R::render(&TailResult { text, offset, overflow })?),
            Text::Long(text) => R::around(&TailResult { text: Gap, offset, overflow }, text),
        }
    }
}

/// The file a process logs a stream to, if it is one.
///
/// # Errors
/// When there is no such process.
pub async fn log_of<D: Daemon>(
    daemon: &D,
    name: &str,
    channel: Channel,
) -> Result<Option<Arc<Path>>, Fault> {
    let request = Request::LogPath { name: name.to_owned(), channel };
    let Reply::Path(path) = daemon.request(request).await? else {
        return Err(Fault::bare(FaultCode::Failed));
    };
    Ok(path)
}

/// A part of a log as the answer to a call.
async fn read<R: Rendering>(
    path: Option<Arc<Path>>,
    offset: i64,
    length: i64,
) -> Result<R::Output, Failure> {
    let Some(path) = path else {
        return Err(Fault::bare(FaultCode::NoFile).into());
    };
    let shown = path.to_string_lossy().into_owned();
    let text = apart(move || {
        let part = read::read(&path, offset, length)?;
        Text::of(part, R::LONGEST_HELD).map_err(ReadError::Failed)
    });
    match text.await? {
        Ok(Text::Held(text)) => Ok(R::render(&text)?),
        Ok(Text::Long(text)) => R::around(&Gap, text),
        Err(ReadError::Missing) => Err(Fault::new(FaultCode::NoFile, shown).into()),
        Err(ReadError::BadArguments) => Err(Fault::bare(FaultCode::BadArguments).into()),
        Err(ReadError::Failed(_)) => Err(Fault::bare(FaultCode::Failed).into()),
    }
}

/// Runs something that may block, on a thread for that.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Fault::bare(FaultCode::Failed))
}
