//! The stream of changes: server-sent events. It begins with everything there is, so that a page
//! that was cut off, by the network or by a restart of the daemon, is right again at once.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::rc::Rc;
use std::time::Duration;

use hyper::body::Bytes;
use jiff::tz::TimeZone;
use rpc::namespec;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::mpsc;

use super::pages::rows;
use crate::api::{Daemon, process};
use crate::supervisor::message::{ProcessStatus, Publication, Reply, Request};

/// Chunks that may wait for a slow browser. What piles up behind them is dropped, and everything
/// is sent anew.
const QUEUE: usize = 4;

/// Changes put into one chunk.
const BUNCH: usize = 256;

/// Milliseconds after which a browser that was cut off tries again.
const RETRY: u32 = 1000;

/// Silence after which a comment is sent, so that proxies keep the connection.
const HEARTBEAT: Duration = Duration::from_secs(25);

/// What the page shows of a process.
#[derive(Debug, Serialize)]
struct Row<'a> {
    /// Its name as displayed.
    key: String,
    state: &'static str,
    class: &'static str,
    pid: i32,
    /// Seconds it has been up, while it runs.
    up: Option<i64>,
    /// When it was started last, in microseconds.
    start: Option<i64>,
    description: Cow<'a, str>,
    restarts: u64,
    details: String,
}

/// Starts the stream of `daemon`, for the session that has `token`.
pub(super) fn stream<D: Daemon>(daemon: Rc<D>, token: &str) -> mpsc::Receiver<Bytes> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let mut greeting = format!("retry: {RETRY}\n");
    write_event(&mut greeting, "token", token);
    tokio::task::spawn_local(async move {
        // Subscribed first, so that nothing falls between the picture and its changes.
        let mut changes = daemon.watch();
        for chunk in [Bytes::from(greeting), picture(&*daemon).await] {
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
        loop {
            let chunk = tokio::select! {
                () = sender.closed() => return,
                chunk = next(&*daemon, &mut changes) => chunk,
            };
            let Some(chunk) = chunk else {
                return;
            };
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next chunk: all changes there are, a heartbeat, or everything anew.
async fn next<D: Daemon>(daemon: &D, changes: &mut Receiver<Publication>) -> Option<Bytes> {
    let mut text = String::new();
    match tokio::time::timeout(HEARTBEAT, changes.recv()).await {
        Err(_) => return Some(Bytes::from_static(b":\n\n")),
        Ok(Err(RecvError::Closed)) => return None,
        Ok(Err(RecvError::Lagged(_))) => return Some(picture(daemon).await),
        Ok(Ok(change)) => write_change(&mut text, &change),
    }
    for _ in 1..BUNCH {
        match changes.try_recv() {
            Ok(change) => write_change(&mut text, &change),
            Err(TryRecvError::Lagged(_)) => return Some(picture(daemon).await),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
        }
    }
    Some(text.into())
}

async fn picture<D: Daemon>(daemon: &D) -> Bytes {
    let mut text = String::new();
    let zone = TimeZone::system();
    match daemon.request(Request::AllInfo).await {
        Ok(Reply::Processes(all)) => {
            let all: Vec<_> = all.iter().map(|status| row(status, &zone)).collect();
            write_event(&mut text, "processes", &all);
        }
        Ok(_) | Err(_) => write_event(&mut text, "daemon", "SHUTDOWN"),
    }
    text.into()
}

fn write_change(text: &mut String, change: &Publication) {
    match change {
        Publication::Process(status) => {
            write_event(text, "process", &row(status, &TimeZone::system()));
        }
        Publication::GroupAdded(name) | Publication::GroupRemoved(name) => {
            write_event(text, "groups", &**name);
        }
        Publication::Daemon(state) => write_event(text, "daemon", state.name()),
    }
}

fn write_event<T: Serialize + ?Sized>(text: &mut String, event: &str, data: &T) {
    let data = serde_json::to_string(data).unwrap_or_default();
    // Writing to a string cannot fail; JSON has no line breaks.
    let _ = write!(text, "event: {event}\ndata: {data}\n\n");
}

fn row<'a>(status: &'a ProcessStatus, zone: &TimeZone) -> Row<'a> {
    Row {
        key: namespec::display(&status.group, &status.name),
        state: status.state.name(),
        class: rows::state_class(status.state),
        pid: status.pid.map_or(0, |pid| pid.0),
        up: rows::uptime(status),
        start: status.start.map(|start| start.0),
        description: process::description(status, zone),
        restarts: rows::restarts(status),
        details: rows::details(status),
    }
}
