//! Log files as streams: what a file holds and will hold, as fast as one client takes it. How a
//! file is followed over rotation and truncation is the business of `logs`.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use crate::logs::follow::Follow;
use crate::os::awaited::awaited;

/// Chunks that may wait for a slow client; more stay in the file.
const QUEUE: usize = 2;

/// A chunk of this size is likely not the last there is now.
const FULL: usize = 64 * 1024;

/// Pause after a chunk, so that a log that grows by single lines is sent in bunches.
const REST: Duration = Duration::from_millis(20);

/// Streams what `log` yields until the receiver is dropped. The file is read on a thread of its
/// own: a disk that hangs delays only this stream.
///
/// # Errors
/// When the descriptor that tells of changes cannot be watched.
pub fn stream(log: Follow) -> io::Result<mpsc::Receiver<Bytes>> {
    let changes = awaited(log.as_fd().try_clone_to_owned()?, Interest::READABLE)?;
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::task::spawn_local(run(log, changes, sender));
    Ok(receiver)
}

async fn run(mut log: Follow, changes: AsyncFd<OwnedFd>, sender: mpsc::Sender<Bytes>) {
    loop {
        let looked = tokio::task::spawn_blocking(move || {
            let data = log.read();
            (log, data)
        });
        let Ok((back, Ok(data))) = looked.await else {
            return;
        };
        log = back;
        if !data.is_empty() {
            let full = data.len() >= FULL;
            if sender.send(data.into()).await.is_err() {
                return;
            }
            if !full {
                tokio::time::sleep(REST).await;
            }
            continue;
        }
        tokio::select! {
            () = sender.closed() => return,
            ready = changes.readable() => match ready {
                // Forgotten before the next look, so that no change falls in between.
                Ok(mut guard) => guard.clear_ready(),
                Err(_) => return,
            },
        }
    }
}
